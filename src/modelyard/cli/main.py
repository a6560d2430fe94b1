"""The command ``modelyard``: parse, run, and say in a sentence what went wrong."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelyard.cli.command import Command
from modelyard.cli.commands import COMMANDS, NOUNS
from modelyard.cli.parser import USAGE_ERROR, build_parser

if TYPE_CHECKING:
    from modelyard.cli.context import Context

FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status: 0, 1 for an error, 2 for a wrong usage, 130 after Ctrl-C."""
    try:
        parsed = build_parser(COMMANDS, NOUNS).parse_args(arguments)
        if parsed.command is None:
            parsed.parser.print_help(sys.stderr)
            return USAGE_ERROR
        return _run(parsed.command, parsed)
    except KeyboardInterrupt:  # before or after all that a command does
        print("\ninterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(command: Command, parsed: argparse.Namespace) -> int:
    from modelyard.cli.context import Context
    from modelyard.cli.output import Output

    output = Output(parsed.output)
    context: Context | None = None
    try:
        from modelyard.settings import from_environ

        context = Context(from_environ(), output)
        return command.run(context, parsed) or 0
    except KeyboardInterrupt as stopped:
        goes_on = (context.goes_on if context is not None else None) or " ".join(map(str, stopped.args))
        output.note(f"\ninterrupted. {goes_on}".rstrip())
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # the one place where whatever is wrong becomes a sentence
        if parsed.debug:
            raise
        from modelyard.cli.advice import advice, describe
        from modelyard.errors import UsageError

        output.failure(error=describe(error), hint=advice(error))
        return USAGE_ERROR if isinstance(error, UsageError) else FAILED
    finally:
        if context is not None:
            context.close()
