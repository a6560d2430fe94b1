"""The services of one process, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard.catalog.artifact_transfers import ArtifactTransfers
from modelyard.catalog.model_references import ModelReferences
from modelyard.catalog.service import Catalog
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments import store as deployment_store
from modelyard.deployments import streams as deployment_streams
from modelyard.deployments.containers import runtime_of
from modelyard.deployments.service import Deployments
from modelyard.errors import NotFound
from modelyard.identity.service import Identity
from modelyard.logs.service import Logging, logging_services
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.service import Home, ObjectStorage, object_storage
from modelyard.resources.project import CreateProjectDetails
from modelyard.search.service import Resources
from modelyard.server.installation import Installation
from modelyard.server.published_packs import NAMESPACES
from modelyard.settings import Settings
from modelyard.streaming.service import Streaming, streaming

DEFAULT_PROJECT = "default"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Be all that the routes need."""

    endpoint: str
    database: Database
    catalog: Catalog
    transfers: ArtifactTransfers
    references: ModelReferences
    deployments: Deployments
    object_storage: ObjectStorage
    streaming: Streaming
    logging: Logging
    resources: Resources
    identity: Identity


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
    home = Home(
        published=NAMESPACES,
        tenancy_id=installation.tenancy_id,
        compartment_id=installation.compartment_id,
        region=installation.region,
        endpoint=installation.endpoint,
    )
    storage = object_storage(database, blobs, home=home, clock=clock)
    catalog = Catalog(
        database,
        blobs,
        objects=storage.objects,
        clock=clock,
        used_by=deployment_store.used_by,
        limit=settings.artifact_limit,
        upload_limit=settings.upload_limit,
    )
    deployments = Deployments(
        database,
        endpoint=installation.endpoint,
        clock=clock,
        wake=wake,
        find_runtime=lambda: runtime_of(settings),
    )
    return Services(
        endpoint=installation.endpoint,
        database=database,
        catalog=catalog,
        transfers=ArtifactTransfers(
            database,
            blobs,
            artifacts=catalog.artifacts,
            objects=storage.objects,
            region=installation.region,
            clock=clock,
        ),
        references=ModelReferences(database, blobs, artifacts=catalog.artifacts, listing=storage.listing, clock=clock),
        deployments=deployments,
        object_storage=storage,
        streaming=streaming(database, endpoint=installation.endpoint, clock=clock, used_by=deployment_streams.used_by),
        logging=logging_services(
            database, tenancy_id=installation.tenancy_id, endpoint=installation.endpoint, clock=clock
        ),
        resources=Resources(database),
        identity=Identity(
            tenancy_id=installation.tenancy_id,
            user_id=installation.user_id,
            compartment_id=installation.compartment_id,
            region=installation.region,
            since=lambda: catalog.projects.get(installation.project_id).noun.time_created,
        ),
    )


def add_default_project(services: Services, installation: Installation) -> None:
    """Create the project that the first start named, unless it is there."""
    try:
        services.catalog.projects.get(installation.project_id)
    except NotFound:
        services.catalog.projects.create(
            CreateProjectDetails(compartment_id=installation.compartment_id, display_name=DEFAULT_PROJECT),
            caller=installation.user_id,
            again=Repeatable(caller=installation.user_id, token=None, operation="create_project", request=b""),
            id=installation.project_id,
        )
