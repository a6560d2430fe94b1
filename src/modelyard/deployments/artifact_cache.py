"""Artifacts unpacked for replicas: one read-only folder for each digest, made once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from modelyard.artifact.unpack import remove_leftovers
from modelyard.errors import FileAlreadyExists


class ArtifactCache:
    """Unpack artifacts under their digests.

    Args:
        folder: Where the folders are made.
        unpack: Writes the files of the artifact with a digest into a new folder, all or none.
    """

    def __init__(self, folder: Path, unpack: Callable[[str, Path], None]) -> None:
        self._folder = folder
        self._unpack = unpack
        self._unpacking = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def folder_of(self, digest: str) -> Path:
        """Return the folder of an artifact, unpacking it first if need be.

        Raises:
            ArtifactError: The bytes are no archive, or an unsafe one.
            KeyError: There is no such artifact.
        """
        folder = self._folder / digest.removeprefix("sha256:")
        with self._unpacking:
            if not folder.is_dir():
                with suppress(FileAlreadyExists):
                    self._unpack(digest, folder)
            if folder.stat().st_mode & 0o222:  # new, or left so by a service that was killed here
                _protect(folder)
        return folder

    def sweep(self, keep: AbstractSet[str]) -> None:
        """Remove the folders of all but the given digests, and what a killed service left; none of it may be in use."""
        kept = {digest.removeprefix("sha256:") for digest in keep}
        with self._unpacking:
            remove_leftovers(self._folder)
            for folder in self._folder.iterdir():
                if folder.name not in kept:
                    _remove(folder)


def _protect(folder: Path) -> None:
    """Take away the right to write: an artifact that a model changed would not be what was saved."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            is_open = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o555 if is_open else 0o444)


def _remove(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
