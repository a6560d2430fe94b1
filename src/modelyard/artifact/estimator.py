"""What can be told of a trained model without its framework being imported again: name, version, parameters."""

from __future__ import annotations

import json
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
    parameters = _asked(estimator) or _of_booster(estimator) or _of_network(estimator)
    if not isinstance(parameters, dict):
        return None
    return {str(key): str(parameters[key]) for key in sorted(parameters, key=str)}


def _asked(estimator: object) -> object:
    ask = getattr(estimator, "get_params", None)
    if not callable(ask):
        return None
    try:
        return ask()
    except (TypeError, AttributeError, ValueError):  # a class that only looks like an estimator
        return None


def _of_booster(estimator: object) -> object:
    """Return what a Booster was trained with: LightGBM's remember it, XGBoost's have it in their configuration."""
    if _package(estimator) == "lightgbm":
        return getattr(estimator, "params", None)
    configuration = getattr(estimator, "save_config", None)
    if _package(estimator) != "xgboost" or not callable(configuration):
        return None
    learner = json.loads(configuration())["learner"]
    trees = learner.get("gradient_booster", {}).get("tree_train_param", {})
    return {"objective": learner["objective"]["name"], **trees}


def _of_network(estimator: object) -> object:
    package = _package(estimator)
    if package not in {"torch", "keras", "tensorflow", "transformers"}:
        return None
    from modelyard.artifact.networks import parameters_of_network

    return parameters_of_network(estimator, package)
