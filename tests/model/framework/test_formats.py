"""Every format of every framework gives the model's own answers, in a process that knows nothing of modelyard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel

CLASSES = {"sklearn": SklearnModel, "lightgbm": LightGBMModel, "xgboost": XGBoostModel}
QUIET = {"verbose": -1, "num_threads": 1}

# name: (class, serializer or None for the default, expected file)
FORMATS: dict[str, tuple[str, str | None, str]] = {
    "forest": ("sklearn", None, "model.skops"),
    "words": ("sklearn", None, "model.skops"),
    "boosting": ("sklearn", None, "model.skops"),
    "two targets": ("sklearn", None, "model.skops"),
    "clusters": ("sklearn", None, "model.skops"),
    "table": ("sklearn", None, "model.skops"),
    "table with lightgbm": ("sklearn", None, "model.skops"),
    "table with xgboost": ("sklearn", None, "model.skops"),
    "words by joblib": ("sklearn", "joblib", "model.joblib"),
    "words by cloudpickle": ("sklearn", "cloudpickle", "model.pkl"),
    "lgbm words": ("lightgbm", None, "model.txt"),
    "lgbm truth": ("lightgbm", None, "model.txt"),
    "lgbm numbers": ("lightgbm", None, "model.txt"),
    "lgbm ranks": ("lightgbm", None, "model.txt"),
    "lgbm booster": ("lightgbm", None, "model.txt"),
    "lgbm words by skops": ("lightgbm", "skops", "model.skops"),
    "lgbm words by joblib": ("lightgbm", "joblib", "model.joblib"),
    "xgb labels": ("xgboost", None, "model.json"),
    "xgb two labels": ("xgboost", None, "model.json"),
    "xgb numbers": ("xgboost", None, "model.json"),
    "xgb gaps": ("xgboost", None, "model.json"),
    "xgb ranks": ("xgboost", None, "model.json"),
    "xgb booster": ("xgboost", None, "model.json"),
    "xgb labels by ubj": ("xgboost", "xgboost_ubj", "model.ubj"),
    "xgb labels by txt": ("xgboost", "xgboost_txt", "model.txt"),
    "xgb labels by skops": ("xgboost", "skops", "model.skops"),
    "xgb booster by joblib": ("xgboost", "joblib", "model.joblib"),
}


@pytest.fixture(scope="module")
def trained(flowers: Any, tumours: Any, patients: Any, mixed: Any) -> Callable[[str], tuple[Any, Any, Any]]:
    """Makes a model by its name: the estimator, its input, and its own answer."""
    numbers = ["age", "body mass (kg/m²)", "bp"]

    def table(final: Any) -> Any:
        columns = ColumnTransformer(
            [("n", StandardScaler(), numbers), ("w", OneHotEncoder(handle_unknown="ignore"), ["sex", "ward"])]
        )
        return make_pipeline(columns, final).fit(mixed, patients.target > patients.target.mean())

    def fitted(estimator: Any, data: Any, target: Any, **more: Any) -> tuple[Any, Any, Any]:
        estimator.fit(data.features, target, **more)
        return estimator, data.features, estimator.predict(data.features)

    lgbm = {"n_estimators": 8, "verbose": -1, "n_jobs": 1}
    xgb = {"n_estimators": 8, "n_jobs": 1}
    groups = [100] * 5 + [69]
    gaps = patients.features.where(patients.features > -0.05, -1.0)

    def booster() -> tuple[Any, Any, Any]:
        made = lightgbm.train({"objective": "binary", **QUIET}, lightgbm.Dataset(tumours.features, tumours.target), 8)
        return made, tumours.features, made.predict(tumours.features)

    def xgb_booster() -> tuple[Any, Any, Any]:
        matrix = xgboost.DMatrix(flowers.features, flowers.target)
        made = xgboost.train({"objective": "multi:softprob", "num_class": 3}, matrix, 8)
        return made, flowers.features, made.predict(matrix)

    def with_gaps() -> tuple[Any, Any, Any]:
        made = xgboost.XGBRegressor(**xgb, missing=-1.0).fit(gaps, patients.target)
        return made, gaps, made.predict(gaps)

    def of_table(final: Any) -> tuple[Any, Any, Any]:
        made = table(final)
        return made, mixed, made.predict(mixed)

    makers: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
        "forest": lambda: fitted(RandomForestClassifier(5, random_state=0), flowers, flowers.target),
        "words": lambda: fitted(make_pipeline(StandardScaler(), LogisticRegression()), flowers, flowers.words),
        "boosting": lambda: fitted(HistGradientBoostingRegressor(max_iter=5), patients, patients.target),
        "two targets": lambda: fitted(LinearRegression(), patients, np.c_[patients.target, -patients.target]),
        "clusters": lambda: fitted(KMeans(3, n_init=1, random_state=0), flowers, None),
        "table": lambda: of_table(LogisticRegression()),
        "table with lightgbm": lambda: of_table(lightgbm.LGBMClassifier(**lgbm)),
        "table with xgboost": lambda: of_table(xgboost.XGBClassifier(**xgb)),
        "lgbm words": lambda: fitted(lightgbm.LGBMClassifier(**lgbm), flowers, flowers.words),
        "lgbm truth": lambda: fitted(lightgbm.LGBMClassifier(**lgbm), tumours, tumours.target == 1),
        "lgbm numbers": lambda: fitted(lightgbm.LGBMRegressor(**lgbm), patients, patients.target),
        "lgbm ranks": lambda: fitted(lightgbm.LGBMRanker(**lgbm), tumours, tumours.target, group=groups),
        "lgbm booster": booster,
        "xgb labels": lambda: fitted(xgboost.XGBClassifier(**xgb), flowers, flowers.target),
        "xgb two labels": lambda: fitted(xgboost.XGBClassifier(**xgb), tumours, tumours.target),
        "xgb numbers": lambda: fitted(xgboost.XGBRegressor(**xgb), patients, patients.target),
        "xgb gaps": with_gaps,
        "xgb ranks": lambda: fitted(xgboost.XGBRanker(**xgb), tumours, tumours.target, group=groups),
        "xgb booster": xgb_booster,
    }
    return lambda name: makers[name.partition(" by ")[0]]()


@pytest.fixture(scope="module")
def prepared(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any, Any]]:
    """Every model of the table as an artifact: the model, its input, and the estimator's own answer."""
    made = {}
    for name, (kind, serializer, _) in FORMATS.items():
        estimator, features, expected = trained(name)
        folder = tmp_path_factory.mktemp("artifact")
        model = CLASSES[kind](estimator, artifact_dir=str(folder), model_save_serializer=serializer)
        made[name] = (model.prepare(), features, expected)
    return made


