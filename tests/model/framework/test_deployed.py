"""The whole way for each framework: prepare, verify, save, deploy and predict, natively and as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel


@pytest.fixture(scope="module")
def trained(flowers: Any, patients: Any) -> dict[str, tuple[Any, Any, Any]]:
    """A model of each framework: its class, the estimator, and what it is asked."""
    words = make_pipeline(StandardScaler(), LogisticRegression()).fit(flowers.features, flowers.words)
    trees = lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1).fit(flowers.features, flowers.words)
    booster = xgboost.XGBRegressor(n_estimators=8, n_jobs=1).fit(patients.features, patients.target)
    return {
        "sklearn": (SklearnModel, words, flowers.features),
        "lightgbm": (LightGBMModel, trees, flowers.features),
        "xgboost": (XGBoostModel, booster, patients.features),
    }


@pytest.mark.parametrize("as_onnx", [False, True], ids=["native", "onnx"])
@pytest.mark.parametrize("framework", ["sklearn", "lightgbm", "xgboost"])
def test_the_endpoint_answers_a_hundred_rows_as_the_model_does(
    framework: str, as_onnx: bool, trained: Any, at_service: Any, tmp_path: Path
) -> None:
    kind, estimator, features = trained[framework]
    rows = features.sample(100, random_state=0)
    expected = estimator.predict(rows)
    model = kind(estimator, artifact_dir=str(tmp_path / "a")).prepare(X_sample=features, as_onnx=as_onnx)
    assert_alike(model.verify(rows)["prediction"], expected)
    model.save(reload=False)
    model.deploy(deployment_ocpus=1)
    try:
        assert_alike(model.predict(rows)["prediction"], expected)
        again = kind.from_model_artifact(str(tmp_path / "a"))
        assert again.model_file_name == model.model_file_name
        assert_alike(again.verify(rows)["prediction"], expected)
        if as_onnx:
            told = model.from_model_catalog(str(model.model_id), download_artifact=False)
            assert "differ from the original's" in str(told.metadata_custom["OnnxDifference"].value)
    finally:
        model.delete(delete_associated_model_deployment=True)


def assert_alike(answer: Any, expected: np.ndarray) -> None:
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(answer, expected, rtol=1e-5)
    else:
        assert answer == expected.tolist()
