"""Pre-authenticated requests, and what comes with their addresses."""

from __future__ import annotations

from anyio import to_thread

from modelyard.objectstore.preauthenticated import Action
from modelyard.objectstore.rest import bodies
from modelyard.objectstore.rest.bodies import ReadObject
from modelyard.objectstore.rest.objects import ListObjectsQuery, asked_by, listed, place_of
from modelyard.objectstore.rest.pages import PageQuery, page_reply, page_start
from modelyard.objectstore.service import ObjectStorage
from modelyard.resources.object_storage import (
    CreatePreauthenticatedRequestDetails,
    ListObjects,
    PreauthenticatedRequest,
    PreauthenticatedRequestSummary,
)
from modelyard.wire.operation import Call, Reply, operation

_REQUESTS = "/n/{namespace_name}/b/{bucket_name}/p"
_REQUEST = f"{_REQUESTS}/{{par_id}}"
_OPEN = "/p/{token}/n/{namespace_name}/b/{bucket_name}/o"
_OPEN_OBJECT = f"{_OPEN}/{{object_name:path}}"


class ListRequests(PageQuery, frozen=True, kw_only=True):
    """Be what pre-authenticated requests are listed by."""

    object_name_prefix: str = ""


class PreauthenticatedOperations:
    """Answer for pre-authenticated requests."""

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage
        self._requests = storage.preauthenticated

    @operation("POST", _REQUESTS, request=CreatePreauthenticatedRequestDetails, response=PreauthenticatedRequest)
    def create_preauthenticated_request(self, call: Call) -> Reply:
        """Make an address whose holder needs no signature."""
        details = call.body_as(CreatePreauthenticatedRequestDetails)
        return Reply(body=self._requests.create(*_bucket(call), details))

    @operation("GET", _REQUESTS, query=ListRequests, response=PreauthenticatedRequestSummary, is_list=True)
    def list_preauthenticated_requests(self, call: Call) -> Reply:
        """List a bucket's pre-authenticated requests."""
        query = call.query_as(ListRequests)
        rows = self._requests.page(
            *_bucket(call), prefix=query.object_name_prefix, start=page_start(query.page), limit=query.limit + 1
        )
        return page_reply(rows, query.limit, key=lambda request: request.id, noun=lambda request: request)

    @operation("GET", _REQUEST, response=PreauthenticatedRequestSummary)
    def get_preauthenticated_request(self, call: Call) -> Reply:
        """Get a pre-authenticated request, without its address."""
        return Reply(body=self._requests.get(*_bucket(call), call.path["par_id"]))

    @operation("DELETE", _REQUEST, status=204)
    def delete_preauthenticated_request(self, call: Call) -> Reply:
        """Delete a pre-authenticated request: its address opens nothing any more."""
        self._requests.delete(*_bucket(call), call.path["par_id"])
        return Reply(status=204)

    # ── who comes with an address ────────────────────────────────────────────────────────────────────────────────────

    @operation("GET", _OPEN_OBJECT, query=ReadObject, is_signed=False)
    def get_preauthenticated_object(self, call: Call) -> Reply:
        """Get an object by a pre-authenticated address."""
        self._check(call, "read")
        return bodies.get(self._storage.objects, call, place_of(call))

    @operation("HEAD", _OPEN_OBJECT, query=ReadObject, is_signed=False)
    def head_preauthenticated_object(self, call: Call) -> Reply:
        """Get what is known of an object by a pre-authenticated address."""
        self._check(call, "read")
        return bodies.head(self._storage.objects, call, place_of(call))

    @operation("PUT", _OPEN_OBJECT, is_signed=False, not_implemented=bodies.NO_KEYS)
    async def put_preauthenticated_object(self, call: Call) -> Reply:
        """Put an object by a pre-authenticated address."""
        await to_thread.run_sync(self._check, call, "write")
        return await bodies.put(self._storage.objects, call, place_of(call))

    @operation("GET", f"{_OPEN}/", query=ListObjectsQuery, response=ListObjects, is_signed=False)
    def list_preauthenticated_objects(self, call: Call) -> Reply:
        """List objects by a pre-authenticated address."""
        query = call.query_as(ListObjectsQuery)
        self._requests.check_listing(call.path["token"], *_bucket(call), query.prefix)
        return listed(query, self._storage.listing.page(*_bucket(call), asked_by(query)))

    def _check(self, call: Call, action: Action) -> None:
        self._requests.check(call.path["token"], *place_of(call), action=action)


def _bucket(call: Call) -> tuple[str, str]:
    return call.path["namespace_name"], call.path["bucket_name"]
