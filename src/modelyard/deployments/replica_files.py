"""The files by which a replica on this machine is known, also to a service that did not start it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TypeVar

import msgspec

from modelyard.deployments.driver import Problem, ReplicaRequest
from modelyard.logs.reading import kept_beside
from modelyard.serving.spec import ContainerSpec, read_spec
from modelyard.settings import Settings

S = TypeVar("S", bound=msgspec.Struct)

_LOGS_KEPT = 10


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """Be what a replica was started with, beyond its request."""

    headers: dict[str, str]
    notes: list[str]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """Be how a replica that did not start, or died, was found."""

    code: str
    message: str
    time: float
    is_final: bool
    """Whether starting it again would say the same."""


@dataclass(frozen=True)
class ReplicaFiles:
    """Be the files of one replica."""

    settings: Settings
    id: str

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.settings.replicas / self.id

    @property
    def state(self) -> Path:
        """What the replica says of itself."""
        return self.folder / "state.json"

    @property
    def spec(self) -> Path:
        """What the replica was told."""
        return self.folder / "spec.json"

    def read_container(self) -> ContainerSpec | None:
        """Return the container that it was told to run; None where it was told of none."""
        try:
            return read_spec(str(self.spec)).container
        except (OSError, ValueError, KeyError, TypeError):  # none yet, or a power cut left it damaged
            return None

    def sockets(self, workers: int) -> tuple[str, ...]:
        """Return the paths of its workers' sockets."""
        return tuple(str(self.settings.sockets / f"{self.id}.{number}") for number in range(workers))

    def log(self, deployment_id: str) -> Path:
        """Return its log file, in the folder of its deployment."""
        return log_folder(self.settings, deployment_id) / f"{self.id}.log"

    def read_request(self) -> ReplicaRequest | None:
        """Return the request that it was started by; None where the folder was never whole."""
        return _read(self.folder / "request.json", ReplicaRequest)

    def write_request(self, request: ReplicaRequest) -> None:
        """Make the folder, with the request in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / "request.json", request)

    def read_launch(self) -> Launch | None:
        """Return what it was started with; None until then."""
        return _read(self.folder / "launch.json", Launch)

    def write_launch(self, launch: Launch) -> None:
        """Keep what it is started with."""
        _write(self.folder / "launch.json", launch)

    def read_ending(self) -> Ending | None:
        """Return how it ended; None where nobody has seen it end."""
        return _read(self.folder / "ending.json", Ending)

    def write_ending(self, problem: Problem, *, is_final: bool) -> Ending:
        """Keep how it ended; on a full disk it is told all the same, and found anew at the next look."""
        ending = Ending(code=problem.code, message=problem.message, time=time.time(), is_final=is_final)
        with suppress(OSError):
            _write(self.folder / "ending.json", ending)
        return ending

    def forget_ending(self) -> None:
        """Remove what was kept of its end: it lives."""
        (self.folder / "ending.json").unlink(missing_ok=True)

    @property
    def is_told_to_stop(self) -> bool:
        """Whether a driver, this one or one before it, has told it to stop."""
        return (self.folder / "stop").exists()

    def tell_to_stop(self) -> None:
        """Keep that a driver has told it to stop."""
        with suppress(OSError):  # on a full disk it stops all the same
            (self.folder / "stop").touch()

    def remove(self) -> None:
        """Remove all of it but the log."""
        for socket in self.settings.sockets.glob(f"{escape(self.id)}.*"):
            socket.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def all_files(settings: Settings) -> Iterator[ReplicaFiles]:
    """Yield the files of every replica of a home."""
    with suppress(FileNotFoundError):
        for folder in sorted(settings.replicas.iterdir()):
            yield ReplicaFiles(settings, folder.name)


def log_folder(settings: Settings, deployment_id: str) -> Path:
    """Return the folder with the logs of a deployment's replicas."""
    return settings.logs / "deployments" / deployment_id.rpartition(".")[2][-16:]


def prune_logs(settings: Settings, deployment_id: str) -> None:
    """Remove all but the newest logs of a deployment, and those of replicas that are there."""
    logs = []
    for path in log_folder(settings, deployment_id).glob("*.log"):
        with suppress(FileNotFoundError):  # another start removes old logs too
            logs.append((path.stat().st_mtime, path))
    for _, old in sorted(logs)[:-_LOGS_KEPT]:
        if not ReplicaFiles(settings, old.stem).folder.exists():
            old.unlink(missing_ok=True)
            kept_beside(old).unlink(missing_ok=True)


def _read(path: Path, type: type[S]) -> S | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(path: Path, value: msgspec.Struct) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(value))
    beside.replace(path)
