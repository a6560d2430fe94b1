"""The classes that a model is built from and that no environment installs: their source goes beside the model."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from modelyard.artifact.local_modules import copy_local_modules
from modelyard.artifact.metadata import OTHER, MetadataItem
from modelyard.artifact.notebook_classes import NOTEBOOK, NotebookModule
from modelyard.artifact.serializers.facts import CLASS_FILES

NOTEBOOK_MODULE = "model_classes"
"""The module that the classes of a notebook or script get."""

_LONGEST = 255  # of a value of custom metadata


class OwnClasses:
    """Name classes and functions as the serving environment imports them, and write the files that it lacks."""

    def __init__(self) -> None:
        self._modules: dict[str, None] = {}
        self._notebook = NotebookModule(vars(sys.modules[NOTEBOOK]))

    def name(self, value: object) -> str:
        """Return the name ``module:Qualified.Name`` of a class or function in the serving environment.

        Raises:
            ArtifactError: It is a notebook's or script's, and its source is not to be had.
        """
        named = cast("type", value)
        if named.__module__ == NOTEBOOK:
            self._notebook.add(cast("type | types.FunctionType", value))
            return f"{NOTEBOOK_MODULE}:{named.__qualname__}"
        self._modules[named.__module__] = None
        return f"{named.__module__}:{named.__qualname__}"

    def write(self, folder: Path) -> list[str]:
        """Write the files into a folder that will be on ``sys.path``; return their names."""
        files = copy_local_modules([*self._modules, *self._notebook.modules], folder)
        if not self._notebook.text:
            return files
        (folder / f"{NOTEBOOK_MODULE}.py").write_text(self._notebook.text, "utf-8")
        return [*files, f"{NOTEBOOK_MODULE}.py"]


def said_of(files: Sequence[str]) -> tuple[MetadataItem, ...]:
    """Return what custom metadata says of the files."""
    text = ", ".join(files)
    if len(text) > _LONGEST:
        text = f"{len(files)} files"
    return (MetadataItem(CLASS_FILES, text, "The files of the model's own classes", OTHER),) if files else ()
