"""The Content-Disposition header: the file name of an upload and of a download."""

from __future__ import annotations

import re

from modelyard.errors import InvalidParameter

_FILE_NAME = re.compile(r';\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))', re.IGNORECASE)
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f/\\;\"\ud800-\udfff]{1,255}")


def file_name_of(header: str | None, *, default: str) -> str:
    """Return the file name that an upload's header gives.

    Raises:
        InvalidParameter: The name has control characters, slashes, quotes or semicolons, or is too long.
    """
    match = _FILE_NAME.search(f";{header}" if header else "")
    if match is None:
        return default
    quoted, bare = match.groups()
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare.strip()
    if not _PRINTABLE.fullmatch(name):
        raise InvalidParameter(
            f"content-disposition names the file {name[:80]!r}: use a plain name of 1 to 255 characters, "
            "such as artifact.zip."
        )
    return name


def attachment(file_name: str) -> str:
    """Return the header of a download; unquoted, since official clients cut the name off a fixed prefix."""
    return f"attachment; filename={file_name}"
