"""Models by reference: the objects that they name are pinned, so that what was saved is what serves.

A pinned object's content is the model's from then on: that the object is written over or deleted changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from modelyard.artifact.member_names import MemberNames
from modelyard.database.engine import metadata
from modelyard.errors import (
    BucketNotFound,
    InvalidParameter,
    NamespaceNotFound,
    ObjectNotFound,
    RelatedResourceNotFound,
    UnsafeArchiveError,
)
from modelyard.objectstore.contents import Contents, copy_segments, remove_segments
from modelyard.objectstore.objects import Objects, Place
from modelyard.resources.model_description import DescribedModel, DescribedObject, ModelDescription

LARGEST_DESCRIPTION = 16 * 1024 * 1024
"""The most bytes that a description may have."""

_TYPE = "modelOSSReferenceDescription"

pinned = sa.Table(
    "pinned_objects",
    metadata,
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("path", sa.Text, nullable=False, comment="in the folder of the artifact"),
    sa.Column("size", sa.BigInteger, nullable=False),
)


class PinnedFile(NamedTuple):
    """Be a file of a model by reference."""

    path: str
    """Where it is in the folder of the artifact."""

    size: int
    content_id: str


def description_in(data: bytes) -> ModelDescription | None:
    """Return the description that an artifact is; None if it is something else.

    Raises:
        InvalidParameter: It calls itself one, and is not.
    """
    try:
        if json.loads(data).get("type") != _TYPE:
            return None
    except (ValueError, AttributeError, RecursionError):
        return None
    try:
        return msgspec.json.decode(data, type=ModelDescription)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidParameter(f"The model description is not one: {error}.") from None


def pin(tx: sa.Connection, model_id: str, description: ModelDescription, *, objects: Objects) -> None:
    """Give a model the objects that its artifact describes.

    Raises:
        RelatedResourceNotFound: An object is not there, or is another version of itself.
        InvalidParameter: An object has another size, or a name that cannot be a file's.
    """
    names = MemberNames()
    rows: list[dict[str, object]] = []
    for model in description.models:
        for each in model.objects:
            path = _path_of(each, model)
            try:
                names.add_file(path)
            except UnsafeArchiveError as error:
                raise InvalidParameter(f"The objects cannot be the files of a model: {error}") from None
            copy_segments(tx, _content_of(tx, model, each, objects=objects), _content_id(model_id, len(rows)))
            rows.append({"model_id": model_id, "position": len(rows), "path": path, "size": each.size_in_bytes})
    tx.execute(pinned.insert(), rows)


def pinned_files(tx: sa.Connection, model_id: str) -> list[PinnedFile]:
    """Return the files of a model by reference; none for any other."""
    rows = tx.execute(sa.select(pinned).where(pinned.c.model_id == model_id).order_by(pinned.c.position))
    return [PinnedFile(row.path, row.size, _content_id(model_id, row.position)) for row in rows]


def unpin(tx: sa.Connection, model_id: str) -> list[str]:
    """Take its objects from a model; return the digests of blobs that nothing may need any more."""
    freed = [digest for file in pinned_files(tx, model_id) for digest in remove_segments(tx, file.content_id)]
    tx.execute(pinned.delete().where(pinned.c.model_id == model_id))
    return freed


def write_files(files: list[PinnedFile], folder: Path, *, contents: Contents) -> None:
    """Write the files of a model by reference into a folder."""
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as sink:
            for piece in contents.read(file.content_id, stop=file.size):
                sink.write(piece)


def _content_of(tx: sa.Connection, model: DescribedModel, described: DescribedObject, *, objects: Objects) -> str:
    place = Place(model.namespace, model.bucket_name, described.name)
    try:
        stored = objects.find_in(tx, place, version_id=described.version)
    except (NamespaceNotFound, BucketNotFound, ObjectNotFound) as error:
        raise RelatedResourceNotFound(f"The model description names what is not there: {error}") from None
    if stored.size != described.size_in_bytes:
        raise InvalidParameter(f"{place} has {stored.size} bytes; the description says {described.size_in_bytes}.")
    return stored.content_id


def _path_of(described: DescribedObject, model: DescribedModel) -> str:
    """Return an object's name below the last folder of its prefix."""
    if not described.name.startswith(model.prefix):
        raise InvalidParameter(f"The object {described.name[:80]!r} is not below the prefix {model.prefix[:80]!r}.")
    is_folder = described.name.startswith(f"{model.prefix}/")
    prefix = f"{model.prefix}/" if model.prefix and is_folder else model.prefix
    return described.name[prefix.rfind("/") + 1 :]


def _content_id(model_id: str, position: int) -> str:
    return f"{model_id}/{position}"
