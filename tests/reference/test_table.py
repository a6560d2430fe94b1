"""Every public name of the reference is there, is called as it says, and is tested somewhere.

The table is in table/: a file for each module, a row for each name.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("table")
ELSEWHERE = {
    "common.serializer": "model.serializable",
    "evaluations": "model.evaluator_mixin",
    "jobs.builders.base": "model.builder",
}
"""The modules that have another name in modelyard."""


@dataclass(frozen=True)
class Row:
    """A name of the reference."""

    module: str
    """As below ``ads`` and ``modelyard``: ``model.generic_model``."""

    name: str
    """As in the module: ``GenericModel.deploy``."""

    kind: str
    tested: str
    """Where its behaviour is tested: a file below tests/ and a test in it."""

    bases: tuple[str, ...] = ()
    call: str | None = None
    """Its parameters; ``…`` as a default stands for any, and a keyword without one says nothing of its default."""

    value: Any = None
    has_value: bool = False
    named: str | None = None
    """The class that an attribute is."""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def of(self, package: str) -> Any:
        """Return what has the name in a package."""
        found = self.module_in(package)
        for part in self.name.split("."):
            found = getattr(found, part)
        return found

    def owner(self, package: str) -> Any:
        """Return the class that has the name in a package."""
        return getattr(self.module_in(package), self.name.partition(".")[0])

    def module_in(self, package: str) -> Any:
        """Return the module in a package."""
        module = ELSEWHERE.get(self.module, self.module) if package == "modelyard" else self.module
        return importlib.import_module(f"{package}.{module}")


def read_table() -> list[Row]:
    """Return all rows."""
    return [
        Row(
            module=_module(file),
            name=name,
            kind=row["is"],
            tested=row["tested"],
            bases=tuple(row.get("bases", ())),
            call=row.get("call"),
            value=row.get("value"),
            has_value="value" in row,
            named=row.get("named"),
        )
        for file in sorted(TABLE.glob("*.yaml"))
        for name, row in yaml.safe_load(file.read_text("utf-8")).items()
    ]


def _module(file: Path) -> str:
    return file.stem.removeprefix("ads.") if "." in file.stem else f"model.{file.stem}"


@dataclass(frozen=True)
class Parameters:
    """The parameters of a call, as a row writes them."""

    positional: tuple[tuple[str, bool, Any], ...]
    """Name, whether it has a default, and that default."""

    keywords: dict[str, Any]
    """The others; ``…`` where nothing is said of the default."""

    has_any: bool


def parse_call(text: str) -> Parameters:
    """Return the parameters that a row writes down."""
    tree = ast.parse(f"def f{text.replace('**', '**kwargs')}: pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    arguments, defaults = tree.args.args, tree.args.defaults
    values = [None] * (len(arguments) - len(defaults)) + [ast.literal_eval(each) for each in defaults]
    first = len(arguments) - len(defaults)
    return Parameters(
        positional=tuple((each.arg, place >= first, values[place]) for place, each in enumerate(arguments)),
        keywords={
            each.arg: ast.literal_eval(default) if default is not None else ...
            for each, default in zip(tree.args.kwonlyargs, tree.args.kw_defaults, strict=True)
        },
        has_any=tree.args.kwarg is not None,
    )


ROWS = read_table()
CLASSES = [row for row in ROWS if row.bases]
CALLED = [row for row in ROWS if row.call is not None]
VALUES = [row for row in ROWS if row.has_value]
NAMED = [row for row in ROWS if row.named is not None]
ATTRIBUTES = [row for row in ROWS if row.kind in {"attribute", "property"}]
FIXED = [row for row in ROWS if row not in ATTRIBUTES]


def ids(rows: list[Row]) -> list[str]:
    return [str(row) for row in rows]


@pytest.mark.parametrize("row", FIXED, ids=ids(FIXED))
@pytest.mark.parametrize("package", ["modelyard", "ads"])
def test_the_name_is_there(row: Row, package: str) -> None:
    found = row.of(package)
    assert row.owner(package) is row.owner("modelyard")
    is_kind = {
        "class": inspect.isclass,
        "exception": lambda it: inspect.isclass(it) and issubclass(it, Exception),
        "enum": lambda it: inspect.isclass(it) and issubclass(it, Enum),
        "constant": lambda it: not callable(it),
    }.get(row.kind, callable)
    assert is_kind(found)


@pytest.mark.parametrize("row", ATTRIBUTES, ids=ids(ATTRIBUTES))
def test_the_attribute_is_there(row: Row, instances: dict[str, Any]) -> None:
    owner, _, name = row.name.partition(".")
    assert hasattr(row.owner("modelyard"), name) or hasattr(instances[owner], name)


@pytest.mark.parametrize("row", CLASSES, ids=ids(CLASSES))
def test_the_class_is_what_it_is_in_the_reference(row: Row) -> None:
    names = {base.__name__ for base in row.of("modelyard").__mro__[1:]}
    assert set(row.bases) <= names


@pytest.mark.parametrize("row", CALLED, ids=ids(CALLED))
def test_it_is_called_as_in_the_reference(row: Row) -> None:
    """What may be written to the reference may be written here: positions, names and defaults are the same.

    Here a parameter may have a default where the reference wants a value, and there may be more of them behind.
    """
    assert row.call is not None
    wanted = parse_call(row.call)
    is_bound = row.kind in {"class", "exception", "enum", "classmethod", "function"}
    parameters = list(inspect.signature(row.of("modelyard")).parameters.values())
    parameters = parameters if is_bound or parameters[0].name != "self" else parameters[1:]
    ours = {each.name: each for each in parameters}
    positional = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert [each.name for each in positional[: len(wanted.positional)]] == [name for name, _, _ in wanted.positional]
    for name, has_default, default in wanted.positional:
        if has_default and default is not ...:
            assert ours[name].default == default, name
    for name, default in wanted.keywords.items():
        assert ours[name].kind is inspect.Parameter.KEYWORD_ONLY, name
        assert ours[name].default is not inspect.Parameter.empty, name
        assert default is ... or ours[name].default == default, name
    assert not wanted.has_any or any(each.kind is each.VAR_KEYWORD for each in parameters)
    for each in positional[len(wanted.positional) :]:
        assert each.default is not each.empty, each.name


@pytest.mark.parametrize("row", VALUES, ids=ids(VALUES))
def test_the_value_is_that_of_the_reference(row: Row) -> None:
    found = row.of("modelyard")
    found = found.value if isinstance(found, Enum) else found
    assert (list(found) if isinstance(found, tuple) else found) == row.value


@pytest.mark.parametrize("row", NAMED, ids=ids(NAMED))
def test_the_class_that_an_attribute_is_is_that_of_the_reference(row: Row) -> None:
    assert row.of("modelyard").__name__ == row.named


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_the_behaviour_is_tested_somewhere(row: Row) -> None:
    file, _, name = row.tested.partition("::")
    assert name in names_in(TESTS / file)


@cache
def names_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_name_of_the_reference_is_missing() -> None:
    """The reference lists this many, in these modules; the table has those, and those that its text lost."""
    listed = {
        "artifact": 8,
        "artifact_downloader": 3,
        "artifact_uploader": 3,
        "base_properties": 9,
        "generic_model": 57,
        "model_introspect": 17,
        "model_metadata": 134,
        "model_metadata_mixin": 3,
        "model_properties": 24,
        "model_version_set": 19,
    }
    found = {module: sum(row.module == f"model.{module}" for row in ROWS) for module in listed}
    assert {module: count for module, count in listed.items() if found[module] < count} == {}
    assert len({str(row) for row in ROWS}) == len(ROWS)
