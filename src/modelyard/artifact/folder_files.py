"""The files of a folder that belong into its archive, in a fixed order, and those that are left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard.artifact.member_names import MemberNames
from modelyard.artifact.model_ignore import IgnoreRules, read_rules
from modelyard.errors import ArtifactError


@dataclass(frozen=True)
class LeftOut:
    """Be a file or folder (with a trailing ``/``) that a line of .model-ignore leaves out."""

    name: str
    pattern: str


@dataclass(frozen=True)
class FolderFiles:
    """Be the content of a folder: names relative to it, sorted, with ``/`` between folders."""

    files: tuple[str, ...]
    empty_folders: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    size: int
    """The bytes of all the files together."""


@dataclass(frozen=True)
class _Entry:
    name: str
    size: int = 0
    is_file: bool = True
    pattern: str | None = None


def list_files(folder: Path) -> FolderFiles:
    """List what an archive of the folder holds; raise ArtifactError for what no archive can hold."""
    if not folder.is_dir():
        raise ArtifactError(f"There is no folder {folder}.")
    entries = sorted(_walk(folder, "", read_rules(folder), ancestors=()), key=lambda entry: entry.name)
    kept = [entry for entry in entries if entry.pattern is None]
    names = MemberNames()
    for entry in kept:
        (names.add_file if entry.is_file else names.add_folder)(entry.name)
    return FolderFiles(
        files=tuple(entry.name for entry in kept if entry.is_file),
        empty_folders=tuple(entry.name for entry in kept if not entry.is_file),
        left_out=tuple(LeftOut(entry.name, entry.pattern) for entry in entries if entry.pattern is not None),
        size=sum(entry.size for entry in kept),
    )


def _walk(folder: Path, prefix: str, rules: IgnoreRules, *, ancestors: tuple[tuple[int, int], ...]) -> Iterator[_Entry]:
    """Yield the entries below a folder; links are followed, since what they lead to is what the model needs."""
    here = folder.stat()
    identity = (here.st_dev, here.st_ino)
    if identity in ancestors:
        raise ArtifactError(f"The folder {folder} contains itself through a link. Remove the link.")
    with os.scandir(folder) as scan:
        found = sorted(scan, key=lambda item: item.name)
    empty = True
    for item in found:
        name = prefix + item.name
        mode, size = _mode_and_size(item)
        if stat.S_ISDIR(mode):
            pattern = rules.match_folder(name)
            below = _walk(Path(item.path), f"{name}/", rules, ancestors=(*ancestors, identity))
            yield from [_Entry(f"{name}/", pattern=pattern)] if pattern else below
        elif stat.S_ISREG(mode):
            pattern = rules.match_file(name)
            yield _Entry(name, size=size, pattern=pattern)
        else:
            raise ArtifactError(f"{item.path} is neither a file nor a folder; an artifact holds nothing else.")
        empty = False
    if empty and prefix:
        yield _Entry(prefix.rstrip("/"), is_file=False)


def _mode_and_size(item: os.DirEntry[str]) -> tuple[int, int]:
    try:
        status = item.stat()
    except OSError as error:
        raise ArtifactError(f"{item.path} is a link that leads nowhere, or cannot be read: {error.strerror}.") from None
    return status.st_mode, status.st_size
