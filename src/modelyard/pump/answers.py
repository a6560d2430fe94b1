"""What is written for a message: the model's answer as it is, or an error that says which message it is about."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from modelyard.errors import InternalServerError, PayloadTooLarge, ServiceUnavailable
from modelyard.pump.crew import ATTEMPTS, Crew
from modelyard.serving.frames import Frame
from modelyard.streaming.log import Entry, Kept
from modelyard.streaming.messages import LARGEST

_GOOD = range(200, 300)  # a container has more words for it than 200


@dataclass(frozen=True)
class Source:
    """Be the partition that a message was read from."""

    stream_id: str
    number: int


async def answer(crew: Crew, kept: Kept, source: Source) -> Entry:
    """Return what is to be written for a message: it has the message's key, and there always is something."""
    try:
        frame = await crew.predict(kept.value)
    except ServiceUnavailable:
        message = (
            f"{ATTEMPTS} workers ended while they predicted this message: the model crashes on it, runs out of memory, "
            "or takes too long."
        )
        value = _error(source, kept, status=ServiceUnavailable.status, code=ServiceUnavailable.code, message=message)
    else:
        value = _value(frame, source, kept)
    return Entry(value, kept.key)


def _value(frame: Frame, source: Source, kept: Kept) -> bytes:
    if frame.number not in _GOOD:
        code, message = _fault(frame.body)
        return _error(source, kept, status=frame.number, code=code, message=message)
    if len(frame.body) + len(kept.key or b"") > LARGEST:
        message = f"The model's answer has {len(frame.body)} bytes; a message has at most {LARGEST} with its key."
        return _error(source, kept, status=PayloadTooLarge.status, code=PayloadTooLarge.code, message=message)
    return frame.body


def _fault(body: bytes) -> tuple[str, str]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = {"message": body.decode("utf-8", "replace")}  # a container's own words
    return str(fields.get("code") or InternalServerError.code), str(fields.get("message") or "")


def _error(source: Source, kept: Kept, *, status: int, code: str, message: str) -> bytes:
    return msgspec.json.encode(
        {
            "code": code,
            "message": message[: LARGEST // 16],  # a traceback may be of any length, a message not
            "status": status,
            "input": {"streamId": source.stream_id, "partition": str(source.number), "offset": kept.offset},
        }
    )
