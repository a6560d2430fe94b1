"""LightGBM's models as ONNX."""

from __future__ import annotations

import functools

from modelyard.artifact.onnx.conversion import OPSET, Converted, convert_estimator
from modelyard.artifact.onnx.inputs import Input, as_types
from modelyard.artifact.onnx.tree_steps import register_classifier, register_regressor
from modelyard.errors import ArtifactError

_CLASSIFIER: dict[str, list[object]] = {
    "nocl": [True, False],
    "zipmap": [True, False, "columns"],
    "raw_scores": [True, False],
}


@functools.cache
def register() -> None:
    """Tell skl2onnx how LightGBM's estimators are converted."""
    import lightgbm
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

    register_classifier(lightgbm.LGBMClassifier, convert_lightgbm, options=_CLASSIFIER)
    for kind in (lightgbm.LGBMRegressor, lightgbm.LGBMRanker):
        register_regressor(kind, convert_lightgbm, options={"split": None})


def convert(estimator: object, inputs: tuple[Input, ...]) -> Converted:
    """Convert a Booster, or an estimator."""
    import lightgbm

    booster = estimator if isinstance(estimator, lightgbm.Booster) else estimator.booster_  # type: ignore[attr-defined]
    if any(booster.pandas_categorical or ()):
        raise ArtifactError("LightGBM numbers the categories of pandas by itself, and ONNX cannot.")
    if not isinstance(estimator, lightgbm.Booster):
        return convert_estimator(estimator, inputs)
    from onnxmltools import convert_lightgbm

    proto = convert_lightgbm(
        estimator,
        initial_types=as_types(inputs, library="onnxmltools.convert.common.data_types"),
        target_opset=OPSET,
        zipmap=False,
    )
    outputs = [each.name for each in proto.graph.output]
    if len(outputs) == 1:
        return Converted(proto=proto, output=outputs[0])
    # A Booster answers probabilities; of two classes that of the second.
    for each in proto.graph.output:  # the converter says "one row" of the labels
        each.type.tensor_type.ClearField("shape")
    many = estimator.num_model_per_iteration() > 1
    return Converted(proto=proto, output="probabilities", column=None if many else 1)
