"""Importing modelyard costs next to nothing: what is heavy is imported by the function that uses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Third-party packages that only some calls need, and our own parts that only the service needs.
HEAVY = {
    *("numpy", "pandas", "scipy", "sklearn", "joblib", "cloudpickle"),
    *("lightgbm", "xgboost", "onnx", "onnxruntime", "onnxmltools", "skl2onnx", "skops"),
    *("httpx", "cryptography", "rich", "yaml", "sqlalchemy", "alembic", "starlette", "uvicorn", "uvloop", "httptools"),
}
SERVICE = ("server", "gateway", "catalog", "deployments", "workrequests", "database", "objectstore")

SDK = [
    "import modelyard",
    "import modelyard.model",
    "from modelyard.model.generic_model import GenericModel",
    "from modelyard.model import *",
    "from modelyard.model.framework.sklearn_model import SklearnModel",
    "from modelyard.model.framework.lightgbm_model import LightGBMModel",
    "from modelyard.model.framework.xgboost_model import XGBoostModel",
    "from modelyard import GenericModel, ModelProperties, ModelVersionSet, SklearnModel, experiment",
]


def imported_by(statement: str) -> set[str]:
    probe = (
        f"import json, sys; known = set(sys.modules); {statement}; print(json.dumps(list(set(sys.modules) - known)))"
    )
    return set(json.loads(subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True).stdout))


@pytest.mark.parametrize("statement", SDK)
def test_importing_the_sdk_imports_nothing_heavy(statement: str) -> None:
    assert {name for name in imported_by(statement) if name.partition(".")[0] in HEAVY} == set()


@pytest.mark.parametrize("statement", [*SDK, "from modelyard.cli.commands import COMMANDS"])
def test_importing_the_sdk_or_the_commands_imports_nothing_of_the_service(statement: str) -> None:
    parts = tuple(f"modelyard.{part}" for part in SERVICE)
    assert {name for name in imported_by(statement) if name.startswith(parts)} == set()


def test_importing_the_commands_imports_nothing_heavy() -> None:
    loaded = imported_by("import modelyard.cli.main")
    assert {name for name in loaded if name.partition(".")[0] in HEAVY} == set()


def test_the_package_offers_its_public_names_alone() -> None:
    probe = "import json, modelyard; print(json.dumps([dir(modelyard), modelyard.__all__]))"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True).stdout
    offered, public = json.loads(found)
    assert offered == public == sorted(public)
