"""Pass predictions on to a container, byte for byte, over a connection that is kept."""

from __future__ import annotations

import http.client
import re
import select
import socket
import time
from typing import Callable, Optional

from . import frames
from .answering import Answer, fault, log
from .codec import JSON_TYPE

HOST = "127.0.0.1"
_PATH = "/predict"
_REUSED_WITHIN = 1.0
"""Seconds after which an idle connection is not used again: servers close theirs after two and more, and one that is
closed while a request is on its way would lose it."""

_LARGEST = frames.LONGEST_PAYLOAD - frames.LONGEST_CONTENT_TYPE
_PIECE = 1 << 16
_INTERIM = re.compile(rb"HTTP/1\.\d 1")
_SHORTEST_STATUS = len("HTTP/1.1 100")
_NO_TEXT = re.compile("[\x00-\x1f\x7f]")


class _TooLarge(Exception):
    """An answer that no frame takes."""


class _FinalResponse(http.client.HTTPResponse):
    """Be the answer behind the ones that only announce it."""

    def begin(self) -> None:
        """Read heads until one is final; another protocol's is none at all."""
        super().begin()
        while self.status < http.client.OK:
            if self.status == http.client.SWITCHING_PROTOCOLS:
                raise http.client.HTTPException("status 101 in place of an answer")
            self.headers = None  # type: ignore[assignment]  # as before the first
            super().begin()


class _Connection(http.client.HTTPConnection):
    response_class = _FinalResponse


class Forwarder:
    """Be how a container answers: its own status, content type and body.

    Args:
        port: The port on this machine that its server port is published at.
        timeout: How long it may be silent, in seconds.
        clock: Seconds that only grow.
        largest: How many bytes an answer may have.
    """

    def __init__(
        self,
        port: int,
        *,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        largest: int = _LARGEST,
    ) -> None:
        self._port = port
        self._timeout = timeout
        self._largest = largest
        self._connection: Optional[_Connection] = None  # made in the worker: it is not for sharing
        self._clock = clock
        self._used = 0.0

    def __call__(self, content_type: bytes, body: bytes) -> Answer:
        """Return the container's answer; where it gives none, one that says so."""
        try:
            headers = {"Content-Type": (content_type or JSON_TYPE).decode("latin-1")}  # as for models: none is JSON
            connection = self._connect()
            connection.request("POST", _PATH, headers=dict(headers, **{"Content-Length": str(len(body))}))
            is_sent = self._send(connection.sock, body)
            _acknowledge_at_once(connection)
            response = connection.getresponse()
            answer = (
                response.status,
                _one_line(response.getheader("Content-Type", "")),
                _body_of(response, self._largest),
            )
            if not is_sent:
                self.close()
        except TimeoutError:
            self.close()
            return fault(504, "GatewayTimeout", "The container did not answer within %g seconds." % self._timeout)
        except _TooLarge:
            self.close()
            return fault(
                500, "PredictionFailed", "The answer has more than %d bytes, too many to send." % self._largest
            )
        except ValueError:  # a line break within it, say
            self.close()
            return fault(400, "InvalidParameter", "The content type %r is none." % content_type)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            log("the container did not answer", error=repr(error))
            return fault(
                503,
                "ServiceUnavailable",
                "The container did not answer this request (%s: %s); it may be sent again."
                % (type(error).__name__, error),
            )
        self._used = self._clock()
        return answer

    def _send(self, sock: socket.socket, body: bytes) -> bool:
        """Send a body, until an answer comes or nobody reads on; tell whether all of it was sent."""
        left, watched = memoryview(body), [sock]
        while left:
            readable, writable, _ = select.select(watched, [sock], [], self._timeout)
            if not readable and not writable:
                raise TimeoutError
            if readable:
                if not _INTERIM.match(sock.recv(_SHORTEST_STATUS, socket.MSG_PEEK)):
                    return False  # an answer, before all was read: most often a refusal
                watched = []  # what comes behind it is read at the end
            try:
                left = left[sock.send(left[:_PIECE]) :]
            except (BrokenPipeError, ConnectionResetError):
                return False  # there may be an answer all the same
        return True

    def _connect(self) -> _Connection:
        if self._connection is not None and not self._is_fresh(self._connection):
            self.close()
        if self._connection is None:
            self._connection = _Connection(HOST, self._port, timeout=self._timeout)
        return self._connection

    def _is_fresh(self, connection: _Connection) -> bool:
        """Tell whether a connection may be used again: not one that the container has closed, or soon may."""
        if connection.sock is None or self._clock() - self._used > _REUSED_WITHIN:
            return False
        return not select.select([connection.sock], [], [], 0)[0]

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _acknowledge_at_once(connection: _Connection) -> None:
    """Spare 40 ms with servers that send head and body apart, and wait with the second for word of the first."""
    if connection.sock is not None and hasattr(socket, "TCP_QUICKACK"):  # Linux; it holds for a while only
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def status_of(port: int, path: str, *, timeout: float) -> int:
    """Return the status that a GET is answered with; raise OSError or HTTPException where there is no answer at all."""
    connection = _Connection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _body_of(response: http.client.HTTPResponse, largest: int) -> bytes:
    """Return the body, as far as it may go: the container's memory has a limit, this process's has none."""
    if response.length is not None:
        if response.length > largest:
            raise _TooLarge
        return response.read()
    body = bytearray()
    for piece in iter(lambda: response.read(_PIECE), b""):
        body += piece
        if len(body) > largest:
            raise _TooLarge
    return bytes(body)


def _one_line(value: Optional[str]) -> bytes:
    return " ".join(_NO_TEXT.sub(" ", value or "").split()).encode("latin-1", "replace")[:1000]
