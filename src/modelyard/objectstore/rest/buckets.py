"""The namespace and buckets."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.objectstore.buckets import Approximate, Buckets
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.rest.pages import PageQuery, comma_separated, page_reply, page_start
from modelyard.resources.noun import Identifier, Noun, documented
from modelyard.resources.object_storage import (
    Bucket,
    BucketSummary,
    CreateBucketDetails,
    NamespaceMetadata,
    UpdateBucketDetails,
    UpdateNamespaceMetadataDetails,
)
from modelyard.wire.operation import Call, Reply, operation

_NAMESPACE = "/n/{namespace_name}"
_BUCKETS = f"{_NAMESPACE}/b"
_BUCKET = f"{_BUCKETS}/{{bucket_name}}"
_VAULT = "keys of a vault."
_MORE = frozenset({"approximateCount", "approximateSize", "autoTiering"})


class GetNamespace(Noun, frozen=True, kw_only=True):
    """Be whose namespace is asked for; there is one."""

    compartment_id: str | None = None


class ListBuckets(PageQuery, frozen=True, kw_only=True):
    """Be what buckets are listed by."""

    compartment_id: Identifier
    fields: Annotated[str, documented({"const": "tags"})] | None = None


class GetBucket(Noun, frozen=True, kw_only=True):
    """Be what more is asked of a bucket, separated by commas."""

    fields: Annotated[str, documented({"pattern": comma_separated(_MORE)})] | None = None


class BucketOperations:
    """Answer for the namespace and its buckets."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    @operation("GET", "/n", query=GetNamespace)
    def get_namespace(self, _call: Call) -> Reply:
        """Get the name of the namespace, as a JSON string."""
        return Reply(body=self._buckets.namespace)

    @operation("GET", _NAMESPACE, response=NamespaceMetadata)
    def get_namespace_metadata(self, call: Call) -> Reply:
        """Get what is set for the namespace."""
        return Reply(body=self._buckets.get_namespace(call.path["namespace_name"]))

    @operation("PUT", _NAMESPACE, request=UpdateNamespaceMetadataDetails, response=NamespaceMetadata)
    def update_namespace_metadata(self, call: Call) -> Reply:
        """Change what is set for the namespace."""
        details = call.body_as(UpdateNamespaceMetadataDetails)
        return Reply(body=self._buckets.update_namespace(call.path["namespace_name"], details))

    @operation("POST", _BUCKETS, request=CreateBucketDetails, response=Bucket, not_implemented=_VAULT)
    def create_bucket(self, call: Call) -> Reply:
        """Create a bucket."""
        details = call.body_as(CreateBucketDetails)
        return _one(self._buckets.create(call.path["namespace_name"], details, caller=call.caller))

    @operation("GET", _BUCKETS, query=ListBuckets, response=BucketSummary, is_list=True)
    def list_buckets(self, call: Call) -> Reply:
        """List the buckets of a compartment."""
        query = call.query_as(ListBuckets)
        if query.fields not in {None, "tags"}:
            raise InvalidParameter(f"fields is {query.fields!r}; it takes tags.")
        rows = self._buckets.page(
            call.path["namespace_name"],
            query.compartment_id,
            start=page_start(query.page),
            limit=query.limit + 1,
        )
        noun = _with_tags if query.fields else _without_tags
        return page_reply(rows, query.limit, key=lambda bucket: bucket.name, noun=noun)

    @operation("GET", _BUCKET, query=GetBucket, response=Bucket)
    def get_bucket(self, call: Call) -> Reply:
        """Get a bucket."""
        return _unless_known(call, self._buckets.get(*_place(call), fields=_fields(call.query_as(GetBucket))))

    @operation("HEAD", _BUCKET)
    def head_bucket(self, call: Call) -> Reply:
        """Tell whether there is such a bucket."""
        bucket = self._buckets.get(*_place(call))
        answer = _unless_known(call, bucket)
        return Reply(status=answer.status, headers=answer.headers)

    @operation("POST", _BUCKET, request=UpdateBucketDetails, response=Bucket, not_implemented=_VAULT)
    def update_bucket(self, call: Call) -> Reply:
        """Change a bucket's name, compartment, tags, metadata or settings."""
        details = call.body_as(UpdateBucketDetails)
        return _one(self._buckets.update(*_place(call), details, if_match=call.if_match))

    @operation("DELETE", _BUCKET, status=204)
    def delete_bucket(self, call: Call) -> Reply:
        """Delete an empty bucket."""
        self._buckets.delete(*_place(call), if_match=call.if_match)
        return Reply(status=204)


def _place(call: Call) -> tuple[str, str]:
    return call.path["namespace_name"], call.path["bucket_name"]


def _one(bucket: Bucket) -> Reply:
    return Reply(body=bucket, headers={"etag": bucket.etag})


def _unless_known(call: Call, bucket: Bucket) -> Reply:
    conditions = Conditions(call.if_match, call.headers.get("if-none-match"))
    conditions.check_match(bucket.etag, name=f"The bucket {bucket.name}")
    return Reply(status=304, headers={"etag": bucket.etag}) if conditions.is_known(bucket.etag) else _one(bucket)


def _fields(query: GetBucket) -> frozenset[Approximate]:
    named = frozenset(query.fields.split(",")) if query.fields else frozenset()
    if unknown := named - _MORE:
        raise InvalidParameter(f"fields has {min(unknown)[:40]!r}; it takes {', '.join(sorted(_MORE))}.")
    return cast("frozenset[Approximate]", named)


def _with_tags(bucket: Bucket) -> BucketSummary:
    return BucketSummary(**{name: getattr(bucket, name) for name in BucketSummary.__struct_fields__})


def _without_tags(bucket: Bucket) -> BucketSummary:
    return msgspec.structs.replace(_with_tags(bucket), freeform_tags=None, defined_tags=None)
