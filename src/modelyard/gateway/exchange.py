"""What a client's connection and the handlers of its requests know of each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

Headers = list[tuple[bytes, bytes]]


class Request(NamedTuple):
    """Be the head of a request, as sent."""

    method: bytes
    target: bytes
    headers: Headers
    fields: Mapping[str, str]
    """The headers by name in lower case; bytes that are no UTF-8 are surrogates."""

    chunked: bool
    length: int | None
    """The value of content-length; None where there is none."""

    http_1_0: bool
    keep_alive: bool

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits to be told to send its body."""
        return self.fields.get("expect", "").lower() == "100-continue" and not self.http_1_0


class Exchange(Protocol):
    """Be one request and its answer.

    Calls come in this order: ``feed`` as the body comes, ``complete`` at its end; ``begin`` before, between or after
    them, when all earlier requests of the connection have been answered. Nothing may be written before ``begin``.
    """

    def begin(self) -> None:
        """Answer from now on."""

    def feed(self, data: bytes) -> None:
        """Take a part of the body."""

    def complete(self) -> None:
        """Know that the body is complete."""

    def abandon(self) -> None:
        """Stop: the client has gone."""

    def pause(self) -> None:
        """Write no more for now: the client does not keep up."""

    def resume(self) -> None:
        """Go on writing."""


class Client(Protocol):
    """Be the connection, as its exchanges see it."""

    closing: bool
    """Whether the answer in the making must be the connection's last (and say so)."""

    @property
    def peer(self) -> str:
        """The client's address; empty where it has none."""

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""

    def finish(self, *, close: bool) -> None:
        """End the exchange that has begun; go on with the next request, or close in order."""

    def abort(self) -> None:
        """Cut the connection: the answer begun cannot be completed, and the client must notice."""

    def pause_reading(self) -> None:
        """Let the client wait with its body."""

    def resume_reading(self) -> None:
        """Let the client go on."""
