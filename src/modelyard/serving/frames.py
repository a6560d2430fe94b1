"""The protocol between gateway and worker: length-prefixed frames, one header for all kinds.

A worker greets first (HELLO): a connection that only waits in the backlog of a dead worker's socket is never used.
Then the peer asks (PREDICT, PING) and the worker answers in the order asked (ANSWER). A worker that is to stop says
DRAIN and goes on answering until the peer closes the connection.

    length u32 | kind u8 | 0 u8 | content type's length u16 | id u32 | number u64 | content type | body

``length`` counts what follows the header. ``number`` is the worker's pid in HELLO, the deadline in milliseconds since
the epoch (0: none) in PREDICT and PING, the HTTP status in ANSWER.
"""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Tuple, Union

VERSION = 1  # the id of HELLO

HELLO = 1
PREDICT = 2
PING = 3
ANSWER = 4
DRAIN = 5

LONGEST_PAYLOAD = 1 << 30
LONGEST_CONTENT_TYPE = 1024

_HEADER = struct.Struct(">IBxHIQ")
_KINDS = frozenset((HELLO, PREDICT, PING, ANSWER, DRAIN))

Chunk = Union[bytes, memoryview]


class FrameError(ValueError):
    """Bytes that are no frame, or a frame over the limits: the connection cannot be used any further."""


class Frame(NamedTuple):
    """Be one message in either direction."""

    kind: int
    id: int = 0
    number: int = 0
    content_type: bytes = b""
    body: bytes = b""


def encode_head(kind: int, *, id: int = 0, number: int = 0, content_type: bytes = b"", size: int = 0) -> bytes:
    """Return the bytes that precede a body of the given size; raise FrameError for what is over the limits."""
    length = len(content_type) + size
    if length > LONGEST_PAYLOAD or len(content_type) > LONGEST_CONTENT_TYPE:
        raise FrameError("a frame of %d bytes is over the limit of %d" % (length, LONGEST_PAYLOAD))
    return _HEADER.pack(length, kind, len(content_type), id, number) + content_type


def encode(frame: Frame) -> bytes:
    """Return a frame as bytes."""
    kind, id, number, content_type, body = frame
    return encode_head(kind, id=id, number=number, content_type=content_type, size=len(body)) + body


class Decoder:
    """Turn a stream of bytes into frames; each byte of a body is copied once, however it arrives."""

    __slots__ = ("_head", "_kept", "_missing", "_parts")

    def __init__(self) -> None:
        self._kept = b""  # the beginning of a frame whose head is not complete
        self._head: Tuple[int, int, int, bytes] = (0, 0, 0, b"")
        self._parts: List[Chunk] = []  # what there is of the body of the frame with that head
        self._missing = 0

    @property
    def missing(self) -> int:
        """How many bytes of the current body are still to come; 0 where that is not known."""
        return self._missing

    def feed(self, data: bytes) -> List[Frame]:
        """Return the frames that these bytes complete; raise FrameError where they are none."""
        frames: List[Frame] = []
        position = self._fill(data, frames) if self._missing else 0
        if self._kept:
            data = self._kept + data
            self._kept = b""
        size = len(data)
        while position < size:
            if size - position < _HEADER.size:
                self._kept = data[position:]
                break
            length, kind, type_length, id, number = _HEADER.unpack_from(data, position)
            if kind not in _KINDS or type_length > LONGEST_CONTENT_TYPE or not type_length <= length <= LONGEST_PAYLOAD:
                raise FrameError("no frame begins with %r" % (data[position : position + _HEADER.size],))
            start = position + _HEADER.size
            body_start = start + type_length
            if size < body_start:
                self._kept = data[position:]
                break
            content_type = data[start:body_start]
            position = start + length
            if position > size:
                self._head = (kind, id, number, content_type)
                self._parts = [memoryview(data)[body_start:]]
                self._missing = position - size
                break
            frames.append(Frame(kind, id, number, content_type, data[body_start:position]))
        return frames

    def _fill(self, data: bytes, frames: List[Frame]) -> int:
        """Add to the body that is being collected; return how many of the bytes were its."""
        taken = min(self._missing, len(data))
        self._parts.append(data if taken == len(data) else memoryview(data)[:taken])
        self._missing -= taken
        if not self._missing:
            frames.append(Frame(*self._head, b"".join(self._parts)))
            self._parts = []
        return taken
