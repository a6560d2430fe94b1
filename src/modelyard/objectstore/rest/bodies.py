"""Objects as bodies and headers: what a PUT brings, what a GET sends."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from typing import cast

import msgspec
from anyio import to_thread

from modelyard.errors import InvalidParameter, MethodNotImplemented, ObjectNotFound
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.contents import begun
from modelyard.objectstore.header_values import as_sent, check_metadata_size, header_value
from modelyard.objectstore.objects import Objects, Place, Put
from modelyard.objectstore.receiving import Receiving
from modelyard.objectstore.store import Headers, StoredObject
from modelyard.resources.noun import Noun
from modelyard.resources.object_storage import HeaderValue, StorageTier
from modelyard.wire.operation import Call, Content, Reply
from modelyard.wire.ranges import parse_range

_META = "opc-meta-"
_TIERS = ("Standard", "InfrequentAccess", "Archive")
KEPT = ("content_type", "content_language", "content_encoding", "content_disposition", "cache_control")
"""The headers that are kept of an object, as fields."""

NO_KEYS = "encryption by keys of the client (opc-sse-*)."


class ReadObject(Noun, frozen=True, kw_only=True):
    """Be which version of an object is read, and what the answer's headers are to say."""

    version_id: str | None = None
    http_response_content_disposition: HeaderValue | None = None
    http_response_cache_control: HeaderValue | None = None
    http_response_content_type: HeaderValue | None = None
    http_response_content_language: HeaderValue | None = None
    http_response_content_encoding: HeaderValue | None = None
    http_response_expires: HeaderValue | None = None


# ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def put(objects: Objects, call: Call, place: Place) -> Reply:
    """Make an object of a request's body."""
    asked = Put(place=place, headers=headers_of(call), conditions=conditions_of(call), announced=announced_by(call))
    receiving = await to_thread.run_sync(objects.begin, asked)
    await receive(call, receiving)
    stored = await to_thread.run_sync(objects.complete, asked, receiving)
    return Reply(headers=written(stored))


async def receive(call: Call, receiving: Receiving) -> None:
    """Give the bytes of a request to what takes them; nothing is left of them if this raises."""
    assert call.stream is not None
    try:
        async for piece in call.stream:
            if receiving.take(piece):
                await to_thread.run_sync(receiving.flush)
    except BaseException:
        receiving.abort()
        raise


def announced_by(call: Call) -> Mapping[str, str]:
    """Return the headers of a request, which may announce checksums; a digest that was signed is one.

    Raises:
        MethodNotImplemented: The bytes are to be encrypted by a key of the client's.
    """
    if any(name.startswith("opc-sse-") for name in call.headers):
        raise MethodNotImplemented("Nothing is encrypted here by keys of a client or a vault: leave opc-sse-* out.")
    return call.headers if call.digest is None else {**call.headers, "opc-content-sha256": call.digest}


def conditions_of(call: Call) -> Conditions:
    """Return what a request depends on."""
    return Conditions(call.if_match, call.headers.get("if-none-match"))


def headers_of(call: Call) -> Headers:
    """Return what is kept of the headers of a PUT."""
    sent = call.headers
    kept = {field: as_sent(sent[name]) for field in KEPT if sent.get(name := field.replace("_", "-"))}
    metadata = {name.removeprefix(_META): as_sent(value) for name, value in sent.items() if name.startswith(_META)}
    check_metadata_size(metadata)
    headers = Headers(storage_tier=_tier(sent.get("storage-tier")), metadata=metadata)
    return msgspec.structs.replace(headers, **kept)


def _tier(given: str | None) -> StorageTier:
    if given is not None and given not in _TIERS:
        raise InvalidParameter(f"storage-tier is {given[:40]!r}; it takes {', '.join(_TIERS)}.")
    return cast("StorageTier", given or "Standard")


# ── what goes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def written(stored: StoredObject) -> dict[str, str]:
    """Return the headers that tell a writer what is there now."""
    return {
        "etag": stored.etag,
        _md5_header(stored): stored.md5,
        "last-modified": format_datetime(stored.time_modified, usegmt=True),
        "version-id": stored.content_id,
        **stored.headers.checksums,
    }


def get(objects: Objects, call: Call, place: Place) -> Reply:
    """Answer with an object, or with the range of it that the request asks for."""
    stored = objects.find(place, version_id=call.query_as(ReadObject).version_id)
    while True:
        try:
            return _got(objects, call, stored, place)
        except ObjectNotFound:
            overtaken, stored = stored, objects.find(place, version_id=call.query_as(ReadObject).version_id)
            if stored.etag == overtaken.etag:  # nobody has written over it: its bytes are lost
                raise


def _got(objects: Objects, call: Call, stored: StoredObject, place: Place) -> Reply:
    if answer := _known(call, stored, place):
        return answer
    headers = _described(stored, call.query_as(ReadObject))
    asked = parse_range(call.headers.get("range"), stored.size)
    start, stop = asked or (0, stored.size)
    if asked:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{stored.size}"
    pieces = begun(objects.read(stored, start=start, stop=stop))  # it is ours from here on, whoever deletes it
    return Reply(
        status=206 if asked else 200, content=Content(length=stop - start, open=lambda: pieces), headers=headers
    )


def head(objects: Objects, call: Call, place: Place) -> Reply:
    """Answer with what a GET would say of an object, without its bytes."""
    query = call.query_as(ReadObject)
    stored = objects.find(place, version_id=query.version_id)
    if answer := _known(call, stored, place):
        return answer
    content = Content(length=stored.size, open=lambda: iter(()))
    return Reply(content=content, headers=_described(stored, query))


def _known(call: Call, stored: StoredObject, place: Place) -> Reply | None:
    conditions = conditions_of(call)
    conditions.check_match(stored.etag, name=str(place))
    return Reply(status=304, headers={"etag": stored.etag}) if conditions.is_known(stored.etag) else None


def _described(stored: StoredObject, query: ReadObject) -> dict[str, str]:
    kept = msgspec.structs.asdict(stored.headers)
    headers = {name.replace("_", "-"): kept[name] for name in KEPT if kept[name] is not None}
    headers |= {f"{_META}{name}": value for name, value in stored.headers.metadata.items()}
    headers |= {"accept-ranges": "bytes", "storage-tier": stored.headers.storage_tier, **written(stored)}
    return headers | _overrides(query)


def _overrides(query: ReadObject) -> dict[str, str]:
    prefix = "http_response_"
    return {
        name.removeprefix(prefix).replace("_", "-"): header_value(name, value)
        for name, value in msgspec.structs.asdict(query).items()
        if name.startswith(prefix) and value is not None
    }


def _md5_header(stored: StoredObject) -> str:
    return "opc-multipart-md5" if "-" in stored.md5 else "opc-content-md5"
