"""Freed memory that is kept by a process through which large pieces pass all the time."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_LARGEST_PIECE = 8 * 1024 * 1024
_KEPT = 32 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let the C library keep some megabytes that were freed; without effect with others than glibc.

    It would return each piece of a transfer to the system, and have the next one's pages made and zeroed again: that
    costs more than all else that is done with the bytes.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_PIECE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
