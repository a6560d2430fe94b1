"""score.py in this process: each artifact with its own helper modules, and nothing of it left behind in ``sys``."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType

from modelyard.artifact import layout
from modelyard.errors import ModelLoadError

_ONE_AT_A_TIME = threading.RLock()  # sys.path and sys.modules are the process's
_number = itertools.count(1)


class ScoreModule:
    """Be the score.py of one artifact, imported; two artifacts may have helper modules of one name.

    While code of the artifact runs, its folder is the first on ``sys.path`` and its own modules are those in
    ``sys.modules``; afterwards both are as they were. Such code runs one call at a time in a process.

    Args:
        folder: The artifact.

    Raises:
        ModelLoadError: score.py cannot be imported.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._own: dict[str, ModuleType] = {}
        self.module = self._imported()

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.module, name)
        is_function = isinstance(found, FunctionType) or (callable(found) and hasattr(found, "__wrapped__"))
        return self._within(found) if is_function else found

    def call(self, name: str) -> object:
        """Call a function of score.py without arguments.

        Raises:
            ModelLoadError: It raised; the message is what it said.
        """
        function = getattr(self.module, name, None)
        if not callable(function):
            raise ModelLoadError(f"{self._folder / layout.SCORE_PY} has no function {name}().")
        with self._active():
            try:
                return function()
            except Exception as error:
                raise ModelLoadError(f"{name}() in score.py: {type(error).__name__}: {error}") from error

    def _imported(self) -> ModuleType:
        file = self._folder / layout.SCORE_PY
        spec = importlib.util.spec_from_file_location(f"_modelyard_score_{next(_number)}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        with self._active():
            sys.modules[spec.name] = module  # dataclasses and pickles look their module up
            self._own[spec.name] = module
            try:
                spec.loader.exec_module(module)
            except Exception as error:
                raise ModelLoadError(f"{file}: {type(error).__name__}: {error}") from error
        return module

    def _within(self, function: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            with self._active():
                return function(*args, **kwargs)

        return call

    @contextmanager
    def _active(self) -> Iterator[None]:
        with _ONE_AT_A_TIME:
            path, hidden, writes = list(sys.path), self._hide(), sys.dont_write_bytecode
            before = frozenset(sys.modules)
            sys.path.insert(0, str(self._folder))
            sys.modules.update(self._own)
            sys.dont_write_bytecode = True  # an artifact stays as it is
            importlib.invalidate_caches()
            try:
                yield
            finally:
                sys.dont_write_bytecode = writes
                sys.path[:] = path
                came = {name: sys.modules[name] for name in list(sys.modules) if name not in before}
                self._own = {name: module for name, module in came.items() if self._is_own(name, module)}
                for name in self._own:
                    del sys.modules[name]
                sys.modules.update(hidden)

    def _hide(self) -> dict[str, ModuleType]:
        """Take modules of others out of the way that have names of the artifact's own."""
        names = {path.stem for path in self._folder.glob("*.py")} | {
            path.name for path in self._folder.iterdir() if path.is_dir()
        }
        hidden = {
            name: module
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in names and name not in self._own and not _is_builtin(module)
        }
        for name in hidden:
            del sys.modules[name]
        return hidden

    def _is_own(self, name: str, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        places = [file] if file else list(getattr(module, "__path__", []))
        return name in self._own or any(Path(place).resolve().is_relative_to(self._folder) for place in places)


def _is_builtin(module: ModuleType) -> bool:
    return getattr(module, "__file__", None) is None and not hasattr(module, "__path__")
