"""The catalog's tables."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard.catalog.metadata import ItemKey
from modelyard.database.engine import metadata
from modelyard.database.records import Records, microseconds, moment, record_table
from modelyard.objectstore.references import blob_column
from modelyard.resources.model import Model, ModelProvenance
from modelyard.resources.project import Project
from modelyard.resources.version_set import ModelVersionSet

projects = Records(
    record_table(
        "projects",
        "compartment_id",
        "display_name",
        "lifecycle_state",
        "created_by",
        sorts=("time_created", "display_name"),
    ),
    Project,
)

MODEL_FILTERS = (
    "project_id",
    "display_name",
    "lifecycle_state",
    "created_by",
    "category",
    "model_version_set_name",
    "version_label",
)
MODEL_SORTS = ("time_created", "display_name", "lifecycle_state")
FILTERS_BY_SORT = tuple((_filter, _sort) for _filter in MODEL_FILTERS for _sort in MODEL_SORTS if _filter != _sort)
"""Each filter with each sort has an index, so that a page is read in its order, wherever in however long a list."""

models = Records(
    record_table(
        "models",
        "compartment_id",
        *MODEL_FILTERS,
        "model_version_set_id",
        sorts=MODEL_SORTS,
    ),
    Model,
)
sa.Index("ix_models_project", models.table.c.project_id, models.table.c.lifecycle_state)
sa.Index("ix_models_version", models.table.c.model_version_set_id, models.table.c.version_label)
for _filter, _sort in FILTERS_BY_SORT:
    _columns = models.table.c
    sa.Index(
        f"ix_models_{_filter}_by_{_sort}", _columns.compartment_id, _columns[_filter], _columns[_sort], _columns.id
    )
for _sort in ("time_created", "display_name"):  # a project's models of one state, which may be rare in it
    _columns = models.table.c
    sa.Index(
        f"ix_models_project_and_state_by_{_sort}",
        _columns.compartment_id,
        _columns.project_id,
        _columns.lifecycle_state,
        _columns[_sort],
        _columns.id,
    )

version_sets = Records(
    record_table(
        "model_version_sets",
        "compartment_id",
        "project_id",
        "name",
        "lifecycle_state",
        "created_by",
        "category",
        sorts=("time_created", "name", "lifecycle_state"),
    ),
    ModelVersionSet,
)

version_counts = sa.Table(
    "model_version_counts",
    metadata,
    sa.Column("model_version_set_id", sa.Text, sa.ForeignKey("model_version_sets.id"), primary_key=True),
    sa.Column("latest", sa.Integer, nullable=False),
)

provenances = sa.Table(
    "model_provenances",
    metadata,
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
)

artifacts = sa.Table(
    "model_artifacts",
    metadata,
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("time_created", sa.BigInteger, nullable=False),
)


metadata_artifacts = sa.Table(
    "model_metadata_artifacts",
    metadata,
    sa.Column("model_id", sa.Text, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="custom or defined"),
    sa.Column("key", sa.Text, primary_key=True),
    blob_column(),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
)


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Be the artifact of a model: what its bytes are, and under which name they came.

    The bytes are the content with the model's id (see ``objectstore/contents.py``).
    """

    model_id: str
    digest: str
    size: int
    file_name: str
    time_created: datetime


class MetadataArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """Be the artifact of an item of a model's metadata."""

    model_id: str
    item: ItemKey
    digest: str
    size: int
    file_name: str


def find_provenance(tx: sa.Connection, model_id: str) -> tuple[ModelProvenance, int] | None:
    """Return a model's provenance and its version."""
    row = tx.execute(sa.select(provenances).where(provenances.c.model_id == model_id)).first()
    return (msgspec.json.decode(row.record, type=ModelProvenance), row.version) if row else None


def put_provenance(tx: sa.Connection, model_id: str, provenance: ModelProvenance, *, version: int) -> None:
    """Write a model's provenance; version 1 is the first."""
    values = {"version": version, "record": msgspec.json.encode(provenance)}
    if version == 1:
        tx.execute(provenances.insert().values(model_id=model_id, **values))
    else:
        tx.execute(provenances.update().where(provenances.c.model_id == model_id).values(**values))


