"""predict_batch of the artifacts of each framework: each request is answered as by itself, in one call where it can."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from modelyard.artifact import payload
from modelyard.model.framework.lightgbm_model import LightGBMModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.framework.xgboost_model import XGBoostModel
from modelyard.model.score_module import ScoreModule

LGBM = {"n_estimators": 8, "verbose": -1, "n_jobs": 1}
XGB = {"n_estimators": 8, "n_jobs": 1}


class Counting:
    """A loaded model, and how often it was asked."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        if name not in {"predict", "run"}:
            return found

        def asked(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            return found(*arguments, **named)

        return asked


def _lgb_booster(features: Any, words: Any) -> Any:
    return lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(features, pd.factorize(words)[0]), 8)


def _xgb_booster(features: Any, words: Any) -> Any:
    return xgboost.train({"nthread": 1}, xgboost.DMatrix(features, pd.factorize(words)[0]), 8)


def _linear(features: Any, words: Any) -> Any:
    return make_pipeline(StandardScaler(), LinearRegression()).fit(features, pd.factorize(words)[0])


MODELS: dict[str, tuple[Any, Callable[[Any, Any], Any], dict[str, Any]]] = {
    "forest": (SklearnModel, lambda x, y: RandomForestClassifier(n_estimators=5, random_state=0).fit(x, y), {}),
    "linear": (SklearnModel, _linear, {}),
    "LightGBM's labels": (LightGBMModel, lambda x, y: lightgbm.LGBMClassifier(**LGBM).fit(x, y), {}),
    "LightGBM's booster": (LightGBMModel, _lgb_booster, {}),
    "XGBoost's labels": (XGBoostModel, lambda x, y: xgboost.XGBClassifier(**XGB).fit(x, pd.factorize(y)[0]), {}),
    "XGBoost's booster": (XGBoostModel, _xgb_booster, {}),
    "forest as ONNX": (
        SklearnModel,
        lambda x, y: RandomForestClassifier(n_estimators=5, random_state=0).fit(x, y),
        {"as_onnx": True},
    ),
    "LightGBM as ONNX": (LightGBMModel, lambda x, y: lightgbm.LGBMClassifier(**LGBM).fit(x, y), {"as_onnx": True}),
    "XGBoost as ONNX": (
        XGBoostModel,
        lambda x, y: xgboost.XGBRegressor(**XGB).fit(x, pd.factorize(y)[0]),
        {"as_onnx": True},
    ),
}


