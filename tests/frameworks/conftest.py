"""Real data, and an environment in which the SDK finds the service that tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _at_service(monkeypatch: pytest.MonkeyPatch, service: Any) -> Any:
    """An environment in which the SDK finds the service."""
    for name in os.environ:
        if name.startswith(("MODELYARD_", "OCI_")) or name.endswith("_OCID"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_HOME", str(service.home))


@pytest.fixture(scope="session")
def digits() -> Any:
    """Real data: 1797 pictures of digits, 8 by 8, from 0 to 1."""
    from sklearn.datasets import load_digits

    data = load_digits()
    data.data = (data.data / 16).astype(np.float32)
    data.images = data.data.reshape(-1, 8, 8)
    return data


@pytest.fixture(scope="session")
def flowers() -> Any:
    """Real data: 150 flowers as a table."""
    from sklearn.datasets import load_iris

    return load_iris(as_frame=True)


@pytest.fixture
def deploy() -> Iterator[Callable[[Any], Any]]:
    """Saves and deploys prepared models; removes their deployments afterwards."""
    deployed = []

    def make(model: Any) -> Any:
        model.save(reload=False)
        deployed.append(model)
        model.deploy(deployment_ocpus=1)
        return model

    yield make
    for model in deployed:
        if model.model_deployment is not None:
            model.delete_deployment()
