"""From commands as data to argparse, with errors that say what to do."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import NoReturn, TypedDict

from modelyard._version import __version__
from modelyard.cli.command import Argument, Command, Noun, flag, option

EVERYWHERE = (
    option(
        "-o", "--output", choices=("table", "json"), default="table", about="Print a table, or the JSON of the wire."
    ),
    flag("--debug", about="Show the traceback of an error."),
)
"""The options that every command has, before its words as well as behind them."""

USAGE_ERROR = 2

_DESCRIPTION = "From a trained model to an HTTP endpoint, on your own machines."
_EPILOG = """\
start here:
  modelyard up --detach                                     start the service
  modelyard model create ./artifact --name iris             save an artifact: what prepare() has written
  modelyard deployment create --model iris --name iris      serve it
  modelyard deployment predict iris '[[5.1, 3.5, 1.4, 0.2]]'
"""


_NO_SUCH_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)$", re.DOTALL)


class _Parser(argparse.ArgumentParser):
    def parse_known_args(  # type: ignore[override] # argparse lets it return any namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said by the parser of the command itself, which knows the options that there are
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._meant(unknown[0])}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        wrong = _NO_SUCH_CHOICE.search(message)
        if wrong is not None:
            near = get_close_matches(wrong[1], re.findall(r"[\w./-]+", wrong[2]), n=1)
            message += f". Did you mean {near[0]!r}?" if near else "."
        elif not message.endswith("?"):
            message += "."
        self.exit(USAGE_ERROR, f"error: {message}\nhint: `{self.prog} --help` shows what it takes.\n")

    def _meant(self, word: str) -> str:
        near = get_close_matches(word.partition("=")[0], self._option_string_actions, n=1)
        return f". Did you mean {near[0]!r}?" if near else ""


class _Wrapped(argparse.HelpFormatter):
    """Fit a paragraph into the terminal; leave lines that are set in alone, examples among them."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrap = textwrap.TextWrapper(width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        return "\n\n".join(part if "\n" in part else wrap.fill(part) for part in text.split("\n\n"))


def build_parser(commands: Sequence[Command], nouns: Iterable[Noun]) -> argparse.ArgumentParser:
    """Return the parser of all commands; what it parses has the command as ``command``."""
    parser = _new_parser("modelyard", _DESCRIPTION, _EPILOG)
    parser.add_argument("--version", action="version", version=f"modelyard {__version__}")
    _add_everywhere(parser)
    parser.set_defaults(**{given.names[-1].lstrip("-"): given.default for given in EVERYWHERE})
    top = parser.add_subparsers(metavar="COMMAND", title="commands")
    parser.set_defaults(command=None, parser=parser)
    groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {}
    summaries = {noun.name: noun.summary for noun in nouns}
    for command in commands:
        first = command.path[0]
        if first in summaries and first not in groups:
            about = summaries[first]
            group = top.add_parser(first, help=about, **_texts(about, _examples(first, commands)))
            group.set_defaults(command=None, parser=group)
            _add_everywhere(group)
            groups[first] = group.add_subparsers(metavar="COMMAND", title="commands")
        _add(groups.get(first, top), command)
    return parser


def _add(place: argparse._SubParsersAction[argparse.ArgumentParser], command: Command) -> None:
    described = "\n\n".join(filter(None, (command.summary, command.details)))
    parser = place.add_parser(
        command.path[-1], help=command.summary, **_texts(described, f"example:\n  {command.example}")
    )
    parser.set_defaults(command=command)
    for given in command.arguments:
        _add_argument(parser, given)
    _add_everywhere(parser)


def _add_everywhere(parser: argparse.ArgumentParser) -> None:
    for given in EVERYWHERE:  # without a default: it would undo what stands before the command
        _add_argument(parser, replace(given, default=argparse.SUPPRESS))


def _add_argument(parser: argparse.ArgumentParser, given: Argument) -> None:
    about = given.about.replace("%", "%%")
    if given.is_flag:
        action = "store_true" if given.flag_value else "store_false"
        dest = given.sets or given.names[-1].lstrip("-").replace("-", "_")
        parser.add_argument(*given.names, action=action, dest=dest, default=given.default, help=about)
    elif given.is_option:
        parser.add_argument(
            *given.names,
            dest=given.sets,
            action="append" if given.count == "many" else "store",
            metavar=None if given.choices else given.value_name,
            type=given.convert or str,
            choices=given.choices,
            default=given.default,
            required=given.is_required,
            help=about,
        )
    else:
        nargs = {"one": None, "optional": "?", "many": "+"}[given.count]
        parser.add_argument(
            given.names[0],
            metavar=given.usage,
            type=given.convert or str,
            nargs=nargs,
            default=given.default,
            help=about,
        )


def _new_parser(prog: str, description: str, epilog: str) -> argparse.ArgumentParser:
    return _Parser(prog=prog, **_texts(description, epilog))


class _Texts(TypedDict):
    description: str
    epilog: str
    formatter_class: type[argparse.HelpFormatter]
    allow_abbrev: bool


def _texts(description: str, epilog: str) -> _Texts:
    return {
        "description": description,
        "epilog": epilog,
        "formatter_class": _Wrapped,
        "allow_abbrev": False,
    }


def _examples(noun: str, commands: Iterable[Command]) -> str:
    examples = [f"  {command.example}" for command in commands if command.path[0] == noun]
    return "\n".join(["examples:", *examples])
