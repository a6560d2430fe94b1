"""XGBoost models: boosters, and estimators with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import XgboostModelSerializerType


class XGBoostModel(EstimatorModel):
    """Be an XGBoost Booster, or an XGBClassifier, XGBRegressor or XGBRanker, on its way to an endpoint.

    The endpoint answers what the object's own ``predict`` does: a Booster's numbers, a classifier's labels.

    Args:
        estimator: The trained model.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``xgboost`` unless told, XGBoost's own JSON, which holds trees and no code; or
            ``xgboost_ubj``, ``xgboost_txt``, ``skops``, ``joblib``, ``cloudpickle``, ``xgboost_onnx``, or a ``SERDE``.
        model_input_serializer: How data is sent: ``json``, or a ``SERDE``.
        as_onnx: Whether prepare() converts the estimator to ONNX without being told.

    Raises:
        TypeError: The estimator is none of XGBoost's. A pipeline that ends in one is for ``SklearnModel``.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from xgboost import XGBClassifier
        >>> data = load_iris(as_frame=True)
        >>> model = XGBoostModel(XGBClassifier(n_estimators=5).fit(data.data, data.target))
        >>> model.prepare(X_sample=data.data).verify(data.data.head(2))
        {'prediction': [0, 0]}
    """

    model_save_serializer_type: ClassVar[type] = XgboostModelSerializerType

    _template: ClassVar[str] = "xgboost"
    _serializers: ClassVar[tuple[str, ...]] = (
        *("xgboost", "xgboost_ubj", "xgboost_txt"),
        *("skops", "joblib", "cloudpickle", "xgboost_onnx"),
    )
    _preferred: ClassVar[tuple[str, ...]] = ("xgboost", "skops", "joblib", "cloudpickle")
    _onnx: ClassVar[str | None] = "xgboost_onnx"

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_as(estimator, {Framework.XGBOOST}, model=type(self).__name__, of="XGBoost model")

    def _template_for(self, estimator: object) -> str:
        # Its estimators take tables, and its boosters matrices of their own.
        return "xgboost-estimator" if hasattr(estimator, "get_booster") else self._template

    def _own_predict(self) -> Callable[[object], object] | None:
        if self.estimator is None:
            return None
        from modelyard.artifact.onnx.xgboost_estimators import predict

        return lambda rows: predict(self.estimator, rows)
