"""The data of a prediction as a user gives it, and its answer as a user reads it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli.command import argument, option
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context

_SHORT = 200

DATA = argument("data", metavar="DATA|@FILE|-", about="The data: itself, a file that has it, or - for stdin.")
CONTENT_TYPE = option(
    "--content-type", metavar="TYPE", default="application/json", about="What the data is (application/json)."
)


def read_payload(given: str) -> bytes:
    """Return the body that the argument stands for.

    Raises:
        UsageError: The file cannot be read.
    """
    if given == "-":
        return sys.stdin.buffer.read()
    if not given.startswith("@"):
        return given.encode()
    try:
        return Path(given[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"The file {given[1:]} cannot be read: {error.strerror}.") from error


def print_answer(context: Context, body: bytes, *, content_type: str) -> None:
    """Print what the model answered: JSON so that people can read it, anything else as it is."""
    if content_type.partition(";")[0].strip() == "application/json":
        # A short answer on one line, a long one indented; numbers stay as the model wrote them.
        context.output.raw_json(body, indent=0 if len(body) <= _SHORT and context.output.format == "table" else 2)
    else:
        context.output.binary(body)
