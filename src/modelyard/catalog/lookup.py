"""Find what a request names, or say that it is not there."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from modelyard.catalog import group_store, store
from modelyard.database.records import Records
from modelyard.errors import NotFound, RelatedResourceNotFound
from modelyard.lifecycle import ModelState, ProjectState, VersionSetState
from modelyard.resources.model import Model
from modelyard.resources.noun import Noun
from modelyard.resources.project import Project
from modelyard.resources.version_set import ModelVersionSet
from modelyard.wire.etags import Stored

N = TypeVar("N", bound=Noun)


def get(tx: sa.Connection, records: Records[N], id: str, *, kind: str) -> Stored[N]:
    """Return a noun by its id, also a deleted one.

    Raises:
        NotFound: There is none.
    """
    found = records.find(tx, id)
    if found is None:
        raise NotFound(f"There is no {kind} {id}.")
    return found


def related_project(tx: sa.Connection, id: str) -> Project:
    """Return the project that another resource is to be in.

    Raises:
        RelatedResourceNotFound: There is none, or it was deleted.
    """
    found = store.projects.find(tx, id)
    if found is None or found.noun.lifecycle_state is not ProjectState.ACTIVE:
        raise RelatedResourceNotFound(f"There is no project {id}: list the projects, or create one.")
    return found.noun


def related_model(tx: sa.Connection, id: str) -> Model:
    """Return the model that another resource refers to.

    Raises:
        RelatedResourceNotFound: There is none, or it was deleted.
    """
    found = store.models.find(tx, id)
    if found is None or found.noun.lifecycle_state is ModelState.DELETED:
        raise RelatedResourceNotFound(f"There is no model {id}: list the models, or save one.")
    return found.noun


def related_version_set(tx: sa.Connection, id: str) -> ModelVersionSet:
    """Return the version set that a model is to be in.

    Raises:
        RelatedResourceNotFound: There is none, or it was deleted.
    """
    found = store.version_sets.find(tx, id)
    if found is None or found.noun.lifecycle_state is not VersionSetState.ACTIVE:
        raise RelatedResourceNotFound(f"There is no model version set {id}: list the version sets, or create one.")
    return found.noun


class Inside(NamedTuple):
    """Be a resource that is in a project."""

    kind: str
    id: str


def living_in_project(tx: sa.Connection, project_id: str) -> Inside | None:
    """Return one of the resources of the catalog that a project has; None if it has none that is not deleted."""
    tables = (
        ("model", store.models.table),
        ("model version set", store.version_sets.table),
        ("model group", group_store.groups.table),
        ("model group version history", group_store.histories.table),
    )
    for kind, table in tables:
        living = sa.select(table.c.id).where(table.c.project_id == project_id, table.c.lifecycle_state != "DELETED")
        if id := tx.execute(living.limit(1)).scalar():
            return Inside(kind, id)
    return None
