"""Replicas as real processes: they start, fail with their own words, drain, outlive the driver and leave nothing."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from modelyard.artifact.unpack import unpack
from modelyard.deployments import containers
from modelyard.deployments.artifact_cache import ArtifactCache
from modelyard.deployments.driver import Phase, Replica, ReplicaRequest
from modelyard.deployments.local_driver import LocalDriver
from modelyard.deployments.process_usage import seconds_of, usage_of_groups
from modelyard.deployments.replica_files import ReplicaFiles, log_folder, prune_logs
from modelyard.deployments.spec import Container, Revision
from modelyard.objectstore.folder import FolderBlobs
from modelyard.server import socket_folder
from modelyard.serving import frames
from modelyard.serving.spec import ReplicaSpec, write_spec
from modelyard.serving.state import is_alive, lock_path, read_state
from modelyard.settings import Settings

DEPLOYMENT = "ocid1.datasciencemodeldeployment.oc98.local-1.abcdefghijklmnopqrstuvwxyz"
GOOD = "def load_model():\n    return 1\n\n\ndef predict(data, model=None):\n    return data\n"
SLOW = (
    "import threading\n\n\ndef load_model():\n    threading.Event().wait(60)\n\n\ndef predict(data):\n    return data\n"
)
RUNTIME = (
    "MODEL_ARTIFACT_VERSION: '3.0'\nMODEL_DEPLOYMENT:\n  INFERENCE_CONDA_ENV:\n    INFERENCE_ENV_PATH: '{path}'\n"
    "    INFERENCE_ENV_SLUG: 'slug'\n    INFERENCE_ENV_TYPE: '{type}'\n    INFERENCE_PYTHON_VERSION: '{python}'\n"
)
PYTHON = ".".join(map(str, sys.version_info[:2]))
HERE = RUNTIME.format(path=f"file://{sys.prefix}", type="published", python=PYTHON)


def wait_until(condition: Callable[[], object], seconds: float = 40.0) -> None:
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < until, "it did not come to it in time"
        pause.wait(0.01)


def zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@dataclass
class Machine:
    """Be a home, and drivers over it."""

    settings: Settings
    blobs: FolderBlobs
    drivers: list[LocalDriver]

    def driver(self) -> LocalDriver:
        """Begin as a service does that comes back."""
        cache = ArtifactCache(
            self.settings.artifacts, lambda digest, folder: unpack(self.blobs.local_path(digest), folder)
        )
        environ = {**os.environ, "MODELYARD_SECRET": "x", "PYTHONPATH": "/nowhere", "KEPT": "y"}
        self.drivers.append(LocalDriver(self.settings, cache, environ=environ))
        return self.drivers[-1]

    def put(self, data: bytes) -> str:
        writer = self.blobs.writer()
        writer.write(data)
        blob = writer.finish()
        writer.publish()
        return blob.digest

    def request(self, files: dict[str, str] | bytes, id: str = "r1", **revision: object) -> ReplicaRequest:
        digest = self.put(files if isinstance(files, bytes) else zipped(files))
        fields = {"model_id": "model", "artifact_digest": digest, "workers": 1, **revision}
        return ReplicaRequest(id=id, deployment_id=DEPLOYMENT, revision=Revision(**fields))

    def see(self, driver: LocalDriver, id: str = "r1") -> Replica | None:
        return next((replica for replica in driver.list() if replica.id == id), None)

    def wait(self, driver: LocalDriver, phase: Phase, id: str = "r1") -> Replica:
        found: list[Replica] = []

        def is_there() -> bool:
            replica = self.see(driver, id)
            found[:] = [replica] if replica else []
            assert replica is None or replica.phase in {phase, Phase.STARTING, Phase.DRAINING, Phase.READY}, replica
            return replica is not None and replica.phase is phase

        wait_until(is_there)
        return found[0]

    def stop(self, driver: LocalDriver, id: str = "r1") -> None:
        """Stop a replica and wait until nothing is known of it."""

        def is_gone() -> bool:
            if self.see(driver, id) is not None:
                driver.stop(id)
            return self.see(driver, id) is None

        wait_until(is_gone)

    @property
    def left(self) -> list[Path]:
        """What there is of replicas."""
        return [*self.settings.replicas.iterdir(), *self.settings.sockets.iterdir()]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Make an empty machine; at the end nothing runs on it and no file is left."""
    settings = Settings(home=tmp_path / "home", drain_timeout=5.0, load_timeout=30.0)
    made = Machine(settings, FolderBlobs(settings.blobs), [])
    yield made
    for driver in made.drivers:
        driver.close()
        for replica in driver.list():
            made.stop(driver, replica.id)
    for driver in made.drivers:
        # the children of a driver that another has taken over from are reaped by whoever looks at them
        assert all(child.wait(30) is not None for child in driver._children.values())
    assert made.left == []
    socket_folder.remove(settings)


