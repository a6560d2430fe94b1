"""The kinds of resources that a search finds: their tables, and the columns behind the fields of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard import ids
from modelyard.catalog import group_store
from modelyard.catalog import store as catalog_store
from modelyard.deployments import store as deployment_store

Column = sa.ColumnElement[str]


@dataclass(frozen=True)
class Many:
    """Be a field of which a resource may have several values: it is equal to each of them."""

    column: Column
    where: sa.ColumnElement[bool]
    """What ties its rows to the resource."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Be a kind of resources."""

    name: str
    """As it is written; queries may write it in letters of either case."""

    table: sa.Table
    fields: Mapping[str, Column | Many]
    """Field → what it is compared by."""

    @property
    def display_name(self) -> Column:
        """The column of what users call a resource."""
        return self.table.c.display_name if "display_name" in self.table.c else self.table.c.name

    def field(self, name: str) -> Column | Many | None:
        """Return the column behind a field, whose name may have letters of either case; None if there is none."""
        return next((column for field, column in self.fields.items() if field.lower() == name.lower()), None)


def _kind(name: str, table: sa.Table, **more: Column | Many) -> Kind:
    columns = table.c
    fields: dict[str, Column | Many] = {
        "identifier": columns.id,
        "displayName": columns.display_name if "display_name" in columns else columns.name,
        "compartmentId": columns.compartment_id,
        "lifecycleState": columns.lifecycle_state,
        "createdBy": columns.created_by,
    }
    if "project_id" in columns:
        fields["projectId"] = columns.project_id
    return Kind(name=name, table=table, fields={**fields, **more})


def _served(resource_type: str) -> Many:
    """Return the ids of a type that a deployment uses: its models, or its group of models."""
    uses = deployment_store.uses.c
    is_of_deployment = uses.deployment_id == deployment_store.deployments.table.c.id
    return Many(uses.used_id, where=sa.and_(is_of_deployment, uses.used_id.startswith(f"ocid1.{resource_type}.")))


_models = catalog_store.models.table

KINDS: Mapping[str, Kind] = {
    kind.name.lower(): kind
    for kind in (
        _kind("DataScienceProject", catalog_store.projects.table),
        _kind(
            "DataScienceModel",
            _models,
            modelVersionSetId=_models.c.model_version_set_id,
            modelVersionSetName=_models.c.model_version_set_name,
            versionLabel=_models.c.version_label,
        ),
        _kind("DataScienceModelVersionSet", catalog_store.version_sets.table),
        _kind("DataScienceModelGroup", group_store.groups.table),
        _kind("DataScienceModelGroupVersionHistory", group_store.histories.table),
        _kind(
            "DataScienceModelDeployment",
            deployment_store.deployments.table,
            modelId=_served(ids.MODEL),
            modelGroupId=_served(ids.MODEL_GROUP),
        ),
    )
}
"""Name in lower case → kind."""
