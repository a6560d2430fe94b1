"""The command line explains itself, starts light, and its reference is up to date."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.cli.command import Argument, Command
from modelyard.cli.commands import COMMANDS, NOUNS
from modelyard.cli.parser import EVERYWHERE, build_parser
from modelyard.cli.reference import reference

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"

_HEAVY = (
    "httpx",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "cryptography",
    "numpy",
    "pandas",
    "msgspec",
    "asyncio",
)

_each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def _arguments() -> list[tuple[Command, Argument]]:
    return [(command, given) for command in COMMANDS for given in (*command.arguments, *EVERYWHERE)]


@_each_command
def test_every_command_has_a_sentence_and_an_example_of_itself(command: Command) -> None:
    assert command.summary.endswith(".")
    assert command.summary[0].isupper()
    assert f"modelyard {command.name}" in command.example


@_each_command
def test_every_example_is_a_command_line_that_parses(command: Command) -> None:
    line = command.example.removeprefix('eval "$(').removesuffix(')"')
    parsed = build_parser(COMMANDS, NOUNS).parse_args(shlex.split(line)[1:])
    assert parsed.command is command


@pytest.mark.parametrize(("command", "given"), _arguments(), ids=lambda one: getattr(one, "name", None) or one.usage)
def test_every_argument_has_help_text_and_is_in_the_reference(command: Command, given: Argument) -> None:
    assert given.about.endswith(".")
    page = REFERENCE.read_text("utf-8")
    assert f"modelyard {command.name}\n" in page
    assert f"| `{given.usage.replace('|', chr(92) + '|')}` |" in page


def test_the_reference_is_up_to_date() -> None:
    assert REFERENCE.read_text("utf-8").endswith(reference(COMMANDS, NOUNS).strip() + "\n"), "run `make docs`"


@_each_command
def test_every_command_explains_itself_on_request(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser(COMMANDS, NOUNS).parse_args([*command.path, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert command.summary.split()[0] in shown
    assert command.example in shown


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from modelyard.cli.main import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "[]\n"
    assert "start here:" in done.stdout


def test_a_word_that_is_no_command_is_a_wrong_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "modelyard", "modle", "list"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "hint: `modelyard --help` shows what it takes." in done.stderr


@pytest.mark.parametrize("words", [[], ["model"]])
def test_too_few_words_show_what_there_is(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "modelyard", *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert "commands:" in done.stderr


@pytest.mark.parametrize(
    ("words", "meant", "asked"),
    [
        (["deplyment", "list"], "'deployment'", "modelyard --help"),
        (["model", "lsit"], "'list'", "modelyard model --help"),
        (["model", "list", "--state", "ACTVE"], "'ACTIVE'", "modelyard model list --help"),
        (["model", "list", "--sate=ACTIVE"], "'--state'", "modelyard model list --help"),
    ],
)
def test_a_slip_is_told_with_what_was_meant_and_whose_help_to_read(
    words: list[str], meant: str, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser(COMMANDS, NOUNS).parse_args(words)
    said = capsys.readouterr().err
    assert f"Did you mean {meant}?\nhint: `{asked}`" in said


@pytest.mark.parametrize("words", [["-o", "json", "model", "list"], ["model", "-o", "json", "list"]])
def test_the_options_of_every_command_may_stand_before_its_words(words: list[str]) -> None:
    parsed = build_parser(COMMANDS, NOUNS).parse_args([*words, "--debug"])
    assert (parsed.command.name, parsed.output, parsed.debug) == ("model list", "json", True)
    parsed = build_parser(COMMANDS, NOUNS).parse_args(["model", "list"])
    assert (parsed.output, parsed.debug) == ("table", False)


@_each_command
def test_what_a_command_says_of_itself_fits_a_terminal(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        build_parser(COMMANDS, NOUNS).parse_args([*command.path, "--help"])
    said = capsys.readouterr().out.partition("\noptions:")[0].partition("\n\n")[2]
    assert [line for line in said.splitlines() if len(line) > 80] == []