@pytest.fixture
def driver(machine: Machine) -> LocalDriver:
    """Begin on that machine."""
    return machine.driver()


# ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_replica_starts_becomes_ready_and_stops_without_a_trace(machine: Machine, driver: LocalDriver) -> None:
    request = machine.request({"score.py": GOOD, "runtime.yaml": HERE}, workers=2, git_commit="abc")
    driver.start(request)
    assert machine.see(driver).phase is Phase.STARTING
    replica = machine.wait(driver, Phase.READY)
    assert len(replica.sockets) == 2
    assert all(Path(socket).is_socket() for socket in replica.sockets)
    assert (replica.deployment_id, replica.revision_id) == (DEPLOYMENT, request.revision.id)
    assert replica.headers == {
        "modelyard-model": "model",
        "modelyard-artifact": request.revision.artifact_digest,
        "modelyard-environment": "slug",
        "modelyard-git-commit": "abc",
    }
    assert replica.notes == (f"The model runs with {Path(sys.prefix) / 'bin' / 'python'}.",)
    assert replica.problem is None
    machine.stop(driver)
    assert machine.left == []


def test_without_a_runtime_yaml_the_default_environment_serves_with_a_note(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    replica = machine.wait(driver, Phase.READY)
    assert replica.headers["modelyard-environment"] == "default"
    assert replica.notes[0].startswith("There is no runtime.yaml: the default environment is used")


def test_a_replica_that_was_told_to_stop_is_forgotten_when_it_has(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    driver.stop("r1")
    driver.stop("r1")
    phases = set()

    def is_gone() -> bool:
        replica = machine.see(driver)
        phases.add(replica.phase if replica else None)
        return replica is None

    wait_until(is_gone)
    assert phases <= {Phase.DRAINING, None}
    assert machine.left == []


def test_a_replica_that_another_driver_told_to_stop_is_forgotten_when_it_has(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    driver.stop("r1")
    after = machine.driver()
    seen = []

    def is_gone() -> bool:
        seen.append(machine.see(after))
        return seen[-1] is None

    wait_until(is_gone)
    assert {replica.phase for replica in seen if replica} <= {Phase.READY, Phase.DRAINING}


def test_a_replica_can_be_stopped_while_it_loads(machine, driver) -> None:
    driver.start(machine.request({"score.py": SLOW}))
    wait_until(lambda: read_state(str(machine.settings.replicas / "r1" / "state.json")))
    machine.stop(driver)


def test_stopping_what_is_not_there_does_no_harm(driver: LocalDriver) -> None:
    driver.stop("nothing")
    assert driver.list() == []


def test_a_replica_gets_its_variables_and_nothing_of_the_services_own(machine, driver) -> None:
    score = (
        "import json, os\n\n\ndef load_model():\n    raise RuntimeError(json.dumps(dict(os.environ)))\n\n\n"
        "def predict(data):\n    return data\n"
    )
    driver.start(machine.request({"score.py": score}, environment_variables={"MINE": "1", "WEB_CONCURRENCY": "1"}))
    problem = machine.wait(driver, Phase.FAILED).problem
    text = problem.message.strip().splitlines()[-1].removeprefix("RuntimeError: ")
    environ = msgspec.json.decode(text, type=dict[str, str])
    assert (environ["MINE"], environ["KEPT"], environ["MD_OCID"]) == ("1", "y", DEPLOYMENT)
    assert environ["MODEL_OCID"] == "model"
    assert "MODELYARD_SECRET" not in environ
    assert environ.get("PYTHONPATH") != "/nowhere"


def test_a_model_cannot_change_its_artifact(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD, "data/weights": "w"}))
    machine.wait(driver, Phase.READY)
    files = [path for path in machine.settings.artifacts.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.stat().st_mode & 0o222 == 0 for path in files)


# ── what cannot be served ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no such weights')", "ValueError: no such weights"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise SystemExit('enough')", "SystemExit: enough"),
    ],
)
def test_a_model_that_does_not_load_fails_with_its_own_traceback(machine, driver, body: str, says: str) -> None:
    score = f"def load_model():\n    {body}\n\n\ndef predict(data):\n    return data\n"
    driver.start(machine.request({"score.py": score}))
    replica = machine.wait(driver, Phase.FAILED)
    assert replica.problem.code == "ModelLoadFailed"
    assert replica.problem.message.startswith("Traceback")
    assert 'score.py", line 2, in load_model' in replica.problem.message
    assert replica.problem.message.strip().splitlines()[-1] == says
    assert replica.sockets == ()
    assert replica.ended is not None
    assert machine.see(driver) == replica
    driver.stop("r1")
    assert machine.see(driver) is None


