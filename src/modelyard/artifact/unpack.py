"""Unpack the archives of strangers: nothing outside the folder, no links, no bombs, and all of it or nothing."""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from modelyard.artifact.archive_members import Limits, Member, Tally
from modelyard.artifact.tar_members import read_tar
from modelyard.artifact.zip_members import ZIP_MAGIC, read_zip
from modelyard.errors import FileAlreadyExists, UnsafeArchiveError

_CHUNK = 1024 * 1024
_PARTIAL = ".unpacking"


@dataclass(frozen=True)
class Unpacked:
    """Be a folder that was made from an archive."""

    folder: Path
    files: tuple[str, ...]
    size: int


def list_members(archive: Path, *, limits: Limits | None = None) -> tuple[str, ...]:
    """Return the names of an archive's files, sorted, after checking every header; folders have no name here."""
    with _open(archive) as file:
        tally = Tally(limits or Limits(), packed=_size_of(file))
        return tuple(sorted(member.name for member in _members(file, tally) if not member.is_folder))


def unpack(archive: Path | BinaryIO, folder: Path, *, limits: Limits | None = None) -> Unpacked:
    """Unpack a zip or a tar, packed or not, into a folder that does not exist yet, or is empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileAlreadyExists(f"{folder} is there already and is not empty. Name another folder or overwrite it.")
    with _unpacked_beside(archive, folder, limits or Limits()) as made:
        put_in_place(made.folder, folder)
        return Unpacked(folder=folder, files=made.files, size=made.size)


def unpack_over(archive: Path | BinaryIO, folder: Path, *, limits: Limits | None = None) -> Unpacked:
    """Unpack like :func:`unpack`, in place of whatever is there; that goes only when the new content is whole."""
    with _unpacked_beside(archive, folder, limits or Limits()) as made:
        put_over(made.folder, folder)
        return Unpacked(folder=folder, files=made.files, size=made.size)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into, which gets its name at the end; there is none if writing fails."""
    with _folder_beside(folder) as partial:
        yield partial
        put_in_place(partial, folder)


def put_in_place(made: Path, folder: Path) -> None:
    """Give a folder that is whole its name; what has it, if anything, is an empty folder."""
    made.replace(folder)
    _sync_folder(folder.parent)


def put_over(made: Path, folder: Path) -> None:
    """Give a folder that is whole its name, in place of whatever has it."""
    old = made.with_name(made.name + ".old")
    if folder.exists() or folder.is_symlink():
        folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    _sync_folder(folder.parent)
    _remove(old)


def remove_leftovers(parent: Path) -> None:
    """Remove what unpacking that was killed left in a folder; for a start, while nobody unpacks there."""
    for path in parent.glob(f".*{_PARTIAL}"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _open(archive: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(archive, Path):
        yield archive
        return
    if not archive.is_file():
        raise UnsafeArchiveError(f"There is no archive {archive}.")
    with archive.open("rb") as file:
        yield file


def _size_of(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _members(file: BinaryIO, tally: Tally) -> Iterator[Member]:
    magic = file.read(4)
    file.seek(0)
    if magic in ZIP_MAGIC:
        return read_zip(file, tally)
    return read_tar(file, tally)


@contextmanager
def _unpacked_beside(archive: Path | BinaryIO, folder: Path, limits: Limits) -> Iterator[Unpacked]:
    with _folder_beside(folder) as partial:
        with _open(archive) as file:
            tally = Tally(limits, packed=_size_of(file))
            files = [member.name for member in _members(file, tally) if write_member(member, partial)]
        yield Unpacked(folder=partial, files=tuple(sorted(files)), size=tally.size)


@contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}{_PARTIAL}")
    partial.mkdir()
    try:
        yield partial
    finally:
        _remove(partial)


def write_member(member: Member, folder: Path) -> bool:
    """Write one member, whose header was checked, below a folder; tell whether it is a file."""
    target = folder / member.name
    if member.is_folder:
        target.mkdir(parents=True, exist_ok=True)
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with member.open() as source, target.open("xb") as sink:
            written = _copy(source, sink)
            os.fsync(sink.fileno())
    except (zipfile.BadZipFile, zlib.error, EOFError, tarfile.TarError) as error:
        raise UnsafeArchiveError(f"In the archive {member.name!r} is damaged: {error}.") from None
    if written != member.size:
        raise UnsafeArchiveError(f"In the archive {member.name!r} has {written} bytes; its header says {member.size}.")
    return True


def _copy(source: BinaryIO, sink: BinaryIO) -> int:
    written = 0
    while chunk := source.read(_CHUNK):
        written += sink.write(chunk)
    sink.flush()
    return written


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
