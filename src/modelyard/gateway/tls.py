"""TLS between a client's socket and the protocol that serves it: a transport for the one, a protocol for the other."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from modelyard.gateway.door import Door

_log = logging.getLogger(__name__)

HANDSHAKE_TIMEOUT = 20.0
"""How long a client may take until both sides have agreed on keys, in seconds."""

_PIECE = 1 << 16


class TlsConnection(asyncio.Transport, asyncio.Protocol):
    """Be the protocol of a socket, and the transport of the protocol that speaks through it.

    Args:
        door: Sweeps the connection until the handshake is done; from then on it is ``inner`` that is swept.
        context: Has the certificate.
        inner: Speaks through it; it is told of the connection when the handshake is done.
    """

    def __init__(self, door: Door, context: ssl.SSLContext, inner: asyncio.Protocol) -> None:
        super().__init__()
        self.closing = False
        self.busy = False
        self._door = door
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._began = door.now
        self._ready = False  # the handshake is done
        self._paused = False  # nothing is to be read
        self._said_end = False  # we send no more
        self._over = False
        self._socket: asyncio.Transport

    # ── as the protocol of the socket ────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client's first word."""
        self._socket = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self._door.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if self._over or self._said_end:  # there is nobody left to read it
            return
        self._incoming.write(data)
        if self._ready or self._shake_hands():
            self._read()

    def eof_received(self) -> None:
        """Take the end of what the client sends for its end; the socket closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who spoke through it."""
        self._over = True
        self._door.connections.discard(self)
        if self._ready:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass on that the client does not keep up."""
        if self._ready:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client has read."""
        if self._ready:
            self._inner.resume_writing()

    # ── as the transport of the protocol within ──────────────────────────────────────────────────────────────────────

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what is known of the socket."""
        return self._socket.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._over or self._said_end:
            return
        left = memoryview(data)
        while left:
            left = left[self._tls.write(left) :]
        self._flush()

    def write_eof(self) -> None:
        """Say that no more will come; what the client goes on to send is dropped."""
        self._say_end()

    def close(self) -> None:
        """Say that no more will come, and close."""
        self._say_end()
        self._over = True
        self._socket.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._over = True
        self._socket.abort()

    def is_closing(self) -> bool:
        """Tell whether it is closed or about to be."""
        return self._over or self._socket.is_closing()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the client has still to read, encrypted as they are."""
        return self._socket.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Let the client wait."""
        self._paused = True
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        """Let the client go on; what came meanwhile is read first."""
        self._paused = False
        self._socket.resume_reading()
        asyncio.get_running_loop().call_soon(self._read)

    # ── for the door, until the handshake is done ────────────────────────────────────────────────────────────────────

    def sweep(self, now: float) -> None:
        """Close where the client takes too long."""
        if now - self._began > HANDSHAKE_TIMEOUT:
            self.abort()

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            _log.info("no TLS with a client error=%s", error.reason or error)
            self._flush()  # the alert that tells the client what was wrong
            self._over = True
            self._socket.close()
            return False
        self._flush()
        self._ready = True
        self._door.connections.discard(self)
        self._inner.connection_made(self)
        return True

    def _read(self) -> None:
        """Pass on what can be decrypted, as far as it is wanted."""
        while self._ready and not (self._paused or self._over or self._said_end):
            try:
                data = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLZeroReturnError, ssl.SSLSyscallError):
                self.close()  # the client has said that no more will come
                return
            except ssl.SSLError as error:
                _log.info("a client's TLS broke error=%s", error.reason or error)
                self._flush()
                self.abort()
                return
            if not data:
                self.close()
                return
            self._inner.data_received(data)
        self._flush()

    def _say_end(self) -> None:
        if self._over or self._said_end:
            return
        self._said_end = True
        try:
            if self._ready:
                self._tls.unwrap()
        except ssl.SSLError:
            pass  # it waits for the client's answer, which we do not need
        self._flush()

    def _flush(self) -> None:
        if (data := self._outgoing.read()) and not self._socket.is_closing():
            self._socket.write(data)
