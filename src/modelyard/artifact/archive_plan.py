"""The zip of a folder that is never written to a disk: a plan of segments, summed up once and read where needed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from modelyard.artifact import crc32
from modelyard.artifact.archive_layout import Grain, Member, Part, Piece, Run, grain_of, lay_out
from modelyard.artifact.folder_files import LeftOut, list_files
from modelyard.artifact.segments import THREADS, Segment, Stamp, Summed, changed, read_part, stamp_of, sum_up
from modelyard.artifact.threads import Stop, in_threads
from modelyard.artifact.zip_headers import Entry, directory_end, directory_entry, local_header

_LARGEST_DEFLATED = 256 * 1024  # what is larger is stored: it is sent in pieces that are the file's own bytes
_LEVEL = 6
_WORTH_IT = 0.8
_DIRECTORY_SEGMENT = 1024 * 1024
_PACKED_ALREADY = frozenset(
    (
        ".7z",
        ".bz2",
        ".gif",
        ".gz",
        ".jpeg",
        ".jpg",
        ".mp3",
        ".mp4",
        ".parquet",
        ".png",
        ".tgz",
        ".whl",
        ".xz",
        ".zip",
        ".zst",
    )
)

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


class _Source(NamedTuple):
    """Be what is archived: the folder's members and what their files were when it began."""

    folder: Path
    members: Sequence[Member]
    stamps: Sequence[Stamp | None]

    def path(self, number: int) -> Path:
        return self.folder / self.members[number].name


@dataclass(frozen=True)
class ArchivePlan:
    """Be the zip of a folder, in segments whose bytes are made from the folder's files when they are read."""

    segments: tuple[Segment, ...]
    size: int
    files: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    """What .model-ignore kept out, to be said to the user."""

    _source: _Source
    _grain: Grain
    _parts: tuple[Part, ...]
    _entries: tuple[Entry, ...]
    _directory: bytes

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the bytes of one segment, in blocks.

        Raises:
            ArtifactError: A file has changed since the plan was made.
        """
        if number >= len(self._parts):
            start = (number - len(self._parts)) * _DIRECTORY_SEGMENT
            yield self._directory[start : start + _DIRECTORY_SEGMENT]
            return
        part = self._parts[number]
        if isinstance(part, Run):
            yield from _run_again(self._source, part, self._entries, self._grain)
            return
        stamp = self._source.stamps[part.member]
        assert stamp is not None
        yield from read_part(self._source.path(part.member), stamp, offset=part.offset, size=part.size)

    def read_all(self) -> Iterator[bytes]:
        """Yield the bytes of the whole zip, in blocks."""
        for number in range(len(self.segments)):
            yield from self.read(number)


def plan_archive(folder: Path, *, progress: Progress | None = None) -> ArchivePlan:
    """Plan the zip of a folder: read every file once, and remember its sums.

    Raises:
        ArtifactError: The folder holds what no archive can hold, or a file changed while it was read.
    """
    content = list_files(folder)
    source = _source_of(folder, sorted([*content.files, *(f"{name}/" for name in content.empty_folders)]))
    grain = grain_of(content.size)
    parts = tuple(lay_out(source.members, grain))
    tell = _Counted(content.size, progress)
    pieces = [part for part in parts if isinstance(part, Piece)]
    runs = [part for part in parts if isinstance(part, Run)]
    sums = dict(zip(pieces, in_threads(lambda piece, stop: _sum_piece(source, piece, stop, tell), pieces,
                                       threads=THREADS), strict=True))  # fmt: skip
    crcs = _crcs(pieces, sums)  # before the runs: a large file's header has its CRC
    summed = in_threads(lambda run, stop: _sum_run(source, run, crcs, grain, stop, tell), runs, threads=THREADS)
    return _assembled(source, grain, parts, sums, dict(zip(runs, summed, strict=True)), content.left_out)


def _source_of(folder: Path, names: Sequence[str]) -> _Source:
    stamps = [None if name.endswith("/") else stamp_of(folder / name) for name in names]
    members = [Member(name, stamp.size if stamp else 0) for name, stamp in zip(names, stamps, strict=True)]
    return _Source(folder, members, stamps)


class _Counted:
    """Tell how many bytes were read."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def add(self, count: int) -> None:
        self._done += count  # two threads may lose a few; it is for a bar
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)


# ── the first reading ────────────────────────────────────────────────────────────────────────────────────────────────


class _SummedRun(NamedTuple):
    entries: tuple[Entry, ...]
    sha256: bytes
    size: int


