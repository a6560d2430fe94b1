"""How estimators become ONNX: by skl2onnx, with LightGBM's and XGBoost's own converters for their steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelyard.artifact.onnx.inputs import Input, as_types

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 15
ML_OPSET = 3
"""Versions that older runtimes of serving environments know, too."""


@dataclass(frozen=True, kw_only=True)
class Converted:
    """Be a model as ONNX."""

    proto: ModelProto
    output: str
    """The output that is the answer."""

    column: int | None = None
    """The one column of it; None for all."""


Convert = Callable[[object, tuple[Input, ...]], Converted]
"""Converts an estimator that takes these inputs. Raises what its library raises."""


def convert_estimator(estimator: object, inputs: tuple[Input, ...]) -> Converted:
    """Convert an estimator or pipeline of scikit-learn, with steps of LightGBM and XGBoost or without."""
    from skl2onnx import convert_sklearn
    from sklearn.base import is_classifier

    from modelyard.artifact.onnx.xgboost_estimators import without_names

    _register()
    estimator = without_names(estimator)
    proto = convert_sklearn(
        estimator,
        initial_types=as_types(inputs, library="skl2onnx.common.data_types"),
        options={id(estimator): {"zipmap": False}} if is_classifier(estimator) else None,
        target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
    )
    return Converted(proto=proto, output=proto.graph.output[0].name)


def picks_columns(estimator: object) -> bool:
    """Tell whether a step of an estimator picks columns by itself."""
    return any(type(step).__name__ == "ColumnTransformer" for step in steps_of(estimator))


def steps_of(estimator: object) -> Iterator[object]:
    """Give an estimator and the estimators in it."""
    yield estimator
    ask = getattr(estimator, "get_params", None)
    if callable(ask) and not isinstance(estimator, type):
        for each in ask(deep=True).values():
            if hasattr(each, "get_params") and not isinstance(each, type):
                yield each


def _register() -> None:
    """Tell skl2onnx of the converters of the libraries that are imported already: an estimator's own is."""
    import sys

    from modelyard.artifact.onnx import histogram_trees, votes

    histogram_trees.register()
    votes.register()
    if "lightgbm" in sys.modules:
        from modelyard.artifact.onnx import lightgbm_estimators

        lightgbm_estimators.register()
    if "xgboost" in sys.modules:
        from modelyard.artifact.onnx import xgboost_estimators

        xgboost_estimators.register()
