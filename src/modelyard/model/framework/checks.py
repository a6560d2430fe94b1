"""Whether an estimator is what a class of models is for."""

from __future__ import annotations

from collections.abc import Collection

from modelyard.artifact.estimator import EstimatorFacts, describe_estimator


def describe_as(estimator: object, frameworks: Collection[str], *, model: str, of: str) -> EstimatorFacts:
    """Describe an estimator of one of these frameworks; None is one that is still to be loaded.

    Args:
        estimator: The estimator.
        frameworks: Words of :class:`~modelyard.model.model_metadata.Framework`.
        model: The class that it was given to.
        of: What that class takes, in words.

    Raises:
        TypeError: It is something else.
    """
    facts = describe_estimator(estimator)
    if isinstance(estimator, type):
        name = estimator.__qualname__
        raise TypeError(f"{name} is a class, and no {of}: pass one that was made of it and is trained.")
    if estimator is not None and facts.framework not in frameworks:
        kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
        raise TypeError(f"A {kind} is no {of}, which is what {model} is for: use {_better_for(facts)} for it.")
    return facts


_CLASSES = {
    "scikit-learn": "SklearnModel",
    "lightgbm": "LightGBMModel",
    "xgboost": "XGBoostModel",
    "pytorch": "PyTorchModel",
    "tensorflow": "TensorFlowModel",
    "keras": "TensorFlowModel",
    "transformers": "HuggingFacePipelineModel",
    "pyspark": "SparkPipelineModel",
}


def _better_for(facts: EstimatorFacts) -> str:
    return _CLASSES.get(facts.framework or "", "GenericModel")
