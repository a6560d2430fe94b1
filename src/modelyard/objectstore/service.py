"""Object storage, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from modelyard.database.engine import Database
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.buckets import Buckets, namespace_of
from modelyard.objectstore.copying import Copies
from modelyard.objectstore.listing import Listing
from modelyard.objectstore.objects import Objects
from modelyard.objectstore.preauthenticated import PreauthenticatedRequests
from modelyard.objectstore.uploads import Uploads


@dataclass(frozen=True, kw_only=True)
class ObjectStorage:
    """Be all that object storage does."""

    buckets: Buckets
    objects: Objects
    copies: Copies
    listing: Listing
    uploads: Uploads
    preauthenticated: PreauthenticatedRequests


@dataclass(frozen=True, kw_only=True)
class Home:
    """Say whose object storage it is, and where clients find it."""

    tenancy_id: str
    compartment_id: str
    region: str
    endpoint: str
    published: frozenset[str] = frozenset()
    """Namespaces that can be read and not written."""


def object_storage(database: Database, blobs: BlobStore, *, home: Home, clock: Callable[[], datetime]) -> ObjectStorage:
    """Return object storage over a database and blobs."""
    buckets = Buckets(
        database,
        namespace=namespace_of(home.tenancy_id),
        compartment_id=home.compartment_id,
        clock=clock,
        published=home.published,
    )
    objects = Objects(database, blobs, buckets=buckets, clock=clock)
    return ObjectStorage(
        buckets=buckets,
        objects=objects,
        copies=Copies(database, blobs, buckets=buckets, objects=objects, region=home.region, clock=clock),
        listing=Listing(database, buckets=buckets),
        uploads=Uploads(database, blobs, buckets=buckets, clock=clock),
        preauthenticated=PreauthenticatedRequests(database, buckets=buckets, endpoint=home.endpoint, clock=clock),
    )
