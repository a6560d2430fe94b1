"""What a page shows, works: Python is run against a service, shell lines are read by the parser of the command."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.cli.commands import COMMANDS, NOUNS
from modelyard.cli.parser import build_parser

# What pages may call beside our own command; not run here.
OTHERS = {"oci", "pip", "tar", "mkdir", "export", "env", "eval", "sqlite3", "git", "cd"}


@pytest.fixture
def reader(service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of somebody who follows a page: an empty folder, and a service of this machine."""
    for name in [name for name in os.environ if name.startswith(("MODELYARD_", "OCI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_HOME", str(service.home))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_a_page_runs(python_page: Any, reader: Path) -> None:
    names: dict[str, object] = {"__name__": "page"}
    for block in python_page.blocks("python"):
        lines = "\n" * (block.line - 1) + block.code  # so that a traceback names the page's line
        exec(compile(lines, str(python_page.path), "exec", dont_inherit=True), names)


def test_the_shell_lines_of_a_page_are_commands_that_exist(shell_page: Any, root: Path) -> None:
    parser = build_parser(COMMANDS, NOUNS)
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    for words in commands_of(shell_page):
        program, *arguments = words
        if Path(program).name == "modelyard":
            assert parser.parse_args(arguments).command is not None, words
        elif program == "make":
            assert set(arguments) <= set(targets), words
        else:
            assert program in OTHERS, words


def test_the_example_of_every_command_is_one_of_its_own() -> None:
    parser = build_parser(COMMANDS, NOUNS)
    for command in COMMANDS:
        for line in re.findall(r"modelyard [^\n)]*", command.example):
            assert parser.parse_args(shlex.split(line.rstrip('"'))[1:]).command is command


def commands_of(page: Any) -> Iterator[list[str]]:
    """Give the commands of a page's shell blocks as words, those within "$(…)" too."""
    for block in page.blocks("sh"):
        for line in block.code.replace("\\\n", " ").splitlines():
            yield from (shlex.split(inner) for inner in re.findall(r"\$\(([^)]*)\)", line))
            words = shlex.split(line, comments=True)
            if words:
                yield words