BAD = {
    "no score.py": ({"model.pkl": "x"}, "There is no score.py at the top"),
    "nested": ({"inner/score.py": GOOD, "inner/runtime.yaml": HERE}, "score.py is in the folder 'inner'"),
    "empty": ({}, ""),
    "syntax error": ({"score.py": "def load_model(:\n"}, "score.py"),
    "no load_model": ({"score.py": "def predict(data):\n    return data\n"}, "load_model"),
    "no predict": ({"score.py": "def load_model():\n    return 1\n"}, "predict"),
    "predict without data": ({"score.py": GOOD.replace("data, model=None", "")}, "data"),
    "other version": ({"score.py": GOOD, "runtime.yaml": HERE.replace("3.0", "2.0")}, "VERSION is '2.0'"),
    "malformed": ({"score.py": GOOD, "runtime.yaml": "a: [\n"}, "runtime.yaml"),
    "no mapping": ({"score.py": GOOD, "runtime.yaml": "- 3.0\n"}, "runtime.yaml"),
    "empty runtime.yaml": ({"score.py": GOOD, "runtime.yaml": ""}, "it is empty"),
    "wrong enum": (
        {"score.py": GOOD, "runtime.yaml": RUNTIME.format(path="file:///x", type="magic", python=PYTHON)},
        "INFERENCE_ENV_TYPE is 'magic'",
    ),
    "pack": (
        {"score.py": GOOD, "runtime.yaml": RUNTIME.format(path="oci://b@n/p", type="published", python=PYTHON)},
        "packs are not served yet",
    ),
    "no environment": (
        {"score.py": GOOD, "runtime.yaml": RUNTIME.format(path="file:///nowhere", type="published", python=PYTHON)},
        "/nowhere",
    ),
    "strange path": (
        {"score.py": GOOD, "runtime.yaml": RUNTIME.format(path="file:///\\0", type="published", python=PYTHON)},
        "",
    ),
    "other python": (
        {"score.py": GOOD, "runtime.yaml": RUNTIME.format(path=f"file://{sys.prefix}", type="published", python="3.6")},
        "3.6",
    ),
    "traversal": ({"score.py": GOOD, "../escaped.py": "x"}, "escaped.py"),
    "absolute": ({"score.py": GOOD, "/escaped.py": "x"}, "escaped.py"),
    "no zip": (b"these are no bytes of a zip", ""),
    "cut off": (zipped({"score.py": GOOD})[:-30], ""),
}  # fmt: skip


