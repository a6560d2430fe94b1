"""The files of an artifact that are about to be written: all of them, or none."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from modelyard.errors import ArtifactError, FileAlreadyExists

if TYPE_CHECKING:
    from typing_extensions import Self

Writer = Callable[[Path], object]
"""Writes one file, or one folder, to the path it is given."""


_STAGING = ".preparing-"


class Draft:
    """Collect files and put them into their folder together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guarded: dict[str, Writer] = {}
        self._renewed: dict[str, Writer] = {}
        self._once: dict[str, Writer] = {}
        self._dropped: list[str] = []
        self._staging: Path | None = None
        self._is_new = False
        self._lock: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging)
            if self._is_new and not any(self._folder.iterdir()):
                self._folder.rmdir()
        if self._lock is not None:
            os.close(self._lock)

    @property
    def staging(self) -> Path:
        """The folder beside the files' places where they are written first; it goes at the end."""
        if self._staging is None:
            self._is_new = not self._folder.exists()
            staging = self._folder / f"{_STAGING}{secrets.token_hex(6)}"
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock = _locked(self._folder)
                staging.mkdir()
            except OSError as error:
                raise ArtifactError(
                    f"Nothing can be written into {self._folder} ({error.strerror}): name another artifact_dir."
                ) from None
            for left in self._folder.glob(f"{_STAGING}*"):  # by somebody who was killed
                if left != staging:
                    shutil.rmtree(left)
            self._staging = staging
        return self._staging

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return tuple(sorted({*self._guarded, *self._renewed, *self._once}))

    def has(self, name: str, content: bytes) -> bool:
        """Tell whether a file is there, just as it would be written."""
        file = self._folder / name
        return file.is_file() and file.read_bytes() == content

    def guard(self, name: str, writer: Writer) -> None:
        """Add a file that is written over only when that was asked for."""
        self._guarded[name] = writer

    def renew(self, name: str, writer: Writer) -> None:
        """Add a file that is written each time: nobody edits it."""
        self._renewed[name] = writer

    def once(self, name: str, writer: Writer) -> None:
        """Add a file that stays as it is where there is one."""
        self._once[name] = writer

    def drop(self, name: str) -> None:
        """Let a file go that holds no more; it is guarded, too."""
        self._dropped.append(name)

    def check(self, *, force_overwrite: bool) -> None:
        """Raise FileAlreadyExists where a guarded file is in the way."""
        there = sorted(name for name in (*self._guarded, *self._dropped) if (self._folder / name).exists())
        if there and not force_overwrite:
            raise FileAlreadyExists(
                f"{', '.join(there)} in {self._folder}: there already, and perhaps edited. Pass force_overwrite=True "
                "to write over what is there, or another artifact_dir."
            )

    def write(self) -> None:
        """Write every file beside its place, then move them: a writer that fails leaves everything as it was."""
        new, old = self.staging / "new", self.staging / "old"
        old.mkdir()
        missing = {name: writer for name, writer in self._once.items() if not (self._folder / name).exists()}
        wanted = {**self._guarded, **self._renewed, **missing}
        for name, writer in wanted.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            writer(path)
        for place, name in enumerate(wanted):
            target = self._folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir():  # a folder takes no other's place while it is there
                target.rename(old / str(place))
            (new / name).replace(target)
        for name in self._dropped:
            (self._folder / name).unlink(missing_ok=True)


def _locked(folder: Path) -> int:
    """Return the descriptor that keeps others out of a folder until it is closed.

    Raises:
        ArtifactError: Somebody else is at work in it.
    """
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(place)
        raise ArtifactError(
            f"Another prepare() is at work in {folder}: try again when it is done, or name another artifact_dir."
        ) from None
    except OSError:  # a file system that knows no locks
        return place
    return place


def text(content: str) -> Writer:
    """Return the writer of a text file."""
    return lambda path: path.write_text(content, encoding="utf-8")


def moved(source: Path) -> Writer:
    """Return the writer of a file or folder that lies in the draft's staging already."""
    return source.replace
