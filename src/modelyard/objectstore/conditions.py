"""What a caller makes a request depend on: ``if-match`` and ``if-none-match``."""

from __future__ import annotations

from typing import NamedTuple

from modelyard.errors import IfMatchFailed, IfNoneMatchFailed


class Conditions(NamedTuple):
    """Be the etags that a caller names; ``*`` stands for any."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check_write(self, current: str | None, *, name: str) -> None:
        """Raise unless what is to be written may take the place of what is there.

        Args:
            current: The etag of what is there; None if nothing is.
            name: Its name, for the message.

        Raises:
            IfMatchFailed: Another thing than the named one is there, or nothing.
            IfNoneMatchFailed: It is there, and must not be.
        """
        self.check_match(current, name=name)
        if self.if_none_match is not None and _fits(self.if_none_match, current):
            raise IfNoneMatchFailed(f"{name} is there already, and if-none-match forbids to write over it.")

    def check_match(self, current: str | None, *, name: str) -> None:
        """Raise IfMatchFailed unless what is there is what the caller has seen."""
        if self.if_match is not None and not _fits(self.if_match, current):
            raise IfMatchFailed(f"{name} is not what if-match names: look at it again, then repeat with its etag.")

    def is_known(self, current: str) -> bool:
        """Tell whether a reader has what is there already."""
        return self.if_none_match is not None and _fits(self.if_none_match, current)


def _fits(wanted: str, current: str | None) -> bool:
    named = {each.strip().removeprefix("W/").strip('"') for each in wanted.split(",")}
    return current is not None and bool({"*", current} & named)