@pytest.mark.parametrize(("artifact", "says"), BAD.values(), ids=BAD)
def test_an_artifact_that_cannot_be_served_fails_with_what_is_wrong(machine, driver, artifact, says: str) -> None:
    driver.start(machine.request(artifact))
    replica = machine.wait(driver, Phase.FAILED)
    assert says in replica.problem.message
    assert replica.problem.message.endswith((".", "?"))
    assert not list(machine.settings.home.rglob("escaped.py"))
    assert not (machine.settings.replicas / "r1" / "state.json").exists()
    assert machine.see(machine.driver()) == replica
    driver.stop("r1")
    assert machine.see(driver) is None


def test_an_artifact_that_is_gone_is_said(machine, driver) -> None:
    request = machine.request({"score.py": GOOD})
    machine.blobs.delete(request.revision.artifact_digest)
    driver.start(request)
    assert machine.wait(driver, Phase.FAILED).problem.code == "ArtifactNotFound"


# ── dying ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_replica_that_is_killed_is_gone_with_the_end_of_its_log(machine, driver) -> None:
    score = "print('almost there')\n" + GOOD
    driver.start(machine.request({"score.py": score}))
    machine.wait(driver, Phase.READY)
    os.kill(read_state(str(machine.settings.replicas / "r1" / "state.json")).pid, signal.SIGKILL)
    replica = machine.wait(driver, Phase.GONE)
    assert replica.problem.code == "ReplicaDied"
    assert replica.problem.message.endswith("almost there")
    assert replica.sockets == ()
    assert machine.see(driver) == replica
    machine.stop(driver)


def test_a_replica_that_somebody_else_told_to_stop_is_gone_and_so_replaced(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    os.kill(read_state(str(machine.settings.replicas / "r1" / "state.json")).pid, signal.SIGTERM)
    assert machine.wait(driver, Phase.GONE).problem.code == "ReplicaStopped"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"state": "READY"}'])
def test_a_state_that_a_power_cut_damaged_hides_no_replica_and_holds_up_no_other(machine, driver, damage: str) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    driver.start(machine.request({"score.py": GOOD}, id="r2"))
    machine.wait(driver, Phase.READY)
    machine.wait(driver, Phase.READY, id="r2")
    state_file = machine.settings.replicas / "r1" / "state.json"
    os.kill(read_state(str(state_file)).pid, signal.SIGKILL)
    state_file.write_text(damage)
    assert machine.wait(driver, Phase.GONE).problem.code == "ReplicaDied"
    assert machine.see(driver, "r2").phase is Phase.READY


def test_a_replica_that_is_killed_while_it_starts_is_gone(machine, driver) -> None:
    driver.start(machine.request({"score.py": SLOW}))
    wait_until(lambda: "r1" in driver._children)
    driver._children["r1"].kill()
    assert machine.wait(driver, Phase.GONE).problem.code == "ReplicaDied"


# ── other drivers ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_driver_that_comes_back_finds_the_replicas_that_run(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    ready = machine.wait(driver, Phase.READY)
    after = machine.driver()
    assert after.list() == [ready]
    machine.stop(after)


