"""A tunnel: the bytes of a client to another host, and back, as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from modelyard.gateway.door import Door

IDLE_TIMEOUT = 600.0
"""How long nothing may pass before both ends are closed, in seconds."""

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
        self.door = door
        door.connections.add(self)

    @property
    def busy(self) -> bool:
        """Whether something passes."""
        return self.door.now - self.moved < _QUIET

    def close(self) -> None:
        """Close both ends."""
        self.door.connections.discard(self)
        for end in (self.client, self.host):
            if end.transport is not None:
                end.transport.close()

    def sweep(self, now: float) -> None:
        """Close where nothing has passed for too long."""
        if now - self.moved > IDLE_TIMEOUT:
            self.close()


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
        if self.other.is_lost:
            self.transport.close()
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