def find_artifact(tx: sa.Connection, model_id: str) -> Artifact | None:
    """Return a model's artifact."""
    row = tx.execute(sa.select(artifacts).where(artifacts.c.model_id == model_id)).first()
    if row is None:
        return None
    created = moment(row.time_created)
    return Artifact(
        model_id=row.model_id, digest=row.digest, size=row.size, file_name=row.file_name, time_created=created
    )


def model_with_digest(tx: sa.Connection, digest: str) -> str | None:
    """Return a model whose artifact has a digest; None if there is none (any more)."""
    return tx.execute(sa.select(artifacts.c.model_id).where(artifacts.c.digest == digest).limit(1)).scalar()


def add_artifact(tx: sa.Connection, artifact: Artifact) -> None:
    """Write the row that gives a model its artifact; the content is written apart."""
    tx.execute(
        artifacts.insert().values(
            model_id=artifact.model_id,
            digest=artifact.digest,
            size=artifact.size,
            file_name=artifact.file_name,
            time_created=microseconds(artifact.time_created),
        )
    )


def remove_artifact(tx: sa.Connection, model_id: str) -> None:
    """Remove the row of a model's artifact; its content stays."""
    tx.execute(artifacts.delete().where(artifacts.c.model_id == model_id))


def next_version(tx: sa.Connection, version_set_id: str) -> int:
    """Return the number of the next model that joins a version set: 1, 2, …, and never one that was given before."""
    key = version_counts.c.model_version_set_id == version_set_id
    latest = tx.execute(sa.select(version_counts.c.latest).where(key)).scalar()
    if latest is None:
        tx.execute(version_counts.insert().values(model_version_set_id=version_set_id, latest=1))
        return 1
    tx.execute(version_counts.update().where(key).values(latest=latest + 1))
    return int(latest) + 1


def find_metadata_artifact(tx: sa.Connection, model_id: str, item: ItemKey) -> MetadataArtifact | None:
    """Return the artifact of an item of a model's metadata."""
    row = tx.execute(sa.select(metadata_artifacts).where(*_is_item(model_id, item))).first()
    if row is None:
        return None
    return MetadataArtifact(model_id=model_id, item=item, digest=row.digest, size=row.size, file_name=row.file_name)


def put_metadata_artifact(tx: sa.Connection, artifact: MetadataArtifact) -> None:
    """Write an item's artifact, over the one that it has if it has one."""
    tx.execute(metadata_artifacts.delete().where(*_is_item(artifact.model_id, artifact.item)))
    tx.execute(
        metadata_artifacts.insert().values(
            model_id=artifact.model_id,
            kind=artifact.item.kind,
            key=artifact.item.key,
            digest=artifact.digest,
            size=artifact.size,
            file_name=artifact.file_name,
        )
    )


def metadata_with_artifact(tx: sa.Connection, model_id: str) -> frozenset[ItemKey]:
    """Return which items of a model's metadata have an artifact."""
    columns = metadata_artifacts.c
    rows = tx.execute(sa.select(columns.kind, columns.key).where(columns.model_id == model_id))
    return frozenset(ItemKey(row.kind, row.key) for row in rows)


def remove_metadata_artifacts(tx: sa.Connection, model_id: str, *, but: frozenset[ItemKey] = frozenset()) -> list[str]:
    """Remove the artifacts of a model's metadata, but for those of some items; return their digests."""
    digests = []
    for item in metadata_with_artifact(tx, model_id) - but:
        if artifact := find_metadata_artifact(tx, model_id, item):
            digests.append(artifact.digest)
            tx.execute(metadata_artifacts.delete().where(*_is_item(model_id, item)))
    return digests


def _is_item(model_id: str, item: ItemKey) -> tuple[sa.ColumnElement[bool], ...]:
    columns = metadata_artifacts.c
    return columns.model_id == model_id, columns.kind == item.kind, columns.key == item.key
