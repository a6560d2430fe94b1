"""Real replicas: started by path with an interpreter, asked over their sockets."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from modelyard.serving import frames
from modelyard.serving.session import SERVER
from modelyard.serving.spec import ReplicaSpec, write_spec
from modelyard.serving.state import ReplicaState, is_alive, lock_path, observe, read_state


def score_with(predict: str) -> str:
    """Return a score.py whose predict has the given body."""
    body = "".join(f"    {line}\n" for line in predict.splitlines())
    return f"import os\nimport sys\nimport time\n\n\ndef load_model():\n    pass\n\n\ndef predict(data):\n{body}"


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> Any:
    """Poll a condition until it holds, and return what it returned."""
    until = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < until, f"not within {seconds} s: {condition}"
        time.sleep(0.01)
    return result


class Peer:
    """Be one connection to a worker, as a gateway has it."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(path)
        self._decoder = frames.Decoder()
        self._said: list[frames.Frame] = []

    def send(self, body: bytes, *, id: int = 1, content_type: bytes = b"application/json", deadline: int = 0) -> None:
        request = frames.Frame(frames.PREDICT, id, deadline, content_type, body)
        self.sock.sendall(frames.encode(request))

    def receive(self) -> frames.Frame | None:
        """Return the next frame, or None at the end."""
        while not self._said:
            data = self.sock.recv(1 << 16)
            if not data:
                return None
            self._said += self._decoder.feed(data)
        return self._said.pop(0)

    def answer(self) -> frames.Frame:
        """Return the next answer."""
        while True:
            frame = self.receive()
            assert frame is not None, "the worker closed the connection"
            if frame.kind == frames.ANSWER:
                return frame

    def ask(self, body: bytes, content_type: bytes = b"application/json") -> frames.Frame:
        self.send(body, content_type=content_type)
        return self.answer()


class Replica:
    """Be a replica's process and files."""

    def __init__(self, folder: Path, spec: ReplicaSpec, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.spec = spec
        self.process = process
        self.log_file = folder / "log"
        self.peers: list[Peer] = []

    @property
    def state(self) -> ReplicaState | None:
        return read_state(self.spec.state_file)

    @property
    def observed(self) -> ReplicaState | None:
        return observe(self.spec.state_file, str(self.log_file))

    @property
    def alive(self) -> bool:
        return is_alive(lock_path(self.spec.state_file))

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def worker_pids(self) -> list[int]:
        state = self.state
        return [worker.pid for worker in state.workers] if state else []

    def reaches(self, name: str) -> ReplicaState:
        def reached() -> ReplicaState | None:
            state = self.observed
            assert state is None or state.state == name or state.state not in {"FAILED", "DIED"}, self.log
            return state if state is not None and state.state == name else None

        return cast("ReplicaState", wait_for(reached))

    def peer(self, worker: int = 0) -> Peer:
        self.peers.append(Peer(self.spec.sockets[worker]))
        return self.peers[-1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="my-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Replica]]:
    """Start replicas of a score.py; all are gone at the end."""
    started: list[Replica] = []

    def start_one(
        score: str | None = None,
        *,
        predict: str = "return data",
        python: str = sys.executable,
        workers: int = 2,
        files: dict[str, str] | None = None,
        **fields: Any,
    ) -> Replica:
        own = folder / str(len(started))
        artifact = own / "artifact"
        artifact.mkdir(parents=True)
        for name, text in {"score.py": score or score_with(predict), **(files or {})}.items():
            (artifact / name).write_text(text)
        spec = ReplicaSpec(
            replica_id="r",
            artifact_dir=str(artifact),
            sockets=tuple(str(own / f"w{index}") for index in range(workers)),
            state_file=str(own / "state.json"),
            **fields,
        )
        write_spec(str(own / "spec.json"), spec)
        with (own / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-X", "faulthandler", str(SERVER), str(own / "spec.json")],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        started.append(Replica(own, spec, process))
        return started[-1]

    yield start_one
    for replica in started:
        for peer in replica.peers:
            peer.sock.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(replica.process.pid, signal.SIGKILL)
        replica.process.wait()


@pytest.fixture
def ready(start: Callable[..., Replica]) -> Callable[..., Replica]:
    """Start a replica and wait until it is ready."""

    def start_ready(*arguments: str, **fields: Any) -> Replica:
        replica = start(*arguments, **fields)
        replica.reaches("READY")
        return replica

    return start_ready


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait for a condition."""
    return wait_for


def process_is_there(pid: int) -> bool:
    """Tell whether a process runs (one that only waits to be reaped does not)."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").exists()


@pytest.fixture
def running() -> Callable[[int], bool]:
    """Tell whether a process runs."""
    return process_is_there


@pytest.fixture
def score() -> Callable[[str], str]:
    """Write a score.py around the body of its predict."""
    return score_with
