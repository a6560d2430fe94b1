"""A house of its own for tests that kill parts of it, and clients that keep predicting meanwhile."""

from __future__ import annotations

import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.client.waiters import wait_for_work_request
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    EnvironmentConfigurationDetails,
    InstanceConfiguration,
    InstancePoolInfrastructureConfigurationDetails,
    ModelConfigurationDetails,
    ModelGroupConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    StreamConfigurationDetails,
    UpdateModelConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateModelGroupConfigurationDetails,
    UpdateModelGroupDeploymentConfigurationDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.resources.model import CreateModelDetails
from modelyard.resources.scaling import FixedSizeScalingPolicy
from modelyard.server.installation import load, private_key_file
from modelyard.serving.state import is_alive, lock_path
from modelyard.settings import Settings, from_environ
from modelyard.wire.signing import sign

if TYPE_CHECKING:
    from typing_extensions import Self

DEADLINE = 60.0

SCORE_PY = """
FACTOR = {factor}

def load_model():
    {load}
    return FACTOR

def predict(data, model=FACTOR):
    return {{"prediction": data * model}}
"""


def wait_until(condition: Callable[[], Any], *, what: str, seconds: float = DEADLINE) -> Any:
    """Return what a condition gives as soon as it holds."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < until:
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"not within {seconds:g} seconds: {what}")


@dataclass
class House:
    """A service in a home of its own."""

    home: Path
    environ: dict[str, str]

    def up(self) -> None:
        """Start it, or take over what is left of it."""
        self.command("up", "--detach")

    def down(self) -> None:
        """Stop all of it."""
        self.command("down")

    def status(self) -> Any:
        """Return what `modelyard status` says."""
        done = subprocess.run(
            [sys.executable, "-m", "modelyard", "status", "--output", "json"],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        return json.loads(done.stdout)

    def pid_of(self, name: str) -> int:
        """Return the process id of the gateway or the service, once it is there."""

        def found() -> list[int]:
            return [int(process["pid"]) for process in self.status()["processes"] if process["name"] == name]

        return int(wait_until(found, what=f"a {name}")[0])

    def kill(self, name: str) -> int:
        """Kill the gateway or the service; return the pid that it had."""
        pid = self.pid_of(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def replica_states(self) -> list[Any]:
        """Return what the replicas that live say of themselves."""
        files = [file for file in self.settings.replicas.glob("*/state.json") if is_alive(lock_path(str(file)))]
        return [json.loads(file.read_text()) for file in files]

    def command(self, *arguments: str) -> str:
        """Run a command of the CLI; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "modelyard", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def settings(self) -> Settings:
        """The settings of the house."""
        return from_environ(self.environ)

    @property
    def client(self) -> DataScienceClient:
        """A client of the house."""
        return DataScienceClient(resolve(self.settings))

    def save(self, *, factor: int, load: str = "pass", score_py: str = SCORE_PY) -> str:
        """Save a model that multiplies; return its OCID."""
        made = load_installation(self.settings)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("score.py", score_py.format(factor=factor, load=load))
        file = self.home / f"artifact-{factor}.zip"
        file.write_bytes(buffer.getvalue())
        with self.client as client:
            model = client.create_model(
                CreateModelDetails(compartment_id=made.compartment_id, project_id=made.project_id)
            )
            client.create_model_artifact(model.id, file)
        return model.id

    def deploy(
        self,
        model_id: str,
        *,
        instances: int = 1,
        environment: EnvironmentConfigurationDetails | None = None,
        streams: StreamConfigurationDetails | None = None,
    ) -> str:
        """Deploy a model and wait; return the deployment's OCID."""
        made = load_installation(self.settings)
        details = CreateModelDeploymentDetails(
            compartment_id=made.compartment_id,
            project_id=made.project_id,
            model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
                model_configuration_details=ModelConfigurationDetails(
                    model_id=model_id,
                    instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
                    scaling_policy=FixedSizeScalingPolicy(instance_count=instances),
                ),
                environment_configuration_details=environment,
                stream_configuration_details=streams,
            ),
            deployment_mode="STREAM_ONLY" if streams else None,
        )
        with self.client as client:
            created = client.create_model_deployment(details)
            wait_for_work_request(client, created.work_request_id, max_wait_time=DEADLINE)
        return created.deployment.id

    def group(self, **members: str) -> str:
        """Make a group of models by their inference keys; return its OCID."""
        made = load_installation(self.settings)
        entries = [{"inferenceKey": key, "modelId": model_id} for key, model_id in members.items()]
        return str(
            self.call(
                "POST",
                "/modelGroups",
                {
                    "createType": "CREATE",
                    "compartmentId": made.compartment_id,
                    "projectId": made.project_id,
                    "modelGroupDetails": {"type": "HETEROGENEOUS"},
                    "memberModelEntries": {"memberModelDetails": entries},
                },
            )["id"]
        )

    def deploy_group(self, group_id: str) -> str:
        """Deploy a group and wait; return the deployment's OCID."""
        made = load_installation(self.settings)
        configuration = ModelGroupDeploymentConfigurationDetails(
            model_group_configuration_details=ModelGroupConfigurationDetails(model_group_id=group_id),
            infrastructure_configuration_details=InstancePoolInfrastructureConfigurationDetails(
                instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1")
            ),
        )
        details = CreateModelDeploymentDetails(
            compartment_id=made.compartment_id,
            project_id=made.project_id,
            model_deployment_configuration_details=configuration,
        )
        with self.client as client:
            created = client.create_model_deployment(details)
            wait_for_work_request(client, created.work_request_id, max_wait_time=DEADLINE)
        return created.deployment.id

    def swap_group(self, deployment_id: str, group_id: str, *, update_type: str) -> None:
        """Put another group into a deployment and wait; raise WorkRequestFailed if it does not come to serve."""
        change = UpdateModelGroupDeploymentConfigurationDetails(
            update_type=update_type,  # type: ignore[arg-type]
            model_group_configuration_details=UpdateModelGroupConfigurationDetails(model_group_id=group_id),
        )
        details = UpdateModelDeploymentDetails(model_deployment_configuration_details=change)
        with self.client as client:
            request = client.update_model_deployment(deployment_id, details)
            wait_for_work_request(client, request, max_wait_time=DEADLINE)

    def call(self, method: str, path: str, body: object) -> Any:
        """Ask for an operation that our own client does not have; return the answer's body."""
        made = load_installation(self.settings)
        host, target, data = made.endpoint.removeprefix("http://"), f"/20190101{path}", json.dumps(body).encode()
        headers = sign(
            key=load_pem_private_key(private_key_file(self.settings).read_bytes(), None),  # type: ignore[arg-type]
            key_id=made.key_id,
            method=method,
            target=target,
            host=host,
            now=time.time(),
            body=data,
        )
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request(method, target, body=data, headers=headers)
        answer = connection.getresponse()
        read = json.loads(answer.read())
        connection.close()
        assert answer.status == 200, read
        return read

    def swap(self, deployment_id: str, model_id: str) -> None:
        """Put another model into a deployment and wait; raise WorkRequestFailed if it does not come to serve."""
        details = UpdateModelDeploymentDetails(
            model_deployment_configuration_details=UpdateSingleModelDeploymentConfigurationDetails(
                model_configuration_details=UpdateModelConfigurationDetails(model_id=model_id)
            )
        )
        with self.client as client:
            request = client.update_model_deployment(deployment_id, details)
            wait_for_work_request(client, request, max_wait_time=DEADLINE)


