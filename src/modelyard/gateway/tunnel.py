"""A tunnel: the bytes of a client to another host, and back, as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from modelyard.gateway.door import Door

IDLE_TIMEOUT = 600.0
"""How long nothing may pass before both ends are closed, in seconds."""

CLOSE_TIMEOUT = 10.0
"""How long an end may read nothing of what it was sent before both were closed, in seconds."""

_QUIET = 1.0
"""A tunnel through which nothing has passed for so long is cut when the gateway stops, in seconds."""


class Tunnel:
    """Be the two ends of a tunnel."""

    def __init__(self, door: Door) -> None:
        self.client = TunnelEnd(self)
        self.host = TunnelEnd(self)
        self.client.other, self.host.other = self.host, self.client
        self.closing = False
        self.moved = door.now
        self._ended: float | None = None  # when it was closed, or an end last read something since
        self._unread = 0  # how many bytes the ends had not read by then
        self.door = door
        door.connections.add(self)

    @property
    def has_ended(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._ended is not None

    @property
    def busy(self) -> bool:
        """Whether something passes."""
        return self.door.now - self.moved < _QUIET

    def close(self) -> None:
        """Close both ends, each when it has read what it was sent."""
        if self._ended is None:
            self._ended = self.door.now
        for transport in self._transports():
            transport.close()
        if not self._transports():
            self.door.connections.discard(self)

    def sweep(self, now: float) -> None:
        """Close where nothing has passed for too long; cut off who does not read what it was sent last."""
        if self._ended is None:
            if now - self.moved > IDLE_TIMEOUT:
                self.close()
            return
        unread = sum(transport.get_write_buffer_size() for transport in self._transports())
        if unread != self._unread:
            self._ended, self._unread = now, unread
        elif now - self._ended > CLOSE_TIMEOUT:
            for transport in self._transports():
                transport.abort()

    def _transports(self) -> list[asyncio.Transport]:
        return [end.transport for end in (self.client, self.host) if end.transport is not None]


class TunnelEnd(asyncio.Protocol):
    """Be one end: what comes here goes out at the other."""

    other: TunnelEnd

    has_ended: bool
    """Whether nothing more comes here."""

    is_lost: bool
    """Whether it is closed."""

    early: bytes
    """What came here before there was another end."""

    def __init__(self, tunnel: Tunnel) -> None:
        self.transport: asyncio.Transport | None = None
        self._tunnel = tunnel
        self.has_ended = False
        self.is_lost = False
        self.early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; what the other end sent before is passed on."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        if self.other.early:
            self.transport.write(self.other.early)
            self.other.early = b""
        if self._tunnel.has_ended:  # the other end has gone meanwhile, or nobody waits for this one any more
            self._tunnel.door.connections.add(self._tunnel)
            self._tunnel.close()
        elif self.other.has_ended:
            self.transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._tunnel.moved = self._tunnel.door.now
        target = self.other.transport
        if target is None:
            self.early += data
        elif not target.is_closing():
            target.write(data)

    def eof_received(self) -> bool:
        """Pass the end on; the other direction may go on."""
        self.has_ended = True
        target = self.other.transport
        if target is None and not self.other.is_lost:
            return True
        if self.other.has_ended or target is None or target.is_closing():
            self._tunnel.close()
            return False
        target.write_eof()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """Close the other end, when it has sent what it was given."""
        self.transport = None
        self.is_lost = True
        self._tunnel.close()

    def pause_writing(self) -> None:
        """Take nothing from the other end for now: this one does not keep up."""
        if self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Take from the other end again."""
        if self.other.transport is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()
