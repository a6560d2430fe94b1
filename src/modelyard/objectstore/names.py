"""Which names buckets and objects may have."""

from __future__ import annotations

import re

from modelyard.errors import InvalidParameter

LONGEST_NAME = 1024
"""The longest name of an object, in bytes of UTF-8."""

_BUCKET = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_FORBIDDEN = re.compile(r"[\x00\r\n]")


def check_bucket_name(name: str) -> None:
    """Raise InvalidParameter unless a bucket may have the name."""
    if not _BUCKET.fullmatch(name) or name in {".", ".."}:
        raise InvalidParameter(
            f"A bucket cannot be named {name[:80]!r}: use 1 to 256 letters, digits, hyphens, underscores and periods."
        )


def check_object_name(name: str) -> None:
    """Raise InvalidParameter unless an object may have the name; slashes and dots mean nothing in it."""
    if not name:
        raise InvalidParameter("An object needs a name.")
    if _FORBIDDEN.search(name):
        raise InvalidParameter(f"The object name {name[:80]!r} has a NUL, CR or LF in it: leave them out.")
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidParameter(f"The object name {name[:80]!r} is no valid Unicode.") from None
    if size > LONGEST_NAME:
        raise InvalidParameter(
            f"The object name {name[:80]!r}… has {size} bytes of UTF-8; the longest has {LONGEST_NAME}."
        )
