"""The user's own modules go with the model, whatever it is written with: it serves where they are not installed."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from modelyard.errors import ArtifactError, FileAlreadyExists
from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel

PROJECT = {
    "own_models.py": """
from sklearn.linear_model import LogisticRegression

import own_parts.scale


class Stubborn(LogisticRegression):
    def predict(self, features):
        from own_parts import late

        return late.times(super().predict(features), own_parts.scale.TEN)


def whole(features):
    return features.round()
""",
    "own_parts/__init__.py": "",
    "own_parts/scale.py": "TEN = 10\n",
    "own_parts/late.py": "from . import latest\n\n\ndef times(a, b):\n    return latest.same(a * b)\n",
    "own_parts/latest.py": "def same(a):\n    return a\n",
    "own_parts/unused.py": "raise SystemExit\n",
    "score.py": "class Scorer:\n    def predict(self, data):\n        return data\n",
}
MODULES = sorted(set(PROJECT) - {"own_parts/unused.py", "score.py"})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The user's module, in a folder that nobody else looks into."""
    for name, text in PROJECT.items():
        (tmp_path / "training" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "training" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "training"))
    yield importlib.import_module("own_models")
    for name in [name for name in sys.modules if name.startswith(("own_models", "own_parts")) or name == "score"]:
        del sys.modules[name]


@pytest.fixture
def stubborn(project: ModuleType, flowers: Any) -> Any:
    """A pipeline with a function and a class of that module."""
    return make_pipeline(FunctionTransformer(project.whole), project.Stubborn()).fit(flowers.features, flowers.target)


def modules_in(folder: Path) -> list[str]:
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")]
    return sorted(name for name in found if name.startswith("own_"))


@pytest.mark.parametrize("serializer", ["skops", "joblib", "cloudpickle", "pickle"])
def test_a_model_answers_where_its_modules_are_not_installed(
    serializer: str, stubborn: Any, flowers: Any, tmp_path: Path, ask: Any
) -> None:
    kind = GenericModel if serializer == "pickle" else SklearnModel
    model = kind(stubborn, artifact_dir=str(tmp_path / "a"), model_save_serializer=serializer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.prepare()
    assert modules_in(tmp_path / "a") == MODULES
    assert model.metadata_custom["ModelClassFiles"].value == ", ".join(MODULES)
    answer = ask({"a": (tmp_path / "a", flowers.features)})["a"]
    assert answer == stubborn.predict(flowers.features).tolist()
    assert set(answer) == {0, 10, 20}


def test_its_endpoint_answers_as_it_does(stubborn: Any, flowers: Any, tmp_path: Path, at_service: Any) -> None:
    model = SklearnModel(stubborn, artifact_dir=str(tmp_path / "a")).prepare(X_sample=flowers.features)
    model.save()
    model.deploy(deployment_ocpus=1)
    try:
        assert model.predict(flowers.features)["prediction"] == stubborn.predict(flowers.features).tolist()
    finally:
        model.delete(delete_associated_model_deployment=True)


def test_a_model_that_is_written_alone_has_them_too(stubborn: Any, tmp_path: Path) -> None:
    SklearnModel(stubborn, artifact_dir=str(tmp_path / "a")).serialize_model()
    assert modules_in(tmp_path / "a") == MODULES


def test_a_function_is_a_model_whose_module_goes_with_it(project: ModuleType, tmp_path: Path) -> None:
    GenericModel(project.whole, artifact_dir=str(tmp_path / "a")).prepare()
    assert modules_in(tmp_path / "a") == MODULES


def test_a_subclass_of_another_frameworks_estimator_has_its_module(
    project: ModuleType, flowers: Any, tmp_path: Path
) -> None:
    own = type("Own", (lightgbm.LGBMClassifier,), {"__module__": "own_models"})
    project.Own = own  # type: ignore[attr-defined]
    fitted = own(n_estimators=2, verbose=-1).fit(flowers.features, flowers.target)
    with pytest.warns(UserWarning, match="own format holds its"):
        LightGBMModel(fitted, artifact_dir=str(tmp_path / "a")).prepare()
    assert modules_in(tmp_path / "a") == MODULES


def test_modules_that_are_there_as_they_are_stay(stubborn: Any, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "own_models.py").write_text(PROJECT["own_models.py"])
    SklearnModel(stubborn, artifact_dir=str(tmp_path / "a")).prepare()
    assert modules_in(tmp_path / "a") == MODULES


def test_a_module_that_was_edited_in_the_artifact_is_not_written_over_unless_told(
    stubborn: Any, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "own_models.py").write_text("edited = True\n")
    model = SklearnModel(stubborn, artifact_dir=str(tmp_path / "a"))
    with pytest.raises(FileAlreadyExists, match=r"^own_models\.py in "):
        model.prepare()
    assert modules_in(tmp_path / "a") == ["own_models.py"]
    model.prepare(force_overwrite=True)
    assert (tmp_path / "a" / "own_models.py").read_text() == PROJECT["own_models.py"]


def test_a_module_with_the_name_of_a_file_of_the_artifact_is_refused(project: ModuleType, tmp_path: Path) -> None:
    scorer = importlib.import_module("score").Scorer()
    with pytest.raises(ArtifactError, match=r"module of yours, score\.py, .* rename the module"):
        GenericModel(scorer, artifact_dir=str(tmp_path / "a")).prepare()
    assert not (tmp_path / "a").exists()


NOTEBOOK = """
import sys
import own_models, own_parts.scale
from modelyard.model.generic_model import GenericModel

class Rounded:
    def predict(self, rows):
        return (own_models.whole(rows) * own_parts.scale.TEN).tolist()

GenericModel(Rounded(), artifact_dir=sys.argv[1]).prepare()
"""


def test_a_class_of_a_script_brings_the_modules_that_it_uses(project: ModuleType, tmp_path: Path, ask: Any) -> None:
    folder = tmp_path / "training"
    (folder / "train.py").write_text(NOTEBOOK)
    subprocess.run([sys.executable, "train.py", str(tmp_path / "a")], cwd=folder, check=True, timeout=60)
    assert modules_in(tmp_path / "a") == MODULES
    assert ask({"a": (tmp_path / "a", np.array([1.2, 2.7]))})["a"] == [10.0, 30.0]
