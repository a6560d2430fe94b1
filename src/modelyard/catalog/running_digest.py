"""The digest of a content that is still coming: what lies without a gap from its beginning is read as it comes."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from modelyard.objectstore.contents import Contents


@dataclass
class _Running:
    """Be how far one content was read."""

    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class RunningDigests:
    """Know the digest of each content almost as soon as its last byte is there.

    What is known is in memory alone: after a restart a content is read from its beginning.

    Args:
        contents: Where bytes are read.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    @property
    def known(self) -> frozenset[str]:
        """The contents of which something is known."""
        return frozenset(self._running)

    def advance(self, content_id: str) -> None:
        """Read what has come, unless somebody is at it."""
        running = self._of(content_id)
        if running.lock.acquire(blocking=False):
            try:
                self._read(content_id, running)
            finally:
                running.lock.release()

    def finish(self, content_id: str, *, size: int) -> str:
        """Return the digest of a content that has come whole, ``sha256:…``; then forget it.

        Raises:
            KeyError: Some of its bytes are not there.
        """
        running = self._of(content_id)
        with running.lock:
            self._read(content_id, running)
        self.forget(content_id)
        if running.size != size:
            raise KeyError(content_id)
        return f"sha256:{running.sha256.hexdigest()}"

    def forget(self, content_id: str) -> None:
        """Drop what is known."""
        with self._lock:
            self._running.pop(content_id, None)

    def _of(self, content_id: str) -> _Running:
        with self._lock:
            if content_id not in self._running:
                # a content may go in many ways that nobody tells of: its model is deleted, say
                here = self._contents.among(self._running)
                self._running = {id: running for id, running in self._running.items() if id in here}
            return self._running.setdefault(content_id, _Running())

    def _read(self, content_id: str, running: _Running) -> None:
        with suppress(KeyError):  # nothing more of it is here
            for piece in self._contents.read_without_gap(content_id, start=running.size):
                running.sha256.update(piece)
                running.size += len(piece)
