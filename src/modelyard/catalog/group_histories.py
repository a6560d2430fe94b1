"""Model group version histories: the rules."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import group_store, lookup
from modelyard.catalog.changes import Clock
from modelyard.catalog.compartments import Move, change_compartment
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, RelatedResourceNotFound
from modelyard.lifecycle import GROUP_HISTORY_MOVES, GroupHistoryState, ModelGroupState, next_state
from modelyard.resources.model_group import (
    CreateModelGroupVersionHistoryDetails,
    ModelGroupVersionHistory,
    UpdateModelGroupVersionHistoryDetails,
)
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress


class GroupHistories:
    """Keep the version histories of model groups.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, details: CreateModelGroupVersionHistoryDetails, *, caller: str, again: Repeatable
    ) -> Stored[ModelGroupVersionHistory]:
        """Create a version history; groups join it as they are created or updated."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier)
            lookup.related_project(tx, details.project_id)
            if details.latest_model_group_id is not None:
                raise RelatedResourceNotFound(
                    f"The model group {details.latest_model_group_id} cannot be the latest of a history that has none: "
                    "create the history, then update the group with its id."
                )
            history = ModelGroupVersionHistory(
                id=ids.mint(ids.MODEL_GROUP_VERSION_HISTORY),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                display_name=details.display_name or default_name("modelgroupversionhistory", now),
                description=details.description,
                created_by=caller,
                time_created=now,
                time_updated=now,
                lifecycle_state=GroupHistoryState.ACTIVE,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            again.remember(tx, history.id, now)
            return group_store.histories.add(tx, history)

    def get(self, id: str) -> Stored[ModelGroupVersionHistory]:
        """Return a version history, also a deleted one."""
        with self._database.read() as tx:
            return _get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[ModelGroupVersionHistory]:
        """Return a page of version histories."""
        with self._database.read() as tx:
            return group_store.histories.page(tx, query, filters)

    def update(
        self, id: str, details: UpdateModelGroupVersionHistoryDetails, *, if_match: str | None
    ) -> Stored[ModelGroupVersionHistory]:
        """Change what the details name; the latest group must be one of the history."""
        now = self._clock()
        with self._database.write() as tx:
            history = _to_change(tx, id)
            if details.latest_model_group_id is not None:
                _check_latest(tx, id, details.latest_model_group_id)
            changed = msgspec.structs.replace(history, time_updated=now, **given(details))
            return group_store.histories.replace(tx, changed, if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a version history into another compartment, its groups stay in theirs; return its etag."""
        with self._database.write() as tx:
            move = Move(id, compartment_id, again, if_match)
            return change_compartment(tx, group_store.histories, move, to_change=_to_change, now=self._clock())

    def delete(self, id: str, *, if_match: str | None) -> str:
        """Delete a version history without groups; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            history = _get(tx, id).noun
            state = next_state(GROUP_HISTORY_MOVES, "delete", history.lifecycle_state, what=f"Version history {id}")
            if group := _living_group(tx, id):
                raise Conflict(f"Version history {id} still has the model group {group}: delete it first.")
            deleted = msgspec.structs.replace(history, lifecycle_state=state, time_updated=now)
            group_store.histories.replace(tx, deleted, if_match=if_match)
            return progress.done(
                tx,
                "The version history is deleted.",
                operation_type="MODEL_GROUP_VERSION_HISTORY_DELETE",
                compartment_id=history.compartment_id,
                entity_type="modelGroupVersionHistory",
                identifier=id,
                action="DELETED",
                now=now,
            )


def _get(tx: sa.Connection, id: str) -> Stored[ModelGroupVersionHistory]:
    return lookup.get(tx, group_store.histories, id, kind="model group version history")


def _to_change(tx: sa.Connection, id: str) -> ModelGroupVersionHistory:
    history = _get(tx, id).noun
    next_state(GROUP_HISTORY_MOVES, "update", history.lifecycle_state, what=f"Version history {id}")
    return history


def _check_latest(tx: sa.Connection, id: str, group_id: str) -> None:
    found = group_store.groups.find(tx, group_id)
    if (
        found is None
        or found.noun.model_group_version_history_id != id
        or found.noun.lifecycle_state is ModelGroupState.DELETED
    ):
        raise RelatedResourceNotFound(f"The version history {id} has no model group {group_id}.")


def _living_group(tx: sa.Connection, id: str) -> str | None:
    columns = group_store.groups.table.c
    query = sa.select(columns.id).where(
        columns.model_group_version_history_id == id, columns.lifecycle_state != str(ModelGroupState.DELETED)
    )
    return tx.execute(query.limit(1)).scalar()
