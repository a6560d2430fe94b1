"""Networks as ONNX: by their own frameworks' exporters, compared with the original on the sample, and then written."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from modelyard.artifact.metadata import OTHER, MetadataItem
from modelyard.artifact.onnx.comparison import Difference, compare
from modelyard.artifact.score_blocks.neural_onnx import NEURAL_ONNX
from modelyard.artifact.score_blocks.onnx import LOAD_BLOCK
from modelyard.artifact.serializers.facts import DIFFERENCE
from modelyard.artifact.serializers.onnx_file import load, score_py_answer
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed, written_whole
from modelyard.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    import keras
    import torch

_SAID = "How far the ONNX model's answers are from the original's, on the sample it was converted with"


def save_torch(estimator: object, path: Path, given: Given) -> Written:
    """Export a PyTorch model; any number of rows may be asked for."""
    with needed("torch, onnx, onnxscript or onnxruntime", extra="pytorch"):
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
        import torch

        from modelyard.artifact.torch_answers import answer_of
    if not isinstance(estimator, torch.nn.Module):
        raise ArtifactError(f"A {type(estimator).__name__} is no torch.nn.Module.")
    given_args = given.options.get("onnx_args")
    example = given_args if given_args is not None else given.sample
    if example is None:
        raise UsageError("A conversion to ONNX calls the model once: pass X_sample, or onnx_args, with what it takes.")
    with written_whole(path, estimator) as partial:
        with _explained(estimator):
            _export_torch(estimator, example, partial)
        return _compared(partial, example, ask=lambda: answer_of(estimator, example))


def _export_torch(model: torch.nn.Module, example: object, path: Path) -> None:
    import torch

    from modelyard.artifact.score_blocks.torch_calls import as_tensors

    inputs = as_tensors(example, model)
    named = inputs if isinstance(inputs, dict) else None
    args = () if named is not None else inputs if isinstance(inputs, tuple) else (inputs,)
    shapes = {key: _any_rows(each) for key, each in named.items()} if named else tuple(_any_rows(each) for each in args)
    was_training = model.training
    try:
        program = torch.onnx.export(
            model.eval(), args, kwargs=named, dynamo=True, dynamic_shapes=shapes, verbose=False, **_names(args, named)
        )
        program.save(str(path))
    finally:
        model.train(was_training)


def _names(args: tuple[object, ...], named: dict[str, object] | None) -> dict[str, list[str]]:
    if named is not None:
        return {}
    names = ["input"] if len(args) == 1 else [f"input_{place}" for place in range(len(args))]
    return {"input_names": names}


def _any_rows(value: object) -> dict[int, object] | None:
    import torch

    if not isinstance(value, torch.Tensor) or value.ndim == 0:
        return None
    return {0: torch.export.Dim.DYNAMIC}


def save_keras(estimator: object, path: Path, given: Given) -> Written:
    """Export a Keras model; any number of rows may be asked for."""
    with needed("keras, tf2onnx, onnx or onnxruntime", extra="tensorflow"):
        import keras
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401

        from modelyard.artifact.score_blocks import keras_calls
    if not isinstance(estimator, keras.Model):
        raise ArtifactError(f"A {type(estimator).__name__} is no keras.Model.")
    with written_whole(path, estimator) as partial:
        with _explained(estimator):
            cast("keras.Model", estimator).export(str(partial), format="onnx", verbose=False)
        return _compared(partial, given.sample, ask=lambda: keras_calls.call(estimator, given.sample))


@contextmanager
def _explained(estimator: object) -> Iterator[None]:
    """Translate what an exporter raises, whatever that is; its own warnings are not the user's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise ArtifactError(
            f"The {type(estimator).__name__} is not converted to ONNX ({type(error).__name__}: {first}): leave as_onnx "
            "out, or change the part of the model that is named."
        ) from error


def _compared(path: Path, sample: object, *, ask: Callable[[], object]) -> Written:
    load_block = LOAD_BLOCK.strip("\n")
    if sample is None:
        remark = "The ONNX model was not compared with the original: pass X_sample to have its answers compared."
        return Written(load_block=load_block, blocks=NEURAL_ONNX, remarks=(remark,))
    session = load(path)
    difference = _difference(ask(), score_py_answer(NEURAL_ONNX, session, sample))
    said = str(difference)
    return Written(
        load_block=load_block,
        blocks=NEURAL_ONNX,
        remarks=(f"As ONNX the model answers a little otherwise: {said}.",) if difference.is_notable else (),
        facts=(MetadataItem(DIFFERENCE, said, _SAID, OTHER),),
        predict=lambda rows: score_py_answer(NEURAL_ONNX, session, rows),
    )


def _difference(original: object, answer: object) -> Difference:
    """Return the largest difference of a model's answers, of which it may have several."""
    if isinstance(original, dict):
        original = list(original.values())
    if isinstance(original, list | tuple):
        several = cast("list[object]", answer) if len(original) > 1 else [answer]
        found = [_difference(one, other) for one, other in zip(original, several, strict=True)]
        return max(found, key=lambda each: each.share)
    return compare(original, answer)


TORCH_ONNX = Serializer(
    name="torch_onnx",
    suffix=".onnx",
    save=save_torch,
    load=load,
    load_block=LOAD_BLOCK.strip("\n"),
    library="onnxruntime",
)
KERAS_ONNX = Serializer(
    name="tf_onnx", suffix=".onnx", save=save_keras, load=load, load_block=LOAD_BLOCK.strip("\n"), library="onnxruntime"
)
