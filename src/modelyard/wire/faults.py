"""Errors on the wire: ``{"code", "message"}`` with a status."""

from __future__ import annotations

import msgspec

from modelyard.errors import InternalServerError, InvalidParameter, ModelyardError, WireError

_MOST_OF_A_PAGE = 2000
"""How much is told of a body that is none of ours, in bytes."""


def fault_bytes(error: ModelyardError) -> bytes:
    """Return the body that tells an error."""
    return msgspec.json.encode({"code": error.code, "message": error.message})


def fault_of(*, status: int, body: bytes, request_id: str | None = None) -> WireError:
    """Return the exception that an answer with an error status stands for."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = {}
    code = str(fields.get("code") or InternalServerError.code)
    text = body[:_MOST_OF_A_PAGE].decode("utf-8", "replace").strip()
    message = str(fields.get("message") or text or f"HTTP status {status}")
    return error_for(status=status, code=code, message=message, request_id=request_id)


def error_for(*, status: int, code: str, message: str, request_id: str | None = None) -> WireError:
    """Return the exception that a status and a code stand for: the very class that the service raised."""
    classes = _below(WireError)
    for cls in classes:
        if cls.status == status and cls.code == code:
            return cls(message, request_id=request_id)
    for cls in classes:
        if cls.status == status and cls.is_general:
            return cls(message, request_id=request_id)
    unknown = InternalServerError if status >= 500 else InvalidParameter
    return unknown(f"{status} {code}: {message}", request_id=request_id)


def _below(root: type[WireError]) -> list[type[WireError]]:
    return [cls for child in root.__subclasses__() for cls in (child, *_below(child))]
