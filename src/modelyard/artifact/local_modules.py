"""The user's own modules that a model's classes come from: files that no environment installs."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def local_modules(names: Iterable[str]) -> dict[str, Path]:
    """Return the files of modules, of their packages, and of what they import, that no environment installs.

    Args:
        names: Modules that are imported already.

    Returns:
        Files by the path, relative to a folder on ``sys.path``, that makes them importable there.
    """
    found: dict[str, Path] = {}
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _own_file(sys.modules.get(name))
        if file is None:
            continue
        found[_place(name, file)] = file
        waiting.append(name.rpartition(".")[0])
        waiting.extend(_imported(file, package=name if file.name == "__init__.py" else name.rpartition(".")[0]))
    return dict(sorted(found.items()))


def _own_file(module: ModuleType | None) -> Path | None:
    text = getattr(module, "__file__", None)
    if text is None or not text.endswith(".py"):
        return None
    file = Path(text).resolve()
    return None if any(file.is_relative_to(folder) for folder in _installed()) else file


def _installed() -> list[Path]:
    """Return where the standard library and installed packages are."""
    paths = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return [Path(path).resolve() for path in paths]


def _place(name: str, file: Path) -> str:
    path = name.replace(".", "/")
    return f"{path}/__init__.py" if file.name == "__init__.py" else f"{path}.py"


def _imported(file: Path, *, package: str) -> list[str]:
    """Return the modules that a file imports, as far as they are imported in this process."""
    names = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [name for name in names if name in sys.modules]