def load_installation(settings: Settings) -> Any:
    """Return the installation of a house."""
    return load(settings)


@dataclass
class Load:
    """Clients that predict until told to stop, some over one connection each, some over a new one each time."""

    house: House
    deployment_id: str
    factors: set[int]
    """The factors of the models that may answer."""

    keep_alive: int = 3
    fresh: int = 2
    model: str | None = None
    """What the requests call the model that they mean."""

    answers: Counter[int] = field(default_factory=Counter)
    """How many answers came of each factor."""

    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        made = load_installation(self.house.settings)
        self._address = made.endpoint.removeprefix("http://")
        self._key_id = made.key_id
        self._key = load_pem_private_key(private_key_file(self.house.settings).read_bytes(), None)
        kinds = [True] * self.keep_alive + [False] * self.fresh
        self._threads = [threading.Thread(target=self._run, args=(kind,)) for kind in kinds]
        for thread in self._threads:
            thread.start()
        self.wait_for(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def count(self) -> int:
        """How many answers have come."""
        return sum(self.answers.values())

    def wait_for(self, more: int) -> None:
        """Wait until so many more requests have been answered, or have failed."""
        goal = self.count + len(self.failures) + more
        wait_until(lambda: self.count + len(self.failures) >= goal, what=f"{more} more answers")

    def _run(self, keep_alive: bool) -> None:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        number = 0
        while not self._stop.is_set():
            number += 1
            try:
                self._predict(connection, number)
            except Exception as error:
                self.failures.append(f"{type(error).__name__}: {error}")
                connection.close()
            if not keep_alive:
                connection.close()
        connection.close()

    def _predict(self, connection: http.client.HTTPConnection, number: int) -> None:
        body = json.dumps(number).encode()
        target = f"/{self.deployment_id}/predict"
        headers = sign(
            key=self._key,  # type: ignore[arg-type]
            key_id=self._key_id,
            method="POST",
            target=target,
            host=self._address,
            now=time.time(),
            body=body,
        )
        if self.model is not None:
            headers["model-ocid"] = self.model
        connection.request("POST", target, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise AssertionError(f"status {response.status}: {answer[:300]!r}")
        factor = json.loads(answer)["prediction"] / number
        if factor not in self.factors:
            raise AssertionError(f"a wrong prediction: {answer!r} for {number}")
        self.answers[int(factor)] += 1


@contextmanager
def _house_in(home: Path, **variables: str) -> Iterator[House]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI_"))}
    house = House(home, {**kept, "MODELYARD_HOME": str(home), "MODELYARD_PORT": "0", **variables})
    house.up()
    house.environ.pop("MODELYARD_PORT")
    yield house
    house.down()
    shutil.rmtree(house.settings.sockets, ignore_errors=True)  # beside the home where its path is long


@pytest.fixture(scope="session")
def house_in() -> Callable[[Path], AbstractContextManager[House]]:
    """Starts a service in a given home."""
    return _house_in


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A running service that the test may break."""
    with _house_in(tmp_path / "home") as house:
        yield house


@pytest.fixture(scope="session")
def load_on_house() -> Callable[..., Load]:
    """Makes load on a deployment of a given house."""

    def make(house: House, deployment_id: str, *factors: int, **options: Any) -> Load:
        return Load(house, deployment_id, set(factors), **options)

    return make


@pytest.fixture
def load_on(house: House) -> Callable[..., Load]:
    """Makes load on a deployment of the house."""

    def make(deployment_id: str, *factors: int, **options: Any) -> Load:
        return Load(house, deployment_id, set(factors), **options)

    return make


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    """Waits for a condition."""
    return wait_until
