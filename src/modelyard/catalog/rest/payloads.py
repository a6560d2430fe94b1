"""Bytes that come as a request's body, and bytes that go as an answer's: for every kind of artifact."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from anyio import to_thread

from modelyard.artifact.digests import is_composite
from modelyard.catalog.artifacts import Incoming
from modelyard.errors import InvalidParameter
from modelyard.objectstore.contents import begun
from modelyard.wire.disposition import attachment
from modelyard.wire.etags import digest_etag
from modelyard.wire.operation import Call, Content, Reply
from modelyard.wire.ranges import parse_range

_LENGTH = re.compile(r"[0-9]{1,18}")

Read = Callable[[int, int], Iterator[bytes]]
"""Yields the bytes from one number up to, not with, another."""


async def receive(call: Call, incoming: Incoming) -> None:
    """Give the bytes of a request to what takes them; nothing is left of them if this raises."""
    assert call.stream is not None
    try:
        async for piece in call.stream:
            if incoming.take(piece):
                await to_thread.run_sync(incoming.flush)
    except BaseException:
        incoming.abort()
        raise


def length_of(call: Call) -> int | None:
    """Return how many bytes a request announces; None if it does not say."""
    length = call.headers.get("content-length")
    if length is not None and not _LENGTH.fullmatch(length):
        raise InvalidParameter(f"content-length is {length[:40]!r}; it takes a number of bytes.")
    return int(length) if length else None


def stored(digest: str) -> Reply:
    """Answer that bytes were taken, and which."""
    return Reply(status=204, headers={"etag": digest_etag(digest), "modelyard-artifact-digest": digest})


def download(call: Call, *, digest: str, size: int, file_name: str, read: Read) -> Reply:
    """Answer with bytes, or with the range of them that the request asks for."""
    asked = parse_range(call.headers.get("range"), size)
    start, stop = asked or (0, size)
    headers = _headers(digest, file_name)
    if asked:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    pieces = begun(read(start, stop))  # they are ours from here on, whoever deletes them
    content = Content(length=stop - start, open=lambda: pieces)
    return Reply(status=206 if asked else 200, content=content, headers=headers)


def head(*, digest: str, size: int, file_name: str) -> Reply:
    """Answer with what a download would say of the bytes, without them."""
    return Reply(content=Content(length=size, open=lambda: iter(())), headers=_headers(digest, file_name))


def _headers(digest: str, file_name: str) -> dict[str, str]:
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": attachment(file_name),
        "content-type": "application/octet-stream",
        "etag": digest_etag(digest),
        "modelyard-artifact-digest": digest,
    }
    if not is_composite(digest):
        headers["opc-content-sha256"] = base64.b64encode(bytes.fromhex(digest_etag(digest))).decode()
    return headers
