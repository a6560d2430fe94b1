"""Errors on the wire: ``{"code", "message"}`` with a status."""

from __future__ import annotations

import msgspec

from modelyard.errors import InternalServerError, ModelyardError, WireError, error_for


def fault_bytes(error: ModelyardError) -> bytes:
    """Return the body that tells an error."""
    return msgspec.json.encode({"code": error.code, "message": error.message})


def fault_of(*, status: int, body: bytes, request_id: str | None = None) -> WireError:
    """Return the exception that an answer with an error status stands for."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        fields = {}
    code = str(fields.get("code") or InternalServerError.code)
    message = str(fields.get("message") or body.decode("utf-8", "replace").strip() or f"HTTP status {status}")
    return error_for(status=status, code=code, message=message, request_id=request_id)
