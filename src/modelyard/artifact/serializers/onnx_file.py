"""Models as ONNX: converted, compared with the original on the user's own sample, and only then written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.metadata import OTHER, MetadataItem
from modelyard.artifact.onnx.comparison import Difference, compare
from modelyard.artifact.onnx.conversion import Convert, Converted, convert_estimator, picks_columns
from modelyard.artifact.onnx.inputs import NUMBERS, Input, as_rows, inputs_of, read_types
from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.onnx import LOAD_BLOCK, Reading, reading
from modelyard.artifact.score_blocks.onnx import ONNX as FIRST_OUTPUT
from modelyard.artifact.serializers.facts import DIFFERENCE
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed, written_whole
from modelyard.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

Predict = Callable[[object, object], object]
"""Asks an estimator for its own answer to rows."""

_DIFFERENCE = "How far the ONNX model's answers are from the original's, on the sample it was converted with"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Be a model that was converted and has answered."""

    proto: ModelProto
    session: InferenceSession
    blocks: Blocks
    difference: Difference | None
    """None where there was no sample to compare with."""


def onnx_serializer(*, name: str, convert: Convert, predict: Predict, extra: str) -> Serializer:
    """Return a serializer that converts to ONNX.

    Args:
        name: Its name.
        convert: Converts an estimator that takes given inputs; raises what its library raises.
        predict: Asks the estimator for its own answer to rows.
        extra: The extra of modelyard that brings what the conversion needs.
    """

    def save(estimator: object, path: Path, given: Given) -> Written:
        with needed("onnx, onnxruntime, skl2onnx or onnxmltools", extra=extra):
            import onnx  # noqa: F401
            import onnxmltools  # noqa: F401
            import onnxruntime  # noqa: F401
            import skl2onnx  # noqa: F401
        made = _converted(estimator, given, convert=convert, predict=predict)
        with written_whole(path, estimator) as partial:
            partial.write_bytes(made.proto.SerializeToString())
        return _written(made)

    return Serializer(
        name=name, suffix=".onnx", save=save, load=load, load_block=LOAD_BLOCK.strip("\n"), library="onnxruntime"
    )


def load(path: Path) -> InferenceSession:
    """Return a session that runs the model."""
    with needed("onnxruntime", extra="onnx"):
        import onnxruntime
    return onnxruntime.InferenceSession(str(path), providers=onnxruntime.get_available_providers())


def _converted(estimator: object, given: Given, *, convert: Convert, predict: Predict) -> Conversion:
    if given.initial_types is None and given.sample is None:
        raise UsageError(
            "A conversion to ONNX has to know what the model takes: pass X_sample with some rows of its input, or "
            "initial_types such as [('input', FloatTensorType([None, 4]))]."
        )
    rows = as_rows(given.sample) if given.sample is not None else None
    rows = _imputed(rows, given.impute_values)
    reasons: list[str] = []
    for inputs in _candidates(estimator, rows, given):
        try:
            return _tried(convert(estimator, inputs), inputs, rows, given, ask=lambda: predict(estimator, rows))
        except ArtifactError as error:
            reasons.append(str(error))
        except Exception as error:  # whatever a converter, or the runtime with what it made, raises
            reasons.append(f"{type(error).__name__}: {str(error).strip()[:500]}")
    raise ArtifactError(
        f"The {type(estimator).__name__} is not converted to ONNX. {reasons[-1]} Leave as_onnx out, or pass the "
        "initial_types that it takes."
    )


def _candidates(estimator: object, rows: object, given: Given) -> list[tuple[Input, ...]]:
    if given.initial_types is not None:
        return [read_types(given.initial_types)]
    by_column = picks_columns(estimator)
    return [inputs_of(rows, by_column=by_column, numbers=numbers) for numbers in NUMBERS]


def _imputed(rows: object, values: dict[object, object] | None) -> object:
    if not values or rows is None:
        return rows
    import pandas as pd

    table = pd.DataFrame(rows)  # type: ignore[call-overload]
    unknown = [name for name in values if name not in table.columns]
    if unknown:
        raise UsageError(
            f"impute_values has {', '.join(map(repr, unknown))}, which is no column of X_sample; its columns are "
            f"{', '.join(map(repr, list(table.columns)[:20]))}."
        )
    return table.fillna(values)


