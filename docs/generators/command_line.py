"""The page of every command."""

from __future__ import annotations

from modelyard.cli.commands import COMMANDS, NOUNS
from modelyard.cli.reference import reference


def page() -> str:
    """Return the page."""
    return reference(COMMANDS, NOUNS)