def test_a_driver_that_comes_back_sees_how_replicas_ended_meanwhile(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    state = str(machine.settings.replicas / "r1" / "state.json")
    os.kill(read_state(state).pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(lock_path(state)))
    assert machine.wait(machine.driver(), Phase.GONE).problem.code == "ReplicaDied"


def test_a_driver_that_comes_back_before_a_replica_is_up_finds_it_later(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    after = machine.driver()
    assert machine.see(after).phase is Phase.GONE  # as far as anybody can tell
    wait_until(lambda: machine.see(after).phase is Phase.READY)
    assert machine.see(after).problem is None
    machine.stop(after)


def test_a_start_that_a_killed_service_left_is_gone_and_leaves_nothing(machine, driver) -> None:
    files = ReplicaFiles(machine.settings, "r1")
    files.write_request(machine.request({"score.py": GOOD}))
    (machine.settings.replicas / "r2").mkdir()
    assert machine.see(driver).phase is Phase.GONE
    assert machine.see(driver, "r2") is None
    assert not (machine.settings.replicas / "r2").exists()
    driver.stop("r1")
    assert machine.left == []


def test_a_container_is_removed_by_the_runtime_that_it_was_started_with(machine: Machine, tmp_path: Path) -> None:
    runtimes = []
    for name in ("one", "other"):
        runtimes.append(tmp_path / name)
        runtimes[-1].write_text('#!/bin/sh\necho "$@" >> "$0.told"\n')
        runtimes[-1].chmod(0o755)
    wanted = Container(image="i", processors=1, memory=2**29)
    request = machine.request({"score.py": GOOD}, container=wanted)
    files = ReplicaFiles(machine.settings, request.id)
    files.write_request(request)
    container = containers.spec_of(
        wanted, runtime=(str(runtimes[0]),), replica_id=request.id, log_file=tmp_path / "log", variables={}
    )
    spec = ReplicaSpec(request.id, str(tmp_path), ("/s",), str(files.state), container=container)
    write_spec(str(files.spec), spec)
    machine.settings = replace(machine.settings, container_runtime=(str(runtimes[1]),))
    machine.stop(machine.driver())
    assert runtimes[0].with_name("one.told").read_text().splitlines()[-1] == "rm --force modelyard-r1"
    assert not runtimes[1].with_name("other.told").exists()
    assert machine.left == []


def test_a_container_that_was_never_asked_for_is_not_removed(machine: Machine, tmp_path: Path) -> None:
    wanted = Container(image="i", processors=1, memory=2**29)
    request = machine.request({"score.py": GOOD}, container=wanted)
    files = ReplicaFiles(machine.settings, request.id)
    files.write_request(request)
    files.spec.write_text("{")
    machine.stop(machine.driver())
    assert machine.left == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"id": 1}'])
def test_a_replica_whose_request_cannot_be_read_ends_and_leaves_nothing(machine, driver, damage: bytes) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    files = ReplicaFiles(machine.settings, "r1")
    (files.folder / "request.json").write_bytes(damage)
    lock = lock_path(str(files.state))
    after = machine.driver()
    assert after.list() == []
    wait_until(lambda: not is_alive(lock))
    wait_until(lambda: after.list() == [] and machine.left == [])


def test_the_log_of_a_replica_that_is_there_is_kept_however_many_are_newer(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}))
    machine.wait(driver, Phase.READY)
    folder = log_folder(machine.settings, DEPLOYMENT)
    os.utime(folder / "r1.log", (1, 1))
    for number in range(30):
        (folder / f"old{number}.log").touch()
    prune_logs(machine.settings, DEPLOYMENT)
    assert (folder / "r1.log").exists()
    assert len(list(folder.iterdir())) == 11
    machine.stop(driver)


def test_starts_that_prune_at_once_do_not_fail_each_other(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    folder = log_folder(settings, DEPLOYMENT)
    folder.mkdir(parents=True)

    def prune(_: int) -> None:
        for number in range(200):
            (folder / f"{number}.log").touch()
            prune_logs(settings, DEPLOYMENT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prune, range(4)))


def test_logs_are_kept_for_the_newest_replicas(machine, driver) -> None:
    request = machine.request({"score.py": GOOD})
    folder = log_folder(machine.settings, DEPLOYMENT)
    folder.mkdir(parents=True)
    for number in range(15):
        (folder / f"old{number}.log").touch()
        os.utime(folder / f"old{number}.log", (number, number))
    driver.start(request)
    machine.wait(driver, Phase.READY)
    assert ReplicaFiles(machine.settings, "r1").log(DEPLOYMENT).exists()
    assert len(list(folder.iterdir())) == 11


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────

GROUP = (
    "import os\n\n\ndef load_model(model_folder):\n    here = {'model': sorted(os.listdir(model_folder))}\n"
    "    base = os.environ.get('BASE_MODEL_FOLDER')\n    here['base'] = base and sorted(os.listdir(base))\n"
    "    here['base_id'] = os.environ.get('BASE_MODEL_OCID')\n    return here\n\n\n"
    "def predict(data, model):\n    return model\n"
)


