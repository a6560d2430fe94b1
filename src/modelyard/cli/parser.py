"""From commands as data to argparse, with errors that say what to do."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import NoReturn, TypedDict

from modelyard._version import __version__
from modelyard.cli.command import Argument, Command, Noun, flag, option

EVERYWHERE = (
    option(
        "-o", "--output", choices=("table", "json"), default="table", about="Print a table, or the JSON of the wire."
    ),
    flag("--debug", about="Show the traceback of an error."),
)
"""The options that every command has."""

USAGE_ERROR = 2

_DESCRIPTION = "From a trained model to an HTTP endpoint, on your own machines."
_EPILOG = """\
start here:
  modelyard up --detach                                     start the service
  modelyard model create ./artifact --name iris             save an artifact
  modelyard deployment create --model iris --name iris      serve it
  modelyard deployment predict iris '[[5.1, 3.5, 1.4, 0.2]]'
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"error: {message}.\nhint: `{self.prog} --help` shows what it takes.\n")


def build_parser(commands: Sequence[Command], nouns: Iterable[Noun]) -> argparse.ArgumentParser:
    """Return the parser of all commands; what it parses has the command as ``command``."""
    parser = _new_parser("modelyard", _DESCRIPTION, _EPILOG)
    parser.add_argument("--version", action="version", version=f"modelyard {__version__}")
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
            groups[first] = group.add_subparsers(metavar="COMMAND", title="commands")
        _add(groups.get(first, top), command)
    return parser


def _add(place: argparse._SubParsersAction[argparse.ArgumentParser], command: Command) -> None:
    described = "\n\n".join(filter(None, (command.summary, command.details)))
    parser = place.add_parser(
        command.path[-1], help=command.summary, **_texts(described, f"example:\n  {command.example}")
    )
    parser.set_defaults(command=command)
    for given in (*command.arguments, *EVERYWHERE):
        _add_argument(parser, given)


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
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }


def _examples(noun: str, commands: Iterable[Command]) -> str:
    examples = [f"  {command.example}" for command in commands if command.path[0] == noun]
    return "\n".join(["examples:", *examples])
