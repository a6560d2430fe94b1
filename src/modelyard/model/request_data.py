"""What the user gives to verify() and predict(), as the body of a request."""

from __future__ import annotations

import json
from typing import NamedTuple

from modelyard.errors import UsageError
from modelyard.model.failures import SerializeInputNotImplementedError

JSON = "application/json"
BYTES = "application/octet-stream"


class Body(NamedTuple):
    """Be the body of a request."""

    content: bytes
    content_type: str


def body_of(
    data: object, *, auto_serialize_data: bool, content_type: str | None = None, image: object | None = None
) -> Body:
    """Return the body that carries data.

    Args:
        data: Bytes travel as they are.
        auto_serialize_data: Whether DataFrames, arrays and the like are written so that they come back as they were;
            otherwise data must be something that JSON holds.
        content_type: What the body is said to be, instead of what it looks like.
        image: For frameworks that take images.

    Raises:
        TypeError: The data is nothing that JSON holds, and ``auto_serialize_data`` was not given.
        ValueError: There is no data, or it cannot travel.
    """
    if image is not None:
        raise SerializeInputNotImplementedError(
            "This model takes no images: turn the image into an array and pass it as data."
        )
    if isinstance(data, bytes | bytearray | memoryview):
        return Body(bytes(data), content_type or BYTES)
    if data is None:
        raise UsageError("There is no data: pass data=….")
    if auto_serialize_data:
        from modelyard.artifact import payload

        return Body(_dumped(payload.encode(data)), content_type or JSON)
    try:
        return Body(_dumped(data), content_type or JSON)
    except UsageError:
        raise
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"The data, a {type(data).__name__}, is nothing that JSON holds ({error}): pass auto_serialize_data=True, "
            "or bytes."
        ) from None


def _dumped(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(
            f"The data has a text with half a character, {text[max(error.start - 20, 0) : error.end + 20]!r}, which no "
            "encoding holds: it was cut, or decoded with surrogateescape. Mend it: "
            "text.encode('utf-8', 'replace').decode()."
        ) from None
