"""Each class takes the estimators of its own framework, and says whose another one is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel


@pytest.mark.parametrize(
    ("model", "estimator", "better"),
    [
        (SklearnModel, lightgbm.LGBMClassifier(), "LightGBMModel"),
        (SklearnModel, xgboost.XGBRegressor(), "XGBoostModel"),
        (SklearnModel, object(), "GenericModel"),
        (LightGBMModel, LogisticRegression(), "SklearnModel"),
        (LightGBMModel, xgboost.XGBClassifier(), "XGBoostModel"),
        (LightGBMModel, make_pipeline(lightgbm.LGBMClassifier()), "SklearnModel"),
        (XGBoostModel, lightgbm.LGBMRanker(), "LightGBMModel"),
        (XGBoostModel, "model.json", "GenericModel"),
    ],
)
def test_an_estimator_of_another_framework_is_refused(model: Any, estimator: Any, better: str) -> None:
    with pytest.raises(TypeError, match=f"use {better} for it"):
        model(estimator)


@pytest.mark.parametrize("model", [SklearnModel, LightGBMModel, XGBoostModel])
def test_without_an_estimator_it_waits_for_an_artifact(model: Any, tmp_path: Path) -> None:
    assert model().estimator is None
    with pytest.raises(ValueError, match="serialize=False"):
        model(artifact_dir=str(tmp_path / "a")).prepare()


def test_estimators_that_derive_from_the_frameworks_own_are_taken() -> None:
    class Own(lightgbm.LGBMRegressor):  # type: ignore[misc]
        pass

    assert LightGBMModel(Own()).framework == "lightgbm"
    assert SklearnModel(make_pipeline(lightgbm.LGBMClassifier())).framework == "scikit-learn"
    assert XGBoostModel(xgboost.XGBRFClassifier()).algorithm == "XGBRFClassifier"


@pytest.mark.parametrize("model", [SklearnModel, LightGBMModel, XGBoostModel])
def test_an_unknown_serializer_is_named_with_those_there_are(model: Any) -> None:
    with pytest.raises(ValueError, match=r"not written with 'tape', but with one of .*skops"):
        model(model_save_serializer="tape")
    with pytest.raises(ValueError, match="'torch'"):
        model().set_model_save_serializer("torch")


@pytest.mark.parametrize("model", [SklearnModel, LightGBMModel, XGBoostModel])
def test_the_names_of_its_class_are_those_it_takes(model: Any) -> None:
    for name in model.model_save_serializer_type.values():
        model(model_save_serializer=name)
        assert name in model.model_save_serializer_type


def test_what_boosters_were_trained_with_is_known(flowers: Any) -> None:
    trees = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbose": -1},
        lightgbm.Dataset(flowers.features, flowers.target),
        2,
    )
    told = LightGBMModel(trees)
    assert (told.algorithm, told.version) == ("Booster", lightgbm.__version__)
    assert told.hyperparameter is not None
    assert told.hyperparameter["objective"] == "multiclass"
    matrix = xgboost.DMatrix(flowers.features, flowers.target)
    known = XGBoostModel(xgboost.train({"objective": "reg:squarederror", "max_depth": 3}, matrix, 2)).hyperparameter
    assert known is not None
    assert (known["objective"], known["max_depth"]) == ("reg:squarederror", "3")
