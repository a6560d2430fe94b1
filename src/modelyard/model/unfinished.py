"""Saves that were interrupted: what is known of each, in a small file of its own, until it is gone on with."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails


class UnfinishedSave(msgspec.Struct, frozen=True, kw_only=True):
    """Be a save under way: what was to be done, and how far it is."""

    source: str
    """The folder, or the archive, of the artifact."""

    endpoint: str
    begun: datetime
    identity: str
    """The digest of the list of segments: another one says that the files have changed."""

    size: int
    """The bytes of the artifact."""

    details: CreateModelDetails
    provenance: CreateModelProvenanceDetails | None = None
    retry_token: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(24))
    """Makes an entry whose id was not heard of the same one when it is asked for again."""

    model_id: str | None = None
    is_described: bool = False
    """Whether the provenance has been sent."""

    upload_id: str | None = None
    replaces: tuple[str, ...] = ()
    """The entries of earlier saves of the source, which go when this one takes over what was sent for them."""


class Place:
    """Be where the save of one source is remembered.

    Args:
        file: The file; None remembers nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def find(self) -> UnfinishedSave | None:
        """Return what is remembered."""
        return _read(self._file) if self._file is not None else None

    def remember(self, save: UnfinishedSave) -> None:
        """Remember a save as it is now."""
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(save))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)

    def forget(self) -> None:
        """Remember nothing of it any more."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


class UnfinishedSaves:
    """Remember saves in a folder, one file for each source and endpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def place_of(self, source: Path, *, endpoint: str) -> Iterator[Place]:
        """Give the place of a source; one that forgets at once where another process saves the same source now."""
        self._folder.mkdir(parents=True, exist_ok=True)
        key = hashlib.sha256(f"{endpoint}\n{source.absolute()}".encode()).hexdigest()[:24]
        with (self._folder / f"{key}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield Place(None)
                return
            yield Place(self._folder / f"{key}.json")

    def all(self, *, endpoint: str) -> list[UnfinishedSave]:
        """Return the saves to an endpoint, the oldest first."""
        found = [_read(file) for file in self._folder.glob("*.json")]
        return sorted((save for save in found if save and save.endpoint == endpoint), key=lambda save: save.begun)


def _read(file: Path) -> UnfinishedSave | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=UnfinishedSave)
    except (FileNotFoundError, msgspec.DecodeError):  # what is damaged, or of another version, is begun anew
        return None
