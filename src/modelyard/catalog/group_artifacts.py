"""The artifact of a model group: what its members share, written once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from modelyard.artifact.unpack import unpack
from modelyard.catalog import group_store, lookup
from modelyard.catalog.artifacts import Incoming, finished, size_check
from modelyard.catalog.changes import Clock
from modelyard.catalog.group_store import GroupArtifact
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, NotFound
from modelyard.lifecycle import MODEL_GROUP_MOVES, ModelGroupState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import remove_unused
from modelyard.wire.etags import check_etag


@dataclass(frozen=True, kw_only=True)
class GroupUpload:
    """Say which artifact is to come, for which group."""

    model_group_id: str
    file_name: str
    length: int | None
    """How many bytes are announced; None if the caller does not say."""

    if_match: str | None
    again: Repeatable


class GroupArtifacts:
    """Keep the artifacts of model groups.

    Args:
        database: Where rows are.
        blobs: Where bytes are.
        limit: The largest artifact, in bytes; None takes any.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, limit: int | None, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._check_size = size_check(limit)
        self._clock = clock

    def begin(self, upload: GroupUpload) -> Incoming | None:
        """Return what takes the bytes; None if this very upload was done before.

        Raises:
            NotFound, Conflict, EtagMismatch: The group is not there, has its artifact, or was changed.
            PayloadTooLarge: More bytes are announced than are taken.
        """
        with self._database.write() as tx:
            if upload.again.earlier(tx, self._clock()):
                return None
            _check(tx, upload)
        if upload.length is not None:
            self._check_size(upload.length)
        return Incoming(self._blobs.writer(), check_size=self._check_size)

    def complete(self, upload: GroupUpload, incoming: Incoming, *, signed_digest: str | None) -> GroupArtifact:
        """Give the group the bytes that came; nothing of them is left if this raises."""
        try:
            blob = finished(incoming, signed_digest=signed_digest)
            artifact = GroupArtifact(
                model_group_id=upload.model_group_id, digest=blob.digest, size=blob.size, file_name=upload.file_name
            )
            return self._give(upload, incoming, artifact)
        finally:
            incoming.abort()

    def _give(self, upload: GroupUpload, incoming: Incoming, artifact: GroupArtifact) -> GroupArtifact:
        now = self._clock()
        try:
            with self._database.write() as tx:  # contents before the row that names them
                if upload.again.earlier(tx, now):  # the same request, sent again, was faster
                    return group_store.find_artifact(tx, upload.model_group_id) or artifact
                _check(tx, upload)
                incoming.publish()
                group_store.add_artifact(tx, artifact)
                upload.again.remember(tx, upload.model_group_id, now)
                return artifact
        except Exception:
            remove_unused(self._database, self._blobs, artifact.digest)
            raise

    def find(self, group_id: str) -> GroupArtifact:
        """Return a group's artifact.

        Raises:
            NotFound: There is no such group, it was deleted, or it has no artifact.
        """
        with self._database.read() as tx:
            group = lookup.get(tx, group_store.groups, group_id, kind="model group").noun
            artifact = group_store.find_artifact(tx, group_id)
        if group.lifecycle_state is ModelGroupState.DELETED:
            raise NotFound(f"Model group {group_id} is deleted, and its artifact with it.")
        if artifact is None:
            raise NotFound(f"Model group {group_id} has no artifact: upload one.")
        return artifact

    def read(self, artifact: GroupArtifact, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes of an artifact, in pieces.

        Raises:
            NotFound: Its group was deleted since it was found.
        """
        try:
            yield from self._blobs.read(artifact.digest, start=start, stop=stop)
        except KeyError:
            raise NotFound(
                f"Model group {artifact.model_group_id} was deleted just now, and its artifact with it."
            ) from None

    def unpack(self, digest: str, folder: Path) -> None:
        """Write the files of the artifact with a digest into a new folder: all of them, or nothing.

        Raises:
            KeyError: There is no such one (any more).
            ArtifactError: The bytes are no archive, or an unsafe one.
        """
        with self._blobs.local_path(digest).open("rb") as archive:
            unpack(archive, folder)


def _check(tx: sa.Connection, upload: GroupUpload) -> None:
    id = upload.model_group_id
    group = lookup.get(tx, group_store.groups, id, kind="model group")
    next_state(MODEL_GROUP_MOVES, "update", group.noun.lifecycle_state, what=f"Model group {id}")
    check_etag(current=group.etag, if_match=upload.if_match)
    if group_store.find_artifact(tx, id) is not None:
        raise Conflict(f"Model group {id} has its artifact, and artifacts never change: clone the group.")
