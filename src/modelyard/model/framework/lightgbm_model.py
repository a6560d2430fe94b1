"""LightGBM models: boosters, and estimators with scikit-learn's interface."""

from __future__ import annotations

from typing import ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import LightGBMModelSerializerType


class LightGBMModel(EstimatorModel):
    """Be a LightGBM Booster, or an LGBMClassifier, LGBMRegressor or LGBMRanker, on its way to an endpoint.

    The endpoint answers what the object's own ``predict`` does: a Booster's numbers, a classifier's labels.

    Args:
        estimator: The trained model.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``lightgbm`` unless told, LightGBM's own text, which holds trees and no code; or
            ``skops``, ``joblib``, ``cloudpickle``, ``lightgbm_onnx``, or a ``SERDE``.
        model_input_serializer: How data is sent: ``json``, or a ``SERDE``.
        as_onnx: Whether prepare() converts the estimator to ONNX without being told.

    Raises:
        TypeError: The estimator is none of LightGBM's. A pipeline that ends in one is for ``SklearnModel``.

    Example:
        >>> from lightgbm import LGBMClassifier
        >>> from sklearn.datasets import load_iris
        >>> data = load_iris(as_frame=True)
        >>> species = data.target_names[data.target]
        >>> model = LightGBMModel(LGBMClassifier(n_estimators=5, verbose=-1).fit(data.data, species))
        >>> model.prepare(X_sample=data.data).verify(data.data.head(2))
        {'prediction': ['setosa', 'setosa']}
    """

    model_save_serializer_type: ClassVar[type] = LightGBMModelSerializerType

    _template: ClassVar[str] = "lightgbm"
    _serializers: ClassVar[tuple[str, ...]] = ("lightgbm", "skops", "joblib", "cloudpickle", "lightgbm_onnx")
    _preferred: ClassVar[tuple[str, ...]] = ("lightgbm", "skops", "joblib", "cloudpickle")
    _onnx: ClassVar[str | None] = "lightgbm_onnx"

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_as(estimator, {Framework.LIGHT_GBM}, model=type(self).__name__, of="LightGBM model")
