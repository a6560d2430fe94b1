"""The collector: every line once, whoever is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelyard.database.engine import Database
from modelyard.logs import readings, spool
from modelyard.logs.collector import Collector
from modelyard.logs.lines import PrintedFile
from modelyard.logs.named_logs import Logs
from modelyard.logs.reading import kept_beside
from modelyard.logs.spool import AccessLine, Spool
from modelyard.resources.logging import UpdateLogDetails


class Yard:
    """A home with files, and a collector of them."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.home = home
        self.files: list[PrintedFile] = []
        self.spool = home / "spool"
        self.start_again()

    def start_again(self) -> None:
        """Be a service that came back."""
        self.collector = Collector(
            self.database,
            home=self.home,
            spool_folder=self.spool,
            printed=lambda: self.files,
            clock=lambda: datetime.now(timezone.utc),
            limit=1000,
        )

    def printed(self, log_id: str | None, name: str = "r", *, is_complete: bool = False) -> Path:
        path = self.home / f"{name}.log"
        path.touch()
        file = PrintedFile(path=path, deployment_id="d", replica_id=name, log_id=log_id, is_complete=is_complete)
        self.files = [*(each for each in self.files if each.path != path), file]
        return path

    def known(self) -> set[str]:
        with self.database.read() as tx:
            return set(readings.all_of(tx))


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def access(log_id: str, number: int, **changes: object) -> AccessLine:
    fields = {
        "log_id": log_id, "deployment_id": "d", "time": 1_000_000_000_000_000 + number, "method": "POST",
        "path": f"/{number}", "status": 200, "request_bytes": 1, "response_bytes": 2, "latency_ms": 1.5,
        "request_id": "r", "client_address": "127.0.0.1", "user_id": "u", "model_id": "m", "replica_id": "x",
    }  # fmt: skip
    return AccessLine(**{**fields, **changes})


@pytest.fixture
def yard(database: Database, tmp_path: Path) -> Yard:
    return Yard(database, tmp_path)


def test_what_is_printed_becomes_entries_once(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    path = yard.printed(log_id)
    append(path, "one\ntwo\nthr")
    assert yard.collector.step()
    assert messages(log_id) == ["one", "two"]
    append(path, "ee\n")
    yard.start_again()
    yard.collector.step()
    yard.collector.step()
    assert messages(log_id) == ["one", "two", "three"]


def test_the_last_words_need_no_newline(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    append(yard.printed(log_id), "killed her")
    yard.collector.step()
    assert messages(log_id) == []
    yard.printed(log_id, is_complete=True)
    yard.collector.step()
    assert messages(log_id) == ["killed her"]


def test_much_is_read_in_pieces(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    lines = [f"line {number}" for number in range(60_000)]
    append(yard.printed(log_id), "\n".join(lines) + "\n")
    while not yard.collector.step():
        pass
    assert messages(log_id) == lines


def test_a_large_file_is_emptied_and_nothing_is_lost(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    path = yard.printed(log_id)
    lines = []
    with path.open("ab", buffering=0) as writer:
        for number in range(100):
            lines.append(f"line {number} {'x' * 50}")
            writer.write(lines[-1].encode() + b"\n")
            if number % 7 == 0:
                yard.collector.step()
            if number % 31 == 0:
                yard.start_again()
    while not yard.collector.step() or len(messages(log_id)) < len(lines):
        pass
    assert messages(log_id) == lines
    assert path.stat().st_size <= 1000


def test_a_large_file_that_no_log_wants_is_emptied_too(yard: Yard) -> None:
    path = yard.printed(None)
    append(path, "x" * 1500)
    yard.collector.step()
    assert path.stat().st_size == 0
    assert kept_beside(path).stat().st_size == 1500
    assert yard.known() == set()


def test_what_is_gone_is_forgotten(yard: Yard, new_log) -> None:
    _, log_id = new_log()
    path = yard.printed(log_id)
    append(path, "one\n")
    yard.collector.step()
    assert yard.known() == {"r.log"}
    path.unlink()
    yard.files = []
    yard.collector.step()
    assert yard.known() == set()


def test_a_log_that_is_gone_or_disabled_gets_nothing(yard: Yard, new_log, messages, logging) -> None:
    group, log_id = new_log()
    logs: Logs = logging.logs
    path = yard.printed(log_id)
    logs.update(group, log_id, UpdateLogDetails(is_enabled=False), if_match=None)
    append(path, "unheard\n")
    yard.collector.step()
    logs.update(group, log_id, UpdateLogDetails(is_enabled=True), if_match=None)
    append(path, "heard\n")
    yard.collector.step()
    assert messages(log_id) == ["heard"]
    logs.delete(group, log_id, if_match=None)
    append(path, "unheard\n")
    yard.collector.step()
    assert messages(log_id) == ["heard"]


def test_access_lines_become_entries_and_their_files_go(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    writer = Spool(yard.spool, file_limit=2000)
    for number in range(20):
        writer.write([access(log_id, number)])
        if number % 6 == 0:
            yard.collector.step()
    assert len(spool.files(yard.spool)) >= 1
    yard.start_again()
    yard.collector.step()
    found = messages(log_id)
    assert [text.split()[2].rstrip('"') for text in found] == [f"/{number}" for number in range(20)]
    assert found[0] == '127.0.0.1 "POST /0" 200 2 1.5ms'
    writer.close()
    yard.collector.step()
    assert spool.files(yard.spool) == []
    yard.collector.step()
    assert yard.known() == set()
    assert len(messages(log_id)) == 20


def test_a_half_written_access_line_is_left_out(yard: Yard, new_log, messages) -> None:
    _, log_id = new_log()
    writer = Spool(yard.spool)
    writer.write([access(log_id, 1)])
    writer.close()
    (path,) = spool.files(yard.spool)
    append(path, '{"log_id":"')
    yard.collector.step()
    assert len(messages(log_id)) == 1
    assert spool.files(yard.spool) == []


KILLED = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from modelyard.database.engine import Database
from modelyard.logs.collector import Collector
from modelyard.logs.lines import PrintedFile
home, log_id = Path(sys.argv[1]), sys.argv[2]
file = PrintedFile(path=home / "r.log", deployment_id="d", replica_id="r", log_id=log_id, is_complete=False)
collector = Collector(
    Database(home / "yard.db"), home=home, spool_folder=home / "spool", printed=lambda: [file],
    clock=lambda: datetime.now(timezone.utc), limit=20_000,
)
print("ready", flush=True)
while True:
    collector.step()
"""


def test_a_service_that_is_killed_doubles_and_loses_nothing(yard: Yard, new_log, messages, tmp_path: Path) -> None:
    _, log_id = new_log()
    path = yard.printed(log_id)
    spooled = Spool(yard.spool, file_limit=5000)
    lines = []
    with path.open("ab", buffering=0) as writer:
        for turn in range(4):
            process = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path, log_id], stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            for number in range(300):
                lines.append(f"{turn} {number} {os.urandom(40).hex()}")
                writer.write(lines[-1].encode() + b"\n")
                spooled.write([access(log_id, turn * 300 + number)])
            process.kill()
            process.wait()
            process.stdout.close()
    spooled.close()
    while not yard.collector.step() or spool.files(yard.spool):
        pass
    while len(messages(log_id)) < 2400:
        yard.collector.step()
    found = messages(log_id)
    assert [text for text in found if '"POST' not in text] == lines
    assert sorted(text.split()[2] for text in found if '"POST' in text) == sorted(f'/{n}"' for n in range(1200))
