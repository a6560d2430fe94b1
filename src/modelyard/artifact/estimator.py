"""What can be told of a trained model without its framework being imported again: name, version, parameters."""

from __future__ import annotations

import sys
from dataclasses import dataclass

_FRAMEWORKS = {
    "sklearn": "scikit-learn",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "torch": "pytorch",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "transformers": "transformers",
    "pyspark": "pyspark",
    "statsmodels": "statsmodels",
    "prophet": "prophet",
}


@dataclass(frozen=True)
class EstimatorFacts:
    """Be what taxonomy metadata says of an estimator; None stands for what is not known."""

    framework: str | None = None
    framework_version: str | None = None
    algorithm: str | None = None
    hyperparameters: dict[str, str] | None = None


def describe_estimator(estimator: object) -> EstimatorFacts:
    """Describe an estimator by its class and its own parameters."""
    if estimator is None:
        return EstimatorFacts()
    package = _package(estimator)
    return EstimatorFacts(
        framework=_FRAMEWORKS.get(package) if package else None,
        framework_version=getattr(sys.modules.get(package), "__version__", None) if package else None,
        algorithm=type(estimator).__name__,
        hyperparameters=_hyperparameters(estimator),
    )


def _package(estimator: object) -> str | None:
    """Return the framework's package: of the nearest class that is one of a framework's."""
    packages = (cls.__module__.partition(".")[0] for cls in type(estimator).__mro__)
    return next((package for package in packages if package in _FRAMEWORKS), None)


def _hyperparameters(estimator: object) -> dict[str, str] | None:
    ask = getattr(estimator, "get_params", None)
    if not callable(ask):
        return None
    try:
        parameters = ask()
    except (TypeError, AttributeError, ValueError):  # a class that only looks like an estimator
        return None
    return (
        {str(key): str(parameters[key]) for key in sorted(parameters, key=str)}
        if isinstance(parameters, dict)
        else None
    )
