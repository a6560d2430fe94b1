"""Cursors: where a reader is, as a token that it hands back.

A cursor opens nothing that its bearer may not read anyway; its seal is there so that a cursor of another stream, a cut
one or an invented one is told from a good one. So the seal's key is the stream's own OCID, and nothing is kept of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Annotated, NamedTuple, Union

import msgspec

from modelyard.errors import InvalidParameter
from modelyard.streaming.changes import HOUR

LIFETIME = 5 * 60 * 1_000_000
"""How long a cursor may be used after it was given, in microseconds."""

LONGEST = 8192
_SEAL = 9


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What a column can hold."""


class PartitionCursor(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """Be a place in a partition."""

    given: _Count
    """When it was given, in microseconds."""

    number: _Count
    offset: _Count
    """The next to be read."""


class Place(NamedTuple):
    """Be how far an instance of a group has read a partition, in which of its reservations."""

    number: _Count
    epoch: _Count
    offset: _Count


class GroupCursor(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """Be where an instance of a group is."""

    given: _Count
    group: str
    instance: str
    timeout: Annotated[int, msgspec.Meta(ge=1, le=HOUR)]
    """How long its reservations hold without a sign of life, in microseconds."""

    commits: bool
    """Whether to read on says that what was read before is done."""

    places: list[Place] = []
    turn: _Count = 0
    """The partition to begin with, so that a busy one does not hide the others."""


_Any = Union[PartitionCursor, GroupCursor]


def seal(cursor: _Any, *, stream_id: str) -> str:
    """Return a cursor as text."""
    content = msgspec.msgpack.encode(cursor)
    return base64.urlsafe_b64encode(_digest(content, stream_id) + content).rstrip(b"=").decode("ascii")


def unseal(text: str, *, stream_id: str, now: int) -> _Any:
    """Return the cursor that a text is.

    Raises:
        InvalidParameter: It is none, is of another stream, or was given too long ago.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise _foreign(text) from None
    given, content = raw[:_SEAL], raw[_SEAL:]
    if not hmac.compare_digest(given, _digest(content, stream_id)):
        raise _foreign(text)
    try:
        cursor: _Any = msgspec.msgpack.decode(content, type=_Any)
    except msgspec.DecodeError:  # sealed by somebody who has read this file
        raise _foreign(text) from None
    if now - cursor.given > LIFETIME:
        raise InvalidParameter(
            f"The cursor was given more than {LIFETIME // 60_000_000} minutes ago: create a new one, at the offset "
            "after the last that you have read."
        )
    return cursor


def _digest(content: bytes, stream_id: str) -> bytes:
    return hashlib.blake2b(content, digest_size=_SEAL, key=hashlib.sha256(stream_id.encode()).digest()).digest()


def _foreign(text: str) -> InvalidParameter:
    return InvalidParameter(
        f"{text[:40]!r} is no cursor of this stream: create one, or pass on what opc-next-cursor said."
    )
