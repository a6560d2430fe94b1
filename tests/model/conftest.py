"""Trained models, and an environment in which the SDK finds the service that tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from modelyard.model.framework.sklearn_model import SklearnModel


@pytest.fixture(scope="session")
def iris() -> Any:
    """Real data: 150 flowers."""
    return load_iris(as_frame=True)


@pytest.fixture(scope="session")
def classifier(iris: Any) -> LogisticRegression:
    """A model trained on it."""
    return LogisticRegression(max_iter=300).fit(iris.data, iris.target)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without a service, in which none may be started."""
    _clean(monkeypatch)
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "no-home"))
    monkeypatch.setenv("MODELYARD_AUTOSTART", "0")
    return tmp_path / "no-home"


@pytest.fixture
def at_service(monkeypatch: pytest.MonkeyPatch, service: Any) -> Any:
    """An environment in which the SDK finds the service."""
    _clean(monkeypatch)
    monkeypatch.setenv("MODELYARD_HOME", str(service.home))
    return service


def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("MODELYARD_", "OCI_")) or name.endswith("_OCID"):
            monkeypatch.delenv(name)


@pytest.fixture
def make_model(classifier: LogisticRegression, tmp_path: Path) -> Callable[..., SklearnModel]:
    """Makes models with an artifact folder of their own."""

    def make(name: str = "artifact", estimator: Any = classifier, **options: Any) -> SklearnModel:
        return SklearnModel(estimator, artifact_dir=str(tmp_path / name), **options)

    return make


ECHO = """
class Echo:
    def predict(self, data):
        import numpy as np
        import pandas as pd

        if isinstance(data, pd.DataFrame):
            return [data.to_dict("split"), {str(name): str(dtype) for name, dtype in data.dtypes.items()}]
        if isinstance(data, np.ndarray):
            return [data.tolist(), str(data.dtype)]
        return [repr(data)]
"""


@pytest.fixture
def echo() -> Any:
    """A model that tells what it was given, written in a notebook: what is defined there travels with the model."""
    notebook: dict[str, Any] = {"__name__": "__main__"}
    exec(ECHO, notebook)
    return notebook["Echo"]()
