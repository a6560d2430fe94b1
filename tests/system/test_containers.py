"""Containers as deployments: bytes pass as they are, failures tell their own words, and nothing of them is left."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from modelyard.client.waiters import wait_for_work_request
from modelyard.errors import MethodNotImplemented, WorkRequestFailed
from modelyard.resources.deployment import (
    OcirModelDeploymentEnvironmentConfigurationDetails as Container,
)
from modelyard.resources.deployment import (
    StreamConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.server.installation import load, private_key_file
from modelyard.wire.signing import sign

IMAGE = "localhost/modelyard-test:1"
SERVER = Path(__file__).with_name("container_server.c")
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
{runtime}
"""


@dataclass(frozen=True)
class Runtime:
    """A container runtime with an image of a small server."""

    words: tuple[str, ...]
    environ: dict[str, str]

    def __call__(self, *words: str, timeout: float = 60) -> str:
        done = subprocess.run(
            [*self.words, *words], env={**os.environ, **self.environ}, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def containers(self) -> list[str]:
        """The names of all that there are."""
        return self("ps", "--all", "--format", "{{.Names}}").split()

    @property
    def digest(self) -> str:
        """The image's digest."""
        return self("image", "inspect", "--format", "{{.Digest}}", IMAGE).strip()

    @property
    def variables(self) -> dict[str, str]:
        """What a service has to know of it."""
        return {**self.environ, "MODELYARD_CONTAINER_RUNTIME": " ".join(self.words)}


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    """Podman with files of its own, so that nothing of the user's is seen or touched."""
    podman, compiler = shutil.which("podman"), shutil.which("cc")
    if podman is None or compiler is None:
        pytest.skip("no container runtime")
    folder = Path(tempfile.mkdtemp(prefix="my-", dir="/tmp"))  # podman takes short paths alone
    configuration = folder / "containers.conf"
    runc = shutil.which("runc")
    configuration.write_text(CONFIGURATION.format(runtime='runtime = "runc"' if runc else ""))
    words = (podman, "--root", str(folder / "root"), "--runroot", str(folder / "run"))
    made = Runtime(words, {"CONTAINERS_CONF": str(configuration)})
    try:
        _make_image(made, folder, compiler)
        made("run", "--rm", IMAGE, "--fail", "it runs")
    except AssertionError as error:
        if "it runs" not in str(error):
            pytest.skip(f"no container runtime: {error}")
    yield made
    made("rmi", "--all", "--force")
    shutil.rmtree(folder, ignore_errors=True)


def _make_image(runtime: Runtime, folder: Path, compiler: str) -> None:
    built = subprocess.run(
        [compiler, "-static", "-O1", "-o", str(folder / "server"), str(SERVER)], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    with tarfile.open(folder / "image.tar", "w") as archive:
        archive.add(folder / "server", "server")
    runtime("import", "--change", 'ENTRYPOINT ["/server"]', str(folder / "image.tar"), IMAGE)


class Yard:
    """A service that runs containers."""

    def __init__(self, house: Any, runtime: Runtime, until: Callable[..., Any]) -> None:
        self.house = house
        self.runtime = runtime
        self._until = until

    def model(self) -> str:
        """Save a model that could not serve by itself."""
        return str(self.house.save(factor=2, score_py="no python {factor}{load}"))

    def deploy(self, model_id: str | None = None, *, image: str = IMAGE, instances: int = 1, **fields: Any) -> str:
        """Deploy a model in a container, and wait."""
        environment = Container(image=image, **fields)
        return str(self.house.deploy(model_id or self.model(), instances=instances, environment=environment))

    def failure(self, **fields: Any) -> str:
        """Deploy what does not come to serve; return why."""
        with pytest.raises(WorkRequestFailed) as caught:
            self.deploy(**fields)
        return str(caught.value)

    def ask(self, deployment_id: str, body: bytes, content_type: str = "text/plain") -> tuple[int, str | None, bytes]:
        """Predict; return the status, the content type and the body."""
        made = load(self.house.settings)
        host, target = made.endpoint.removeprefix("http://"), f"/{deployment_id}/predict"
        headers = sign(
            key=load_pem_private_key(private_key_file(self.house.settings).read_bytes(), None),  # type: ignore[arg-type]
            key_id=made.key_id,
            method="POST",
            target=target,
            host=host,
            now=time.time(),
            content_type=content_type,
            body=body,
        )
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            connection.request("POST", target, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("content-type"), answer.read()

    def said(self, deployment_id: str, body: str) -> str:
        """Predict, and return the answer as text."""
        status, _, answer = self.ask(deployment_id, body.encode())
        assert status == 200, answer
        return answer.decode()

    def delete_all(self) -> None:
        """Delete all deployments, and wait."""
        with self.house.client as client:
            found = list(client.list_model_deployments(load(self.house.settings).compartment_id))
        for deployment in found:
            if deployment.lifecycle_state != "DELETED":
                self.delete(deployment.id)

    def delete(self, deployment_id: str) -> None:
        """Delete a deployment, and wait."""
        with self.house.client as client:
            wait_for_work_request(client, client.delete_model_deployment(deployment_id), max_wait_time=60)

    def wait_until(self, condition: Callable[[], Any], what: str) -> Any:
        return self._until(condition, what=what)

    def wait_for_containers(self, count: int) -> list[str]:
        """Wait until there are so many containers; return their names."""
        self.wait_until(lambda: len(self.runtime.containers) == count, f"{count} container(s)")
        return self.runtime.containers

    @property
    def output(self) -> str:
        """What replicas have printed."""
        return "".join(path.read_text() for path in self.house.settings.logs.glob("deployments/*/*.log"))


class Official:
    """The official clients of a house."""

    def __init__(self, house: Any) -> None:
        self.oci = oci = pytest.importorskip("oci")
        self.models = oci.data_science.models
        made = load(house.settings)
        self.compartment_id, self.project_id = made.compartment_id, made.project_id
        config = oci.config.from_file(str(house.settings.own_config_file))
        options = {"service_endpoint": made.endpoint, "retry_strategy": oci.retry.NoneRetryStrategy()}
        self.data_science = oci.data_science.DataScienceClient(config, **options)
        self.inference = oci.model_deployment.ModelDeploymentClient(config, **options)
        self.admin = oci.streaming.StreamAdminClient(config, **options)
        self.streams = oci.streaming.StreamClient(config, **options)

    def deploy(self, model_id: str, environment: Any) -> str:
        """Deploy a model in an environment, and wait; return the deployment's OCID."""
        models = self.models
        details = models.CreateModelDeploymentDetails(
            compartment_id=self.compartment_id,
            project_id=self.project_id,
            model_deployment_configuration_details=models.SingleModelDeploymentConfigurationDetails(
                model_configuration_details=models.ModelConfigurationDetails(
                    model_id=model_id,
                    instance_configuration=models.InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
                ),
                environment_configuration_details=environment,
            ),
        )
        id: str = self.data_science.create_model_deployment(details).data.id
        found = self.data_science.get_model_deployment(id)
        self.oci.wait_until(
            self.data_science, found, "lifecycle_state", "ACTIVE", max_interval_seconds=1, max_wait_seconds=60
        )
        return id


@pytest.fixture(scope="module")
def service_with_containers(
    runtime: Runtime, house_in: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A service that finds the runtime."""
    home = tmp_path_factory.mktemp("containers") / "home"
    with house_in(home, MODELYARD_LOAD_TIMEOUT="4", **runtime.variables) as house:
        yield house


@pytest.fixture
def yard(service_with_containers: Any, runtime: Runtime, until: Callable[..., Any]) -> Iterator[Yard]:
    """A service that runs containers; when its deployments are deleted no container is left."""
    made = Yard(service_with_containers, runtime, until)
    yield made
    made.delete_all()
    assert runtime.containers == []


# ── answering ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bytes_go_in_and_come_out_as_they_are(yard: Yard) -> None:
    id = yard.deploy()
    for body in (b"\x00\xff\r\n\r\n{", bytes(range(256)) * 4000, b"", "no JSON: ü".encode()):
        assert yard.ask(id, body, "application/x-own; a=b") == (200, "application/x-own; a=b", body)
    assert yard.ask(id, b"21", "application/json") == (200, "application/json", b'{"prediction": 21}')
    for status in (201, 422, 500, 599):
        answer = yard.ask(id, b"status %d" % status)
        assert answer == (status, "application/x-refusal; v=1", b"no\0way")


def test_a_container_finds_the_artifact_its_variables_and_its_words(yard: Yard) -> None:
    model = yard.model()
    id = yard.deploy(
        model,
        entrypoint=["/server", "--first"],
        cmd=["--port", "9000", "--health-port", "9001", "two words"],
        server_port=9000,
        health_check_port=9001,
        environment_variables={"GREETING": "a b=c\n'd'", "WEB_CONCURRENCY": "2"},
    )
    assert yard.said(id, "args") == "--first --port 9000 --health-port 9001 two words "
    assert yard.said(id, "env GREETING") == "a b=c\n'd'"
    assert (yard.said(id, "env MODEL_OCID"), yard.said(id, "env MD_OCID")) == (model, id)
    assert yard.said(id, "env CONTAINERS_CONF") == "(none)"
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True).stdout
    assert "--env GREETING --env" in listed
    assert "GREETING=" not in listed
    assert yard.said(id, "file score.py") == "no python 2pass"
    assert yard.said(id, "write new") == "Read-only file system"
    (state,) = yard.house.replica_states()
    assert len(state["workers"]) == 2
    assert "listening on 9000" in yard.output


def test_the_proxies_of_the_service_are_not_the_containers(
    house_in: Callable[..., Any], runtime: Runtime, until: Callable[..., Any], tmp_path: Path
) -> None:
    proxies = {"http_proxy": "http://one.invalid:1", "HTTPS_PROXY": "http://two.invalid:2", "no_proxy": "localhost"}
    with house_in(tmp_path / "home", **runtime.variables, **proxies) as house:
        yard = Yard(house, runtime, until)
        id = yard.deploy(environment_variables={"HTTP_PROXY": "http://mine.invalid:3"})
        assert {name: yard.said(id, f"env {name}") for name in (*proxies, "HTTP_PROXY")} == {
            **dict.fromkeys(proxies, "(none)"),
            "HTTP_PROXY": "http://mine.invalid:3",
        }


def test_an_answer_without_a_body_has_no_length(yard: Yard) -> None:
    id = yard.deploy()
    assert yard.ask(id, b"nothing") == (204, None, b"")
    assert yard.said(id, "args") == ""


def test_an_instance_is_as_large_as_its_shape(yard: Yard, runtime: Runtime) -> None:
    yard.deploy()
    (name,) = runtime.containers
    found = json.loads(runtime("inspect", name))[0]["HostConfig"]
    assert found["Memory"] == 15 * 1024**3
    assert found["NanoCpus"] == min(2, os.cpu_count() or 1) * 10**9
    assert {at["HostIp"] for ports in found["PortBindings"].values() for at in ports} == {"127.0.0.1"}


def test_an_image_is_run_by_its_digest_and_never_by_another(yard: Yard, runtime: Runtime) -> None:
    id = yard.deploy(image_digest=runtime.digest)
    assert yard.said(id, "env FACTOR") == "(none)"
    said = yard.failure(image_digest="sha256:" + "0" * 64)
    assert f"could not run the image localhost/modelyard-test@sha256:{'0' * 64}" in said
    assert "initializing source" in said


# ── failing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_container_that_ends_tells_what_it_printed_and_what_to_do(yard: Yard) -> None:
    said = yard.failure(cmd=["--fail", "the weights are of another version"])
    assert "ended with exit status 3, where it is to go on and answer on port 8080" in said
    assert "It printed last:\nthe weights are of another version" in said


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"image": "localhost/nowhere:1"}, "could not run the image localhost/nowhere:1. Check its name"),
        ({"entrypoint": ["/not-there"]}, "check cmd and entrypoint"),
        ({"cmd": ["--unhealthy"]}, "did not answer 200 within 4 seconds (the last try: status 503)"),
        ({"cmd": ["--port", "9000"]}, "GET /health on its port 8080 did not answer 200 within 4 seconds"),
    ],
    ids=["no image", "no command", "unhealthy", "another port"],
)
def test_what_does_not_come_to_serve_says_why_and_is_removed(yard: Yard, fields: dict[str, Any], says: str) -> None:
    assert says in yard.failure(**fields)
    yard.wait_for_containers(0)


def test_an_update_that_fails_leaves_what_serves(yard: Yard) -> None:
    id = yard.deploy()
    change = UpdateSingleModelDeploymentConfigurationDetails(
        environment_configuration_details=Container(image=IMAGE, cmd=["--fail", "no"])
    )
    with yard.house.client as client:
        request = client.update_model_deployment(
            id, UpdateModelDeploymentDetails(model_deployment_configuration_details=change)
        )
        with pytest.raises(WorkRequestFailed, match="It printed last:\nno"):
            wait_for_work_request(client, request, max_wait_time=60)
    assert yard.said(id, "args") == ""


def test_without_a_runtime_a_deployment_is_refused_before_anything_is_recorded(
    house_in: Callable[..., Any], tmp_path: Path
) -> None:
    with house_in(tmp_path / "home", MODELYARD_CONTAINER_RUNTIME="no-such-program --x") as house:
        model = house.save(factor=2)
        with pytest.raises(MethodNotImplemented, match="'no-such-program' is no program here"):
            house.deploy(model, environment=Container(image=IMAGE))
        with house.client as client:
            assert list(client.list_model_deployments(load(house.settings).compartment_id)) == []


# ── for whom it is ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_official_clients_deploy_an_image_and_predict(yard: Yard, runtime: Runtime) -> None:
    official = Official(yard.house)
    models = official.models
    environment = models.OcirModelDeploymentEnvironmentConfigurationDetails(
        image=IMAGE,
        image_digest=runtime.digest,
        cmd=["--port", "9000"],
        server_port=9000,
        health_check_port=9000,
        environment_variables={"FACTOR": "7"},
    )
    id = official.deploy(yard.model(), environment)
    found = official.data_science.get_model_deployment(id).data.model_deployment_configuration_details
    assert found.environment_configuration_details == environment
    answer = official.inference.predict(id, 6)
    assert json.loads(answer.data) == {"prediction": 42}
    assert answer.headers["modelyard-environment"] == f"localhost/modelyard-test@{runtime.digest}"


def test_messages_of_a_stream_are_answered_by_a_container(yard: Yard) -> None:
    official = Official(yard.house)
    streaming = official.oci.streaming.models
    streams = [
        official.admin.create_stream(
            streaming.CreateStreamDetails(name=name, partitions=1, compartment_id=official.compartment_id)
        ).data.id
        for name in ("in", "out")
    ]
    environment = Container(image=IMAGE, environment_variables={"FACTOR": "5"})
    configuration = StreamConfigurationDetails(input_stream_ids=streams[:1], output_stream_ids=streams[1:])
    yard.house.deploy(yard.model(), environment=environment, streams=configuration)
    entries = [
        streaming.PutMessagesDetailsEntry(value=base64.b64encode(b"%d" % number).decode()) for number in range(20)
    ]
    official.streams.put_messages(streams[0], streaming.PutMessagesDetails(messages=entries))
    start = streaming.CreateCursorDetails(partition="0", type="TRIM_HORIZON")

    def answers() -> list[Any]:
        cursor = official.streams.create_cursor(streams[1], start).data.value
        return list(official.streams.get_messages(streams[1], cursor).data)

    yard.wait_until(lambda: len(answers()) == 20, "an answer to each")
    assert [json.loads(base64.b64decode(each.value)) for each in answers()] == [
        {"prediction": 5 * number} for number in range(20)
    ]


def test_the_sdk_deploys_an_image_and_changes_its_variables(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from modelyard import GenericModel

    for name in os.environ:
        if name.startswith(("MODELYARD_", "OCI_")) or name.endswith("_OCID"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_HOME", str(yard.house.home))
    model = GenericModel.from_model_catalog(yard.model(), artifact_dir=str(tmp_path), download_artifact=False)
    deployment = model.deploy(deployment_image=IMAGE, environment_variables={"FACTOR": "3"})
    assert deployment.predict(b"5") == {"prediction": 15}
    model.update_deployment(environment_variables={"FACTOR": "4"})
    assert deployment.predict(b"5") == {"prediction": 20}


def test_the_command_line_deploys_an_image_and_tells_of_it(yard: Yard) -> None:
    model = yard.model()
    options = ["--image", IMAGE, "--cmd", "--port 9000 'a b'", "--server-port", "9000", "--env", "FACTOR=2"]
    yard.house.command("deployment", "create", "--model", model, "--name", "boxed", *options)
    assert json.loads(yard.house.command("deployment", "predict", "boxed", "21")) == {"prediction": 42}
    shown = yard.house.command("deployment", "show", "boxed")
    assert f"{IMAGE}" in shown
    assert "--port 9000 'a b'" in shown
    assert "listening on 9000" in yard.house.command("deployment", "logs", "boxed")


# ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_swapping_models_and_images_loses_no_prediction(yard: Yard, load_on_house: Callable[..., Any]) -> None:
    id = yard.deploy(instances=2, environment_variables={"FACTOR": "2"})
    with load_on_house(yard.house, id, 2, 3) as load:
        yard.house.swap(id, yard.model())
        change = UpdateSingleModelDeploymentConfigurationDetails(
            environment_configuration_details=Container(image=IMAGE, environment_variables={"FACTOR": "3"})
        )
        with yard.house.client as client:
            request = client.update_model_deployment(
                id, UpdateModelDeploymentDetails(model_deployment_configuration_details=change)
            )
            wait_for_work_request(client, request, max_wait_time=60)
        load.wait_for(50)
    assert load.failures == []
    assert set(load.answers) == {2, 3}
    yard.wait_for_containers(2)


def test_a_container_that_dies_is_replaced_and_who_waits_is_told(yard: Yard, runtime: Runtime) -> None:
    id = yard.deploy()
    (first,) = runtime.containers
    status, _, answer = yard.ask(id, b"die")
    assert status == 503, answer

    def is_another() -> bool:
        return yard.ask(id, b"1", "application/json")[0] == 200 and first not in runtime.containers

    yard.wait_until(is_another, "another container")
    assert len(runtime.containers) == 1


@pytest.mark.parametrize("whole_group", [False, True], ids=["its server", "all of it"])
def test_killing_a_replica_leaves_no_container(yard: Yard, runtime: Runtime, whole_group: bool) -> None:
    id = yard.deploy()
    (first,) = runtime.containers
    (state,) = yard.house.replica_states()
    (os.killpg if whole_group else os.kill)(state["pid"], signal.SIGKILL)
    yard.wait_until(lambda: first not in runtime.containers, "the end of its container")
    yard.wait_until(lambda: yard.ask(id, b"1", "application/json")[0] == 200, "another replica")
    assert len(runtime.containers) == 1


def test_killing_a_containers_keeper_replaces_both(yard: Yard, runtime: Runtime) -> None:
    id = yard.deploy()
    (first,) = runtime.containers
    found = subprocess.run(["pgrep", "-f", f"keeper.py {first}"], capture_output=True, text=True).stdout.split()
    assert len(found) == 1
    os.kill(int(found[0]), signal.SIGKILL)
    yard.wait_until(lambda: first not in runtime.containers, "the end of its container")
    yard.wait_until(lambda: yard.ask(id, b"1", "application/json")[0] == 200, "another replica")


def test_killing_a_replica_that_starts_leaves_no_container(yard: Yard, runtime: Runtime) -> None:
    model = yard.model()
    with pytest.raises(WorkRequestFailed), ThreadPoolExecutor(1) as executor:
        deployed = executor.submit(yard.deploy, model, cmd=["--unhealthy"])
        (first,) = yard.wait_for_containers(1)
        for state in yard.house.replica_states():
            os.kill(state["pid"], signal.SIGKILL)
        yard.wait_until(lambda: first not in runtime.containers, "the end of its container")
        deployed.result()


def test_a_kept_container_outlives_the_service_and_is_taken_over(yard: Yard, runtime: Runtime) -> None:
    id = yard.deploy()
    before = runtime.containers
    yard.house.kill("service")
    assert yard.said(id, "args") == ""
    yard.wait_until(lambda: yard.house.status() and yard.house.pid_of("service"), "another service")
    assert runtime.containers == before
    yard.delete(id)
    assert runtime.containers == []


def test_deleting_answers_the_request_that_a_container_holds(yard: Yard) -> None:
    id = yard.deploy()
    answers: list[Any] = []
    held = threading.Thread(target=lambda: answers.append(yard.ask(id, b"hold 2")))
    held.start()
    yard.wait_until(lambda: "holding for 2" in yard.output, "the request in the container")
    yard.delete(id)
    held.join()
    assert answers == [(200, "text/plain", b"held")]


def test_stopping_all_of_it_leaves_no_container(
    house_in: Callable[..., Any], runtime: Runtime, until: Callable[..., Any], tmp_path: Path
) -> None:
    with house_in(tmp_path / "home", **runtime.variables) as house:
        yard = Yard(house, runtime, until)
        yard.deploy(instances=2)
        assert len(runtime.containers) == 2
    assert runtime.containers == []
