"""Model version sets: the rules."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import lookup, store
from modelyard.catalog.changes import Clock, UsedBy
from modelyard.catalog.deletion import delete_model
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict
from modelyard.lifecycle import VERSION_SET_MOVES, ModelState, VersionSetState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import remove_unused
from modelyard.resources.model import Model
from modelyard.resources.noun import given
from modelyard.resources.version_set import (
    CreateModelVersionSetDetails,
    ModelVersionSet,
    UpdateModelVersionSetDetails,
)
from modelyard.wire.etags import Stored
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress
from modelyard.workrequests.progress import Action


class VersionSets:
    """Keep model version sets.

    Args:
        database: Where rows are.
        blobs: Where the artifacts of models are that are deleted with their set.
        clock: The time, with its zone.
        used_by: Tells which deployment serves a model, so that it is not deleted under it.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._used_by = used_by

    def create(
        self, details: CreateModelVersionSetDetails, *, caller: str, again: Repeatable
    ) -> Stored[ModelVersionSet]:
        """Create a version set without models."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier)
            lookup.related_project(tx, details.project_id)
            _refuse_name_of_another(tx, details.name, compartment_id=details.compartment_id)
            version_set = ModelVersionSet(
                id=ids.mint(ids.MODEL_VERSION_SET),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                name=details.name,
                description=details.description,
                lifecycle_state=VersionSetState.ACTIVE,
                time_created=now,
                time_updated=now,
                created_by=caller,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            again.remember(tx, version_set.id, now)
            return store.version_sets.add(tx, version_set)

    def get(self, id: str) -> Stored[ModelVersionSet]:
        """Return a version set, also a deleted one."""
        with self._database.read() as tx:
            return _get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[ModelVersionSet]:
        """Return a page of version sets."""
        with self._database.read() as tx:
            return store.version_sets.page(tx, query, filters)

    def update(
        self, id: str, details: UpdateModelVersionSetDetails, *, if_match: str | None
    ) -> Stored[ModelVersionSet]:
        """Change what the details name; the name stays."""
        now = self._clock()
        with self._database.write() as tx:
            version_set = _to_change(tx, id)
            changed = msgspec.structs.replace(version_set, time_updated=now, **given(details))
            return store.version_sets.replace(tx, changed, if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a version set into another compartment, its models stay in theirs; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return earlier
            version_set = _to_change(tx, id)
            if compartment_id != version_set.compartment_id:
                _refuse_name_of_another(tx, version_set.name, compartment_id=compartment_id)
            moved = msgspec.structs.replace(version_set, compartment_id=compartment_id, time_updated=now)
            store.version_sets.replace(tx, moved, if_match=if_match)
            message = "The version set is in the other compartment."
            request = _done(tx, message, moved, operation_type="MODELVERSIONSET_MOVE", action="UPDATED", now=now)
            again.remember(tx, request, now)
            return request

    def delete(self, id: str, *, with_models: bool, if_match: str | None) -> str:
        """Delete a version set, and its models where that is asked for; return the work request.

        Raises:
            Conflict: It has models that are not to be deleted, or that a deployment serves; nothing is deleted then.
        """
        now = self._clock()
        unused: list[str] = []
        with self._database.write() as tx:
            version_set = _get(tx, id).noun
            state = next_state(VERSION_SET_MOVES, "delete", version_set.lifecycle_state, what=f"Version set {id}")
            deleted = msgspec.structs.replace(version_set, lifecycle_state=state, time_updated=now)
            store.version_sets.replace(tx, deleted, if_match=if_match)
            models = _living_models(tx, id)
            if models and not with_models:
                raise Conflict(
                    f"Version set {id} still has {len(models)} model(s), {models[0].id} among them: delete them first, "
                    "or set isDeleteRelatedModels."
                )
            for model in models:
                unused += delete_model(tx, model, used_by=self._used_by)
            message = f"The version set is deleted, and {len(models)} model(s) with it."
            request = _done(tx, message, deleted, operation_type="MODELVERSIONSET_DELETE", action="DELETED", now=now)
        remove_unused(self._database, self._blobs, *unused)
        return request


def _get(tx: sa.Connection, id: str) -> Stored[ModelVersionSet]:
    return lookup.get(tx, store.version_sets, id, kind="model version set")


def _to_change(tx: sa.Connection, id: str) -> ModelVersionSet:
    version_set = _get(tx, id).noun
    next_state(VERSION_SET_MOVES, "update", version_set.lifecycle_state, what=f"Version set {id}")
    return version_set


def _refuse_name_of_another(tx: sa.Connection, name: str, *, compartment_id: str) -> None:
    columns = store.version_sets.table.c
    other = tx.execute(
        sa.select(columns.id)
        .where(
            columns.compartment_id == compartment_id,
            columns.name == name,
            columns.lifecycle_state != str(VersionSetState.DELETED),
        )
        .limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(f"The compartment has a version set {name!r} already, {other}: use it, or choose another name.")


def _living_models(tx: sa.Connection, id: str) -> list[Model]:
    columns = store.models.table.c
    return store.models.where(
        tx, columns.model_version_set_id == id, columns.lifecycle_state != str(ModelState.DELETED)
    )


def _done(
    tx: sa.Connection, message: str, version_set: ModelVersionSet, *, operation_type: str, action: Action, now: datetime
) -> str:
    return progress.done(
        tx,
        message,
        operation_type=operation_type,
        compartment_id=version_set.compartment_id,
        entity_type="modelVersionSet",
        identifier=version_set.id,
        action=action,
        now=now,
    )