@pytest.fixture(scope="module")
def answers(prepared: Any, ask: Any) -> dict[str, Any]:
    """What the artifacts answer."""
    found: dict[str, Any] = ask({name: (Path(model.artifact_dir), data) for name, (model, data, _) in prepared.items()})
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_the_artifact_answers_as_the_model_does(name: str, prepared: Any, answers: Any) -> None:
    model, _, expected = prepared[name]
    assert model.model_file_name == FORMATS[name][2]
    assert answers[name] == expected.tolist()
    assert len(expected) >= 100


def test_a_list_of_rows_and_a_dictionary_of_columns_are_answered_alike(prepared: Any, ask: Any) -> None:
    names = ["words by joblib", "lgbm words", "xgb labels", "xgb booster", "lgbm booster"]
    asked = {}
    for name in names:
        model, data, _ = prepared[name]
        asked[f"{name}, columns"] = (model.artifact_dir, data.to_dict("list"))
        if name != "words by joblib":  # it was trained with names, and says so
            asked[f"{name}, rows"] = (model.artifact_dir, data.to_numpy().tolist())
            asked[f"{name}, array"] = (model.artifact_dir, data.to_numpy())
    for label, answer in ask(asked).items():
        assert answer == prepared[label.partition(",")[0]][2].tolist(), label
