"""Pipelines of transformers as it writes them itself: configuration, tokenizer, and weights as safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol, cast

from modelyard.artifact.serializers.serializer import Extent, Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed
from modelyard.errors import ArtifactError

EXTRA = "huggingface"
_PICKLES = (".bin", ".pt", ".pkl", ".pickle")


class _Pipeline(Protocol):
    task: str

    def save_pretrained(self, save_directory: str) -> None: ...


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write a pipeline's model and what goes with it into a folder."""
    with needed("transformers", extra=EXTRA):
        from transformers import Pipeline
    if not isinstance(estimator, Pipeline):
        raise ArtifactError(
            f"A {type(estimator).__name__} is no pipeline: make one of the model and its tokenizer, with "
            "transformers.pipeline(task, model=…, tokenizer=…)."
        )
    pipeline = cast("_Pipeline", estimator)
    path.mkdir()
    pipeline.save_pretrained(str(path))
    unsafe = [file.name for file in path.rglob("*") if file.suffix in _PICKLES]
    if unsafe:
        raise ArtifactError(f"transformers wrote {', '.join(unsafe)}, which loads by running code; nothing was kept.")
    return Written(load_block=_LOAD.format(task=json.dumps(pipeline.task)))


def load(path: Path, task: str) -> object:
    """Read a pipeline of a task."""
    with needed("transformers", extra=EXTRA):
        from transformers import pipeline
    return pipeline(task, model=str(path))


_LOAD = """
from transformers import pipeline

return pipeline({task}, model=path)
"""

HUGGINGFACE = Serializer(name="huggingface", suffix="", save=save, extent=Extent.FOLDER)
