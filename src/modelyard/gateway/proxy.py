"""One request relayed to the service over its Unix socket: streamed both ways, nothing kept, nothing added.

The service is asked for one answer a connection (``connection: close``); the client's own connection lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import cast

import httptools

from modelyard.errors import ServiceUnavailable
from modelyard.gateway.answers import BODILESS, CLOSE, CONTINUE, Answers, status_line, without_body
from modelyard.gateway.exchange import Client, Headers, Request

_OF_THE_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"upgrade", b"http2-settings", b"transfer-encoding", b"te"}
)
_CHUNKED = b"transfer-encoding: chunked\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


class Relay(asyncio.Protocol):
    """Be one request, as an exchange of the client's connection and as the protocol of the one to the service."""

    def __init__(self, request: Request, client: Client, *, service: str, answers: Answers) -> None:
        self._request = request
        self._client = client
        self._service = service
        self._answers = answers
        self._kept: list[bytes] = []  # of the body, until the service is connected
        self._complete = False  # the request
        self._over = False  # the answer, or the client has gone
        self._status = 0
        self._headers: Headers = []
        self._head_sent = False
        self._chunking = False
        self._close_after = False
        self._until_end = False  # the answer's length is not told: its end is the connection's
        self._held_back = False
        self._transport: asyncio.Transport | None = None
        self._spare: socket.socket | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._connecting: asyncio.Task[None] | None = None

    # ── as an exchange ───────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Connect to the service."""
        self._hold_back()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def feed(self, data: bytes) -> None:
        """Send a part of the body on."""
        if self._request.chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self._send(data)

    def complete(self) -> None:
        """Send the end of the body on."""
        self._complete = True
        if self._request.chunked:
            self._send(_LAST_CHUNK)

    def abandon(self) -> None:
        """Let the service notice that the client has gone."""
        self._over = True
        self._kept.clear()
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Take no more from the service until the client has read."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take more from the service."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # ── as the protocol towards the service ──────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the head, and what has come of the body."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        if self._over:
            self._transport.abort()
            return
        self._transport.write(_request_head(self._request) + b"".join(self._kept))
        self._kept.clear()
        self._let_go_on()

    def pause_writing(self) -> None:
        """Take no more from the client until the service has read."""
        self._hold_back()

    def resume_writing(self) -> None:
        """Take more from the client."""
        self._let_go_on()

    def data_received(self, data: bytes) -> None:
        """Parse what the service answers; the parser calls the ``on_`` methods."""
        if self._over:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self._over:  # what follows an answer to HEAD looks like a broken one
                self._break_off(f"its answer is not HTTP ({error})")

    def connection_lost(self, exc: Exception | None) -> None:
        """Make sure that the client notices if the answer is not whole."""
        if self._spare is not None:
            self._read_what_is_left(self._spare)
            self._spare.close()
        if self._over:
            return
        if self._head_sent and self._until_end and exc is None:
            self._finish()
        else:
            self._break_off("it ended while it worked on the request" if exc is None else str(exc))

    # ── from the parser ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; a trailer is dropped."""
        if not self._head_sent:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Send the answer's head."""
        self._status = self._parser.get_status_code()
        if self._status < 200:
            self._headers.clear()
            if not self._request.http_1_0 and self._status == 100:
                self._client.write(CONTINUE)
            return
        self._head_sent = True
        self._client.write(self._answer_head())
        if self._request.method == b"HEAD":
            self._finish()

    def on_body(self, data: bytes) -> None:
        """Send a part of the answer's body."""
        if not self._over:
            self._client.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunking else data)

    def on_message_complete(self) -> None:
        """End the answer."""
        if self._status >= 200 and not self._over:
            self._finish()

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _connect(self) -> None:
        sock: socket.socket | None = None
        try:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.connect(self._service)
            self._spare = sock.dup()
            await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=sock)
        except OSError:  # there is no descriptor left for it, perhaps
            for opened in (sock, self._spare):
                if opened is not None:
                    opened.close()
            self._let_go_on()
            if not self._over:
                self._fail("The service is not running; predictions go on without it. Try again in a moment.")

    def _send(self, data: bytes) -> None:
        if self._over:
            return
        if self._transport is None:
            self._kept.append(data)
        else:
            self._transport.write(data)

    def _answer_head(self) -> bytes:
        request = self._request
        names = {name.lower() for name, _ in self._headers}
        bodiless = request.method == b"HEAD" or self._status in BODILESS
        coded = b"transfer-encoding" in names
        self._until_end = not bodiless and not coded and b"content-length" not in names
        self._chunking = not request.http_1_0 and not bodiless and (coded or self._until_end)
        close = self._client.closing or not request.keep_alive or not self._complete or request.http_1_0
        lines = [status_line(self._status)]
        lines += [b"%b: %b\r\n" % (name, value) for name, value in self._headers if name.lower() not in _OF_THE_HOP]
        lines.append(_CHUNKED if self._chunking or (coded and request.method == b"HEAD") else b"")
        lines.append(CLOSE if close else b"")
        self._close_after = close
        return b"".join(lines) + b"\r\n"

    def _finish(self) -> None:
        if self._chunking:
            self._client.write(_LAST_CHUNK)
        self._end()
        self._client.finish(close=self._close_after or not self._complete)

    def _fail(self, message: str) -> None:
        close = self._client.closing or not self._request.keep_alive or not self._complete
        answer = self._answers.fault(
            ServiceUnavailable(message), client_id=self._request.fields.get("opc-request-id"), close=close
        )
        self._client.write(without_body(answer) if self._request.method == b"HEAD" else answer)
        self._end()
        self._client.finish(close=close)

    def _break_off(self, why: str) -> None:
        if self._head_sent:
            self._end()
            self._client.abort()
        else:
            self._fail(f"The service did not answer: {why}. Try again in a moment.")

    def _end(self) -> None:
        self._over = True
        self._kept.clear()
        self._let_go_on()
        if self._transport is not None:
            self._transport.abort()

    def _hold_back(self) -> None:
        if not self._held_back:
            self._held_back = True
            self._client.pause_reading()

    def _let_go_on(self) -> None:
        if self._held_back:
            self._held_back = False
            self._client.resume_reading()

    def _read_what_is_left(self, sock: socket.socket) -> None:
        """Read the answer of a service that closed before it had read all: the failed write came before the read."""
        with contextlib.suppress(OSError):
            while not self._over and (data := sock.recv(1 << 16)):
                self.data_received(data)


def _request_head(request: Request) -> bytes:
    lines = [b"%b %b HTTP/1.1\r\n" % (request.method, request.target)]
    lines += [b"%b: %b\r\n" % (name, value) for name, value in request.headers if name.lower() not in _OF_THE_HOP]
    lines.append(_CHUNKED if request.chunked else b"")
    return b"".join(lines) + CLOSE + b"\r\n"
