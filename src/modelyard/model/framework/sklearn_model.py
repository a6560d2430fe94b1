"""scikit-learn models."""

from __future__ import annotations

from typing import ClassVar

from modelyard.artifact.estimator import EstimatorFacts, describe_estimator
from modelyard.artifact.serializers import Serializer
from modelyard.client.profile import Auth
from modelyard.model.generic_model import FrameworkSpecificModel
from modelyard.model.metadata_names import Framework
from modelyard.model.model_properties import ModelProperties
from modelyard.model.states import SklearnModelSerializerType


class SklearnModel(FrameworkSpecificModel):
    """Be a scikit-learn estimator or pipeline on its way to an endpoint.

    Args:
        estimator: The fitted estimator.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``joblib`` unless told, or ``cloudpickle``.
        model_input_serializer: How data is sent: ``json``.

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
    _default_serializer: ClassVar[str] = SklearnModelSerializerType.JOBLIB
    _serializers: ClassVar[tuple[str, ...]] = ("joblib", "cloudpickle")

    def __init__(
        self,
        estimator: object = None,
        artifact_dir: str | None = None,
        properties: ModelProperties | dict[str, object] | None = None,
        auth: Auth | None = None,
        model_save_serializer: str | Serializer | None = None,
        model_input_serializer: str | None = None,
    ) -> None:
        super().__init__(
            estimator=estimator,
            artifact_dir=artifact_dir,
            properties=properties,
            auth=auth,
            model_save_serializer=model_save_serializer,
            model_input_serializer=model_input_serializer,
        )

    def _describe(self, estimator: object) -> EstimatorFacts:
        facts = describe_estimator(estimator)
        if estimator is not None and facts.framework != Framework.SCIKIT_LEARN:
            raise TypeError(
                f"A {type(estimator).__module__}.{type(estimator).__qualname__} is no scikit-learn estimator: use "
                "GenericModel for it."
            )
        return facts
