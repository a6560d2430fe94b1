"""The files of an artifact that are about to be written: all of them, or none."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from modelyard.errors import FileAlreadyExists

Writer = Callable[[Path], object]
"""Writes one file to the path it is given."""


_STAGING = ".preparing-"


class Draft:
    """Collect files and put them into their folder together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guarded: dict[str, Writer] = {}
        self._renewed: dict[str, Writer] = {}
        self._once: dict[str, Writer] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return tuple(sorted({*self._guarded, *self._renewed, *self._once}))

    def guard(self, name: str, writer: Writer) -> None:
        """Add a file that is written over only when that was asked for."""
        self._guarded[name] = writer

    def renew(self, name: str, writer: Writer) -> None:
        """Add a file that is written each time: nobody edits it."""
        self._renewed[name] = writer

    def once(self, name: str, writer: Writer) -> None:
        """Add a file that stays as it is where there is one."""
        self._once[name] = writer

    def check(self, *, force_overwrite: bool) -> None:
        """Raise FileAlreadyExists where a guarded file is in the way."""
        there = sorted(name for name in self._guarded if (self._folder / name).exists())
        if there and not force_overwrite:
            raise FileAlreadyExists(
                f"{', '.join(there)} in {self._folder}: there already, and perhaps edited. Pass force_overwrite=True "
                "to write over what is there, or another artifact_dir."
            )

    def write(self) -> None:
        """Write every file beside its place, then move them: a writer that fails leaves everything as it was."""
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = {name: writer for name, writer in self._once.items() if not (self._folder / name).exists()}
        wanted = {**self._guarded, **self._renewed, **missing}
        for left in self._folder.glob(f"{_STAGING}*"):  # by somebody who was killed
            shutil.rmtree(left)
        staging = self._folder / f"{_STAGING}{secrets.token_hex(6)}"
        staging.mkdir()
        try:
            for name, writer in wanted.items():
                path = staging / name
                path.parent.mkdir(parents=True, exist_ok=True)
                writer(path)
            for name in wanted:
                target = self._folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                (staging / name).replace(target)
        finally:
            shutil.rmtree(staging)


def text(content: str) -> Writer:
    """Return the writer of a text file."""
    return lambda path: path.write_text(content, encoding="utf-8")
