"""HTTP/1.1 towards the client: parse, keep the order of pipelined requests, mind limits, close in order."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from modelyard.errors import CannotParseRequest, InvalidParameter, MethodNotAllowed, MethodNotImplemented, WireError
from modelyard.gateway.connect import Connect
from modelyard.gateway.exchange import Exchange, Headers, Request
from modelyard.gateway.heads import LONGEST_HEAD, check_head, head_too_long, origin_form, size_of
from modelyard.gateway.predict import DEPLOYMENTS, Prediction
from modelyard.gateway.proxy import Relay
from modelyard.gateway.rejection import Rejection

if TYPE_CHECKING:
    from modelyard.gateway.door import Door

HEAD_TIMEOUT = 30.0
"""How long a client may take for a request's head, in seconds."""

BODY_TIMEOUT = 120.0
"""How long a client may stop in the middle of a body."""

IDLE_TIMEOUT = 600.0
"""How long a connection may be idle; long, since a client that reuses it in that moment would lose a request."""

WRITE_TIMEOUT = 120.0
"""How long a client may read nothing of an answer."""

LINGER = 2.0
"""How long to read on after the last answer: an answer is lost where a socket with unread bytes is closed."""


class ClientConnection(asyncio.Protocol):
    """Be one client's connection."""

    def __init__(self, door: Door, *, is_within: bool = False) -> None:
        self.closing = False
        self._door = door
        self._is_within = is_within  # TLS, behind a CONNECT
        self._beyond: bytearray | None = None  # what came behind a CONNECT
        self._heir: asyncio.Protocol | None = None  # has the socket now
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []
        self._head_size = 0  # of the head that is being received, as far as it came in earlier pieces
        self._piece = 0  # the size of the piece that is being parsed
        self._in_head = False  # between a request's first byte and its body
        self._is_new_head = False  # it began in the piece that is being parsed
        self._head_began = 0.0
        self._is_chunked = False  # the body that is being received
        self._padding = 0  # bytes that have come since there was some of that body: of trailers, say
        self._current: Exchange | None = None  # whose request is being received
        self._active: Exchange | None = None  # whose answer is being sent
        self._waiting: deque[Exchange] = deque()  # pipelined behind it
        self._held_back = 0  # reasons not to read
        self._raw_left = 0  # of a body that the parser took for another protocol's bytes
        self._wrote = False  # something of the active exchange's answer
        self._clogged = False  # the client does not keep up with what it is sent
        self._unsent = 0  # bytes that it had not read at the last look
        self._unsent_since = 0.0
        self._advancing = False
        self._deaf = False  # what comes is dropped
        self._lingering = False
        self._moved = time.monotonic()  # when something last came or was answered
        self._transport: asyncio.Transport

    # ── from the transport ───────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self.closing = self._door.draining  # which may have begun during the handshake
        self._door.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Parse what has come; the parser calls the ``on_`` methods."""
        if self._deaf:
            return
        self._moved = self._door.now
        self._piece = len(data)
        self._padding += len(data)
        self._is_new_head = False
        try:
            self._parse(data)
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, WireError):
                raise
            self._reject(error.__context__)
        except httptools.HttpParserError as error:
            self._reject(CannotParseRequest(f"The request is not HTTP/1.1: {error}."))
        if self._in_head and not self._deaf:
            # a piece in which the head began may have the end of another request too
            self._head_size += 1 + size_of(self._target, self._headers) if self._is_new_head else len(data)
            if self._head_size > LONGEST_HEAD:
                self._reject(head_too_long())
        if self._is_chunked and self._padding > LONGEST_HEAD and not self._deaf:
            self._reject(InvalidParameter(f"What the chunks of a body say beyond it is over {LONGEST_HEAD} bytes."))

    def eof_received(self) -> bool:
        """Take the end of what the client sends for its end, but for the answer to a request that is whole."""
        if self._active is None or self._current is not None:
            return False
        self.closing = True
        if isinstance(self._active, Prediction):
            self._active.wait_no_longer()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """Abandon what is under way."""
        self._door.connections.discard(self)
        exchanges = [self._active, *self._waiting]
        if self._current is not None and self._current not in exchanges:
            exchanges.append(self._current)
        self._active = self._current = None
        self._waiting.clear()
        for exchange in exchanges:
            if exchange is not None:
                exchange.abandon()

    def pause_writing(self) -> None:
        """Let the answer, and those behind it, wait: the client does not read."""
        self._clogged = True
        if self._active is not None:
            self._active.pause()

    def resume_writing(self) -> None:
        """Let the answer go on, or the next begin."""
        self._clogged = False
        if self._active is not None:
            self._active.resume()
        else:
            self._advance()

    # ── from the parser ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = self._is_new_head = True
        self._head_began = self._door.now
        self._head_size = 0

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; a trailer, behind a chunked body, is dropped."""
        if self._in_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Choose who answers."""
        parser = self._parser
        headers, self._headers = self._headers, []
        target, self._target = self._target, b""
        self._in_head = False
        before, self._head_size = self._head_size, 0
        if before + self._piece > LONGEST_HEAD and size_of(target, headers) > LONGEST_HEAD:
            raise head_too_long()
        fields = {name.decode("latin-1").lower(): value.decode("utf-8", "surrogateescape") for name, value in headers}
        http_1_0 = parser.get_http_version() == "1.0"
        method, chunked = parser.get_method(), "transfer-encoding" in fields
        check_head(headers, fields, is_host_needed=not http_1_0 and method != b"CONNECT")
        self._is_chunked = chunked
        # that they do not contradict each other, and that the length is a number, the parser has seen to
        length = int(fields["content-length"]) if "content-length" in fields else None
        if parser.should_upgrade():
            if chunked:
                raise MethodNotImplemented("It speaks nothing but HTTP/1.1: send the body without Upgrade.")
            if method == b"CONNECT":
                self._beyond = bytearray()
            else:
                self._raw_left = length or 0
        request = Request(
            method, origin_form(target), headers, fields, chunked, length, http_1_0, parser.should_keep_alive()
        )
        self._current = exchange = self._choose(request)
        self._enqueue(exchange)

    def on_chunk_header(self) -> None:
        """Note that more of the body comes."""
        self._padding = 0

    def on_body(self, data: bytes) -> None:
        """Pass a part of the body on."""
        self._padding = 0
        if self._current is not None:
            self._current.feed(data)

    def on_message_complete(self) -> None:
        """End the request; the next may follow."""
        if self._raw_left:
            return
        self._is_chunked = False
        exchange, self._current = self._current, None
        if exchange is not None:
            exchange.complete()

    # ── for the exchanges ────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        self._wrote = True
        self._transport.write(data)

    def finish(self, *, close: bool) -> None:
        """Go on with the next request, or close in order."""
        self._moved = self._door.now
        if close:
            self._linger()
            return
        self._active = None
        self._head_began = self._moved  # of a head that came meanwhile, in part
        self._advance()

    @property
    def peer(self) -> str:
        """The client's address."""
        address = self._transport.get_extra_info("peername")
        return str(address[0]) if address else ""

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Let another protocol have the socket, with what has come behind the request."""
        beyond, self._beyond = self._beyond, None
        self._heir = protocol
        self._active = self._current = None
        self._deaf = True
        self._door.connections.discard(self)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if not self._transport.is_closing():
            self._transport.resume_reading()
        if beyond:
            protocol.data_received(bytes(beyond))

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """Let the client wait with what it sends."""
        self._held_back += 1
        if self._held_back == 1:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Let the client go on."""
        self._held_back -= 1
        if self._held_back == 0 and not self._transport.is_closing():
            self._transport.resume_reading()

    # ── for the door ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def busy(self) -> bool:
        """Whether a request is being received or answered."""
        return bool(self._active or self._waiting or self._current or self._head_size)

    def close(self) -> None:
        """Close at once."""
        self._transport.close()

    def sweep(self, now: float) -> None:
        """Close where the client has been silent for too long."""
        if self._sweep_unsent(now):
            return
        silent = now - self._moved
        if self._lingering:
            if silent > LINGER:
                self._transport.abort()
        elif self._current is not None:
            if silent > BODY_TIMEOUT and not self._held_back:
                self._transport.abort()
        elif self._active is None and (
            now - self._head_began > HEAD_TIMEOUT if self._in_head else silent > IDLE_TIMEOUT
        ):
            self._transport.close()

    def _sweep_unsent(self, now: float) -> bool:
        """Cut off a client that reads nothing of what it is sent; tell whether it has something to read."""
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
            self._moved = now
        elif unsent and now - self._unsent_since > WRITE_TIMEOUT:
            self._transport.abort()
        return unsent > 0

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _choose(self, request: Request) -> Exchange:
        if request.method == b"CONNECT":
            return self._connect(request)
        if request.target.startswith(DEPLOYMENTS):
            return Prediction(request, self, self._door.predictions)
        return Relay(request, self, service=self._door.service, answers=self._door.answers)

    def _connect(self, request: Request) -> Exchange:
        if self._is_within:
            return Rejection(
                MethodNotAllowed("There is no way on from here: CONNECT is for the proxy itself."),
                self,
                self._door.answers,
            )
        self.pause_reading()
        return Connect(request, self, door=self._door, within=lambda: ClientConnection(self._door, is_within=True))

    def _parse(self, data: bytes) -> None:
        """Feed the parser, but for a body that follows an ``Upgrade`` header, which it would not take for one."""
        while data:
            if self._heir is not None:
                self._heir.data_received(data)
                return
            if self._beyond is not None:
                self._beyond += data
                return
            if self._raw_left:
                part, data = data[: self._raw_left], data[self._raw_left :]
                self._raw_left -= len(part)
                self.on_body(part)
                self.on_message_complete()
                continue
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
            else:
                return

    def _enqueue(self, exchange: Exchange) -> None:
        if self._active is None and not self._waiting and not self._clogged:
            self._begin(exchange)
            return
        self._waiting.append(exchange)
        if len(self._waiting) == 1:
            self.pause_reading()
        self._advance()

    def _advance(self) -> None:
        """Begin what waits, one after the other; not from within each other, since thousands may be pipelined."""
        if self._advancing:
            return
        self._advancing = True
        while self._waiting and self._active is None and not self._clogged:
            exchange = self._waiting.popleft()
            if not self._waiting:
                self.resume_reading()
            self._begin(exchange)
        self._advancing = False

    def _begin(self, exchange: Exchange) -> None:
        self._wrote = False
        self._active = exchange
        exchange.begin()

    def _linger(self) -> None:
        """Send no more, and let the client finish what it sends, unread, so that it gets the answer."""
        self._active = None
        self._waiting.clear()
        self._deaf = True
        if self._transport.is_closing():
            return
        if self._current is None and not self._in_head and not self._head_size:
            self._transport.close()  # nothing is on its way to us
            return
        self._lingering = True
        self._transport.write_eof()
        while self._held_back:
            self.resume_reading()

    def _reject(self, error: WireError) -> None:
        """Answer what cannot be understood, when its turn comes, and close."""
        self._deaf = True
        self._head_size = 1  # there may be more to come
        current, self._current = self._current, None
        if current is not None:
            current.abandon()
            if current is self._active:
                if self._wrote:
                    self.abort()
                    return
                self._active = None
            elif current in self._waiting:
                self._waiting.remove(current)
        self._enqueue(Rejection(error, self, self._door.answers))
