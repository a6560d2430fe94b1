"""The reference says what there is: all of it, and as it is now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import modelyard
from modelyard import errors
from modelyard.cli.commands import COMMANDS
from modelyard.client.data_science import DataScienceClient


def test_the_generated_pages_are_up_to_date(root: Path) -> None:
    check = subprocess.run(
        [sys.executable, str(root / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("name", modelyard.__all__)
def test_every_public_name_is_documented(name: str, root: Path) -> None:
    assert f"`modelyard.{name}`" in (root / "docs/reference/sdk.md").read_text("utf-8")


@pytest.mark.parametrize(
    "cls",
    [modelyard.GenericModel, modelyard.SklearnModel, modelyard.ModelVersionSet],
    ids=lambda cls: cls.__name__,
)
def test_every_method_is_documented(cls: type, root: Path) -> None:
    page = (root / "docs/reference/sdk.md").read_text("utf-8")
    methods = [name for name in dir(cls) if not name.startswith("_") and not name.isupper()]
    assert [name for name in methods if not re.search(rf"^### `\w+\.{name}`$", page, re.MULTILINE)] == []


def test_every_command_is_documented(root: Path) -> None:
    page = (root / "docs/reference/cli.md").read_text("utf-8")
    assert [command.name for command in COMMANDS if f"modelyard {command.name}\n" not in page] == []


def test_every_operation_is_documented(root: Path) -> None:
    """Ask the client, which has a method for each: the page itself is made from the service's table."""
    methods = {name for name in dir(DataScienceClient) if not name.startswith("_")} - {"close", "transport"}
    page = (root / "docs/reference/rest.md").read_text("utf-8")
    assert len(methods) > 25
    assert {name for name in methods if f"| `{name}` |" not in page} == set()


def test_every_variable_is_documented(root: Path) -> None:
    read = re.findall(r'"((?:MODELYARD|OCI|[A-Z]+_[A-Z_]*OCID|PROJECT)_?[A-Z_]*)"', _source(root, "settings.py"))
    page = (root / "docs/reference/settings.md").read_text("utf-8")
    assert len(read) > 15
    assert [name for name in read if f"`{name}`" not in page] == []


def test_every_error_is_documented(root: Path) -> None:
    page = (root / "docs/reference/errors.md").read_text("utf-8")
    classes = [name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)]
    assert [name for name in classes if f"`{name}`" not in page] == []


def test_every_setting_that_a_page_names_is_there(everything: str, root: Path) -> None:
    source = _source(root, "settings.py")
    assert [name for name in set(re.findall(r"MODELYARD_[A-Z_]+[A-Z]", everything)) if f'"{name}"' not in source] == []


def _source(root: Path, name: str) -> str:
    return (root / "src/modelyard" / name).read_text("utf-8")
