"""The catalog's tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, microseconds, record_table
from modelyard.resources.model import Model, ModelProvenance
from modelyard.resources.project import Project

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

models = Records(
    record_table(
        "models",
        "compartment_id",
        "project_id",
        "display_name",
        "lifecycle_state",
        "created_by",
        "category",
        "model_version_set_name",
        "version_label",
        sorts=("time_created", "display_name", "lifecycle_state"),
    ),
    Model,
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


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Be the artifact of a model: which blob, and under which name it came."""

    model_id: str
    digest: str
    size: int
    file_name: str
    time_created: datetime


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
    created = datetime.fromtimestamp(row.time_created / 1_000_000, tz=timezone.utc)
    return Artifact(
        model_id=row.model_id, digest=row.digest, size=row.size, file_name=row.file_name, time_created=created
    )


def add_artifact(tx: sa.Connection, artifact: Artifact) -> None:
    """Write the row that gives a model its artifact."""
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
    """Remove the row of a model's artifact."""
    tx.execute(artifacts.delete().where(artifacts.c.model_id == model_id))


def is_blob_used(tx: sa.Connection, digest: str) -> bool:
    """Tell whether a model has the blob as its artifact."""
    return tx.execute(sa.select(artifacts.c.model_id).where(artifacts.c.digest == digest).limit(1)).first() is not None


def used_digests(tx: sa.Connection) -> Iterator[str]:
    """Yield the digest of every artifact."""
    yield from tx.execute(sa.select(artifacts.c.digest).distinct()).scalars()
