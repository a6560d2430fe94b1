"""HTTP answers as bytes: heads made ahead where they repeat, faults, request ids."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from modelyard.errors import ServiceUnavailable, WireError
from modelyard.wire.faults import fault_bytes

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = b"connection: close\r\n"
KEEP = b"connection: keep-alive\r\n"

BODILESS = frozenset((204, 304))
"""The statuses of whole answers that end with their head."""

_REASONS = {int(status): status.phrase.encode("ascii") for status in HTTPStatus}
_LONGEST_REQUEST_ID = 200


class Answers:
    """Make what answers have in common; ``tick`` is called once a second."""

    def __init__(self) -> None:
        self.date = b""
        """The line of the date header."""

        self._prefix = secrets.token_hex(8).upper().encode("ascii")
        self._numbers = itertools.count(1)
        self.tick()

    def tick(self) -> None:
        """Renew the date."""
        self.date = b"date: %b\r\n" % formatdate(time.time(), usegmt=True).encode("ascii")

    def request_id(self, client: str | None) -> bytes:
        """Return a new request id, behind the client's own where it sent one."""
        own = b"%b%016X" % (self._prefix, next(self._numbers))
        if not client:
            return own
        return client[:_LONGEST_REQUEST_ID].encode("utf-8", "surrogateescape") + b"/" + own

    def fault(
        self, error: WireError, *, client_id: str | None = None, request_id: bytes | None = None, close: bool
    ) -> bytes:
        """Return the whole answer that tells an error.

        Args:
            error: The error.
            client_id: The request id that the client sent, if it did, to make one of.
            request_id: The request id that was made already.
            close: Whether the connection ends with it.
        """
        body = fault_bytes(error)
        return b"%b%bcontent-type: application/json\r\ncontent-length: %d\r\nopc-request-id: %b\r\n%b%b\r\n%b" % (
            status_line(error.status),
            self.date,
            len(body),
            request_id or self.request_id(client_id),
            b"retry-after: 1\r\n" if type(error) is ServiceUnavailable else b"",
            CLOSE if close else b"",
            body,
        )


def without_body(answer: bytes) -> bytes:
    """Return an answer's head alone, as a HEAD is answered: what follows would be taken for the next answer."""
    return answer[: answer.index(b"\r\n\r\n") + 4]


def status_line(status: int) -> bytes:
    """Return the first line of an answer."""
    return b"HTTP/1.1 %d %b\r\n" % (status, _REASONS.get(status, b"Unknown"))


def head_until_length(*, status: int, content_type: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the part of an answer's head that its body does not change, up to the line of its length."""
    lines = [status_line(status)]
    if content_type:
        lines.append(b"content-type: %b\r\n" % content_type)
    lines += [b"%b: %b\r\n" % (_token(name), _token(value)) for name, value in headers.items()]
    return b"".join(lines)


def length_line(status: int, size: int) -> bytes:
    """Return the line of an answer's length; none for the statuses that may not say one, having no body."""
    return b"" if status in BODILESS else b"content-length: %d\r\n" % size


def _token(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
