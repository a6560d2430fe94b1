"""The tables of model groups, their version histories and their artifacts."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.database.records import Records, record_table
from modelyard.objectstore.references import blob_column
from modelyard.resources.model_group import ModelGroup, ModelGroupVersionHistory

groups = Records(
    record_table(
        "model_groups",
        "compartment_id",
        "project_id",
        "display_name",
        "lifecycle_state",
        "created_by",
        "model_group_version_history_id",
        "version_label",
        sorts=("time_created", "display_name", "lifecycle_state"),
    ),
    ModelGroup,
)
sa.Index("ix_model_groups_version", groups.table.c.model_group_version_history_id, groups.table.c.version_label)

histories = Records(
    record_table(
        "model_group_version_histories",
        "compartment_id",
        "project_id",
        "display_name",
        "lifecycle_state",
        "created_by",
        sorts=("time_created", "display_name", "lifecycle_state"),
    ),
    ModelGroupVersionHistory,
)

_counts = sa.Table(
    "model_group_counts",
    metadata,
    sa.Column(
        "model_group_version_history_id",
        sa.Text,
        sa.ForeignKey("model_group_version_histories.id"),
        primary_key=True,
    ),
    sa.Column("latest", sa.Integer, nullable=False),
)

_artifacts = sa.Table(
    "model_group_artifacts",
    metadata,
    sa.Column("model_group_id", sa.Text, sa.ForeignKey("model_groups.id"), primary_key=True),
    blob_column(),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
)


class GroupArtifact(msgspec.Struct, frozen=True, kw_only=True):
    """Be the artifact of a model group."""

    model_group_id: str
    digest: str
    size: int
    file_name: str


def next_version(tx: sa.Connection, history_id: str) -> int:
    """Return the number of the next group in a version history: 1, 2, …, and never one that was given before."""
    key = _counts.c.model_group_version_history_id == history_id
    latest = tx.execute(sa.select(_counts.c.latest).where(key)).scalar()
    if latest is None:
        tx.execute(_counts.insert().values(model_group_version_history_id=history_id, latest=1))
        return 1
    tx.execute(_counts.update().where(key).values(latest=latest + 1))
    return int(latest) + 1


def find_artifact(tx: sa.Connection, group_id: str) -> GroupArtifact | None:
    """Return a group's artifact."""
    row = tx.execute(sa.select(_artifacts).where(_artifacts.c.model_group_id == group_id)).first()
    if row is None:
        return None
    return GroupArtifact(model_group_id=group_id, digest=row.digest, size=row.size, file_name=row.file_name)


def add_artifact(tx: sa.Connection, artifact: GroupArtifact) -> None:
    """Write the row that gives a group its artifact."""
    tx.execute(_artifacts.insert().values(**msgspec.structs.asdict(artifact)))


def remove_artifact(tx: sa.Connection, group_id: str) -> None:
    """Remove the row of a group's artifact."""
    tx.execute(_artifacts.delete().where(_artifacts.c.model_group_id == group_id))