def _sum_piece(source: _Source, piece: Piece, stop: Stop, tell: _Counted) -> Summed:
    stamp = source.stamps[piece.member]
    assert stamp is not None
    summed = sum_up(source.path(piece.member), stamp, offset=piece.offset, size=piece.size, stop=stop)
    tell.add(piece.size)
    return summed


def _crcs(pieces: Sequence[Piece], sums: dict[Piece, Summed]) -> dict[int, int]:
    crcs: dict[int, int] = {}
    for piece in pieces:
        crc = sums[piece].crc
        crcs[piece.member] = crc32.combine(crcs[piece.member], crc, piece.size) if piece.offset else crc
    return crcs


def _sum_run(source: _Source, run: Run, crcs: dict[int, int], grain: Grain, stop: Stop, tell: _Counted) -> _SummedRun:
    state, size, entries = hashlib.sha256(), 0, []
    for number in run.members:
        stop.check()
        entry, content = _packed(source, number, crcs, grain)
        entries.append(entry)
        header = local_header(entry)
        state.update(header)
        size += len(header)
        for block in content:
            state.update(block)
            size += len(block)
        tell.add(entry.size if entry.size < grain.run else 0)
    return _SummedRun(tuple(entries), state.digest(), size)


def _packed(source: _Source, number: int, crcs: dict[int, int], grain: Grain) -> tuple[Entry, Iterator[bytes]]:
    """Return a member's entry, and its bytes as far as they are in its run."""
    member, stamp = source.members[number], source.stamps[number]
    if stamp is None:
        return Entry(member.name, 0, 0, 0, is_deflated=False), iter(())
    if member.size >= grain.run:
        return Entry(member.name, member.size, member.size, crcs[number], is_deflated=False), iter(())
    path = source.path(number)
    if member.size > _LARGEST_DEFLATED:
        crc = sum_up(path, stamp, offset=0, size=stamp.size, stop=Stop()).crc
        content = read_part(path, stamp, offset=0, size=stamp.size)
        return Entry(member.name, member.size, member.size, crc, is_deflated=False), content
    raw = b"".join(read_part(path, stamp, offset=0, size=stamp.size))
    packed = _deflated(member.name, raw)
    kept = raw if packed is None else packed
    return Entry(member.name, len(raw), len(kept), zlib.crc32(raw), is_deflated=packed is not None), iter((kept,))


def _deflated(name: str, raw: bytes) -> bytes | None:
    """Return the deflated bytes; None where that is not worth it."""
    if not raw or PurePosixPath(name).suffix.lower() in _PACKED_ALREADY:
        return None
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflater.compress(raw) + deflater.flush()
    return packed if len(packed) < _WORTH_IT * len(raw) else None


def _assembled(
    source: _Source,
    grain: Grain,
    parts: tuple[Part, ...],
    sums: dict[Piece, Summed],
    runs: dict[Run, _SummedRun],
    left_out: tuple[LeftOut, ...],
) -> ArchivePlan:
    segments: list[Segment] = []
    entries: list[Entry] = []
    directory: list[bytes] = []
    place = 0
    for part in parts:
        start = place
        if isinstance(part, Piece):
            place += part.size
            segments.append(Segment(start, part.size, sums[part].digest))
            continue
        summed = runs[part]
        for entry in summed.entries:
            directory.append(directory_entry(entry, place))
            place += len(local_header(entry)) + (entry.packed if entry.size < grain.run else 0)
        entries += summed.entries
        segments.append(Segment(start, summed.size, f"sha256:{summed.sha256.hex()}"))
        assert place - start == summed.size
    listed = b"".join(directory)
    listed += directory_end(members=len(entries), offset=place, size=len(listed))
    for start in range(0, len(listed), _DIRECTORY_SEGMENT):
        piece = listed[start : start + _DIRECTORY_SEGMENT]
        segments.append(Segment(place + start, len(piece), f"sha256:{hashlib.sha256(piece).hexdigest()}"))
    return ArchivePlan(
        segments=tuple(segments),
        size=place + len(listed),
        files=tuple(member.name for member in source.members if not member.is_folder),
        left_out=left_out,
        _source=source,
        _grain=grain,
        _parts=parts,
        _entries=tuple(entries),
        _directory=listed,
    )


# ── the second reading ───────────────────────────────────────────────────────────────────────────────────────────────


def _run_again(source: _Source, run: Run, entries: Sequence[Entry], grain: Grain) -> Iterator[bytes]:
    crcs = {number: entries[number].crc for number in run.members}
    for number in run.members:
        entry, content = _packed(source, number, crcs, grain)
        if entry != entries[number]:
            raise changed(source.path(number))
        yield local_header(entry)
        yield from content
