"""Since when each worker holds the request it works on: memory shared by a replica's server and its workers."""

from __future__ import annotations

import mmap
import struct
import time
from typing import Optional

_SLOT = struct.Struct("d")  # aligned, so that eight bytes are written at once


class HeldSince:
    """Be one slot a worker: the monotonic time, which is one for all processes, or 0 where the worker is idle."""

    def __init__(self, workers: int) -> None:
        self._memory = mmap.mmap(-1, workers * _SLOT.size)  # anonymous and shared across forks

    def begin(self, index: int) -> None:
        """Record that a worker takes a request now."""
        _SLOT.pack_into(self._memory, index * _SLOT.size, time.monotonic())

    def end(self, index: int) -> None:
        """Record that a worker holds no request."""
        _SLOT.pack_into(self._memory, index * _SLOT.size, 0.0)

    def seconds(self, index: int) -> Optional[float]:
        """Return for how long a worker has held its request, or None where it holds none."""
        since = _SLOT.unpack_from(self._memory, index * _SLOT.size)[0]
        return time.monotonic() - since if since else None
