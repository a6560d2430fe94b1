"""What may stand in a header: values that come in JSON or in a query and go out as headers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelyard.errors import InvalidParameter, LimitExceeded

METADATA_LIMIT = 4000
"""The most bytes that the names and values of an object's metadata may have together."""

_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,128}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def header_value(name: str, value: str) -> str:
    """Return a text as a header's value: each character is one byte of its UTF-8.

    Raises:
        InvalidParameter: It has control characters in it.
    """
    if _CONTROL.search(value):
        raise InvalidParameter(f"{name} is {value[:80]!r}, which has control characters in it: leave them out.")
    try:
        return value.encode("utf-8").decode("latin-1").strip()
    except UnicodeEncodeError:
        raise InvalidParameter(f"{name} is {value[:80]!r}, which is no valid Unicode.") from None


def as_sent(value: str) -> str:
    """Return the value of a request's header with one character for each byte that was sent, as it is to go out."""
    return value.encode("utf-8", "surrogateescape").decode("latin-1")


def metadata_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return metadata under bare names in lower case, each value as a header has it.

    Raises:
        InvalidParameter, LimitExceeded: It could not be sent back as headers.
    """
    metadata = {}
    for given_name, value in given.items():
        name = given_name.lower().removeprefix("opc-meta-")
        if not _NAME.fullmatch(name):
            raise InvalidParameter(f"Metadata cannot be named {given_name[:80]!r}: use letters, digits and hyphens.")
        metadata[name] = header_value(f"The metadata {name}", value)
    check_metadata_size(metadata)
    return metadata


def check_metadata_size(metadata: Mapping[str, str]) -> None:
    """Raise LimitExceeded if metadata is over its limit."""
    size = sum(len(name) + len(value) for name, value in metadata.items())
    if size > METADATA_LIMIT:
        raise LimitExceeded(f"The metadata has {size} bytes; the limit is {METADATA_LIMIT}. Put it into an object.")
