"""What an exception says beside what went wrong: how to go on."""

from __future__ import annotations

from modelyard.errors import ModelyardError


def add_to(error: BaseException, sentence: str) -> None:
    """Add a sentence to an error of this package, or to one without words, as KeyboardInterrupt is."""
    if isinstance(error, ModelyardError):
        error.message = f"{error.message} {sentence}"
        error.args = (error.message,)
    elif not error.args:
        error.args = (sentence,)
