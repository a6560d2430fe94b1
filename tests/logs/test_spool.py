"""The spool and the gateway's access log: predictions never wait for it, nor fail by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from modelyard.gateway.access_log import MOST_WAITING, AccessLog
from modelyard.logs import spool
from modelyard.logs.spool import AccessLine, Spool

LINE = AccessLine("l", "d", 1, "POST", "/x", 200, 1, 2, 3.0, "r", "127.0.0.1", "u", "m", "x")


def lines_in(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in spool.files(folder))


def test_a_file_is_complete_when_its_writer_has_gone_on_or_ended(tmp_path: Path) -> None:
    writer = Spool(tmp_path, file_limit=300)
    for _ in range(3):
        writer.write([LINE])
    *complete, current = spool.files(tmp_path)
    assert complete
    assert all(spool.is_complete(path) for path in complete)
    assert not spool.is_complete(current)
    writer.close()
    assert spool.is_complete(current)


def test_what_waits_has_a_limit(tmp_path: Path) -> None:
    writer = Spool(tmp_path, file_limit=300, limit=1000)
    with pytest.raises(OSError, match="wait for the service"):
        for _ in range(100):
            writer.write([LINE])
    assert sum(path.stat().st_size for path in spool.files(tmp_path)) < 1500
    for path in spool.files(tmp_path):
        path.unlink()
    writer.write([LINE])
    assert lines_in(tmp_path) == 1


def test_lines_are_written_within_a_second_and_at_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        log = AccessLog(tmp_path)
        task = asyncio.create_task(log.run())
        log.add(LINE)
        async with asyncio.timeout(10):
            while lines_in(tmp_path) < 1:  # noqa: ASYNC110 - what is waited for is a file
                await asyncio.sleep(0.01)
        task.cancel()
        log.add(LINE)
        log.close()

    asyncio.run(run())
    assert lines_in(tmp_path) == 2


def test_a_spool_that_cannot_be_written_loses_lines_and_nothing_else(tmp_path: Path, caplog) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    log = AccessLog(blocked / "spool")
    for _ in range(3):
        log.add(LINE)
        log.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    blocked.unlink()
    log.add(LINE)
    log.close()
    assert "count=3" in caplog.records[-1].message
    assert lines_in(blocked / "spool") == 1


def test_lines_in_memory_have_a_limit(tmp_path: Path, caplog) -> None:
    log = AccessLog(tmp_path)
    for _ in range(MOST_WAITING + 10):
        log.add(LINE)
    log.close()
    assert lines_in(tmp_path) == MOST_WAITING
    assert "count=10" in caplog.records[-1].message
