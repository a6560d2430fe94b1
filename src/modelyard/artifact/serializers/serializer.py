"""What a serializer is: how to save, how to load, and the lines of score.py that load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from modelyard.artifact.metadata import MetadataItem
from modelyard.artifact.score_blocks import Blocks


class Extent(Enum):
    """Be what a model takes up in its artifact."""

    FILE = "file"
    FOLDER = "folder"
    ARTIFACT = "artifact"
    """Files at the top of the artifact's folder, beside score.py."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """Be what a serializer may need beside the estimator."""

    sample: object = None
    """Some rows of input, as the user gave them."""

    initial_types: list[tuple[str, object]] | None = None
    """The names and ONNX types of the inputs."""

    impute_values: dict[object, object] | None = None
    """What stands for missing values, by column, before a conversion to ONNX."""

    options: Mapping[str, object] = field(default_factory=dict)
    """What only one framework's serializers understand."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """Be what is known of a model once it is written."""

    load_block: str
    """The end of score.py's load_model: lines that return the model of ``path``."""

    blocks: Blocks | None = None
    """The blocks of score.py where this format is predicted with otherwise than its framework's own objects are."""

    remarks: tuple[str, ...] = ()
    """What the user is told."""

    facts: tuple[MetadataItem, ...] = ()
    """Custom metadata."""

    modules: tuple[str, ...] = ()
    """The modules that loading imports for the model's classes and functions: the user's own have to go with it."""

    predict: Callable[[object], object] | None = None
    """What the model answers in this format, where that is not to the last digit what the estimator says."""


@dataclass(frozen=True)
class Serializer:
    """Be one way to write a model."""

    name: str
    suffix: str
    """The model file's suffix, with its dot; "" for folders."""

    save: Callable[[object, Path, Given], Written | None]
    """Write an estimator to a path that is not there yet (a folder where that is its extent).

    Raises ArtifactError for one that cannot be written this way, MissingDependency where a library is not there. What
    it returns is known of the model from then on; None stands for the load_block alone.
    """

    load_block: str = ""
    """The lines of score.py that return the model of ``path``, where they are the same for every model."""

    load: Callable[[Path], object] | None = None
    """Read an estimator back, in this process. Pickles run code of their author: load only what you trust."""

    extent: Extent = Extent.FILE
    library: str = ""
    """The distribution that the serving environment needs to load it, and may lack; "" for none beyond the framework.

    Where it is known to be missing, another of the model's serializers is used, and that is said.
    """

    runs_code: bool = False
    """Whether loading the file runs code that is in it, as pickles do."""

    def written(self, estimator: object, path: Path, given: Given | None = None) -> Written:
        """Write an estimator; return what is known of it."""
        return self.save(estimator, path, given or Given()) or Written(load_block=self.load_block)
