"""What the head of a request may be: not too long, and nothing that others could take for another."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.errors import CannotParseRequest, InvalidParameter, MethodNotImplemented, WireError
from modelyard.gateway.exchange import Headers

LONGEST_HEAD = 64 * 1024
"""How many bytes a head may have, and what the chunks of a body say beyond it."""

_PATH = re.compile(rb"[/?]")


def check_head(headers: Headers, fields: Mapping[str, str], *, is_host_needed: bool) -> None:
    """Raise for a head that others could take for another than we do.

    Args:
        headers: The headers as sent.
        fields: The same by name.
        is_host_needed: Whether it must say its host.

    Raises:
        CannotParseRequest: It has no host, or several.
        MethodNotImplemented: Its body is sent in a way that is not spoken here.
    """
    if "transfer-encoding" in fields:
        codings = [value.strip().lower() for name, value in headers if name.lower() == b"transfer-encoding"]
        if codings != [b"chunked"]:
            raise MethodNotImplemented("The body has a transfer coding other than chunked: send it without.")
    if is_host_needed and "host" not in fields:
        raise CannotParseRequest("The request has no host header.")
    if len(fields) < len(headers) and sum(name.lower() == b"host" for name, _ in headers) > 1:
        raise CannotParseRequest("The request has several host headers.")


def origin_form(target: bytes) -> bytes:
    """Return a request's target without scheme and host, which clients name that take this for their proxy."""
    if target[:7].lower() != b"http://":
        return target
    found = _PATH.search(target, 7)
    path = target[found.start() :] if found else b""
    return path if path.startswith(b"/") else b"/" + path


def head_too_long() -> WireError:
    """Return what is said to a head that is too long."""
    return InvalidParameter(f"The request's head is over {LONGEST_HEAD} bytes.")


def size_of(target: bytes, headers: Headers) -> int:
    """Return how many bytes a head has, nearly."""
    return len(target) + sum(len(name) + len(value) for name, value in headers)
