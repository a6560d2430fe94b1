"""The zip of an artifact: the same bytes for the same files, written with constant memory."""

from __future__ import annotations

import os
import secrets
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelyard.artifact.digests import digest_of_file
from modelyard.artifact.folder_files import FolderFiles, LeftOut, list_files
from modelyard.errors import ArtifactError

_CHUNK = 1024 * 1024
_SAMPLE = 64 * 1024
_LARGEST_DEFLATED = 64 * 1024 * 1024  # above it, the time to compress costs more than the disk
_WORTH_IT = 0.8
_EPOCH = (1980, 1, 1, 0, 0, 0)
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


@dataclass(frozen=True)
class Packed:
    """Be an archive that was written."""

    path: Path
    digest: str
    size: int
    files: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    """What .model-ignore kept out, to be said to the user."""


def pack(folder: Path, target: Path) -> Packed:
    """Write the zip of a folder; the target appears when it is whole, in place of what was there."""
    content = list_files(folder)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        with partial.open("xb") as file:
            _write(folder, content, file)
            file.flush()
            os.fsync(file.fileno())
        digest, size = digest_of_file(partial), partial.stat().st_size
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return Packed(path=target, digest=digest, size=size, files=content.files, left_out=content.left_out)


def _write(folder: Path, content: FolderFiles, file: object) -> None:
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive:  # type: ignore[call-overload] # any binary file
        names = sorted([*content.files, *(f"{name}/" for name in content.empty_folders)])
        for name in names:
            if name.endswith("/"):
                archive.writestr(_entry(name, mode=stat.S_IFDIR | 0o755), b"")
            else:
                _write_file(archive, folder / name, name)


def _entry(name: str, *, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.create_system = 3  # Unix, wherever this runs: the mode below is one of Unix
    entry.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
    return entry


def _write_file(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = _entry(name, mode=stat.S_IFREG | 0o644)
    with path.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        entry.compress_type = _method(name, size, source.read(_SAMPLE))
        entry.file_size = size
        source.seek(0)
        written = 0
        with archive.open(entry, "w", force_zip64=size > zipfile.ZIP64_LIMIT // 2) as sink:
            while chunk := source.read(_CHUNK):
                written += sink.write(chunk)
    if written != size:
        raise ArtifactError(f"{path} changed while it was archived. Try again when nothing writes to it.")


def _method(name: str, size: int, sample: bytes) -> int:
    if size > _LARGEST_DEFLATED or PurePosixPath(name).suffix.lower() in _PACKED_ALREADY:
        return zipfile.ZIP_STORED
    worth_it = len(zlib.compress(sample, 1)) < _WORTH_IT * len(sample)
    return zipfile.ZIP_DEFLATED if worth_it else zipfile.ZIP_STORED
