"""Uploads in parts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from anyio import to_thread

from modelyard.errors import InvalidParameter
from modelyard.objectstore.header_values import header_value, metadata_of
from modelyard.objectstore.objects import Place
from modelyard.objectstore.rest import bodies
from modelyard.objectstore.rest.objects import place_of
from modelyard.objectstore.rest.pages import PageQuery, page_reply, page_start
from modelyard.objectstore.store import Headers
from modelyard.objectstore.upload_store import StoredPart, StoredUpload
from modelyard.objectstore.uploads import MOST_PARTS, PartPlace, Uploads
from modelyard.resources.noun import Noun
from modelyard.resources.object_storage import (
    CommitMultipartUploadDetails,
    CreateMultipartUploadDetails,
    MultipartUpload,
    MultipartUploadPartSummary,
    PartNumber,
)
from modelyard.wire.operation import Call, Reply, operation

_UPLOADS = "/n/{namespace_name}/b/{bucket_name}/u"
_UPLOAD = f"{_UPLOADS}/{{object_name:path}}"

UploadId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class OfUpload(Noun, frozen=True, kw_only=True):
    """Be which upload is meant."""

    upload_id: UploadId


class OfPart(OfUpload, frozen=True, kw_only=True):
    """Be which part of which upload is meant."""

    upload_part_num: PartNumber


class ListParts(PageQuery, frozen=True, kw_only=True):
    """Be whose parts are listed."""

    upload_id: UploadId


class ListUploads(PageQuery, frozen=True, kw_only=True):
    """Be what uploads are listed by."""


class UploadOperations:
    """Answer for uploads in parts."""

    def __init__(self, uploads: Uploads, *, namespace: str) -> None:
        self._uploads = uploads
        self._namespace = namespace

    @operation(
        "POST",
        _UPLOADS,
        request=CreateMultipartUploadDetails,
        response=MultipartUpload,
        not_implemented=bodies.NO_KEYS,
    )
    def create_multipart_upload(self, call: Call) -> Reply:
        """Begin an upload in parts."""
        details = call.body_as(CreateMultipartUploadDetails)
        place = Place(call.path["namespace_name"], call.path["bucket_name"], details.object)
        bodies.announced_by(call)
        upload = self._uploads.create(place, _headers(details), bodies.conditions_of(call))
        return Reply(body=self._noun(upload, place.bucket))

    @operation("GET", _UPLOADS, query=ListUploads, response=MultipartUpload, is_list=True)
    def list_multipart_uploads(self, call: Call) -> Reply:
        """List the uploads into a bucket that have no end yet."""
        query = call.query_as(ListUploads)
        bucket = call.path["bucket_name"]
        rows = self._uploads.list_uploads(
            call.path["namespace_name"], bucket, start=page_start(query.page), limit=query.limit + 1
        )
        return page_reply(
            rows, query.limit, key=lambda upload: upload.id, noun=lambda upload: self._noun(upload, bucket)
        )

    @operation("PUT", _UPLOAD, query=OfPart, not_implemented=bodies.NO_KEYS)
    async def upload_part(self, call: Call) -> Reply:
        """Upload a part; an earlier one of its number is replaced."""
        query = call.query_as(OfPart)
        part = PartPlace(place_of(call), query.upload_id, query.upload_part_num, bodies.conditions_of(call))
        receiving = await to_thread.run_sync(self._uploads.begin_part, part, bodies.announced_by(call))
        await bodies.receive(call, receiving)
        stored, checksums = await to_thread.run_sync(self._uploads.complete_part, part, receiving)
        return Reply(headers={"etag": stored.etag, "opc-content-md5": stored.md5, **checksums})

    @operation("GET", _UPLOAD, query=ListParts, response=MultipartUploadPartSummary, is_list=True)
    def list_multipart_upload_parts(self, call: Call) -> Reply:
        """List the parts of an upload."""
        query = call.query_as(ListParts)
        rows = self._uploads.list_parts(
            place_of(call), query.upload_id, start=_number(page_start(query.page)), limit=query.limit + 1
        )
        return page_reply(rows, query.limit, key=lambda part: str(part.number), noun=_part)

    @operation("POST", _UPLOAD, query=OfUpload, request=CommitMultipartUploadDetails)
    def commit_multipart_upload(self, call: Call) -> Reply:
        """Make an object of the parts."""
        stored = self._uploads.commit(
            place_of(call),
            call.query_as(OfUpload).upload_id,
            call.body_as(CommitMultipartUploadDetails),
            bodies.conditions_of(call),
        )
        return Reply(headers=bodies.written(stored))

    @operation("DELETE", _UPLOAD, query=OfUpload, status=204)
    def abort_multipart_upload(self, call: Call) -> Reply:
        """Drop an upload and its parts."""
        self._uploads.abort(place_of(call), call.query_as(OfUpload).upload_id)
        return Reply(status=204)

    def _noun(self, upload: StoredUpload, bucket: str) -> MultipartUpload:
        return MultipartUpload(
            namespace=self._namespace,
            bucket=bucket,
            object=upload.name,
            upload_id=upload.id,
            time_created=upload.time_created,
            storage_tier=upload.headers.storage_tier,
        )


def _headers(details: CreateMultipartUploadDetails) -> Headers:
    headers = Headers(storage_tier=details.storage_tier or "Standard", metadata=metadata_of(details.metadata or {}))
    given = {name: getattr(details, name) for name in bodies.KEPT}
    return msgspec.structs.replace(
        headers, **{name: header_value(name, value) for name, value in given.items() if value}
    )


def _part(part: StoredPart) -> MultipartUploadPartSummary:
    return MultipartUploadPartSummary(etag=part.etag, md5=part.md5, size=part.size, part_number=part.number)


def _number(key: str) -> int:
    if key and not (key.isascii() and key.isdigit() and len(key) <= len(str(MOST_PARTS))):
        raise InvalidParameter("page is no token of this list: pass on what opc-next-page said.")
    return int(key or 1)
