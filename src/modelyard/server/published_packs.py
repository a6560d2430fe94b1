"""The bucket of service packs: an index and an object for each environment that serves as a pack here.

Written at every start, and read by clients that expect the managed service's bucket.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from modelyard.artifact.interpreters import interpreter_of, python_version_of
from modelyard.artifact.service_packs import (
    BUCKET,
    INDEX,
    INDEX_NAMESPACE,
    NAMESPACE,
    Packs,
    object_name_of,
    path_of,
)
from modelyard.database.engine import Database
from modelyard.errors import BucketAlreadyExists, EnvironmentNotFound
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.buckets import Buckets
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.listing import Asked, Listing
from modelyard.objectstore.objects import Objects, Place, Put
from modelyard.objectstore.store import Headers
from modelyard.resources.object_storage import CreateBucketDetails

log = logging.getLogger(__name__)

NAMESPACES = frozenset({NAMESPACE, INDEX_NAMESPACE})
_MANIFEST = "manifest"  # the header opc-meta-manifest, which oracle-ads reads


@dataclass(frozen=True)
class _Object:
    content: bytes
    metadata: Mapping[str, str]


def publish_packs(
    packs: Packs, *, database: Database, blobs: BlobStore, compartment_id: str, clock: Callable[[], datetime]
) -> None:
    """Make the buckets say which packs there are, and nothing else; what they say already is left as it is.

    Args:
        packs: Slug → environment; one that does not start is left out, with a line in the log.
        database: Where rows are.
        blobs: Where bytes are.
        compartment_id: The compartment that the buckets are in.
        clock: The time, with its zone.
    """
    manifests = [manifest for slug in sorted(packs) if (manifest := _manifest(slug, packs))]
    index = _Object(_json({"service_packs": manifests}), {})
    described = {
        object_name_of(each["slug"]): _Object(_json(each), {_MANIFEST: json.dumps(each)}) for each in manifests
    }
    for namespace, wanted in {NAMESPACE: {INDEX: index, **described}, INDEX_NAMESPACE: {INDEX: index}}.items():
        buckets = Buckets(database, namespace=namespace, compartment_id=compartment_id, clock=clock)
        details = CreateBucketDetails(name=BUCKET, compartment_id=compartment_id, public_access_type="ObjectRead")
        with suppress(BucketAlreadyExists):
            buckets.create(namespace, details, caller="modelyard")
        objects = Objects(database, blobs, buckets=buckets, clock=clock)
        _follow(objects, Listing(database, buckets=buckets), namespace, wanted)


def _follow(objects: Objects, listing: Listing, namespace: str, wanted: Mapping[str, _Object]) -> None:
    there = {stored.name: stored for stored in listing.page(namespace, BUCKET, Asked()).objects}
    for name in there.keys() - wanted.keys():
        objects.delete(Place(namespace, BUCKET, name), if_match=None)
    for name, each in wanted.items():
        current = there.get(name)
        if current is None or (current.md5, current.headers.metadata) != (_md5(each.content), each.metadata):
            _put(objects, Place(namespace, BUCKET, name), each)


def _put(objects: Objects, place: Place, wanted: _Object) -> None:
    headers = Headers(content_type="application/json", metadata=dict(wanted.metadata))
    asked = Put(place=place, headers=headers, conditions=Conditions(), announced={})
    receiving = objects.begin(asked)
    receiving.take(wanted.content)
    objects.complete(asked, receiving)


def _manifest(slug: str, packs: Packs) -> dict[str, str] | None:
    try:
        python = interpreter_of(path_of(slug), packs=packs)
        version = python_version_of(python)
    except EnvironmentNotFound as error:
        log.warning("service pack left out slug=%s error=%s", slug, error)
        return None
    # two parts of the version: a patch of Python on this machine makes no other pack of it
    short = ".".join(version.split(".")[:2])
    return {"name": slug, "slug": slug, "type": "data_science", "python": short, "pack_path": path_of(slug)}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")
