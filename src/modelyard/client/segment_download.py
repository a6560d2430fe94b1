"""Segments of an artifact from the service: side by side, each checked, and kept where the next try finds them."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from modelyard.artifact.segments import BLOCK
from modelyard.artifact.threads import Stop, in_threads
from modelyard.client.artifact_transfer import TRANSFER_TIMEOUT, Progress, artifact_path
from modelyard.client.transport import Request, Transport
from modelyard.errors import ServiceUnreachable, UnsafeArchiveError
from modelyard.resources.artifact_upload import StoredSegment

_TRIES = 6
_LARGEST_REQUEST = 32 * 1024 * 1024  # small segments that follow each other are asked for at once
_WORTH_SYNCING = 1024 * 1024


class Extent(NamedTuple):
    """Be a place in a file for bytes of the archive."""

    path: Path
    offset: int
    size: int
    is_summed: bool = False
    """Whether the CRC-32 of its bytes is wanted."""


class Places(Protocol):
    """Know where the bytes of an archive go."""

    def extents(self, start: int, size: int) -> Sequence[Extent]:
        """Return the places of the bytes that begin there, in order."""


class Journal:
    """Remember which segments are in their places, in a file that a killed process leaves as it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> set[int]:
        """Return where the segments begin that were there when the file was last written."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return set()
        return {int(line) for line in lines[:-1] if line.isdigit()}

    def add(self, start: int) -> None:
        """Remember one more."""
        with self._lock, self._path.open("ab", buffering=0) as file:
            file.write(b"%d\n" % start)


class Fetching:
    """Fetch segments into their places, each once.

    Args:
        transport: What sends the requests.
        model_id: Whose artifact it is.
        segments: All of its segments, in order.
        places: Where the bytes go; may be another one for segments that are asked for later.
        journal: What an earlier try has fetched; each of those is read and checked before it is believed.
        progress: Is told how many bytes are there, and of how many.
        connections: How many requests are under way at a time.
    """

    def __init__(
        self,
        transport: Transport,
        model_id: str,
        segments: Sequence[StoredSegment],
        *,
        places: Places,
        journal: Journal,
        progress: Progress | None,
        connections: int,
    ) -> None:
        self.places = places
        self.segments = segments
        self._transport = transport
        self._path = f"{artifact_path(model_id)}/content"
        self._journal = journal
        self._earlier = journal.read()
        self.crcs: dict[Extent, int] = {}
        """The CRC-32 of what is in each place where it is wanted."""

        self.there: set[int] = set()
        """Where the segments begin that are in their places."""
        self._lock = threading.Lock()
        self._done = 0
        self._size = sum(segment.size for segment in segments)
        self._progress = progress
        self._connections = connections

    def fetch(self, wanted: Sequence[StoredSegment]) -> None:
        """Return when the segments are in their places.

        Raises:
            UnsafeArchiveError: The service sent other bytes than it says it has.
            ServiceUnreachable: The connection broke too often.
        """
        missing = [segment for segment in wanted if segment.start not in self.there]
        earlier = [segment for segment in missing if segment.start in self._earlier]
        in_threads(self._check, earlier, threads=self._connections)
        rest = list(_groups([segment for segment in missing if segment.start not in self.there]))
        in_threads(self._fetch_group, rest, threads=self._connections)

    def _check(self, segment: StoredSegment, stop: Stop) -> None:
        """Take a segment of an earlier try for there if it is what it should be."""
        state = hashlib.sha256()
        crcs: dict[Extent, int] = {}
        try:
            for extent in self.places.extents(segment.start, segment.size):
                crc = 0
                for block in _read(extent):
                    stop.check()
                    state.update(block)
                    crc = zlib.crc32(block, crc) if extent.is_summed else 0
                crcs[extent] = crc
        except FileNotFoundError:
            return
        if f"sha256:{state.hexdigest()}" == segment.digest:
            self._arrived(segment, crcs)

    def _fetch_group(self, group: list[StoredSegment], stop: Stop) -> None:
        tries = 0
        while left := [segment for segment in group if segment.start not in self.there]:
            tries += 1
            try:
                self._receive(left, stop)
            except ServiceUnreachable:  # the requests themselves are repeated by the transport, after a pause
                if tries == _TRIES:
                    raise

    def _receive(self, group: Sequence[StoredSegment], stop: Stop) -> None:
        first, last = group[0], group[-1]
        asked = {"accept": "application/octet-stream", "range": f"bytes={first.start}-{last.start + last.size - 1}"}
        request = Request(method="GET", path=self._path, headers=asked, answer_timeout=TRANSFER_TIMEOUT, is_bulk=True)
        with self._transport.stream(request) as response:
            if response.status_code != 206:
                raise UnsafeArchiveError(f"The service sent all of the artifact when asked for {asked['range']}.")
            pieces = _Pieces(response.iter_raw())
            for segment in group:
                self._take(segment, pieces, stop)

    def _take(self, segment: StoredSegment, pieces: _Pieces, stop: Stop) -> None:
        state = hashlib.sha256()
        crcs: dict[Extent, int] = {}
        for extent in self.places.extents(segment.start, segment.size):
            crc, left = 0, extent.size
            with extent.path.open("r+b") as file:
                file.seek(extent.offset)
                while left:
                    stop.check()
                    piece = pieces.next(left)
                    state.update(piece)
                    crc = zlib.crc32(piece, crc) if extent.is_summed else 0
                    file.write(piece)
                    left -= len(piece)
                if extent.size >= _WORTH_SYNCING:
                    file.flush()
                    os.fsync(file.fileno())  # while others travel: at the end it would all be waited for
            crcs[extent] = crc
        digest = f"sha256:{state.hexdigest()}"
        if digest != segment.digest:
            raise UnsafeArchiveError(
                f"Of the artifact's bytes from {segment.start} on, {segment.size} arrived with {digest}; the service "
                f"says it has {segment.digest}. Download it again."
            )
        self._journal.add(segment.start)
        self._arrived(segment, crcs)

    def _arrived(self, segment: StoredSegment, crcs: dict[Extent, int]) -> None:
        with self._lock:
            self.crcs |= crcs
            self.there.add(segment.start)
            self._done += segment.size
            if self._progress is not None:
                self._progress(self._done, self._size)


class _Pieces:
    """Cut what arrives where segments end."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._rest = memoryview(b"")

    def next(self, most: int) -> memoryview:
        """Return the next bytes, so many at most.

        Raises:
            ServiceUnreachable: There are no more.
        """
        while not self._rest:
            block = next(self._source, None)
            if block is None:
                raise ServiceUnreachable("The service ended its answer before all was sent.")
            self._rest = memoryview(block)
        piece, self._rest = self._rest[:most], self._rest[most:]
        return piece


def _groups(segments: Sequence[StoredSegment]) -> Iterator[list[StoredSegment]]:
    group: list[StoredSegment] = []
    for segment in segments:
        follows = group and group[-1].start + group[-1].size == segment.start
        if group and (not follows or segment.start + segment.size - group[0].start > _LARGEST_REQUEST):
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def _read(extent: Extent) -> Iterator[bytes]:
    with extent.path.open("rb", buffering=0) as file:
        file.seek(extent.offset)
        left = extent.size
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
