"""A group's place in a version history: its number, given by the service, and its label, given by the caller."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard.catalog import group_store
from modelyard.errors import Conflict, RelatedResourceNotFound
from modelyard.lifecycle import GroupHistoryState, ModelGroupState
from modelyard.resources.model_group import ModelGroup, ModelGroupVersionHistory

FIELDS = frozenset({"model_group_version_history_id", "version_label"})
"""The fields of a group that this file sets."""


def placed(tx: sa.Connection, group: ModelGroup, *, history_id: str | None, label: str | None) -> ModelGroup:
    """Return a group in a version history, as its latest, under a label; what is None stays as it is.

    Raises:
        RelatedResourceNotFound: There is no such version history.
        Conflict: Another group of the history has the label.
    """
    if history_id is not None and history_id != group.model_group_version_history_id:
        history = related_history(tx, history_id)
        group = msgspec.structs.replace(
            group,
            model_group_version_history_id=history.id,
            model_group_version_history_name=history.display_name,
            version_id=group_store.next_version(tx, history.id),
        )
        latest = msgspec.structs.replace(history, latest_model_group_id=group.id, time_updated=group.time_updated)
        group_store.histories.replace(tx, latest)
    if label is not None:
        group = msgspec.structs.replace(group, version_label=label)
    _refuse_label_of_another(tx, group)
    return group


def take_out(tx: sa.Connection, group: ModelGroup, *, now: datetime) -> None:
    """Let the history of a group that is deleted by now name the newest that is left as its latest, if this was it."""
    found = group_store.histories.find(tx, group.model_group_version_history_id or "")
    if found is None or found.noun.latest_model_group_id != group.id:
        return
    columns = group_store.groups.table.c
    left = group_store.groups.where(
        tx,
        columns.model_group_version_history_id == found.noun.id,
        columns.lifecycle_state != str(ModelGroupState.DELETED),
    )
    newest = max(left, key=lambda each: each.version_id or 0, default=None)
    changed = msgspec.structs.replace(found.noun, latest_model_group_id=newest.id if newest else None, time_updated=now)
    group_store.histories.replace(tx, changed)


def related_history(tx: sa.Connection, id: str) -> ModelGroupVersionHistory:
    """Return the version history that another resource refers to.

    Raises:
        RelatedResourceNotFound: There is none, or it was deleted.
    """
    found = group_store.histories.find(tx, id)
    if found is None or found.noun.lifecycle_state is not GroupHistoryState.ACTIVE:
        raise RelatedResourceNotFound(f"There is no model group version history {id}: list them, or create one.")
    return found.noun


def _refuse_label_of_another(tx: sa.Connection, group: ModelGroup) -> None:
    if group.model_group_version_history_id is None or group.version_label is None:
        return
    columns = group_store.groups.table.c
    other = tx.execute(
        sa.select(columns.id)
        .where(
            columns.model_group_version_history_id == group.model_group_version_history_id,
            columns.version_label == group.version_label,
            columns.lifecycle_state != str(ModelGroupState.DELETED),
            columns.id != group.id,
        )
        .limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(
            f"The label {group.version_label!r} is that of model group {other} in the version history "
            f"{group.model_group_version_history_name!r}: choose another label."
        )
