"""The parts of the supervisor: locks, logs, backoff, the public port."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import ConfigurationError
from modelyard.server import process_lock
from modelyard.server.child import wait_after
from modelyard.server.door import endpoint_of, open_door
from modelyard.server.logs import keep_short, open_log, tail
from modelyard.settings import DEFAULT_PORT, Settings

_HOLDER = """
import os, sys
from pathlib import Path
from modelyard.server import process_lock
lock = process_lock.take(Path(sys.argv[1]))
process_lock.write_pid(lock, os.getpid())
print("held", flush=True)
sys.stdin.read()
"""


_LISTENER = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
input()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "some.pid"


def test_a_lock_names_its_holder_and_is_free_when_that_is_killed(lock: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert process_lock.holder(lock) == holder.pid
        assert process_lock.take(lock) is None
        holder.kill()
        holder.wait()
        assert not process_lock.is_held(lock)
        assert process_lock.holder(lock) is None
    descriptor = process_lock.take(lock)
    assert descriptor is not None
    os.close(descriptor)


def test_a_launched_program_holds_the_lock_that_it_inherits_and_its_pid_is_in_it(lock: Path) -> None:
    descriptor = process_lock.take(lock)
    assert descriptor is not None
    launch = process_lock.shell_that_writes_its_pid(lock)
    with subprocess.Popen([*launch, "cat"], stdin=subprocess.PIPE, pass_fds=(descriptor,)) as program:
        os.close(descriptor)
        assert process_lock.holder(lock) == program.pid
        assert process_lock.is_held(lock)
        program.kill()
    assert not process_lock.is_held(lock)


def test_a_lock_file_keeps_its_size_so_that_a_full_disk_stops_nobody(lock: Path) -> None:
    for pid in (1, 4194304):
        descriptor = process_lock.take(lock)
        assert descriptor is not None
        process_lock.write_pid(descriptor, pid)
        assert process_lock.holder(lock) == pid
        assert lock.stat().st_size == 21
        os.close(descriptor)


def test_looking_at_a_lock_that_nobody_made_finds_it_free(lock: Path) -> None:
    assert not process_lock.is_held(lock)
    assert process_lock.holder(lock) is None
    assert not lock.exists()


def test_one_death_is_no_reason_to_wait() -> None:
    assert wait_after([100.0], now=100.0) == 0.0


@given(st.lists(st.floats(0, 1000), max_size=50), st.floats(0, 1000))
def test_the_wait_grows_with_the_recent_deaths_and_has_an_end(deaths: list[float], now: float) -> None:
    wait = wait_after(deaths, now=now)
    assert 0.0 <= wait <= 5.0
    assert wait <= wait_after([*deaths, now], now=now)
    assert wait_after(deaths, now=5000.0) == 0.0


def test_a_log_over_the_limit_is_put_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "service.log"
    for number in range(6):
        descriptor = open_log(log, limit=3, kept=2)
        os.write(descriptor, f"run {number}\n".encode())
        os.close(descriptor)
    assert sorted(file.name for file in log.parent.iterdir()) == ["service.log", "service.log.1", "service.log.2"]
    assert [log.with_name(name).read_text() for name in ("service.log", "service.log.1")] == ["run 5\n", "run 4\n"]
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_tail_of_a_log_is_its_last_lines_behind_an_offset(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    assert tail(log, lines=3) == ""
    log.write_text("one\ntwo\nthree\n")
    assert tail(log, lines=2) == "two\nthree"
    assert tail(log, lines=9, since=4) == "two\nthree"
    assert tail(log, lines=9, since=10_000) == "one\ntwo\nthree"  # it was put aside since


def test_the_first_start_takes_any_port_where_8585_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        except OSError:
            pass  # then somebody else has it, which is as good
        with open_door(Settings(home=tmp_path), recorded=None, patience=0.0) as door:
            assert door.getsockname()[1] not in {0, DEFAULT_PORT}
            assert endpoint_of(door) == f"http://127.0.0.1:{door.getsockname()[1]}"


def test_a_port_that_somebody_leaves_in_time_is_taken_then(tmp_path: Path, wait_until: Any) -> None:
    leaving = subprocess.Popen(
        [sys.executable, "-c", _LISTENER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert leaving.stdout is not None
    port = int(leaving.stdout.readline())
    with pytest.raises(ConfigurationError, match=f"Port {port} of 127.0.0.1 is taken"):
        open_door(Settings(home=tmp_path, port=port), recorded=None, patience=0.0)
    leaving.communicate("\n")
    with open_door(Settings(home=tmp_path, port=port), recorded=None, patience=10.0) as door:
        assert door.getsockname()[1] == port


def test_a_gateway_on_all_addresses_is_found_on_this_machine(tmp_path: Path) -> None:
    with open_door(Settings(home=tmp_path, host="0.0.0.0", port=0), recorded=None, patience=0.0) as door:
        assert endpoint_of(door).startswith("http://127.0.0.1:")


def test_a_log_that_grows_while_it_is_written_is_emptied_and_loses_nothing(tmp_path: Path, wait_until: Any) -> None:
    log = tmp_path / "a.log"
    descriptor = open_log(log)

    def is_short() -> bool:
        keeping = keep_short([tmp_path / "no.log", log], limit=50, kept=3, every=0.001)
        with pytest.raises(asyncio.TimeoutError):
            asyncio.run(asyncio.wait_for(keeping, 0.02))
        return log.stat().st_size <= 50

    for number in range(20):
        os.write(descriptor, b"%09d\n" % number)
        wait_until(is_short)
    os.close(descriptor)
    written = b"".join((tmp_path / name).read_bytes() for name in ("a.log.3", "a.log.2", "a.log.1", "a.log"))
    assert written.split() == [b"%09d" % number for number in range(20)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert stat.S_IMODE((tmp_path / "a.log.1").stat().st_mode) == 0o600
