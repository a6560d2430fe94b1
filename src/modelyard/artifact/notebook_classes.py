"""Classes and functions of a notebook or script, as a module of their own: their text, and what they use."""

from __future__ import annotations

import ast
import builtins
import dis
import linecache
import types
from collections.abc import Mapping
from typing import cast

from modelyard.errors import ArtifactError

NOTEBOOK = "__main__"
_LOOKUPS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_PLAIN = (bool, int, float, str, bytes, type(None))


class NotebookModule:
    """Collect definitions of ``__main__``, each after what it uses.

    Args:
        namespace: The variables of the notebook or script.
    """

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self._namespace = namespace
        self._imports: dict[str, None] = {}
        self._definitions: dict[str, str] = {}
        self._begun: set[str] = set()
        self._modules: dict[str, None] = {}

    @property
    def text(self) -> str:
        """The module's source; empty where there is nothing to say."""
        parts = ["\n".join(sorted(self._imports)), *self._definitions.values()]
        return "\n\n\n".join(part for part in parts if part) + "\n" if self._definitions else ""

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the definitions import."""
        return tuple(self._modules)

    def add(self, definition: type | types.FunctionType) -> None:
        """Add a class or function, and all that it uses.

        Raises:
            ArtifactError: Its text is not to be had, or it uses a variable that is no import, class, function or plain
                value.
        """
        name = definition.__name__
        if name in self._begun:
            return
        self._begun.add(name)
        text = _source(definition)
        for used in sorted(_globals_of(compile(text, name, "exec")) - {name}):
            if used in self._namespace:
                self._use(used, self._namespace[used], by=name)
            elif not hasattr(builtins, used):
                raise ArtifactError(f"{name} uses {used}, which is defined nowhere: {_ADVICE}")
        self._definitions[name] = text

    def _use(self, name: str, value: object, *, by: str) -> None:
        if isinstance(value, types.ModuleType):
            self._modules[value.__name__] = None
            self._imports[f"import {value.__name__} as {name}"] = None
        elif getattr(value, "__module__", None) == NOTEBOOK and isinstance(value, type | types.FunctionType):
            self.add(value)
            if value.__name__ != name:
                self._definitions.setdefault(name, f"{name} = {value.__name__}")
        elif isinstance(value, _PLAIN) or (type(value) is tuple and all(isinstance(each, _PLAIN) for each in value)):
            self._definitions.setdefault(name, f"{name} = {value!r}")
        elif isinstance(getattr(value, "__module__", None), str) and hasattr(value, "__name__"):
            named = cast("type", value)
            self._modules[named.__module__] = None
            self._imports[f"from {named.__module__} import {named.__name__} as {name}"] = None
        else:
            raise ArtifactError(f"{by} uses the variable {name}, which is data ({type(value).__name__}): {_ADVICE}")


_ADVICE = "put the class into a module of its own, a .py file, and import it from there."


def _globals_of(code: types.CodeType) -> set[str]:
    """Return the names that code looks for outside of itself."""
    steps = list(dis.get_instructions(code))
    own = {step.argval for step in steps if step.opname == "STORE_NAME"}
    own |= {"__name__", "__qualname__", "__module__"}
    looked = {step.argval for step in steps if step.opname in _LOOKUPS} - own
    return looked.union(*(_globals_of(each) for each in code.co_consts if isinstance(each, types.CodeType)))


def _source(definition: type | types.FunctionType) -> str:
    """Return the text of a definition, from its own cell or file: the last of its name that begins where it does."""
    name = definition.__name__
    code = _code_of(definition)
    lines = linecache.getlines(code.co_filename) if code else []
    if code is None or not lines or "<locals>" in definition.__qualname__:
        raise ArtifactError(f"The source of {name} is not to be had: {_ADVICE}")
    whole = "".join(lines)
    for node in reversed(ast.parse(whole).body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= code.co_firstlineno <= cast("int", node.end_lineno):
                return "".join(lines[first - 1 : node.end_lineno]).rstrip("\n")
    raise ArtifactError(f"The source of {name} has changed since it was defined: define it again, or {_ADVICE}")


def _code_of(definition: type | types.FunctionType) -> types.CodeType | None:
    members: list[object] = (
        [definition] if isinstance(definition, types.FunctionType) else list(vars(definition).values())
    )
    unwrapped = (getattr(each, "__func__", each) for each in members)
    return next((each.__code__ for each in unwrapped if isinstance(each, types.FunctionType)), None)
