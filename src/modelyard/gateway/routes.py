"""The routes as last read: a file that the service replaces, and that outlives the service."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from modelyard.resources.routes import Routes

_log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


class RoutesFile:
    """Read the routes again when their file was replaced; keep the last good ones where it is missing or broken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: _Stamp | None = None
        self.routes = Routes()

    def refresh(self) -> bool:
        """Look at the file; tell whether ``routes`` is now another."""
        stamp = self._look()
        if stamp is None or stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.routes = msgspec.json.decode(self._path.read_bytes(), type=Routes)
        except msgspec.DecodeError as error:
            _log.error("routes not read, going on with the last ones path=%s error=%s", self._path, error)
            return False
        except OSError:  # it is gone, or there is no descriptor left to read it with: the next look may do better
            self._stamp = None
            return False
        return True

    def _look(self) -> _Stamp | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
