"""Pre-authenticated requests: addresses whose holder may read, write or list for a while, without a signature."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.errors import InvalidParameter, NotFound
from modelyard.objectstore import preauthenticated_store as store
from modelyard.objectstore.buckets import Buckets, Clock, id_of
from modelyard.objectstore.names import check_object_name
from modelyard.resources.noun import zoned
from modelyard.resources.object_storage import (
    CreatePreauthenticatedRequestDetails,
    PreauthenticatedRequest,
    PreauthenticatedRequestSummary,
)

Action = Literal["read", "write"]

_ALLOWS: dict[Action, frozenset[str]] = {
    "read": frozenset({"ObjectRead", "ObjectReadWrite", "AnyObjectRead", "AnyObjectReadWrite"}),
    "write": frozenset({"ObjectWrite", "ObjectReadWrite", "AnyObjectWrite", "AnyObjectReadWrite"}),
}
_LISTING = {None: "Deny", "Deny": "Deny", "ListObjects": "ListObjects"}


class PreauthenticatedRequests:
    """Keep pre-authenticated requests.

    Args:
        database: Where rows are.
        buckets: The buckets.
        endpoint: Where clients find the service.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, buckets: Buckets, endpoint: str, clock: Clock) -> None:
        self._database = database
        self._buckets = buckets
        self._endpoint = endpoint
        self._clock = clock

    def create(
        self, namespace: str, bucket: str, details: CreatePreauthenticatedRequestDetails
    ) -> PreauthenticatedRequest:
        """Make an address; its token is told this once, and kept as a digest."""
        listing = _check(details)
        expires = zoned(details.time_expires)
        now = self._clock()
        if expires <= now:
            raise InvalidParameter(f"timeExpires is {expires:%Y-%m-%dT%H:%M:%SZ}, which is over: name a later time.")
        token = ids.unguessable(64)
        uri = f"/p/{token}/n/{namespace}/b/{bucket}/o/"
        if not details.access_type.startswith("Any"):
            uri += quote(details.object_name or "", safe="")
        made = PreauthenticatedRequest(
            id=ids.unguessable(),
            name=details.name,
            access_uri=uri,
            object_name=details.object_name,
            bucket_listing_action="ListObjects" if listing == "ListObjects" else "Deny",
            access_type=details.access_type,
            time_expires=expires,
            time_created=now,
            full_path=f"{self._endpoint}{uri}",
        )
        with self._database.write() as tx:
            store.add(tx, id_of(self._buckets.find_own(tx, namespace, bucket)), _summary(made), token=token)
        return made

    def get(self, namespace: str, bucket: str, id: str) -> PreauthenticatedRequestSummary:
        """Return one, without its address."""
        with self._database.read() as tx:
            return _found(store.find(tx, self._bucket_id(tx, namespace, bucket), id), id)

    def page(
        self, namespace: str, bucket: str, *, prefix: str, start: str, limit: int
    ) -> list[PreauthenticatedRequestSummary]:
        """Return those of a bucket from an id on, whose object names begin with a prefix."""
        with self._database.read() as tx:
            all_of_them = store.of_bucket(tx, self._bucket_id(tx, namespace, bucket), start=start)
        return [each for each in all_of_them if (each.object_name or "").startswith(prefix)][:limit]

    def delete(self, namespace: str, bucket: str, id: str) -> None:
        """Delete one: its address opens nothing any more."""
        with self._database.write() as tx:
            _found(store.find(tx, self._bucket_id(tx, namespace, bucket), id), id)
            store.remove(tx, id)

    # ── who comes with an address ────────────────────────────────────────────────────────────────────────────────────

    def check(self, token: str, namespace: str, bucket: str, name: str, *, action: Action) -> None:
        """Raise NotFound unless a token allows to read or write an object.

        What the service publishes is read with any token: it is there for all, and the tokens that clients have built
        in for it were made by the managed service.
        """
        if action == "read" and self._buckets.is_published(namespace):
            return
        request = self._valid(token, namespace, bucket)
        is_any = request.access_type.startswith("Any")
        fits = name.startswith(request.object_name or "") if is_any else name == request.object_name
        if not fits or request.access_type not in _ALLOWS[action]:
            raise _no_way_in()

    def check_listing(self, token: str, namespace: str, bucket: str, prefix: str) -> None:
        """Raise NotFound unless a token allows to list the objects whose names begin with a prefix."""
        request = self._valid(token, namespace, bucket)
        if request.bucket_listing_action != "ListObjects" or not prefix.startswith(request.object_name or ""):
            raise _no_way_in()

    def _valid(self, token: str, namespace: str, bucket: str) -> PreauthenticatedRequestSummary:
        with self._database.read() as tx:
            try:
                bucket_id = self._bucket_id(tx, namespace, bucket)
            except NotFound:
                raise _no_way_in() from None  # strangers are not told which buckets there are
            request = store.find_by_token(tx, bucket_id, token)
        if request is None or request.time_expires <= self._clock():
            raise _no_way_in()
        return request

    def _bucket_id(self, tx: sa.Connection, namespace: str, bucket: str) -> str:
        return id_of(self._buckets.find(tx, namespace, bucket))


def _check(details: CreatePreauthenticatedRequestDetails) -> str:
    is_any = details.access_type.startswith("Any")
    if not is_any and not details.object_name:
        raise InvalidParameter(f"objectName is missing: {details.access_type} is for one object.")
    if details.object_name:
        check_object_name(details.object_name)
    if details.bucket_listing_action not in _LISTING:
        raise InvalidParameter(
            f"bucketListingAction is {details.bucket_listing_action!r}; it takes Deny or ListObjects."
        )
    listing = _LISTING[details.bucket_listing_action]
    if listing == "ListObjects" and not is_any:
        raise InvalidParameter(f"bucketListingAction is ListObjects, and {details.access_type} is for one object.")
    return listing


def _summary(made: PreauthenticatedRequest) -> PreauthenticatedRequestSummary:
    fields = PreauthenticatedRequestSummary.__struct_fields__
    return PreauthenticatedRequestSummary(**{name: getattr(made, name) for name in fields})


def _found(request: PreauthenticatedRequestSummary | None, id: str) -> PreauthenticatedRequestSummary:
    if request is None:
        raise NotFound(f"There is no pre-authenticated request {id[:80]!r} for this bucket.")
    return request


def _no_way_in() -> NotFound:
    return NotFound("There is no such pre-authenticated request, it has expired, or it is for something else.")
