"""A model's own classes travel with it: the files they come from, or their text out of a notebook."""

from __future__ import annotations

import importlib
import linecache
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.artifact.local_modules import local_modules
from modelyard.artifact.notebook_classes import NotebookModule
from modelyard.artifact.serializers.own_classes import OwnClasses
from modelyard.errors import ArtifactError

FILES = {
    "own_nets/__init__.py": "",
    "own_nets/tall.py": "import json\nimport numpy\nfrom .parts import layers\nfrom own_constants import SIZE\n\n\n"
    "class Tall:\n    size = SIZE + layers.ONE\n",
    "own_nets/parts/__init__.py": "from . import layers\n",
    "own_nets/parts/layers.py": "ONE = 1\n",
    "own_nets/unused.py": "raise SystemExit\n",
    "own_constants.py": "SIZE = 2\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a user's own modules."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith(("own_nets", "own_constants"))]:
        del sys.modules[name]


def test_files_that_are_imported_and_not_installed_are_found(project: Path) -> None:
    importlib.import_module("own_nets.tall")
    found = local_modules(["own_nets.tall", "json", "numpy", "builtins"])
    assert list(found) == sorted(set(FILES) - {"own_nets/unused.py"})


def test_what_functions_import_when_they_are_called_is_found_without_being_imported(project: Path) -> None:
    (project / "own_late.py").write_text("def late():\n    import own_nets.parts.layers, own_broken, not_there\n")
    (project / "own_broken.py").write_text("from . import nothing\nfrom ...too import far\nraise SystemExit\n")
    (project / "own_nets" / "parts" / "old.py").write_text("print 'of another Python'\n")
    (project / "own_nets" / "parts" / "__init__.py").write_text("def late():\n    from . import old\n")
    importlib.import_module("own_late")
    assert list(local_modules(["own_late", "not_there", "own_nets.nowhere.at_all"])) == [
        *("own_broken.py", "own_late.py", "own_nets/__init__.py"),
        *("own_nets/parts/__init__.py", "own_nets/parts/layers.py", "own_nets/parts/old.py"),
    ]
    assert "own_broken" not in sys.modules
    del sys.modules["own_late"]


def test_a_class_is_imported_from_what_was_written(project: Path, tmp_path: Path) -> None:
    classes = OwnClasses()
    assert classes.name(importlib.import_module("own_nets.tall").Tall) == "own_nets.tall:Tall"
    assert classes.name(dict) == "builtins:dict"
    folder = tmp_path / "artifact"
    folder.mkdir()
    assert "own_nets/tall.py" in classes.write(folder)
    program = "from own_nets.tall import Tall; print(Tall.size)"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


CELL = """
import collections.abc as abc
from math import sqrt

SIZES = (1, 2)
TABLE = object()
x = object()


def double(y):
    return y * 2


@staticmethod
def unused():
    pass


class First(abc.Sized):
    factor = SIZES[1]

    def __len__(self):
        return int(sqrt(16))


class Second(First):
    def of(self, x):
        return [double(x) * self.factor for x in x]


class Bound:
    def of(self):
        return TABLE


again = double


class Aliased:
    def of(self):
        return again(2)
"""


@pytest.fixture
def cells() -> Iterator[dict[str, Any]]:
    """The variables of a notebook."""
    linecache.cache["<cell>"] = (len(CELL), None, CELL.splitlines(keepends=True), "<cell>")
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(CELL, "<cell>", "exec"), variables)
    yield variables
    del linecache.cache["<cell>"]


def _made(module: NotebookModule) -> dict[str, Any]:
    made: dict[str, Any] = {"__name__": "made"}
    exec(module.text, made)
    return made


def test_a_notebooks_class_comes_with_what_it_uses_and_nothing_else(cells: dict[str, Any]) -> None:
    module = NotebookModule(cells)
    module.add(cells["Second"])
    second = _made(module)["Second"]()
    assert (second.of([1, 2]), len(second)) == ([4, 8], 4)
    assert "TABLE" not in module.text
    assert "x = " not in module.text
    assert set(module.modules) == {"collections.abc", "math"}


def test_another_name_for_a_function_is_kept(cells: dict[str, Any]) -> None:
    module = NotebookModule(cells)
    module.add(cells["Aliased"])
    assert _made(module)["Aliased"]().of() == 4


def test_a_class_that_uses_data_of_the_notebook_is_refused(cells: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match="Bound uses the variable TABLE, which is data"):
        NotebookModule(cells).add(cells["Bound"])


def test_a_class_whose_text_is_lost_or_has_changed_is_refused(cells: dict[str, Any]) -> None:
    text = CELL.replace("class First", "class Other")
    linecache.cache["<cell>"] = (len(text), None, text.splitlines(keepends=True), "<cell>")
    with pytest.raises(ArtifactError, match="has changed"):
        NotebookModule(cells).add(cells["First"])
    linecache.cache["<cell>"] = (0, None, [], "<cell>")
    with pytest.raises(ArtifactError, match="not to be had"):
        NotebookModule(cells).add(cells["First"])
