"""The service or its client is killed at any moment of writes, again and again: what was acknowledged is there, whole.

A client that keeps a journal writes objects, multipart uploads, renames, deletes and artifacts, sent and taken from a
bucket and brought there, with several threads; then one of the two is gone. Whatever had begun and was not acknowledged
is done or not done, and nothing in between.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from modelyard.client.profile import resolve
from modelyard.client.retries import RetryPolicy
from modelyard.client.transport import Request, Transport
from modelyard.errors import NotFound
from modelyard.server.installation import load
from modelyard.server.leftovers import SERVICE, find_processes

PROGRAM = Path(__file__).with_name("journalled_writer.py")
SEED = 20261122
VICTIMS = ("service", "client", "both", "client", "service")
MOST_LINES = 40
"""After how many lines of its journal, at most, the writer or its service is killed."""

PATIENT = RetryPolicy(attempts=300, longest_pause=0.1)

State = dict[str, "str | None"]


@dataclass
class Journal:
    """What should be there: what was acknowledged, and what may have happened of the rest."""

    known: State = field(default_factory=dict)
    doubtful: list[tuple[State, State]] = field(default_factory=list)
    """What names hold before and after a step that was not acknowledged; the step before it was."""

    acknowledged: int = 0

    def read(self, lines: list[str]) -> None:
        """Take what a writer said."""
        begun: list[State] = []
        for line in lines:
            word, _, told = line.partition(" ")
            step: State = json.loads(told)
            assert word != "wrong", told
            if word == "begin":
                begun.append(step)
            else:
                begun.remove(step)
                self.known.update(step)
                self.acknowledged += 1
        for step in begun:
            before = {name: self.known.pop(name, None) for name in step}
            self.doubtful.append((before, step))

    def check(self, read: Callable[[str], bytes | None], bytes_of: Callable[[str], bytes]) -> None:
        """Hold what is there against it; what has happened once stays."""

        def holds(state: State) -> bool:
            return all(read(name) == (None if key is None else bytes_of(key)) for name, key in state.items())

        for name, key in self.known.items():
            assert holds({name: key}), f"{name} was acknowledged, and is not what it was"
        for place, (before, after) in enumerate(self.doubtful):
            if holds(after):
                self.doubtful[place] = (after, after)
            else:
                assert holds(before), f"half of {after} is there"


@dataclass
class Yard:
    """The service under test, as the one who checks it sees it."""

    house: Any
    seed: int
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        self.made = load(self.house.settings)
        self.transport = Transport(resolve(self.house.settings), retries=PATIENT)
        namespace = json.loads(self.ask("GET", "/n"))
        self.bucket = f"/n/{namespace}/b/kills"
        details = {"name": "kills", "compartmentId": self.made.compartment_id}
        self.ask("POST", f"/n/{namespace}/b", json.dumps(details).encode())
        self.others = self.blobs()  # what the service keeps of its own

    def ask(self, method: str, path: str, body: bytes = b"", **query: str) -> bytes:
        """Send a request, again where the service is not there yet."""
        request = Request(method=method, path=path, query=query, body=body)
        return self.transport.send(request).body

    def read(self, name: str) -> bytes | None:
        """Return what a name holds."""
        kind, _, name = name.partition(" ")
        path = f"{self.bucket}/o/{quote(name)}" if kind == "object" else f"/20190101/models/{name}/artifact/content"
        try:
            return self.ask("GET", path)
        except NotFound:
            return None

    def remove(self, name: str) -> None:
        """Delete what a name holds."""
        kind, _, name = name.partition(" ")
        self.ask("DELETE", f"{self.bucket}/o/{quote(name)}" if kind == "object" else f"/20190101/models/{name}")

    def round(self, number: int, chance: random.Random) -> None:
        """Write, kill, and see what is left."""
        victim = VICTIMS[number % len(VICTIMS)]
        arguments = [f"{self.seed}.{number}", self.bucket, self.made.compartment_id, self.made.project_id]
        with subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments], env=self.house.environ, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(chance.randint(1, MOST_LINES))]
            threading.Event().wait(chance.uniform(0, 0.05))  # the moment is what the test is about
            if victim != "client":
                self.kill_service()
            if victim != "service":
                writer.kill()
            lines += writer.stdout.readlines()
        self.journal.read([line for line in lines if line.endswith("\n")])
        self.journal.check(self.read, bytes_of)
        for name in [name for name, key in self.journal.known.items() if key is not None]:
            self.remove(name)
            self.journal.known[name] = None

    def kill_service(self) -> None:
        """Kill the service at once, or as soon as there is one."""

        def pids() -> list[int]:
            return [process.pid for process in find_processes(self.house.settings) if process.name == SERVICE]

        for pid in wait_until(pids, what="a service"):
            os.kill(pid, signal.SIGKILL)

    def finish(self) -> None:
        """Check a last time after a restart, delete all, and see that no byte is left."""
        self.house.down()
        self.house.up()
        assert list((self.house.settings.blobs / "unfinished").iterdir()) == []
        wait_until(self.is_at_rest, what="an end of all transfers")
        self.journal.check(self.read, bytes_of)
        uploads = json.loads(self.ask("GET", f"{self.bucket}/u", limit="1000"))
        for upload in uploads:
            self.ask("DELETE", f"{self.bucket}/u/{quote(upload['object'])}", uploadId=upload["uploadId"])
        for before, after in self.journal.doubtful:
            for name in {**before, **after}:
                if self.read(name) is not None:
                    self.remove(name)
        listed = json.loads(self.ask("GET", f"{self.bucket}/o", limit="1000"))
        assert listed["objects"] == []
        wait_until(lambda: self.blobs() <= self.others, what=f"an end of {self.blobs() - self.others}")

    def is_at_rest(self) -> bool:
        """Tell whether no transfer goes on."""
        query = {"compartmentId": self.made.compartment_id, "status": "IN_PROGRESS"}
        return json.loads(self.ask("GET", "/20190101/workRequests", **query)) == []

    def blobs(self) -> set[Path]:
        """Return the files that hold bytes."""
        return {path for path in (self.house.settings.blobs / "sha256").rglob("*") if path.is_file()}


def wait_until(condition: Callable[[], Any], *, what: str) -> Any:
    """Return what a condition gives as soon as it holds."""
    pause, until = threading.Event(), time.monotonic() + 30
    while time.monotonic() < until:
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"not within half a minute: {what}")


def bytes_of(key: str) -> bytes:
    """Return the bytes of a key, as the writer makes them."""
    pieces = (piece.split("-") for piece in key.split("+"))
    return b"".join(random.Random(int(seed)).randbytes(int(size)) for seed, size in pieces)


def kill_again_and_again(house: Any, *, rounds: int, seed: int) -> Yard:
    """Run so many rounds, and the end."""
    chance = random.Random(seed)
    yard = Yard(house, seed)
    for number in range(rounds):
        yard.round(number, chance)
    yard.finish()
    return yard


def test_ten_kills_lose_nothing_that_was_acknowledged(house) -> None:
    yard = kill_again_and_again(house, rounds=10, seed=SEED)
    assert yard.journal.acknowledged > 30
    assert yard.journal.doubtful  # something was under way when it ended


@pytest.mark.soak
def test_a_hundred_kills_lose_nothing_that_was_acknowledged(house) -> None:
    yard = kill_again_and_again(house, rounds=100, seed=SEED + 1)
    assert yard.journal.acknowledged > 500
    assert len(yard.journal.doubtful) > 50