@pytest.fixture(scope="module", params=sorted(MODELS))
def score(request: pytest.FixtureRequest, flowers: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Make the score.py of one model of flowers."""
    kind, fit, options = MODELS[request.param]
    folder = tmp_path_factory.mktemp("artifact")
    model = kind(fit(flowers.features, flowers.words), artifact_dir=str(folder))
    model.prepare(X_sample=flowers.features, **options)
    return ScoreModule(folder)


def _requests(frame: pd.DataFrame) -> list[Any]:
    rows = frame.to_numpy()
    return [
        payload.encode(frame),
        payload.encode(frame.reset_index(drop=True)),
        payload.encode(rows),
        payload.encode(rows.astype("float32")),
        rows.tolist(),
        {"data": frame.to_dict("list")},
        frame.iloc[0].to_dict(),
    ]


def _alone(score: Any, requests: list[Any], model: Any = None) -> list[Any]:
    answers = []
    for data in requests:
        try:
            answers.append(score.predict(data, model))
        except Exception as error:
            answers.append(error)
    return answers


def _assert_same(found: list[Any], expected: list[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, Exception):
            assert type(one) is type(other)
        elif isinstance(other["prediction"][0], float):
            # Matrices of another height may be multiplied in another order.
            assert np.allclose(one["prediction"], other["prediction"], rtol=1e-6, atol=1e-9)
        else:
            assert one == other


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_requests_together_are_answered_as_each_alone(score: Any, flowers: Any) -> None:
    requests = [each for start in (0, 49, 97, 140) for each in _requests(flowers.features.iloc[start : start + 3])]
    bad: list[Any] = [[["a", "b", "c", "d"]], {"@": "nothing known"}, [[1.0, 2.0], [3.0]], None]
    for place, each in enumerate(bad):
        requests.insert(3 * place, each)
    expected = _alone(score, requests)
    assert sum(isinstance(each, dict) for each in expected) == 28
    for _ in range(2):
        _assert_same(score.predict_batch(requests), expected)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_joined_requests_are_one_call_of_the_model(score: Any, flowers: Any) -> None:
    model = Counting(score.load_model())
    for way in range(7):
        requests = [_requests(flowers.features.iloc[row : row + 1])[way] for row in range(1, 150, 15)]
        score.predict_batch(requests, model)
        model.calls = 0
        found = score.predict_batch(requests, model)
        assert model.calls == 1
        _assert_same(found, _alone(score, requests))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@given(cuts=st.lists(st.integers(0, 150), max_size=15), is_table=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_any_split_of_a_table_is_answered_row_by_row(score: Any, flowers: Any, cuts: list[int], is_table: bool) -> None:
    edges = sorted({0, 150, *cuts})
    parts = [flowers.features.iloc[start:stop] for start, stop in itertools.pairwise(edges)]
    requests = [payload.encode(each if is_table else each.to_numpy()) for each in parts]
    whole = score.predict(payload.encode(flowers.features))["prediction"]
    found = [row for answer in score.predict_batch(requests) for row in answer["prediction"]]
    _assert_same([{"prediction": found}], [{"prediction": whole}])


@pytest.mark.parametrize("framework", ["scikit-learn", "LightGBM", "XGBoost"])
def test_missing_values_and_categories_are_joined_as_they_are(
    framework: str, mixed: Any, patients: Any, tmp_path: Path
) -> None:
    frame = mixed.astype({"sex": "category", "ward": "category"})
    frame.loc[::5, "age"] = np.nan
    model: Any
    if framework == "LightGBM":
        fitted: Any = lightgbm.LGBMRegressor(**LGBM).fit(frame.rename(columns=_plain), patients.target)
        model, frame = LightGBMModel(fitted, artifact_dir=str(tmp_path)), frame.rename(columns=_plain)
    elif framework == "XGBoost":
        fitted = xgboost.XGBRegressor(enable_categorical=True, **XGB).fit(frame.rename(columns=_plain), patients.target)
        model, frame = XGBoostModel(fitted, artifact_dir=str(tmp_path)), frame.rename(columns=_plain)
    else:
        words = ColumnTransformer([("w", OneHotEncoder(handle_unknown="ignore"), ["sex", "ward"])])
        fitted = make_pipeline(words, LinearRegression()).fit(frame, patients.target)
        model = SklearnModel(fitted, artifact_dir=str(tmp_path))
    model.prepare(X_sample=frame)
    score: Any = ScoreModule(tmp_path)
    parts = [frame.iloc[row : row + 2] for row in range(0, 60, 2)]
    other = frame.iloc[60:62].assign(sex=frame["sex"].iloc[60:62].cat.remove_unused_categories())
    requests = [payload.encode(each) for each in [*parts, other]]
    for _ in range(2):
        found = score.predict_batch(requests)
        _assert_same(found, _alone(score, requests))
        rows = [row for answer in found[:-1] for row in answer["prediction"]]
        assert np.allclose(rows, fitted.predict(frame.iloc[:60]))


def _plain(name: str) -> str:
    return name.partition(" ")[0]


def test_inputs_of_a_network_are_joined_by_name_and_place(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    score: Any = _network(onnx, tmp_path)
    model = Counting(score.load_model())
    rng = np.random.default_rng(0)
    inputs = [(rng.random((rows, 2), "float32"), rng.random((rows, 3), "float32")) for rows in (1, 3, 2, 1)]
    ways = [
        [payload.encode({"a": a, "b": b}) for a, b in inputs],
        [payload.encode((a, b)) for a, b in inputs],
        [payload.encode({"a": a.tolist(), "b": b.tolist()}) for a, b in inputs],
    ]
    for requests in ways:
        expected = _alone(score, requests)
        assert [[len(output) for output in each["prediction"]] for each in expected] == [[n, n] for n in (1, 3, 2, 1)]
        score.predict_batch(requests, model)
        model.calls = 0
        assert score.predict_batch(requests, model) == expected
        assert model.calls == 1
    bad = [
        payload.encode((np.ones((2, 2), "float32"), np.ones((3, 3), "float32"))),
        payload.encode({"a": inputs[0][0]}),
    ]
    requests = [*ways[1], *bad, *ways[0]]
    _assert_same_errors(score.predict_batch(requests), _alone(score, requests))


def _assert_same_errors(found: list[Any], expected: list[Any]) -> None:
    assert [(type(each), str(each)) for each in found] == [(type(each), str(each)) for each in expected]


def _network(onnx: Any, folder: Path) -> Any:
    """Write a network with two inputs and two outputs, and the score.py that networks have as ONNX."""
    from modelyard.artifact import score_py
    from modelyard.artifact.score_blocks.neural_onnx import NEURAL_ONNX
    from modelyard.artifact.score_blocks.onnx import LOAD_BLOCK

    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Concat", ["a", "b"], ["both"], axis=1), helper.make_node("Neg", ["a"], ["less"])],
        "network",
        [helper.make_tensor_value_info("a", kind, ["n", 2]), helper.make_tensor_value_info("b", kind, ["n", 3])],
        [helper.make_tensor_value_info("both", kind, ["n", 5]), helper.make_tensor_value_info("less", kind, ["n", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    text = score_py.render(NEURAL_ONNX, model_file_name="model.onnx", load_block=LOAD_BLOCK.strip("\n"))
    (folder / "score.py").write_text(text, encoding="utf-8")
    return ScoreModule(folder)
