"""One path of the REST API as an ASGI app: check the signature, decode, call the handler, send its reply."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from anyio import to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from modelyard.database.retry_tokens import check_token
from modelyard.errors import InvalidParameter, MethodNotAllowed, PayloadTooLarge
from modelyard.wire.codec import decode, decode_query, encode
from modelyard.wire.operation import Call, Content, Operation, Reply
from modelyard.wire.signing import Signed, Verifier, check_body

LONGEST_BODY = 4 * 1024 * 1024
"""The largest body of an operation that is not a stream, in bytes."""

_CLIENT = re.compile(r"[A-Za-z0-9_./+-]{1,64}")

log = logging.getLogger(__name__)


class Endpoint:
    """Answer the operations of one path.

    Args:
        operations: The operations, each of another method.
        verifier: Checks signatures; None takes every request as the given user's.
        user_id: The user that unsigned requests count as, where they are taken.
    """

    def __init__(self, operations: Sequence[Operation], *, verifier: Verifier | None, user_id: str) -> None:
        self._operations = {operation.method: operation for operation in operations}
        self._verifier = verifier
        self._user_id = user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        operation = self._operations.get(request.method)
        if operation is None:
            raise self._not_allowed(request.method)
        headers = {_text(name): _text(value) for name, value in scope["headers"]}
        signed = self._check_signature(scope, operation, headers)
        if operation.method == "POST":
            check_token(headers.get("opc-retry-token"))
        call = await self._call(operation, request, headers, signed)
        started = time.monotonic()
        reply = await _answer(operation, call)
        log.info(
            "%s %s %s%s request_id=%s status=%d ms=%.1f client=%s",
            operation.name,
            operation.method,
            operation.base_path,
            operation.path,
            call.request_id,
            _status(operation, reply),
            (time.monotonic() - started) * 1000,
            _client(headers),
        )
        await _send(operation, reply, request, send)

    def _not_allowed(self, method: str) -> MethodNotAllowed:
        error = MethodNotAllowed(f"{method} is not possible here; {', '.join(self._operations)} is.")
        error.allow = tuple(self._operations)
        return error

    def _check_signature(self, scope: Scope, operation: Operation, headers: Mapping[str, str]) -> Signed:
        if self._verifier is None or not operation.is_signed:
            return Signed(f"/{self._user_id}/", None)
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        return self._verifier.check_head(
            method=operation.method, target=_text(target), headers=headers, now=time.time()
        )

    async def _call(self, operation: Operation, request: Request, headers: Mapping[str, str], signed: Signed) -> Call:
        stream = request.stream() if operation.stream_handler else None
        body = b"" if stream is not None else await _read_body(request)
        is_covered = operation.is_signed and (operation.is_body_signed or signed.body_digest is not None)
        if stream is None and self._verifier is not None and is_covered:
            check_body(signed, method=request.method, body=body)
        return Call(
            path=request.path_params,
            query=decode_query(_query_of(request), operation.query) if operation.query else None,
            body=decode(body, operation.request) if operation.request else None,
            stream=stream,
            headers=headers,
            caller=signed.key_id.split("/")[1],
            request_id=request.state.request_id,
            digest=signed.body_digest,
        )


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:  # as an object may have it that an older version of this service took
        return value.encode("utf-8", "surrogateescape")


def _client(headers: Mapping[str, str]) -> str:
    """Return who asks, as far as it says: ``Oracle-PythonSDK/2.150.0``."""
    said = headers.get("opc-client-info") or headers.get("user-agent", "").partition(" ")[0]
    return said if _CLIENT.fullmatch(said) else "-"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")  # what the signature check turns back into the bytes that were sent


async def _answer(operation: Operation, call: Call) -> Reply:
    if operation.stream_handler is not None:
        return await operation.stream_handler(call)
    assert operation.handler is not None
    return await to_thread.run_sync(operation.handler, call)


async def _read_body(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > LONGEST_BODY:
            raise PayloadTooLarge(f"The body has more than {LONGEST_BODY} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


def _query_of(request: Request) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in query:
            raise InvalidParameter(f"The query parameter {name} is given twice.")
        query[name] = value
    return query


def _status(operation: Operation, reply: Reply) -> int:
    return operation.status if reply.status == 200 else reply.status


async def _send(operation: Operation, reply: Reply, request: Request, send: Send) -> None:
    headers = dict(reply.headers)
    body = b""
    if reply.content is not None:
        headers["content-length"] = str(reply.content.length)
    elif reply.body is not None:
        body = encode(reply.body)
        headers.setdefault("content-type", "application/json")
        headers["content-length"] = str(len(body))
    elif _status(operation, reply) not in {204, 304}:
        headers["content-length"] = "0"
    raw = [(name.encode("latin-1"), _bytes(value)) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": _status(operation, reply), "headers": raw})
    if reply.content is not None and request.method != "HEAD":
        async for piece in _pieces(reply.content):
            if await request.is_disconnected():  # what is sent now is dropped, and the rest need not even be read
                raise ClientDisconnect
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": body})


async def _pieces(content: Content) -> AsyncIterator[bytes]:
    pieces: Iterator[bytes] = await to_thread.run_sync(content.open)
    async for piece in iterate_in_threadpool(pieces):
        yield piece
