"""Real data, and an environment in which the SDK finds the service that tests share."""

from __future__ import annotations

import os
import shutil
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


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A small Spark of this process."""
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("this machine has no Java, which Spark needs")
    building = sql.SparkSession.builder.master("local[1]").appName("tests")
    for key, value in (
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.sql.shuffle.partitions", "1"),
        ("spark.ui.enabled", "false"),
    ):
        building = building.config(key, value)
    session = building.getOrCreate()
    yield session
    session.stop()
