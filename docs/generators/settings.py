"""The page of every environment variable, from the one module that reads them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path

from generators.markdown import as_markdown, table
from modelyard import settings

HEAD = """\
# Settings

The environment is the only place for settings; `modelyard.settings` is the only reader. A value that makes no sense is
an error that names the variable. Sizes are in bytes and times in seconds; a flag takes 1 or 0. Processes that
`modelyard up` starts keep the environment of the command: run `modelyard down` and `up` again to change one.
"""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|HOME")

_TREE = ast.parse(inspect.getsource(settings))


def page() -> str:
    """Return the page."""
    home = Path("/~")
    example = settings.Settings(home=home)
    paths = [
        (f"`{getattr(example, name).relative_to(home)}`", f"`{name}`", as_markdown(inspect.getdoc(value) or ""))
        for name, value in vars(settings.Settings).items()
        if isinstance(value, property)
    ]
    return "\n\n".join(
        [
            HEAD.strip(),
            table(("variable", "default", "meaning"), _rows()),
            "## Where things are",
            "Everything is in the home; the second column is its name in `modelyard.settings.Settings`.",
            table(("path in the home", "name", "what is there"), paths),
        ]
    )


def variables() -> dict[str, list[str]]:
    """Return the environment variables that each setting is read from, in the order of precedence."""
    functions = {node.name: node for node in _TREE.body if isinstance(node, ast.FunctionDef)}
    made = next(
        node
        for node in ast.walk(functions["from_environ"])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Settings"
    )
    return {str(keyword.arg): _names(keyword.value, functions) for keyword in made.keywords}


def _names(value: ast.AST, functions: dict[str, ast.FunctionDef]) -> list[str]:
    called = [
        functions[node.func.id]
        for node in ast.walk(value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
    ]
    constants = [
        node.value
        for part in (value, *called)
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value)
    ]
    return list(dict.fromkeys(constants))


def _rows() -> Iterator[tuple[str, str, str]]:
    told = _docstrings()
    defaults = {field.name: _default(field.default) for field in fields(settings.Settings)}
    for name, read in variables().items():
        shown = "<br>".join(f"`{variable}`" for variable in read)
        yield shown, defaults[name], _without_variable(as_markdown(told[name]))


def _docstrings() -> dict[str, str]:
    """Return what stands under each field; Python itself forgets it."""
    body = next(node for node in _TREE.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    return {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _default(value: object) -> str:
    if value is None or value is MISSING or value == ():
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else f"`{value}`" if isinstance(value, str) else f"{value}"


def _without_variable(sentence: str) -> str:
    """Drop the variables in brackets, which have a column of their own, and keep what else the brackets say."""

    def kept(group: re.Match[str]) -> str:
        said = group[1].partition(";")[2].strip()
        return f" ({said})" if said else ""

    return re.sub(r" \((`[A-Z_]+`[^)]*)\)", kept, sentence)
