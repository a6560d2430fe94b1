"""Objects: put, get, head, list, delete, rename and copy."""

from __future__ import annotations

from typing import Annotated

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.objectstore.listing import Asked, Listed, behind
from modelyard.objectstore.objects import Place
from modelyard.objectstore.rest import bodies
from modelyard.objectstore.rest.bodies import ReadObject
from modelyard.objectstore.rest.pages import MOST, Limit, comma_separated, page_start, page_token
from modelyard.objectstore.service import ObjectStorage
from modelyard.objectstore.store import StoredObject
from modelyard.resources.noun import Noun, documented
from modelyard.resources.object_storage import (
    BatchDeleteObjectsDetails,
    BatchDeleteObjectsResult,
    CopyObjectDetails,
    ListObjects,
    ObjectSummary,
    ObjectVersionCollection,
    ObjectVersionSummary,
    RenameObjectDetails,
)
from modelyard.wire.operation import Call, Reply, operation

_BUCKET = "/n/{namespace_name}/b/{bucket_name}"
_OBJECT = f"{_BUCKET}/o/{{object_name:path}}"
_FIELDS = frozenset({"name", "size", "etag", "md5", "timeCreated", "timeModified", "storageTier", "archivalState"})


class ListObjectsQuery(Noun, frozen=True, kw_only=True):
    """Be what objects are listed by: names from ``start`` (or behind ``startAfter``) up to, not with, ``end``."""

    prefix: str = ""
    start: str | None = None
    start_after: str | None = None
    end: str | None = None
    limit: Limit = MOST
    delimiter: Annotated[str, msgspec.Meta(max_length=1)] | None = None
    fields: Annotated[str, documented({"pattern": comma_separated(_FIELDS)})] | None = None


class ListVersionsQuery(ListObjectsQuery, frozen=True, kw_only=True):
    """Be what versions of objects are listed by."""

    page: Annotated[str, msgspec.Meta(max_length=8192)] | None = None


class DeleteObject(Noun, frozen=True, kw_only=True):
    """Be which version of an object is deleted."""

    version_id: str | None = None


class ObjectOperations:
    """Answer for objects."""

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage
        self._objects = storage.objects

    @operation("GET", f"{_BUCKET}/o", query=ListObjectsQuery, response=ListObjects)
    def list_objects(self, call: Call) -> Reply:
        """List the objects of a bucket."""
        query = call.query_as(ListObjectsQuery)
        return listed(query, self._storage.listing.page(*_bucket(call), asked_by(query)))

    @operation("PUT", _OBJECT, not_implemented=bodies.NO_KEYS)
    async def put_object(self, call: Call) -> Reply:
        """Put an object; one of its name is replaced."""
        return await bodies.put(self._objects, call, place_of(call))

    @operation("GET", _OBJECT, query=ReadObject)
    def get_object(self, call: Call) -> Reply:
        """Get an object, or a range of it."""
        return bodies.get(self._objects, call, place_of(call))

    @operation("HEAD", _OBJECT, query=ReadObject)
    def head_object(self, call: Call) -> Reply:
        """Get what is known of an object, without its bytes."""
        return bodies.head(self._objects, call, place_of(call))

    @operation("DELETE", _OBJECT, query=DeleteObject, status=204)
    def delete_object(self, call: Call) -> Reply:
        """Delete an object."""
        version_id = call.query_as(DeleteObject).version_id
        deleted = self._objects.delete(place_of(call), if_match=call.if_match, version_id=version_id)
        told = bodies.written(deleted)
        return Reply(status=204, headers={name: told[name] for name in ("last-modified", "version-id")})

    @operation("GET", f"{_BUCKET}/objectversions", query=ListVersionsQuery, response=ObjectVersionCollection)
    def list_object_versions(self, call: Call) -> Reply:
        """List the versions of a bucket's objects: of each, the current one."""
        query = call.query_as(ListVersionsQuery)
        asked = asked_by(query)
        asked = asked._replace(start=max(asked.start, page_start(query.page)))
        page = self._storage.listing.page(*_bucket(call), asked)
        headers = {"opc-next-page": page_token(page.next)} if page.next is not None else {}
        versions = [_version(stored) for stored in page.objects]
        return Reply(body=ObjectVersionCollection(items=versions, prefixes=page.prefixes), headers=headers)

    @operation("POST", f"{_BUCKET}/actions/renameObject", request=RenameObjectDetails)
    def rename_object(self, call: Call) -> Reply:
        """Give an object another name."""
        renamed = self._objects.rename(*_bucket(call), call.body_as(RenameObjectDetails))
        return Reply(headers=bodies.written(renamed))

    @operation("POST", f"{_BUCKET}/actions/copyObject", request=CopyObjectDetails, status=202)
    def copy_object(self, call: Call) -> Reply:
        """Copy an object."""
        request = self._storage.copies.copy(*_bucket(call), call.body_as(CopyObjectDetails))
        return Reply(status=202, headers={"opc-work-request-id": request})

    @operation(
        "POST",
        f"{_BUCKET}/actions/batchDeleteObjects",
        request=BatchDeleteObjectsDetails,
        response=BatchDeleteObjectsResult,
    )
    def batch_delete_objects(self, call: Call) -> Reply:
        """Delete several objects, each by itself."""
        details = call.body_as(BatchDeleteObjectsDetails)
        return Reply(body=self._objects.delete_several(*_bucket(call), details))


def place_of(call: Call) -> Place:
    """Return the place that a path names."""
    return Place(call.path["namespace_name"], call.path["bucket_name"], call.path["object_name"])


def asked_by(query: ListObjectsQuery) -> Asked:
    """Return what a query asks to list."""
    if query.start is not None and query.start_after is not None:
        raise InvalidParameter("start and startAfter are both given: leave one out.")
    if unknown := _named(query) - _FIELDS:
        raise InvalidParameter(f"fields has {min(unknown)[:40]!r}; it takes {', '.join(sorted(_FIELDS))}.")
    start = query.start or ("" if query.start_after is None else behind(query.start_after))
    return Asked(prefix=query.prefix, start=start, end=query.end, delimiter=query.delimiter, limit=query.limit)


def listed(query: ListObjectsQuery, page: Listed) -> Reply:
    """Answer with a page of objects: their names, and what fields the query names."""
    named = _named(query)
    summaries = [_summary(stored, named) for stored in page.objects]
    return Reply(body=ListObjects(objects=summaries, prefixes=page.prefixes, next_start_with=page.next))


def _named(query: ListObjectsQuery) -> frozenset[str]:
    return frozenset(query.fields.split(",")) if query.fields else frozenset({"name"})


def _bucket(call: Call) -> tuple[str, str]:
    return call.path["namespace_name"], call.path["bucket_name"]


def _summary(stored: StoredObject, named: frozenset[str]) -> ObjectSummary:
    return ObjectSummary(
        name=stored.name,
        size=stored.size if "size" in named else None,
        md5=stored.md5 if "md5" in named else None,
        time_created=stored.time_created if "timeCreated" in named else None,
        etag=stored.etag if "etag" in named else None,
        storage_tier=stored.headers.storage_tier if "storageTier" in named else None,
        time_modified=stored.time_modified if "timeModified" in named else None,
    )


def _version(stored: StoredObject) -> ObjectVersionSummary:
    return ObjectVersionSummary(
        name=stored.name,
        size=stored.size,
        md5=stored.md5,
        time_created=stored.time_created,
        time_modified=stored.time_modified,
        etag=stored.etag,
        storage_tier=stored.headers.storage_tier,
        version_id=stored.content_id,
        is_delete_marker=False,
    )
