"""The answer to CONNECT: TLS of our own for the hosts that are ours, a tunnel or a refusal for all others."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelyard.errors import CannotParseRequest, TunnelFailed, TunnelRefused, WireError
from modelyard.gateway.exchange import Request
from modelyard.gateway.tls import TlsConnection
from modelyard.gateway.tunnel import Tunnel
from modelyard.wire.faults import fault_bytes
from modelyard.wire.hosts import is_owned

if TYPE_CHECKING:
    from modelyard.gateway.door import Door

CONNECT_TIMEOUT = 30.0
"""How long another host may take to answer, in seconds."""

_TLS_PORT = 443
_FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9_.-]{1,253})):(?P<port>[0-9]{1,5})")


class Caller(Protocol):
    """Be the client's connection, as a CONNECT sees it."""

    @property
    def peer(self) -> str:
        """The client's address."""

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""

    def finish(self, *, close: bool) -> None:
        """End the exchange; close in order."""

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Let another protocol have the socket, with what has come behind the request."""


class Target(NamedTuple):
    """Be what a client wants to be connected to."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Connect:
    """Be one CONNECT, as an exchange of its connection.

    Args:
        request: The request.
        client: Its connection.
        door: Has the certificate, and says whether there are tunnels.
        within: Makes the protocol that serves within TLS.
    """

    def __init__(self, request: Request, client: Caller, *, door: Door, within: Callable[[], asyncio.Protocol]) -> None:
        self._request = request
        self._client = client
        self._door = door
        self._within = within
        self._connecting: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Answer."""
        try:
            target = _target_of(self._request)
            if is_owned(target.host):
                self._serve(target)
            else:
                self._tunnel(target)
        except WireError as error:
            self._refuse(error)

    def feed(self, data: bytes) -> None:
        """Do nothing: it has no body."""

    def complete(self) -> None:
        """Do nothing: it has no body."""

    def abandon(self) -> None:
        """Stop connecting: the client has gone."""
        if self._connecting is not None:
            self._connecting.cancel()

    def pause(self) -> None:
        """Do nothing: the answer is one piece."""

    def resume(self) -> None:
        """Do nothing: the answer is one piece."""

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _serve(self, target: Target) -> None:
        if target.port != _TLS_PORT:
            raise TunnelRefused(f"{target.host} answers on port {_TLS_PORT} alone")
        context = self._door.certificate.context()
        self._client.write(_ESTABLISHED)
        self._client.hand_over(TlsConnection(self._door, context, self._within()))

    def _tunnel(self, target: Target) -> None:
        if not self._door.tunnels:
            raise TunnelRefused(f"{target} is no host of this service, and MODELYARD_TUNNEL=0 rules out others")
        # who comes through another proxy on this machine comes from who knows where
        if not is_loopback(self._client.peer) or _FORWARDED & self._request.fields.keys():
            raise TunnelRefused(f"{target} is no host of this service: name it in NO_PROXY to reach it directly")
        self._connecting = asyncio.get_running_loop().create_task(self._connect(target))

    async def _connect(self, target: Target) -> None:
        tunnel = Tunnel(self._door)
        loop = asyncio.get_running_loop()
        connecting = loop.create_task(loop.create_connection(lambda: tunnel.host, target.host, target.port))
        try:
            # not wait_for: before Python 3.12 it forgets that it was cancelled when the connection comes just then
            await asyncio.wait({connecting}, timeout=CONNECT_TIMEOUT)
            if not connecting.done():
                raise asyncio.TimeoutError
            connecting.result()
        except (OSError, asyncio.TimeoutError, UnicodeError) as error:
            tunnel.close()
            self._refuse(TunnelFailed(f"{target} cannot be reached: {_reason(error)}"))
        except asyncio.CancelledError:
            tunnel.close()
            raise
        else:
            self._connecting = None
            self._client.write(_ESTABLISHED)
            self._client.hand_over(tunnel.client)
        finally:
            connecting.cancel()

    def _refuse(self, error: WireError) -> None:
        # The reason phrase is all that most clients show of a proxy's refusal.
        body = fault_bytes(error)
        head = (
            f"HTTP/1.1 {error.status} {_phrase(error)}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._client.write(head.encode("latin-1", "replace") + body)
        self._client.finish(close=True)


def _target_of(request: Request) -> Target:
    text = request.target.decode("latin-1")
    match = _AUTHORITY.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise CannotParseRequest(f"CONNECT takes host:port, not {text[:80]!r}")
    return Target(match["v6"] or match["name"], int(match["port"]))


def is_loopback(address: str) -> bool:
    """Tell whether an address is one of those that a machine has for itself."""
    with contextlib.suppress(ValueError):
        parsed = ipaddress.ip_address(address.partition("%")[0])
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return (mapped or parsed).is_loopback
    return False


def _reason(error: BaseException) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return f"no answer within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _phrase(error: WireError) -> str:
    return (
        "".join(letter if letter.isprintable() else " " for letter in error.message) or HTTPStatus(error.status).phrase
    )
