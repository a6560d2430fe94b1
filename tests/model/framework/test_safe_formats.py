"""Files that run no code are what is written by default; where that cannot be, it is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm
import pytest
import skops.io
import xgboost
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from modelyard.errors import ArtifactError
from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel


@pytest.fixture(scope="module")
def line(flowers: Any) -> LogisticRegression:
    return LogisticRegression(max_iter=300).fit(flowers.features, flowers.target)


def test_the_types_that_skops_does_not_vouch_for_are_named_in_score_py_and_in_the_metadata(
    flowers: Any, tmp_path: Path
) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(flowers.features, flowers.target)
    model = SklearnModel(tree, artifact_dir=str(tmp_path / "a")).prepare()
    assert "trusted = [\n        'sklearn.tree._tree.Tree',\n    ]" in (tmp_path / "a" / "score.py").read_text()
    assert model.metadata_custom["SkopsTrustedTypes"].value == "sklearn.tree._tree.Tree"
    assert model.verify(flowers.features)["prediction"] == tree.predict(flowers.features).tolist()


def test_a_model_that_needs_no_trust_has_no_list(line: Any, tmp_path: Path) -> None:
    model = SklearnModel(line, artifact_dir=str(tmp_path / "a")).prepare()
    assert "trusted" not in (tmp_path / "a" / "score.py").read_text()
    assert "SkopsTrustedTypes" not in model.metadata_custom.keys


def test_a_file_that_was_changed_afterwards_brings_in_no_other_types(
    line: Any, flowers: Any, tmp_path: Path, ask: Any
) -> None:
    model = SklearnModel(line, artifact_dir=str(tmp_path / "a")).prepare()
    other = DecisionTreeClassifier(max_depth=2).fit(flowers.features, flowers.target)
    skops.io.dump(other, tmp_path / "a" / "model.skops")
    assert "Untrusted types found" in ask({"a": (model.artifact_dir, flowers.features)})["a"]


class Odd(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator with a part that skops has no form for."""

    def fit(self, features: Any, target: Any) -> Odd:
        self.table_ = {1: memoryview}
        self.rule_ = (number for number in ())
        return self


NOTEBOOK = """
import warnings
from sklearn.base import BaseEstimator, ClassifierMixin
from modelyard.model.framework.sklearn_model import SklearnModel

class Always(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.n_ = len(X)
        return self
    def predict(self, X):
        import numpy as np
        return np.full(len(X), self.n_)

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    model = SklearnModel(Always().fit([[1]], [1]), artifact_dir={folder!r}).prepare()
print(model.model_file_name, [str(each.message) for each in said])
"""


def test_a_class_of_a_notebook_is_written_with_its_code_and_that_is_said(tmp_path: Path, ask: Any) -> None:
    folder = tmp_path / "a"
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK.format(folder=str(folder))], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    name, _, said = done.stdout.partition(" ")
    assert name == "model.pkl"
    assert "written with cloudpickle, not with skops or joblib: Always: defined in a notebook or script" in said
    assert "Loading it runs code that is in the file" in said
    assert ask({"a": (folder, [[5], [6]])})["a"] == [1, 1]


def test_what_nothing_can_hold_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"cannot be serialized: cannot pickle 'generator' object.*serialize=False"):
        SklearnModel(Odd().fit([], []), artifact_dir=str(tmp_path / "a")).prepare()
    assert not (tmp_path / "a").exists()


def test_skops_asked_for_is_not_replaced(tmp_path: Path) -> None:
    model = SklearnModel(Odd().fit([], []), artifact_dir=str(tmp_path / "a"), model_save_serializer="skops")
    with pytest.raises(ArtifactError, match="cannot"):
        model.prepare()


def test_an_environment_without_skops_gets_joblib_and_that_is_said(line: Any, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    model = SklearnModel(line, artifact_dir=str(tmp_path / "a"))
    with pytest.warns(UserWarning, match=f"written with joblib, not with skops: file://{bare} has no skops. Loading"):
        model.prepare(inference_conda_env=str(bare))
    assert model.model_file_name == "model.joblib"


def test_a_pack_of_which_nothing_is_known_gets_joblib_and_that_is_said(line: Any, tmp_path: Path) -> None:
    model = SklearnModel(line, artifact_dir=str(tmp_path / "a"))
    with pytest.warns(UserWarning, match="it is not known whether oci://packs@ns/x has skops"):
        model.prepare(inference_conda_env="oci://packs@ns/x", inference_python_version="3.11")
    assert model.model_file_name == "model.joblib"


def test_a_pack_that_stands_for_an_environment_here_is_looked_into(
    line: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_PACKS", f"general_p311={sys.prefix}")
    path = "oci://service-conda-packs@ns/service_pack/cpu/General/1.0/general_p311"
    for name, given in (("a", path), ("b", "general_p311")):
        model = SklearnModel(line, artifact_dir=str(tmp_path / name))
        assert model.prepare(given, inference_python_version="3.11").model_file_name == "model.skops"


@pytest.mark.parametrize(("name", "kept"), [("model.joblib", "joblib"), ("model.pkl", "cloudpickle"), ("m", "skops")])
def test_the_suffix_of_a_name_that_is_given_chooses_too(line: Any, tmp_path: Path, name: str, kept: str) -> None:
    model = SklearnModel(line, artifact_dir=str(tmp_path / "a")).prepare(model_file_name=name)
    assert model.model_file_name == name
    assert f"import {kept}" in (tmp_path / "a" / "score.py").read_text()


class Own(lightgbm.LGBMClassifier):  # type: ignore[misc]
    """LightGBM's classifier with something added."""


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_what_a_subclass_adds_is_kept(kind: str, flowers: Any, tmp_path: Path) -> None:
    if kind == "lightgbm":
        own: Any = Own(n_estimators=2, verbose=-1)
        model: Any = LightGBMModel(own.fit(flowers.features, flowers.words), artifact_dir=str(tmp_path / "a"))
    else:
        made = type("OwnXgb", (xgboost.XGBClassifier,), {"__module__": "__main__"})(n_estimators=2)
        model = XGBoostModel(made.fit(flowers.features, flowers.target), artifact_dir=str(tmp_path / "a"))
    with pytest.warns(UserWarning, match="own format holds its"):
        model.prepare()
    assert model.model_file_name in {"model.skops", "model.pkl"}


@pytest.mark.parametrize(
    ("model", "estimator"),
    [
        (LightGBMModel, lightgbm.LGBMClassifier()),
        (XGBoostModel, xgboost.XGBClassifier()),
    ],
)
def test_a_model_that_is_not_fitted_is_refused_in_its_own_format(model: Any, estimator: Any, tmp_path: Path) -> None:
    own = "lightgbm" if model is LightGBMModel else "xgboost"
    with pytest.raises(ArtifactError, match="is not fitted"):
        model(estimator, artifact_dir=str(tmp_path / "a"), model_save_serializer=own).prepare()
