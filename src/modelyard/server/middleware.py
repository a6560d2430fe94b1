"""What every request goes through: it gets an id, and an error becomes a fault."""

from __future__ import annotations

import errno
import logging
import re
import secrets

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelyard.errors import InsufficientStorage, InternalServerError, MethodNotAllowed, ModelyardError
from modelyard.wire.faults import fault_bytes

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"^/p/[^/]*")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_/+=.-]{1,128}")


class Faults:
    """Give every request an id and answer every error as the wire has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        has_started = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = [*message.get("headers", ()), *_ids(scope, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            log.info("the client went away request_id=%s", request_id)
        except Exception as error:
            if has_started:
                raise  # the connection is cut: the client must not take what it has for the whole
            await _send_fault(_fault(error, scope, request_id), scope, send_with_id)


def _request_id(scope: Scope) -> str:
    own = secrets.token_hex(16).upper()
    theirs = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"opc-request-id"), "")
    return f"{theirs}/{own}" if _REQUEST_ID.fullmatch(theirs) else own


def _ids(scope: Scope, request_id: str) -> list[tuple[bytes, bytes]]:
    ids = [(b"opc-request-id", request_id.encode("latin-1"))]
    ids += [
        (name, value)
        for name, value in scope["headers"]
        if name == b"opc-client-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1"))
    ]
    return ids


def _fault(error: Exception, scope: Scope, request_id: str) -> ModelyardError:
    if isinstance(error, ModelyardError):
        log.info("%s %s request_id=%s fault=%s %s", scope["method"], _path(scope), request_id, error.code, error)
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return InsufficientStorage("The disk of the service is full: free some space and send it again.")
    log.error("%s %s request_id=%s", scope["method"], _path(scope), request_id, exc_info=error)
    return InternalServerError(f"Something unexpected happened; the service's log has it under {request_id}.")


def _path(scope: Scope) -> str:
    """Return a path as it may be logged: a pre-authenticated one opens doors."""
    return _TOKEN.sub("/p/…", scope["path"])


async def _send_fault(error: ModelyardError, scope: Scope, send: Send) -> None:
    body = fault_bytes(error)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if error.status == 503:
        headers.append((b"retry-after", b"1"))
    if isinstance(error, MethodNotAllowed) and error.allow:
        headers.append((b"allow", ", ".join(error.allow).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
