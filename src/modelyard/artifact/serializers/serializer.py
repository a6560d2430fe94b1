"""What a serializer is: how to save, how to load, and the lines of score.py that load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Serializer:
    """Be one way to write a model into a file."""

    name: str
    suffix: str
    """The model file's suffix, with its dot."""

    save: Callable[[object, Path], None]
    """Write an estimator; raise ArtifactError for one that cannot be written this way."""

    load: Callable[[Path], object]
    """Read an estimator back. Pickles run code of their author: load only what you trust."""

    load_block: str
    """The body of score.py's load: Python lines that return the model of ``path``."""
