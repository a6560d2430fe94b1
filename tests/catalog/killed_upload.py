"""Upload and be killed: at each step, or at any moment. Run by path: FOLDER, and on standard input how for which model.

One process that has everything imported forks a child for each line; the child uploads and kills itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from modelyard.catalog.artifacts import Artifacts, Upload
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.objectstore.blobs import Blob
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.service import Home, object_storage

DATA = bytes(range(256)) * 8192


class Countdown:
    """Die at a step: SIGKILL, as from outside."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class DyingWriter:
    """Write a blob, with a step before and after everything."""

    def __init__(self, inner, countdown: Countdown) -> None:
        self.inner = inner
        self.countdown = countdown

    def _do(self, name: str, *arguments: bytes):
        self.countdown.step()
        result = getattr(self.inner, name)(*arguments)
        self.countdown.step()
        return result

    def write(self, piece: bytes) -> None:
        self._do("write", piece)

    def finish(self) -> Blob:
        return self._do("finish")

    def publish(self) -> None:
        self._do("publish")

    def abort(self) -> None:
        self._do("abort")


class DyingBlobs(FolderBlobs):
    """Be the real store, whose writers die."""

    def __init__(self, folder: Path, countdown: Countdown) -> None:
        super().__init__(folder)
        self.countdown = countdown

    def writer(self):
        return DyingWriter(super().writer(), self.countdown)


def pieces() -> Iterator[bytes]:
    """Yield what a client sends, in pieces of 64 KiB."""
    for start in range(0, len(DATA), 65536):
        yield DATA[start : start + 65536]


def upload(folder: Path, model_id: str, countdown: Countdown) -> None:
    """Do what the REST layer does with an upload."""
    database = Database(folder / "yard.db")
    blobs = DyingBlobs(folder / "blobs", countdown)
    clock = lambda: datetime.now(timezone.utc)  # noqa: E731 - the one clock of all
    home = Home(tenancy_id="ocid1.tenancy.oc98..t", compartment_id="c", region="local-1", endpoint="")
    objects = object_storage(database, blobs, home=home, clock=clock).objects
    artifacts = Artifacts(database, blobs, objects=objects, limit=None, clock=clock)
    again = Repeatable(caller="user", token="t", operation="create_model_artifact", request=model_id.encode())
    asked = Upload(model_id=model_id, file_name="a.zip", length=len(DATA), if_match=None, again=again)
    incoming = artifacts.begin(asked)
    if incoming is not None:
        for piece in pieces():
            if incoming.take(piece):
                incoming.flush()
        artifacts.complete(asked, incoming, signed_digest=None)


def main(folder: Path) -> None:
    """Fork a child for each line, ``step N MODEL`` or ``after SECONDS MODEL``; say how each ended."""
    for line in sys.stdin:
        how, number, model_id = line.split()
        child = os.fork()
        if child == 0:
            if how == "after":
                signal.setitimer(signal.ITIMER_REAL, float(number))  # its signal ends the process as it stands
            upload(folder, model_id, Countdown(int(number) if how == "step" else -1))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
