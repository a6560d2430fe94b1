"""Projects: the rules."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import lookup, store
from modelyard.catalog.changes import Clock, UsedBy
from modelyard.catalog.compartments import Move, change_compartment
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict
from modelyard.lifecycle import PROJECT_MOVES, ProjectState, next_state
from modelyard.resources.noun import given
from modelyard.resources.project import CreateProjectDetails, Project, UpdateProjectDetails
from modelyard.wire.etags import Stored
from modelyard.wire.names import default_name
from modelyard.wire.paging import Filters, ListQuery, Page
from modelyard.workrequests import progress


class Projects:
    """Keep projects.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
        used_by: Tells which deployment is in a project, so that it is not deleted around it.
    """

    def __init__(self, database: Database, *, clock: Clock, used_by: UsedBy) -> None:
        self._database = database
        self._clock = clock
        self._used_by = used_by

    def create(
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

    def get(self, id: str) -> Stored[Project]:
        """Return a project, also a deleted one."""
        with self._database.read() as tx:
            return lookup.get(tx, store.projects, id, kind="project")

    def list(self, query: ListQuery, filters: Filters) -> Page[Project]:
        """Return a page of projects."""
        with self._database.read() as tx:
            return store.projects.page(tx, query, filters)

    def update(self, id: str, details: UpdateProjectDetails, *, if_match: str | None) -> Stored[Project]:
        """Change what the details name."""
        with self._database.write() as tx:
            project = _to_change(tx, id)
            return store.projects.replace(tx, msgspec.structs.replace(project, **given(details)), if_match=if_match)

    def change_compartment(self, id: str, compartment_id: str, *, again: Repeatable, if_match: str | None) -> str:
        """Put a project into another compartment, what is in it stays in its own; return its etag."""
        with self._database.write() as tx:
            move = Move(id, compartment_id, again, if_match)
            return change_compartment(tx, store.projects, move, to_change=_to_change, now=self._clock())

    def delete(self, id: str, *, if_match: str | None) -> str:
        """Delete an empty project; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            project = lookup.get(tx, store.projects, id, kind="project").noun
            state = next_state(PROJECT_MOVES, "delete", project.lifecycle_state, what=f"Project {id}")
            self._refuse_if_in_use(tx, id)
            deleted = msgspec.structs.replace(project, lifecycle_state=state)
            store.projects.replace(tx, deleted, if_match=if_match)
            return progress.done(
                tx,
                "The project is deleted.",
                operation_type="PROJECT_DELETE",
                compartment_id=project.compartment_id,
                entity_type="project",
                identifier=id,
                action="DELETED",
                now=now,
            )

    def _refuse_if_in_use(self, tx: sa.Connection, project_id: str) -> None:
        if inside := lookup.living_in_project(tx, project_id):
            raise Conflict(f"Project {project_id} still has the {inside.kind} {inside.id}: delete it first.")
        if deployment := self._used_by(tx, project_id):
            raise Conflict(f"Project {project_id} still has the deployment {deployment}: delete it first.")


def _to_change(tx: sa.Connection, id: str) -> Project:
    project = lookup.get(tx, store.projects, id, kind="project").noun
    next_state(PROJECT_MOVES, "update", project.lifecycle_state, what=f"Project {id}")
    return project
