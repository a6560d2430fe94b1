"""scikit-learn models."""

from __future__ import annotations

from typing import ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import SklearnModelSerializerType


class SklearnModel(EstimatorModel):
    """Be a scikit-learn estimator or pipeline on its way to an endpoint.

    Steps of other libraries, such as LightGBM's and XGBoost's estimators, may stand in a pipeline.

    Args:
        estimator: The fitted estimator.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``skops`` unless told, which runs no code when it is loaded; or ``joblib``,
            ``cloudpickle``, ``sklearn_onnx``, or a ``SERDE``. What skops cannot hold, or what serves in an environment
            without skops, is written with joblib or cloudpickle, and a warning says so.
        model_input_serializer: How data is sent: ``json``, or a ``SERDE``.
        as_onnx: Whether prepare() converts the estimator to ONNX without being told.

    Raises:
        TypeError: The estimator is none of scikit-learn's.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> data = load_iris(as_frame=True)
        >>> model = SklearnModel(LogisticRegression(max_iter=200).fit(data.data, data.target))
        >>> model.prepare(X_sample=data.data).verify(data.data.head(2))
        {'prediction': [0, 0]}
    """

    model_save_serializer_type: ClassVar[type] = SklearnModelSerializerType

    _template: ClassVar[str] = "scikit-learn"
    _serializers: ClassVar[tuple[str, ...]] = ("skops", "joblib", "cloudpickle", "sklearn_onnx")
    _preferred: ClassVar[tuple[str, ...]] = ("skops", "joblib", "cloudpickle")
    _onnx: ClassVar[str | None] = "sklearn_onnx"

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_as(estimator, {Framework.SCIKIT_LEARN}, model=type(self).__name__, of="scikit-learn estimator")
