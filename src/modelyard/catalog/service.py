"""Projects, models and provenance: the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import lookup, store
from modelyard.catalog.artifacts import remove_unused
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, InvalidParameter, LimitExceeded, MethodNotImplemented, NotFound
from modelyard.lifecycle import MODEL_MOVES, PROJECT_MOVES, ModelState, ProjectState, next_state
from modelyard.objectstore.blobs import BlobStore
from modelyard.resources.model import (
    CreateModelDetails,
    Metadata,
    Model,
    ModelProvenance,
    UpdateModelDetails,
)
from modelyard.resources.project import CreateProjectDetails, Project, UpdateProjectDetails
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress

METADATA_LIMIT = 32_000
"""The most bytes that a model's custom and defined metadata may have together."""

Clock = Callable[[], datetime]
UsedBy = Callable[[sa.Connection, str], "str | None"]


class Catalog:
    """Keep projects and models.

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

    # ── projects ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def create_project(
        self, details: CreateProjectDetails, *, caller: str, again: Repeatable, id: str | None = None
    ) -> Stored[Project]:
        """Create a project, under the given id if one is given."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return lookup.get(tx, store.projects, earlier, kind="project")
            project = Project(
                id=id or ids.mint(ids.PROJECT),
                time_created=now,
                display_name=details.display_name or default_name("project", now),
                compartment_id=details.compartment_id,
                created_by=caller,
                lifecycle_state=ProjectState.ACTIVE,
                description=details.description,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
            )
            again.remember(tx, project.id, now)
            return store.projects.add(tx, project)

    def get_project(self, id: str) -> Stored[Project]:
        """Return a project, also a deleted one."""
        with self._database.read() as tx:
            return lookup.get(tx, store.projects, id, kind="project")

    def list_projects(self, query: ListQuery, filters: Filters) -> Page[Project]:
        """Return a page of projects."""
        with self._database.read() as tx:
            return store.projects.page(tx, query, filters)

    def update_project(self, id: str, details: UpdateProjectDetails, *, if_match: str | None) -> Stored[Project]:
        """Change what the details name."""
        with self._database.write() as tx:
            project = lookup.get(tx, store.projects, id, kind="project").noun
            next_state(PROJECT_MOVES, "update", project.lifecycle_state, what=f"Project {id}")
            return store.projects.replace(tx, msgspec.structs.replace(project, **_given(details)), if_match=if_match)

    def delete_project(self, id: str, *, if_match: str | None) -> str:
        """Delete an empty project; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            project = lookup.get(tx, store.projects, id, kind="project").noun
            state = next_state(PROJECT_MOVES, "delete", project.lifecycle_state, what=f"Project {id}")
            self._refuse_if_in_use(tx, id)
            deleted = msgspec.structs.replace(project, lifecycle_state=state)
            store.projects.replace(tx, deleted, if_match=if_match)
            request = progress.accept(
                tx,
                operation_type="PROJECT_DELETE",
                compartment_id=project.compartment_id,
                entity_type="project",
                identifier=id,
                action="DELETED",
                now=now,
            )
            progress.succeed(tx, request, "The project is deleted.", now=now)
            return request

    def _refuse_if_in_use(self, tx: sa.Connection, project_id: str) -> None:
        table = store.models.table
        left = store.models.where(
            tx, table.c.project_id == project_id, table.c.lifecycle_state != str(ModelState.DELETED)
        )
        if left:
            raise Conflict(
                f"Project {project_id} still has {len(left)} model(s), {left[0].id} among them: delete them first."
            )
        if deployment := self._used_by(tx, project_id):
            raise Conflict(f"Project {project_id} still has the deployment {deployment}: delete it first.")

    # ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def create_model(self, details: CreateModelDetails, *, caller: str, again: Repeatable) -> Stored[Model]:
        """Create a model without an artifact."""
        _refuse_unbuilt(details)
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return lookup.get(tx, store.models, earlier, kind="model")
            lookup.related_project(tx, details.project_id)
            model = Model(
                id=ids.mint(ids.MODEL),
                compartment_id=details.compartment_id,
                project_id=details.project_id,
                display_name=details.display_name or default_name("model", now),
                created_by=caller,
                time_created=now,
                lifecycle_state=ModelState.ACTIVE,
                version_label=details.version_label,
                freeform_tags=details.freeform_tags or {},
                defined_tags=details.defined_tags or {},
                description=details.description,
                custom_metadata_list=_without_artifacts(details.custom_metadata_list),
                defined_metadata_list=_without_artifacts(details.defined_metadata_list),
                input_schema=details.input_schema,
                output_schema=details.output_schema,
                retention_setting=details.retention_setting,
                backup_setting=details.backup_setting,
            )
            _check_metadata(model)
            again.remember(tx, model.id, now)
            return store.models.add(tx, model)

    def get_model(self, id: str) -> Stored[Model]:
        """Return a model, also a deleted one."""
        with self._database.read() as tx:
            return lookup.get(tx, store.models, id, kind="model")

    def list_models(self, query: ListQuery, filters: Filters) -> Page[Model]:
        """Return a page of models."""
        with self._database.read() as tx:
            return store.models.page(tx, query, filters)

    def update_model(self, id: str, details: UpdateModelDetails, *, if_match: str | None) -> Stored[Model]:
        """Change what the details name; the artifact and the schemas stay as they are."""
        _refuse_unbuilt(details)
        with self._database.write() as tx:
            model = lookup.get(tx, store.models, id, kind="model").noun
            next_state(MODEL_MOVES, "update", model.lifecycle_state, what=f"Model {id}")
            changed = msgspec.structs.replace(model, **_given(details))
            changed = msgspec.structs.replace(
                changed,
                custom_metadata_list=_without_artifacts(changed.custom_metadata_list),
                defined_metadata_list=_without_artifacts(changed.defined_metadata_list),
            )
            _check_metadata(changed)
            return store.models.replace(tx, changed, if_match=if_match)

    def move_model(self, id: str, verb: str, *, if_match: str | None) -> Stored[Model]:
        """Activate or deactivate a model."""
        with self._database.write() as tx:
            model = lookup.get(tx, store.models, id, kind="model").noun
            state = next_state(MODEL_MOVES, verb, model.lifecycle_state, what=f"Model {id}")
            if verb == "deactivate":
                self._refuse_if_served(tx, id, "deactivate")
            return store.models.replace(tx, msgspec.structs.replace(model, lifecycle_state=state), if_match=if_match)

    def delete_model(self, id: str, *, if_match: str | None) -> None:
        """Delete a model and its artifact; the entry stays readable."""
        with self._database.write() as tx:
            model = lookup.get(tx, store.models, id, kind="model").noun
            state = next_state(MODEL_MOVES, "delete", model.lifecycle_state, what=f"Model {id}")
            self._refuse_if_served(tx, id, "delete")
            store.models.replace(tx, msgspec.structs.replace(model, lifecycle_state=state), if_match=if_match)
            artifact = store.find_artifact(tx, id)
            store.remove_artifact(tx, id)
        if artifact is not None:
            remove_unused(self._database, self._blobs, artifact.digest)

    def _refuse_if_served(self, tx: sa.Connection, id: str, verb: str) -> None:
        if deployment := self._used_by(tx, id):
            raise Conflict(f"Model {id} is served by {deployment}: delete the deployment before you {verb} the model.")

    # ── provenance ───────────────────────────────────────────────────────────────────────────────────────────────────

    def create_provenance(
        self, model_id: str, provenance: ModelProvenance, *, again: Repeatable
    ) -> Stored[ModelProvenance]:
        """Give a model its provenance, once."""
        now = self._clock()
        with self._database.write() as tx:
            is_done = again.earlier(tx, now) is not None
            found = store.find_provenance(tx, model_id)
            if found is not None and is_done:
                return Stored(found[0], f"provenance-{found[1]}")
            self._model_to_change(tx, model_id)
            if found is not None:
                raise Conflict(f"Model {model_id} has a provenance already: update it.")
            store.put_provenance(tx, model_id, provenance, version=1)
            again.remember(tx, model_id, now)
            return Stored(provenance, "provenance-1")

    def get_provenance(self, model_id: str) -> Stored[ModelProvenance]:
        """Return a model's provenance."""
        with self._database.read() as tx:
            lookup.get(tx, store.models, model_id, kind="model")
            found = store.find_provenance(tx, model_id)
        if found is None:
            raise NotFound(f"Model {model_id} has no provenance: create it.")
        return Stored(found[0], f"provenance-{found[1]}")

    def update_provenance(
        self, model_id: str, details: ModelProvenance, *, if_match: str | None
    ) -> Stored[ModelProvenance]:
        """Change what the details name."""
        with self._database.write() as tx:
            self._model_to_change(tx, model_id)
            found = store.find_provenance(tx, model_id)
            if found is None:
                raise NotFound(f"Model {model_id} has no provenance: create it.")
            provenance, version = found
            check_etag(current=f"provenance-{version}", if_match=if_match)
            changed = msgspec.structs.replace(provenance, **_given(details))
            store.put_provenance(tx, model_id, changed, version=version + 1)
            return Stored(changed, f"provenance-{version + 1}")

    def _model_to_change(self, tx: sa.Connection, model_id: str) -> None:
        model = lookup.get(tx, store.models, model_id, kind="model").noun
        next_state(MODEL_MOVES, "update", model.lifecycle_state, what=f"Model {model_id}")


def _given(details: msgspec.Struct) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(details).items() if value is not None}


def _without_artifacts(items: Iterable[Metadata] | None) -> list[Metadata]:
    return [msgspec.structs.replace(item, has_artifact=False) for item in items or ()]


def _check_metadata(model: Model) -> None:
    for kind, items in (("custom", model.custom_metadata_list), ("defined", model.defined_metadata_list)):
        keys = [item.key for item in items]
        if None in keys:
            raise InvalidParameter(f"An item of the {kind} metadata has no key.")
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise InvalidParameter(f"The {kind} metadata has the key {min(map(str, twice))!r} twice.")
    size = sum(
        len((item.key or "").encode()) + len((item.value or "").encode()) + len((item.description or "").encode())
        for item in (*model.custom_metadata_list, *model.defined_metadata_list)
    )
    if size > METADATA_LIMIT:
        raise LimitExceeded(
            f"The custom and defined metadata have {size} bytes together; the limit is {METADATA_LIMIT}. "
            "Put large values into files of the artifact."
        )


def _refuse_unbuilt(details: CreateModelDetails | UpdateModelDetails) -> None:
    if details.model_version_set_id is not None:
        raise MethodNotImplemented("Model version sets are not there yet: leave modelVersionSetId out.")
