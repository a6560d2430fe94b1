"""The reference of every command as Markdown; `make docs` writes it to docs/reference/cli.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelyard.cli.command import Argument, Command, Noun
from modelyard.cli.parser import EVERYWHERE

_HEAD = """\
# The command line

Every command takes these options too, before its words or behind them:

{everywhere}

The exit status is 0 where all went well, 1 after an error (`error:` says what was wrong, `hint:` what to do),
2 after a wrong usage and 130 after Ctrl-C. A name may stand for an OCID wherever it is the only one of its kind.
"""


def reference(commands: Iterable[Command], nouns: Iterable[Noun]) -> str:
    """Return the reference as Markdown."""
    summaries = {noun.name: noun.summary for noun in nouns}
    parts = [_HEAD.format(everywhere="\n".join(_rows(EVERYWHERE)))]
    for command in commands:
        noun = command.path[0]
        if noun in summaries:
            parts.append(f"## {noun}\n\n{summaries.pop(noun)}\n")
        parts.append("\n".join(_command(command)) + "\n")
    return "\n".join(parts)


def _command(command: Command) -> Iterator[str]:
    yield f"{'##' if len(command.path) == 1 else '###'} modelyard {command.name}"
    yield ""
    yield command.summary
    if command.details:
        yield ""
        yield command.details
    yield ""
    yield "```sh"
    yield command.example
    yield "```"
    if command.arguments:
        yield ""
        yield from _rows(command.arguments)


def _rows(arguments: Iterable[Argument]) -> Iterator[str]:
    yield "| argument | meaning |"
    yield "|---|---|"
    for given in arguments:
        usage = given.usage.replace("|", "\\|")
        required = " Required." if given.is_required else ""
        yield f"| `{usage}` | {given.about}{required} |"