def test_the_score_of_a_group_serves_a_models_own_files(machine, driver) -> None:
    score = machine.put(zipped({"score.py": GROUP, "runtime.yaml": HERE}))
    base = machine.put(zipped({"base.bin": "x"}))
    more = {"score_digest": score, "base_digest": base, "base_model_id": "base"}
    request = machine.request({"weights": "7"}, **more)
    driver.start(request)
    replica = machine.wait(driver, Phase.READY)
    assert replica.model_id == "model"
    assert replica.headers["modelyard-artifact"] == request.revision.artifact_digest
    assert replica.headers["modelyard-environment"] == "slug"
    answer = ask(replica.sockets[0], b"1")
    assert answer == {"model": ["weights"], "base": ["base.bin"], "base_id": "base"}
    machine.stop(driver)


def test_an_artifact_of_a_group_without_a_score_fails_its_models(machine, driver) -> None:
    driver.start(machine.request({"score.py": GOOD}, score_digest=machine.put(zipped({"notes.txt": "x"}))))
    assert "There is no score.py" in machine.wait(driver, Phase.FAILED).problem.message
    driver.stop("r1")


def ask(socket_path: str, body: bytes) -> object:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(20)
        sock.connect(socket_path)
        sock.sendall(frames.encode(frames.Frame(frames.PREDICT, 1, content_type=b"application/json", body=body)))
        decoder = frames.Decoder()
        while True:
            for frame in decoder.feed(sock.recv(1 << 16)):
                if frame.kind == frames.ANSWER:
                    return msgspec.json.decode(frame.body)


# ── what they use ────────────────────────────────────────────────────────────────────────────────────────────────────

BUSY = (
    "import os, time\n\n\ndef load_model():\n    return bytearray(50_000_000)\n\n\ndef predict(data, model):\n"
    "    until = time.process_time() + data\n    while time.process_time() < until:\n        pass\n"
    "    return os.getpid()\n"
)


def test_what_a_replica_uses_is_that_of_all_its_processes(machine, driver) -> None:
    driver.start(machine.request({"score.py": BUSY}, workers=2))
    driver.start(machine.request({"score.py": GOOD}, id="r2"))
    busy, _ = machine.wait(driver, Phase.READY), machine.wait(driver, Phase.READY, id="r2")
    before = driver.usage()
    assert set(before) == {"r1", "r2"}
    assert len({ask(path, b"0.5") for path in busy.sockets}) == 2
    after = driver.usage()
    assert 0.9 <= after["r1"].cpu_seconds - before["r1"].cpu_seconds <= 3.0
    assert after["r2"].cpu_seconds - before["r2"].cpu_seconds < 0.5
    assert after["r1"].memory >= 50_000_000
    assert machine.driver().usage().keys() == {"r1", "r2"}  # also to a service that has not started them
    machine.stop(driver, "r2")
    assert set(driver.usage()) == {"r1"}


def test_a_dead_worker_takes_nothing_back_of_what_was_used(machine, driver) -> None:
    driver.start(machine.request({"score.py": BUSY}, workers=1))
    worker = ask(machine.wait(driver, Phase.READY).sockets[0], b"0.5")
    used = driver.usage()["r1"].cpu_seconds
    os.kill(int(worker), signal.SIGKILL)
    state_file = str(machine.settings.replicas / "r1" / "state.json")
    wait_until(lambda: [one.pid for one in read_state(state_file).workers] not in ([], [worker]))
    assert driver.usage()["r1"].cpu_seconds >= used


def test_without_proc_ps_tells_what_processes_use(tmp_path: Path) -> None:
    found = usage_of_groups({os.getpgrp()}, proc=tmp_path)
    if found:  # where there is a ps
        assert found[os.getpgrp()].memory > 1_000_000
    assert usage_of_groups(set()) == {}
    assert usage_of_groups({2**30}) == {}
    here = usage_of_groups({os.getpgrp()})
    assert here[os.getpgrp()].cpu_seconds > 0


@pytest.mark.parametrize(("text", "seconds"), [("0:01.50", 1.5), ("01:02:03", 3723.0), ("2-00:00:01", 172801.0)])
def test_the_times_of_ps_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
