"""Model groups: the rules."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import group_members, group_store, group_versions, lookup, store
from modelyard.catalog.changes import Clock, UsedBy
from modelyard.catalog.compartments import Move, change_compartment
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, RelatedResourceNotFound
from modelyard.lifecycle import MODEL_GROUP_MOVES, ModelGroupState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.references import remove_unused
from modelyard.resources.model import Model
from modelyard.resources.model_group import (
    CloneCreateFromModelGroupVersionHistoryDetails,
    CloneModelGroupDetails,
    CreateModelGroupDetails,
    MemberModelEntries,
    ModelGroup,
    ModelGroupCloneSourceDetails,
    ModifyModelGroupDetails,
    UpdateModelGroupDetails,
)
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress
from modelyard.workrequests import store as work_requests
from modelyard.workrequests.progress import Action


class ModelGroups:
    """Keep model groups.

    Args:
        database: Where rows are.
        blobs: Where their artifacts are.
        clock: The time, with its zone.
        used_by: Tells which deployment serves a group.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._used_by = used_by

    def create(
        self, details: CreateModelGroupDetails, *, caller: str, again: Repeatable
    ) -> tuple[Stored[ModelGroup], str]:
        """Create a group of models; return it and the work request."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier), work_requests.first_of(tx, earlier)
            group = ModelGroup(
                id=ids.mint(ids.MODEL_GROUP),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                display_name=details.display_name or default_name("modelgroup", now),
                description=details.description,
                created_by=caller,
                time_created=now,
                time_updated=now,
                lifecycle_state=ModelGroupState.ACTIVE,
                model_group_details=details.model_group_details,
                member_model_entries=details.member_model_entries,
                create_type="CREATE",
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            group = group_versions.placed(
                tx, group, history_id=details.model_group_version_history_id, label=details.version_label
            )
            again.remember(tx, group.id, now)
            return _add(tx, group)

    def clone(
        self, details: CloneModelGroupDetails, *, caller: str, again: Repeatable
    ) -> tuple[Stored[ModelGroup], str]:
        """Create a group like another, without that one's artifact; return it and the work request."""
        now = self._clock()
        wanted = details.model_group_clone_source_details
        change = wanted.modify_model_group_details or ModifyModelGroupDetails()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return _get(tx, earlier), work_requests.first_of(tx, earlier)
            source = _source(tx, wanted)
            members = source.member_model_entries.member_model_details or []
            patch = wanted.patch_model_group_member_model_details
            group = msgspec.structs.replace(
                source,
                id=ids.mint(ids.MODEL_GROUP),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                created_by=caller,
                time_created=now,
                time_updated=now,
                lifecycle_state=ModelGroupState.ACTIVE,
                member_model_entries=MemberModelEntries(member_model_details=group_members.patched(members, patch)),
                create_type="CLONE",
                source_model_group_id=source.id,
                model_group_version_history_id=None,
                model_group_version_history_name=None,
                version_id=None,
                version_label=None,
                **given(change, but=group_versions.FIELDS),
            )
            # without a word on it, a clone is the next version of its source
            history_id = change.model_group_version_history_id or source.model_group_version_history_id
            group = group_versions.placed(tx, group, history_id=history_id, label=change.version_label)
            again.remember(tx, group.id, now)
            return _add(tx, group)

    def get(self, id: str) -> Stored[ModelGroup]:
        """Return a group, also a deleted one."""
        with self._database.read() as tx:
            return _get(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[ModelGroup]:
        """Return a page of groups."""
        with self._database.read() as tx:
            return group_store.groups.page(tx, query, filters)

    def list_models(self, id: str, query: ListQuery, filters: Filters) -> tuple[ModelGroup, Page[Model]]:
        """Return a group and a page of its members; a deleted group has none."""
        with self._database.read() as tx:
            group = _get(tx, id).noun
            is_deleted = group.lifecycle_state is ModelGroupState.DELETED
            members = [] if is_deleted else group.member_model_entries.member_model_details or []
            is_member = store.models.table.c.id.in_([member.model_id for member in members])
            return group, store.models.page(tx, query, filters, is_member)

    def update(self, id: str, details: UpdateModelGroupDetails, *, if_match: str | None) -> Stored[ModelGroup]:
        """Change what the details name; the members stay as they are."""
        change = given(details, but=group_versions.FIELDS)
        now = self._clock()
        with self._database.write() as tx:
            group = msgspec.structs.replace(_to_change(tx, id), time_updated=now, **change)
            group = group_versions.placed(
                tx, group, history_id=details.model_group_version_history_id, label=details.version_label
            )
            return group_store.groups.replace(tx, group, if_match=if_match)

    def move(self, id: str, verb: str, *, if_match: str | None) -> Stored[ModelGroup]:
        """Activate or deactivate a group."""
        now = self._clock()
        with self._database.write() as tx:
            group = _get(tx, id).noun
            state = next_state(MODEL_GROUP_MOVES, verb, group.lifecycle_state, what=f"Model group {id}")
            if state is ModelGroupState.INACTIVE:
                self._refuse_if_served(tx, id, verb)
            moved = msgspec.structs.replace(group, lifecycle_state=state, time_updated=now)
            return group_store.groups.replace(tx, moved, if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a group into another compartment, its models stay in theirs; return its etag."""
        with self._database.write() as tx:
            move = Move(id, compartment_id, again, if_match)
            return change_compartment(tx, group_store.groups, move, to_change=_to_change, now=self._clock())

    def delete(self, id: str, *, if_match: str | None) -> str:
        """Delete a group and its artifact, not its models; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            group = _get(tx, id).noun
            state = next_state(MODEL_GROUP_MOVES, "delete", group.lifecycle_state, what=f"Model group {id}")
            self._refuse_if_served(tx, id, "delete")
            deleted = msgspec.structs.replace(group, lifecycle_state=state, time_updated=now)
            group_store.groups.replace(tx, deleted, if_match=if_match)
            group_versions.take_out(tx, deleted, now=now)
            artifact = group_store.find_artifact(tx, id)
            group_store.remove_artifact(tx, id)
            request = _done(tx, deleted, "MODEL_GROUP_DELETE", action="DELETED", now=now)
        if artifact is not None:
            remove_unused(self._database, self._blobs, artifact.digest)
        return request

    def _refuse_if_served(self, tx: sa.Connection, id: str, verb: str) -> None:
        if deployment := self._used_by(tx, id):
            raise Conflict(
                f"Model group {id} is served by {deployment}: delete the deployment before you {verb} the group."
            )


def _get(tx: sa.Connection, id: str) -> Stored[ModelGroup]:
    return lookup.get(tx, group_store.groups, id, kind="model group")


def _to_change(tx: sa.Connection, id: str) -> ModelGroup:
    group = _get(tx, id).noun
    next_state(MODEL_GROUP_MOVES, "update", group.lifecycle_state, what=f"Model group {id}")
    return group


def _add(tx: sa.Connection, group: ModelGroup) -> tuple[Stored[ModelGroup], str]:
    lookup.related_project(tx, group.project_id)
    group_members.check(tx, group.model_group_details, group.member_model_entries.member_model_details or [])
    stored = group_store.groups.add(tx, group)
    return stored, _done(tx, group, "MODEL_GROUP_CREATE", action="CREATED", now=group.time_created)


def _source(tx: sa.Connection, wanted: ModelGroupCloneSourceDetails) -> ModelGroup:
    id = wanted.source_id
    if isinstance(wanted, CloneCreateFromModelGroupVersionHistoryDetails):
        history = group_versions.related_history(tx, id)
        if history.latest_model_group_id is None:
            raise Conflict(f"The version history {id} has no model group yet: clone a group by its own id.")
        id = history.latest_model_group_id
    found = group_store.groups.find(tx, id)
    if found is None or found.noun.lifecycle_state is ModelGroupState.DELETED:
        raise RelatedResourceNotFound(f"There is no model group {id}: list the model groups, or create one.")
    return found.noun


def _done(tx: sa.Connection, group: ModelGroup, operation_type: str, *, action: Action, now: datetime) -> str:
    return progress.done(
        tx,
        f"The model group is {action.lower()}.",
        operation_type=operation_type,
        compartment_id=group.compartment_id,
        entity_type="modelGroup",
        identifier=group.id,
        action=action,
        now=now,
    )
