"""The access log of a gateway process: lines in memory, written to the spool now and then, off the event loop.

Predictions come first: where lines cannot be written, or there are more than can be, they are lost and counted.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from modelyard.logs.spool import AccessLine, Spool

_log = logging.getLogger(__name__)

INTERVAL = 0.5
"""How long lines stay in memory, in seconds."""

MOST_WAITING = 50_000
"""How many lines may stay there; what comes beyond is lost."""


class AccessLog:
    """Take lines and write them.

    Args:
        folder: The spool's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._spool = Spool(folder)
        self._waiting: list[AccessLine] = []
        self._lost = 0
        self._is_failing = False

    def add(self, line: AccessLine) -> None:
        """Take a line; it is written within a second."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(line)
        else:
            self._lost += 1

    async def run(self) -> None:
        """Write what comes until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(INTERVAL)
            if self._waiting:
                lines, self._waiting = self._waiting, []
                await asyncio.shield(loop.run_in_executor(None, self._write, lines))

    def close(self) -> None:
        """Write what is left, and let the service have the file."""
        lines, self._waiting = self._waiting, []
        if lines:
            self._write(lines)
        self._spool.close()

    def _write(self, lines: list[AccessLine]) -> None:
        try:
            self._spool.write(lines)
        except OSError as error:
            self._lost += len(lines)
            if not self._is_failing:
                _log.error("access lines cannot be written and are lost error=%s", error)
            self._is_failing = True
            return
        if self._lost:
            _log.warning("access lines were lost count=%d", self._lost)
        self._lost = 0
        self._is_failing = False
