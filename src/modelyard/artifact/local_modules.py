"""The user's own modules that a model's classes come from: files that no environment installs."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path


def copy_local_modules(names: Iterable[str], folder: Path) -> list[str]:
    """Copy the files of modules, as :func:`local_modules` finds them, to where they can be imported from a folder.

    Returns:
        Their paths relative to the folder.
    """
    files = local_modules(names)
    for place, file in files.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return list(files)


def local_modules(names: Iterable[str]) -> dict[str, Path]:
    """Return the files of modules, of their packages, and of what they import, that no environment installs.

    Args:
        names: Modules that are imported already.

    Returns:
        Files by the path, relative to a folder on ``sys.path``, that makes them importable there.
    """
    found: dict[str, Path] = {}
    waiting, seen, installed = list(names), set[str](), _installed()
    while waiting:
        name = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        file = _own_file(name, installed)
        if file is None:
            continue
        found[_place(name, file)] = file
        waiting.append(name.rpartition(".")[0])
        waiting.extend(_imported(file, package=name if _is_package(file) else name.rpartition(".")[0]))
    return dict(sorted(found.items()))


def _own_file(name: str, installed: list[Path]) -> Path | None:
    text = getattr(sys.modules[name], "__file__", None) if name in sys.modules else _found(name)
    if text is None or not text.endswith((".py", *EXTENSION_SUFFIXES)):
        return None
    file = Path(text).resolve()
    is_installed = any(file.is_relative_to(folder) for folder in installed)
    return None if is_installed or not file.is_file() else file


def _found(name: str) -> str | None:
    """Return the file of a module that is not imported yet, without importing it: functions may do so when called."""
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        path = getattr(sys.modules[parent], "__path__", None) if parent in sys.modules else _folders(parent)
        if path is None:
            return None
    spec = PathFinder.find_spec(name, path)
    return spec.origin if spec is not None else None


def _folders(package: str) -> list[str] | None:
    file = _found(package)
    return [str(Path(file).parent)] if file is not None and _is_package(Path(file)) else None


def _installed() -> list[Path]:
    """Return where the standard library and installed packages are."""
    paths = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return [Path(path).resolve() for path in paths]


def _is_package(file: Path) -> bool:
    return file.name.partition(".")[0] == "__init__"


def _place(name: str, file: Path) -> str:
    folder = Path(*name.split(".")) if _is_package(file) else Path(*name.split(".")[:-1])
    return (folder / file.name).as_posix()


def _imported(file: Path, *, package: str) -> list[str]:
    """Return the modules that a file imports, and what of them may be modules or not."""
    names = []
    for node in _nodes_of(file):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = _resolved("." * node.level + base, package)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _resolved(name: str, package: str) -> str:
    try:
        return importlib.util.resolve_name(name, package)
    except ImportError:  # it leads out of the package: whoever runs that line is told so
        return ""


def _nodes_of(file: Path) -> Iterable[ast.AST]:
    if file.suffix != ".py":
        return []
    try:
        return ast.walk(ast.parse(file.read_bytes()))
    except SyntaxError:  # of a file that nobody imports here
        return []
