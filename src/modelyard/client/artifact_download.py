"""Artifacts from the service in segments: into a file, or right into a folder, with no archive beside it."""

from __future__ import annotations

import os
import shutil
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from modelyard.artifact import crc32
from modelyard.artifact.archive_members import Limits, Tally
from modelyard.artifact.digests import digest_of_file, digest_of_segments, is_composite
from modelyard.artifact.layout import nested_folder
from modelyard.artifact.partial_zip import PartialFile, StoredMember, find_stored, guess_stored
from modelyard.artifact.segments import BLOCK
from modelyard.artifact.unpack import write_member
from modelyard.artifact.zip_members import ZIP_MAGIC, read_zip
from modelyard.client.artifact_transfer import AT_ONCE, ArtifactHead, Progress, checked
from modelyard.client.interrupted import add_to
from modelyard.client.segment_download import Extent, Fetching, Journal
from modelyard.client.segment_upload import CONNECTIONS
from modelyard.client.work_folder import work_folder
from modelyard.errors import MethodNotAllowed, MethodNotImplemented, NotFound, RouteNotFound, UnsafeArchiveError
from modelyard.resources.artifact_upload import LARGEST_SEGMENT, StoredSegment

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient

_NO_SEGMENTS = (NotFound, RouteNotFound, MethodNotAllowed, MethodNotImplemented)


def list_segments(client: DataScienceClient, model_id: str) -> list[StoredSegment] | None:
    """Return the segments of an artifact; None where it is better asked for in one piece."""
    try:
        segments = client.list_artifact_segments(model_id)
    except _NO_SEGMENTS:
        return None
    size = sum(segment.size for segment in segments)
    if size <= AT_ONCE or any(segment.size > LARGEST_SEGMENT for segment in segments):
        return None
    return segments


def download_file(
    client: DataScienceClient, model_id: str, file: Path, *, progress: Progress | None = None
) -> ArtifactHead:
    """Write a model's artifact to a file, which is there whole and checked, or not at all.

    What arrived of a large one before an interruption is kept beside the file, and taken up by the next call.

    Raises:
        UnsafeArchiveError: What arrived is not what the service says it has.
        ServiceUnreachable: The connection broke too often.
    """
    segments = list_segments(client, model_id)
    if segments is None:
        return client.get_model_artifact_content(model_id, file, progress=progress)
    head = client.head_model_artifact(model_id)
    with _work_folder(file, segments) as work:
        archive = _made(work / "archive", head.size)
        _fetching(client, model_id, segments, work=work, places=_Places(archive, segments), progress=progress).fetch(
            segments
        )
        # each segment was checked as it came; only where the digest is one over all bytes are they read again
        has_one = head.digest is not None and not is_composite(head.digest)
        digest = digest_of_file(archive) if has_one else _digest_of(segments)
        arrived = checked(head, digest)
        archive.replace(file)
    return arrived


def download_folder(
    client: DataScienceClient,
    model_id: str,
    folder: Path,
    *,
    put: Callable[[Path, Path], None],
    progress: Progress | None = None,
) -> bool:
    """Write the content of a model's artifact to a folder; its large files go straight to their places.

    Args:
        client: Who talks to the service.
        model_id: The model.
        folder: Where the content goes.
        put: Gives a folder that is whole the name of another.
        progress: Is told how many bytes have arrived, and of how many.

    Returns:
        False, and nothing was done, where the artifact is not a zip that is kept in segments.

    Raises:
        UnsafeArchiveError: The archive would write outside of the folder, or is damaged. Nothing was touched.
        ServiceUnreachable: The connection broke too often; the next call goes on.
    """
    segments = list_segments(client, model_id)
    if segments is None:
        return False
    with _work_folder(folder, segments) as work:
        archive = _made(work / "archive", sum(segment.size for segment in segments))
        places = _Places(archive, segments)
        fetching = _fetching(client, model_id, segments, work=work, places=places, progress=progress)
        with archive.open("rb") as file:
            content = _Unpacking(fetching, places, file, work / "content").run()
        if content is not None:
            put(nested_folder(content) or content, folder)
    return content is not None


@contextmanager
def _work_folder(target: Path, segments: Sequence[StoredSegment]) -> Iterator[Path]:
    identity = _digest_of(segments)
    with work_folder(target, identity.removeprefix("sha256:")[:16]) as work:
        try:
            yield work
        except UnsafeArchiveError:  # the next try would do no better with what is here
            shutil.rmtree(work)
            raise
        except BaseException as error:
            add_to(error, f"What has arrived is kept in {work}: the same call goes on with it.")
            raise


def _digest_of(segments: Sequence[StoredSegment]) -> str:
    return digest_of_segments([segment.digest for segment in segments])


def _fetching(
    client: DataScienceClient,
    model_id: str,
    segments: Sequence[StoredSegment],
    *,
    work: Path,
    places: _Places,
    progress: Progress | None,
) -> Fetching:
    return Fetching(
        client.transport,
        model_id,
        segments,
        places=places,
        journal=Journal(work / "journal"),
        progress=progress,
        connections=CONNECTIONS,
    )


