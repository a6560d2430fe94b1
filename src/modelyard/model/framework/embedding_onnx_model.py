"""ONNX models of texts' embeddings, which answer as OpenAI's embeddings API does."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.errors import FileAlreadyExists, UsageError
from modelyard.model.generic_model import GenericModel
from modelyard.model.metadata_names import Framework
from modelyard.model.notices import notice
from modelyard.model.options import PrepareOptions, call_with, takes

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.profile import Auth
    from modelyard.model.model_properties import ModelProperties

OPENAPI = "openapi.json"
_CONFIGURATION = "config.json"
_TOKENIZER = "tokenizer.json"
_TOKENIZER_FILES = (_TOKENIZER, "tokenizer_config.json", "special_tokens_map.json")


class EmbeddingONNXModel(GenericModel):
    """Be an ONNX model that makes vectors of texts, on its way to an endpoint.

    Requests are ``{"input": ["a text", …], "model": "a name"}``; the answer is an object of OpenAI's embeddings API:
    ``{"object": "list", "data": [{"object": "embedding", "embedding": […], "index": 0}], "model": …, "usage": …}``.
    The model's file, ``config.json`` and the tokenizer's files are put into ``artifact_dir`` by the user.

    Args:
        artifact_dir: The folder with the model's file.
        model_file_name: The model's file, relative to the folder; by default the one ``.onnx`` there is.
        config_json: A ``config.json`` that is elsewhere; it is copied.
        tokenizer_dir: A folder with the tokenizer's files that is elsewhere; they are copied.
        auth: Who talks to the service; by default what the environment and the home say.
        serialize: False: there is nothing to write, the model is a file already.
        properties: Defaults for the arguments of the methods.

    Raises:
        ValueError: The folder has no ``.onnx`` file, or several and none was named.

    Example:
        A model that was downloaded into a folder::

            model = EmbeddingONNXModel("all-MiniLM-L6-v2").prepare()
            model.verify({"input": ["What is an activation function?"]})["data"][0]["embedding"]
    """

    _template: ClassVar[str] = "generic"

    def __init__(
        self,
        artifact_dir: str | None = None,
        model_file_name: str | None = None,
        config_json: str | None = None,
        tokenizer_dir: str | None = None,
        auth: Auth | None = None,
        serialize: bool = False,
        properties: ModelProperties | dict[str, object] | None = None,
    ) -> None:
        if artifact_dir is None:
            raise UsageError("artifact_dir is missing: name the folder with the model's .onnx file.")
        if serialize:
            raise UsageError("serialize=True: an EmbeddingONNXModel is a file already, and nothing is to be written.")
        super().__init__(artifact_dir=artifact_dir, properties=properties, auth=auth, serialize=False)
        folder = self._folder()
        self.model_file_name = _model_file(folder, model_file_name)
        _copy(folder, config_json=config_json, tokenizer_dir=tokenizer_dir)
        self._tokenizer_folder = _tokenizer_folder(folder, self.model_file_name)

    def _describe(self, estimator: object) -> EstimatorFacts:  # noqa: ARG002 (there is none)
        import sys

        runtime = sys.modules.get("onnxruntime")
        return EstimatorFacts(Framework.EMBEDDING_ONNX, getattr(runtime, "__version__", None), "Embedding_ONNX")

    @takes(PrepareOptions)
    def prepare(self, options: PrepareOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Write what makes an artifact of the model's files: score.py, openapi.json, runtime.yaml and the rest.

        Args:
            as_onnx: It is ONNX already.

        The rest are those of :meth:`GenericModel.prepare`, which raises what it raises there.
        """
        folder = self._folder()
        contract = json.dumps(_openapi(), indent=2)
        there = folder / OPENAPI
        if there.exists() and there.read_text("utf-8") != contract and not options.force_overwrite:
            raise FileAlreadyExists(f"{there} is there already: pass force_overwrite=True to write over it.")
        with tempfile.TemporaryDirectory(prefix="modelyard-score-") as scratch:
            score = Path(scratch) / "score.py"
            score.write_text(self._score_py(), "utf-8")
            own = options.score_py_uri or str(score)
            call_with(super().prepare, replace(options, as_onnx=False, score_py_uri=own))
        there.write_text(contract, "utf-8")
        return self

    def _score_py(self) -> str:
        from modelyard.artifact import score_py
        from modelyard.artifact.score_blocks import embedding_onnx

        blocks = embedding_onnx.embedding(tokenizer_folder=self._tokenizer_folder)
        return score_py.render(
            blocks, model_file_name=self.model_file_name or "", load_block=embedding_onnx.LOAD_BLOCK.strip("\n")
        )


def _openapi() -> dict[str, object]:
    from modelyard.artifact.score_blocks import embedding_onnx

    return embedding_onnx.OPENAPI


def _model_file(folder: Path, given: str | None) -> str:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}: artifact_dir is the folder with the model's .onnx file.")
    if given is not None:
        if not (folder / given).is_file():
            raise UsageError(f"There is no file {given} in {folder}.")
        return given
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))
    if not found:
        raise UsageError(f"There is no .onnx file in {folder}: put the model there.")
    if len(found) > 1:
        raise UsageError(f"{folder} has several models: choose one of {', '.join(found)} with model_file_name.")
    return found[0]


def _copy(folder: Path, *, config_json: str | None, tokenizer_dir: str | None) -> None:
    sources = [Path(config_json).expanduser()] if config_json else []
    if tokenizer_dir:
        files = sorted(path for path in Path(tokenizer_dir).expanduser().glob("*") if path.is_file())
        sources += [path for path in files if path.suffix != ".onnx"]
    for source in sources:
        if not source.is_file():
            raise UsageError(f"There is no file {source}.")
        target = folder / (_CONFIGURATION if config_json and source == sources[0] else source.name)
        if not target.exists():
            shutil.copyfile(source, target)


def _tokenizer_folder(folder: Path, model_file: str) -> str:
    """Return where the tokenizer's files are, relative to the artifact; say what is missing."""
    if not (folder / _CONFIGURATION).is_file():
        notice(f"There is no {_CONFIGURATION} in {folder}: texts are as long as they are.")
    beside = Path(model_file).parent.as_posix()
    places = [place for place in (".", beside) if any((folder / place / name).is_file() for name in _TOKENIZER_FILES)]
    if not places:
        notice(
            f"There is no tokenizer in {folder} ({', '.join(_TOKENIZER_FILES)}): score.py will not load without one."
        )
        return "."
    missing = [name for name in _TOKENIZER_FILES[:2] if not (folder / places[0] / name).is_file()]
    if missing:
        notice(f"The tokenizer in {folder / places[0]} lacks {', '.join(missing)}.")
    return places[0]
