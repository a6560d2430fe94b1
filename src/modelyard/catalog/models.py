"""Models: the rules. Their artifacts have a file of their own."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import lookup, metadata, retention, store, versions
from modelyard.catalog.changes import Clock, UsedBy
from modelyard.catalog.compartments import Move, change_compartment
from modelyard.catalog.deletion import delete_model, refuse_if_served
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict
from modelyard.lifecycle import MODEL_MOVES, ModelState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import remove_unused
from modelyard.resources.model import CreateModelDetails, Model, UpdateModelDetails
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress


class Models:
    """Keep models.

    Args:
        database: Where rows are.
        blobs: Where artifacts are.
        clock: The time, with its zone.
        used_by: Tells which deployment serves a model, so that it is not deleted under it.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._used_by = used_by

    def create(self, details: CreateModelDetails, *, caller: str, again: Repeatable) -> Stored[Model]:
        """Create a model without an artifact."""
        retention.check(details.retention_setting, details.backup_setting)
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier)
            lookup.related_project(tx, details.project_id)
            model = Model(
                id=ids.mint(ids.MODEL),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                display_name=details.display_name or default_name("model", now),
                created_by=caller,
                time_created=now,
                lifecycle_state=ModelState.ACTIVE,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
                description=details.description,
                custom_metadata_list=details.custom_metadata_list or [],
                defined_metadata_list=details.defined_metadata_list or [],
                input_schema=details.input_schema,
                output_schema=details.output_schema,
                retention_setting=details.retention_setting,
                backup_setting=details.backup_setting,
            )
            metadata.check(model)
            model = metadata.flagged(model, with_artifact=frozenset())
            model = retention.scheduled(model)
            model = versions.placed(tx, model, version_set_id=details.model_version_set_id, label=details.version_label)
            again.remember(tx, model.id, now)
            return store.models.add(tx, model)

    def get(self, id: str) -> Stored[Model]:
        """Return a model, also a deleted one."""
        with self._database.read() as tx:
            return _get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[Model]:
        """Return a page of models."""
        with self._database.read() as tx:
            return store.models.page(tx, query, filters)

    def update(self, id: str, details: UpdateModelDetails, *, if_match: str | None) -> Stored[Model]:
        """Change what the details name; the artifact and the schemas stay as they are."""
        retention.check(details.retention_setting, details.backup_setting)
        change = given(details, but=versions.FIELDS)
        version_set_id, label = details.model_version_set_id, details.version_label
        with self._database.write() as tx:
            model = _to_change(tx, id)
            changed = msgspec.structs.replace(model, **change)
            metadata.check(changed)
            changed = metadata.flagged(changed, with_artifact=store.metadata_with_artifact(tx, id))
            changed = retention.scheduled(changed)
            changed = versions.placed(tx, changed, version_set_id=version_set_id, label=label)
            stored = store.models.replace(tx, changed, if_match=if_match)
            unused = store.remove_metadata_artifacts(tx, id, but=metadata.keys(changed))
        remove_unused(self._database, self._blobs, *unused)
        return stored

    def move(self, id: str, verb: str, *, if_match: str | None) -> Stored[Model]:
        """Activate or deactivate a model."""
        with self._database.write() as tx:
            model = _get(tx, id).noun
            state = next_state(MODEL_MOVES, verb, model.lifecycle_state, what=f"Model {id}")
            if verb == "deactivate":
                refuse_if_served(tx, id, verb, used_by=self._used_by)
            return store.models.replace(tx, msgspec.structs.replace(model, lifecycle_state=state), if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a model into another compartment; return its etag."""
        with self._database.write() as tx:
            move = Move(id, compartment_id, again, if_match)
            return change_compartment(tx, store.models, move, to_change=_to_change, now=self._clock())

    def delete(self, id: str, *, if_match: str | None) -> None:
        """Delete a model and its artifact; the entry stays readable."""
        with self._database.write() as tx:
            model = _get(tx, id).noun
            unused = delete_model(tx, model, used_by=self._used_by, if_match=if_match)
        remove_unused(self._database, self._blobs, *unused)

    def restore(self, id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Bring an archived artifact back; return the work request, which ends at once: nothing is archived here."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return earlier
            stored = _get(tx, id)
            next_state(MODEL_MOVES, "update", stored.noun.lifecycle_state, what=f"Model {id}")
            check_etag(current=stored.etag, if_match=if_match)
            if store.find_artifact(tx, id) is None:
                raise Conflict(f"Model {id} has no artifact to restore: upload one.")
            request = progress.done(
                tx,
                "The artifact is not archived: it can be downloaded.",
                operation_type="RESTORE_ARCHIVED_MODEL",
                compartment_id=stored.noun.compartment_id,
                entity_type="model",
                identifier=id,
                action="RELATED",
                now=now,
            )
            again.remember(tx, request, now)
            return request


def _get(tx: sa.Connection, id: str) -> Stored[Model]:
    return lookup.get(tx, store.models, id, kind="model")


def _to_change(tx: sa.Connection, id: str) -> Model:
    model = _get(tx, id).noun
    next_state(MODEL_MOVES, "update", model.lifecycle_state, what=f"Model {id}")
    return model
