"""The kinds of resources that a search finds: their tables, and the columns behind the fields of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.catalog import group_store
from modelyard.catalog import store as catalog_store
from modelyard.deployments import store as deployment_store

Column = sa.ColumnElement[str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Be a kind of resources."""

    name: str
    """As it is written; queries may write it in letters of either case."""

    table: sa.Table
    fields: Mapping[str, Column]
    """Field → what it is compared by."""

    @property
    def display_name(self) -> Column:
        """The column of what users call a resource."""
        return self.fields["displayName"]

    def field(self, name: str) -> Column | None:
        """Return the column behind a field, whose name may have letters of either case; None if there is none."""
        return next((column for field, column in self.fields.items() if field.lower() == name.lower()), None)


def _kind(name: str, table: sa.Table, **more: Column) -> Kind:
    columns = table.c
    fields: dict[str, Column] = {
        "identifier": columns.id,
        "displayName": columns.display_name if "display_name" in columns else columns.name,
        "compartmentId": columns.compartment_id,
        "lifecycleState": columns.lifecycle_state,
        "createdBy": columns.created_by,
    }
    if "project_id" in columns:
        fields["projectId"] = columns.project_id
    return Kind(name=name, table=table, fields={**fields, **more})


def _served_model() -> Column:
    specs = deployment_store.specs.c
    return (
        sa.select(specs.model_id)
        .where(specs.deployment_id == deployment_store.deployments.table.c.id)
        .correlate(deployment_store.deployments.table)
        .scalar_subquery()
    )


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
        _kind("DataScienceModelDeployment", deployment_store.deployments.table, modelId=_served_model()),
    )
}
"""Name in lower case → kind."""