def _tried(
    made: Converted, inputs: tuple[Input, ...], rows: object, given: Given, *, ask: Callable[[], object]
) -> Conversion:
    """Ask the converted model for its answer to the rows, as score.py will."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(made.proto.SerializeToString(), providers=["CPUExecutionProvider"])
    original = np.asarray(ask()) if rows is not None else None
    is_flat = original.ndim == 1 if original is not None else _has_rows_of_one(session, made.output)
    names = [*getattr(rows, "columns", ())] or ([each.name for each in inputs] if len(inputs) > 1 else [])
    blocks = reading(
        Reading(
            output=made.output,
            column=made.column,
            is_flat=is_flat,
            columns=[each if isinstance(each, int) else str(each) for each in names],
            impute_values=given.impute_values or {},  # type: ignore[arg-type]
        )
    )
    if original is None:
        return Conversion(proto=made.proto, session=session, blocks=blocks, difference=None)
    answer = score_py_answer(blocks, session, rows)
    return Conversion(proto=made.proto, session=session, blocks=blocks, difference=compare(original, answer))


def _has_rows_of_one(session: InferenceSession, output: str) -> bool:
    (shape,) = [each.shape for each in session.get_outputs() if each.name == output]
    return len(shape) == 2 and shape[1] == 1


def score_py_answer(blocks: Blocks, model: object, rows: object) -> object:
    """Return what predict() in a score.py with these blocks answers."""
    from modelyard.artifact import score_py

    module: dict[str, object] = {"__name__": "score", "__file__": "score.py"}
    exec(score_py.render_without_model(blocks), module)  # noqa: S102 # our own text: the very lines that will serve
    predict = module["predict"]
    assert callable(predict)
    answer: dict[str, object] = predict(rows, model)
    return answer["prediction"]


def _written(made: Conversion) -> Written:
    load_block = LOAD_BLOCK.strip("\n")
    if made.difference is None:
        remark = "The ONNX model was not compared with the original: pass X_sample to have its answers compared."
        return Written(load_block=load_block, blocks=made.blocks, remarks=(remark,))
    said = str(made.difference)
    return Written(
        load_block=load_block,
        blocks=made.blocks,
        remarks=(f"As ONNX the model answers a little otherwise: {said}.",) if made.difference.is_notable else (),
        facts=(MetadataItem(DIFFERENCE, said, _DIFFERENCE, OTHER),),
        predict=lambda rows: score_py_answer(made.blocks, made.session, rows),
    )


def _save_onnx(model: object, path: Path, _given: Given) -> Written:
    """Write a model that is ONNX already."""
    with needed("onnx", extra="onnx"):
        import onnx
    if not isinstance(model, onnx.ModelProto):
        raise ArtifactError(f"A {type(model).__name__} is no ONNX model (an onnx.ModelProto).")
    with written_whole(path, model) as partial:
        partial.write_bytes(model.SerializeToString())
    return Written(load_block=LOAD_BLOCK.strip("\n"), blocks=FIRST_OUTPUT)


def _convert_lightgbm(estimator: object, inputs: tuple[Input, ...]) -> Converted:
    from modelyard.artifact.onnx.lightgbm_estimators import convert

    return convert(estimator, inputs)


def _convert_xgboost(estimator: object, inputs: tuple[Input, ...]) -> Converted:
    from modelyard.artifact.onnx.xgboost_estimators import convert

    return convert(estimator, inputs)


def _predict(estimator: object, rows: object) -> object:
    return estimator.predict(rows)  # type: ignore[attr-defined]


def _predict_xgboost(estimator: object, rows: object) -> object:
    from modelyard.artifact.onnx.xgboost_estimators import predict

    return predict(estimator, rows)


ONNX = Serializer(
    name="onnx", suffix=".onnx", save=_save_onnx, load=load, load_block=LOAD_BLOCK.strip("\n"), library="onnxruntime"
)
SKLEARN_ONNX = onnx_serializer(name="sklearn_onnx", convert=convert_estimator, predict=_predict, extra="onnx")
LIGHTGBM_ONNX = onnx_serializer(name="lightgbm_onnx", convert=_convert_lightgbm, predict=_predict, extra="onnx")
XGBOOST_ONNX = onnx_serializer(name="xgboost_onnx", convert=_convert_xgboost, predict=_predict_xgboost, extra="onnx")