def _made(path: Path, size: int) -> Path:
    """Return a file of so many bytes, with holes where none were written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() != size:
            file.truncate(size)
    return path


class _Places:
    """Know where bytes of the archive go: into files of their own where there are such, else into the archive."""

    def __init__(self, archive: Path, segments: Sequence[StoredSegment]) -> None:
        self.archive = archive
        self._edges = {0, *(segment.start + segment.size for segment in segments)}
        self._starts: list[int] = []
        self._members: list[tuple[StoredMember, Path]] = []

    def give(self, members: Sequence[tuple[StoredMember, Path]]) -> None:
        """Let bytes of these members go to these files from now on."""
        self._members = sorted(members, key=lambda each: each[0].start)
        self._starts = [member.start for member, _ in self._members]

    def needs_sum(self, member: StoredMember) -> bool:
        """Tell whether a member's checksum says more than the digests of its segments: not if they hold it alone."""
        return not {member.start, member.stop} <= self._edges

    def extents(self, start: int, size: int) -> list[Extent]:
        """Return the places of bytes, in order."""
        found: list[Extent] = []
        place, stop = start, start + size
        while place < stop:
            number = bisect_right(self._starts, place) - 1
            if number >= 0 and place < self._members[number][0].stop:
                member, path = self._members[number]
                end = min(stop, member.stop)
                found.append(Extent(path, place - member.start, end - place, self.needs_sum(member)))
            else:
                end = min(stop, self._starts[number + 1]) if number + 1 < len(self._starts) else stop
                found.append(Extent(self.archive, place, end - place))
            place = end
        return found


class _Unpacking:
    """Be one archive on its way into a folder.

    Its headers and small files are fetched first, into an archive with holes, and every header is checked. Then the
    bytes of the large files come, each into its own file.
    """

    def __init__(self, fetching: Fetching, places: _Places, file: BinaryIO, content: Path) -> None:
        self._fetching = fetching
        self._places = places
        self._file = cast("BinaryIO", PartialFile(file, need=self._need))
        self._content = content
        self._starts = [segment.start for segment in fetching.segments]
        self._limits = Limits()

    def run(self) -> Path | None:
        """Return the folder with the content; None where the archive is no zip."""
        segments = self._fetching.segments
        if self._file.read(4) not in ZIP_MAGIC:
            return None
        self._fetching.fetch(_outside(segments, guess_stored(self._file, self._limits)))
        size = sum(segment.size for segment in segments)
        members = list(read_zip(self._file, Tally(self._limits, packed=size)))
        self._content.mkdir(exist_ok=True)
        large = list(find_stored(self._file, self._limits))
        self._fetch_large(large)
        done = {member.name for member in large}
        for member in members:
            if member.name not in done:
                if not member.is_folder:
                    (self._content / member.name).unlink(missing_ok=True)  # a part of it, from an earlier try
                write_member(member, self._content)
        return self._content

    def _need(self, start: int, stop: int) -> None:
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, stop - 1)
        self._fetching.fetch(self._fetching.segments[first:last])

    def _fetch_large(self, members: Sequence[StoredMember]) -> None:
        paths = {member: _made(self._content / member.name, member.size) for member in members}
        self._places.give(list(paths.items()))
        for segment in self._fetching.segments:
            if segment.start in self._fetching.there:
                self._copy(segment)
        self._fetching.fetch(self._fetching.segments)
        sums: dict[Path, list[tuple[Extent, int]]] = {}
        for extent, crc in sorted(self._fetching.crcs.items()):
            sums.setdefault(extent.path, []).append((extent, crc))
        for member, path in paths.items():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            if self._places.needs_sum(member):
                _check(member, sums[path])

    def _copy(self, segment: StoredSegment) -> None:
        """Copy what a segment that is in the archive has of large files into those."""
        place = segment.start
        for extent in self._places.extents(segment.start, segment.size):
            if extent.path != self._places.archive:
                self._fetching.crcs[extent] = _copy(self._places.archive, place, extent)
            place += extent.size


def _copy(archive: Path, start: int, extent: Extent) -> int:
    """Copy bytes of the archive to their place; return their CRC-32."""
    crc, left = 0, extent.size
    with archive.open("rb") as source, extent.path.open("r+b") as sink:
        source.seek(start)
        sink.seek(extent.offset)
        while left:
            block = source.read(min(BLOCK, left))
            crc = zlib.crc32(block, crc)
            sink.write(block)
            left -= len(block)
    return crc


def _check(member: StoredMember, sums: Sequence[tuple[Extent, int]]) -> None:
    crc = 0
    for extent, own in sums:
        crc = crc32.combine(crc, own, extent.size)
    if crc != member.crc:
        raise UnsafeArchiveError(f"In the archive {member.name!r} is damaged: its checksum is another one.")


def _outside(segments: Sequence[StoredSegment], ranges: Sequence[tuple[int, int]]) -> list[StoredSegment]:
    """Return the segments that do not lie within one of the ranges."""
    ranges = sorted(ranges)
    starts = [start for start, _ in ranges]

    def is_inside(segment: StoredSegment) -> bool:
        number = bisect_right(starts, segment.start) - 1
        return number >= 0 and segment.start + segment.size <= ranges[number][1]

    return [segment for segment in segments if not is_inside(segment)]
