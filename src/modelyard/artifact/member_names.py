"""Which names the members of an archive may have, so that unpacking it stays in its folder on every file system."""

from __future__ import annotations

import re
import unicodedata

from modelyard.errors import UnsafeArchiveError

_LONGEST_NAME = 255
_LONGEST_PATH = 4096
_DRIVE = re.compile(r"[A-Za-z]:")


class MemberNames:
    """Take the names of an archive one by one; refuse the first that is unsafe or collides with an earlier one."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[str, bool]] = {}  # what file systems compare → the spelling, whether it is a file
        self._listed: set[str] = set()

    def add_file(self, name: str) -> None:
        """Take the name of a file."""
        self._add(name, is_file=True)

    def add_folder(self, name: str) -> None:
        """Take the name of a folder."""
        self._add(name, is_file=False)

    def _add(self, name: str, *, is_file: bool) -> None:
        check_name(name)
        if name in self._listed:
            raise UnsafeArchiveError(f"The archive has {name!r} twice.")
        self._listed.add(name)
        parts = name.split("/")
        for end in range(1, len(parts)):
            self._take("/".join(parts[:end]), is_file=False)
        self._take(name, is_file=is_file)

    def _take(self, path: str, *, is_file: bool) -> None:
        earlier = self._taken.setdefault(_as_compared(path), (path, is_file))
        if earlier[0] != path:
            raise UnsafeArchiveError(
                f"The archive has both {earlier[0]!r} and {path!r}, one name on some systems. Rename one."
            )
        if earlier[1] != is_file:
            raise UnsafeArchiveError(f"The archive has {path!r} both as a file and as a folder.")


def check_name(name: str) -> None:
    """Raise UnsafeArchiveError for a name that would not stay below its folder, or not on every system."""
    parts = name.split("/")
    if not name or name.startswith("/") or _DRIVE.match(name):
        raise UnsafeArchiveError(f"The archive has the absolute or empty name {name!r}.")
    if ".." in parts:
        raise UnsafeArchiveError(f"The archive has the name {name!r}, which leads out of its folder.")
    if "\\" in name:
        raise UnsafeArchiveError(f"The archive has a backslash in the name {name!r}; folders are parted by '/'.")
    if any(part in {"", "."} for part in parts):
        raise UnsafeArchiveError(f"The archive has an empty or '.' folder in the name {name!r}.")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name):
        raise UnsafeArchiveError(f"The archive has the name {name!r}, with a character that no name may have.")
    if len(name.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise UnsafeArchiveError(f"The archive has a name that is too long: {name[:80]!r}…")


def _as_compared(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
