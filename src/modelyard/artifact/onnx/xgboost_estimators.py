"""XGBoost's models as ONNX."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from modelyard.artifact.onnx.conversion import OPSET, Converted, convert_estimator
from modelyard.artifact.onnx.inputs import Input, as_types
from modelyard.artifact.onnx.tree_steps import register_classifier, register_regressor
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import xgboost

_CLASSIFIER: dict[str, list[object]] = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
_NUMBERS = ("reg:", "count:", "rank:")
_PLAIN = {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}}
"""An objective whose answer is the sum of the trees and nothing else, as it is of those that rank."""


@functools.cache
def register() -> None:
    """Tell skl2onnx how XGBoost's estimators are converted."""
    import xgboost
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    for kind in (xgboost.XGBClassifier, xgboost.XGBRFClassifier):
        register_classifier(kind, convert_xgboost, options=_CLASSIFIER)
    for kind in (xgboost.XGBRegressor, xgboost.XGBRFRegressor):
        register_regressor(kind, convert_xgboost)


def without_names(estimator: object) -> object:
    """Return an estimator in which XGBoost's models know columns by their places: its converter knows no names."""
    if not any(_has_names(model) for model in _models_in(estimator, set())):
        return estimator
    nameless = copy.deepcopy(estimator)
    for model in _models_in(nameless, set()):
        if _has_names(model):
            model.get_booster().feature_names = None
    return nameless


def _models_in(value: object, seen: set[int]) -> Iterator[xgboost.XGBModel]:
    """Give XGBoost's models in an estimator: also those that others of scikit-learn's hold, fitted, in themselves."""
    import sys

    library = sys.modules.get("xgboost")
    if library is None or id(value) in seen:
        return
    seen.add(id(value))
    held: Iterable[object] = ()
    if isinstance(value, library.XGBModel):
        yield value
    elif isinstance(value, list | tuple):
        held = value
    elif isinstance(value, dict):
        held = value.values()
    elif type(value).__module__.startswith("sklearn.") and hasattr(value, "__dict__"):
        held = vars(value).values()
    for each in held:
        yield from _models_in(each, seen)


def _has_names(model: xgboost.XGBModel) -> bool:
    return model.__sklearn_is_fitted__() and model.get_booster().feature_names is not None


def convert(estimator: object, inputs: tuple[Input, ...]) -> Converted:
    """Convert a Booster, or an estimator."""
    import xgboost

    booster = estimator if isinstance(estimator, xgboost.Booster) else estimator.get_booster()  # type: ignore[attr-defined]
    if "c" in (booster.feature_types or ()):
        raise ArtifactError("XGBoost numbers the categories of pandas by itself, and ONNX cannot.")
    if isinstance(estimator, xgboost.Booster | xgboost.XGBRanker):
        return _convert_booster(booster, inputs)
    return convert_estimator(estimator, inputs)


def _convert_booster(booster: xgboost.Booster, inputs: tuple[Input, ...]) -> Converted:
    from onnxmltools import convert_xgboost

    objective = str(json.loads(booster.save_config())["learner"]["objective"]["name"])
    known = {"binary:logistic": 1, "multi:softprob": None, "multi:softmax": None}
    if objective not in known and not objective.startswith(_NUMBERS):
        raise ArtifactError(f"A Booster with the objective {objective} is not converted to ONNX.")
    proto = convert_xgboost(
        _nameless(booster, plain=objective.startswith("rank:")),
        initial_types=as_types(inputs, library="onnxmltools.convert.common.data_types"),
        target_opset=OPSET,
    )
    output = "probabilities" if objective in {"binary:logistic", "multi:softprob"} else proto.graph.output[0].name
    return Converted(proto=proto, output=output, column=known.get(objective))


def _nameless(booster: xgboost.Booster, *, plain: bool) -> xgboost.Booster:
    import xgboost

    model = json.loads(booster.save_raw("json"))
    model["learner"]["feature_names"] = []
    if plain:
        model["learner"]["objective"] = _PLAIN
    return xgboost.Booster(model_file=bytearray(json.dumps(model).encode()))


def predict(estimator: object, rows: object) -> object:
    """Return the model's own answer."""
    import numpy as np
    import xgboost

    if not isinstance(estimator, xgboost.Booster):
        return estimator.predict(rows)  # type: ignore[attr-defined]
    if hasattr(rows, "columns"):
        return estimator.predict(xgboost.DMatrix(rows, enable_categorical=True))
    return estimator.predict(xgboost.DMatrix(np.asarray(rows), feature_names=estimator.feature_names))
