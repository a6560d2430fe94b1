"""The services of one process, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard.catalog.artifacts import Artifacts
from modelyard.catalog.service import Catalog
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments import store as deployment_store
from modelyard.deployments.service import Deployments
from modelyard.errors import NotFound
from modelyard.objectstore.folder import FolderBlobs
from modelyard.resources.project import CreateProjectDetails
from modelyard.server.installation import Installation
from modelyard.settings import Settings

DEFAULT_PROJECT = "default"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Be all that the routes need."""

    database: Database
    catalog: Catalog
    artifacts: Artifacts
    deployments: Deployments


def assemble(
    settings: Settings, installation: Installation, *, clock: Callable[[], datetime], wake: Callable[[], None]
) -> Services:
    """Return the services over a home's database and blobs.

    Args:
        settings: The settings.
        installation: What the first start made.
        clock: The time, with its zone.
        wake: Called when what is wanted of a deployment has changed.
    """
    database = Database(settings.database_file)
    blobs = FolderBlobs(settings.blobs)
    artifacts = Artifacts(database, blobs, limit=settings.artifact_limit, clock=clock)
    catalog = Catalog(database, blobs, clock=clock, used_by=deployment_store.used_by)
    deployments = Deployments(database, endpoint=installation.endpoint, clock=clock, wake=wake)
    return Services(database=database, catalog=catalog, artifacts=artifacts, deployments=deployments)


def add_default_project(services: Services, installation: Installation) -> None:
    """Create the project that the first start named, unless it is there."""
    try:
        services.catalog.get_project(installation.project_id)
    except NotFound:
        services.catalog.create_project(
            CreateProjectDetails(compartment_id=installation.compartment_id, display_name=DEFAULT_PROJECT),
            caller=installation.user_id,
            again=Repeatable(caller=installation.user_id, token=None, operation="create_project", request=b""),
            id=installation.project_id,
        )
