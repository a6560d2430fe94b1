"""predict_batch of the generated score.py: each request is answered as predict answers it, whoever it came with."""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from modelyard.artifact import payload, schema, score_py
from modelyard.artifact.score_blocks import blocks_named

_number = itertools.count()


class Echo:
    """A model that says of each row all that it can see of it, and counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, given: Any) -> Any:
        self.calls += 1
        if isinstance(given, pd.DataFrame):
            about = [[str(name), str(dtype)] for name, dtype in given.dtypes.items()]
            is_numbered = isinstance(given.index, pd.RangeIndex) and given.index.start == 0
            labels = [""] * len(given) if is_numbered else [repr(label) for label in given.index]
            rows = [[repr(each) for each in row] for row in given.itertuples(index=False)]
            return np.array([json.dumps([about, row, label]) for row, label in zip(rows, labels, strict=True)], object)
        array = np.asarray(given)
        about = [type(given).__name__, array.dtype.kind, array.shape[1:]]
        return np.array([json.dumps([about, row.tolist()]) for row in array], dtype=object)


class Table(Echo):
    """A model that is not told the labels of rows: what it says of tables may depend on nothing but their rows."""

    def predict(self, given: Any) -> Any:
        is_table = isinstance(given, pd.DataFrame)
        return super().predict(given.set_axis([0] * len(given)) if is_table else given)


def _score(folder: Path, framework: str = "scikit-learn") -> Any:
    text = score_py.render(
        framework, model_file_name="model.joblib", load_block="import joblib\nreturn joblib.load(path)"
    )
    (folder / "score.py").write_text(text, encoding="utf-8")
    return _imported(folder / "score.py")


def _imported(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"score_of_batches_{next(_number)}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def score(tmp_path: Path) -> Any:
    return _score(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Make the score.py of those tests that are run many times."""
    return _score(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    frame: pd.DataFrame = load_iris(as_frame=True).data
    return frame


@pytest.fixture(scope="module")
def forest(iris: pd.DataFrame) -> RandomForestClassifier:
    target = load_iris()
    return RandomForestClassifier(n_estimators=5, random_state=0).fit(iris, target.target_names[target.target])


def _alone(score: Any, requests: list[Any], model: Any) -> list[Any]:
    """Ask predict, each request by itself."""
    answers = []
    for data in requests:
        try:
            answers.append(score.predict(data, model))
        except Exception as error:
            answers.append(error)
    return answers


def _is_equal(found: list[Any], expected: list[Any]) -> bool:
    return [_plain(each) for each in found] == [_plain(each) for each in expected]


def _plain(answer: Any) -> Any:
    return (type(answer), str(answer)) if isinstance(answer, Exception) else answer


def _requests(frame: pd.DataFrame) -> list[Any]:
    """Send some rows in every way there is."""
    lists = frame.to_numpy().tolist()
    return [
        payload.encode(frame),
        payload.encode(frame.reset_index(drop=True)),
        payload.encode(frame[frame.columns[::-1]]),
        payload.encode(frame.astype("float32")),
        payload.encode(frame.to_numpy()),
        payload.encode(frame.to_numpy(dtype="float32")),
        payload.encode(tuple(map(tuple, lists))),
        payload.encode(frame.iloc[:0]),
        lists,
        lists[:1],
        [list(map(int, row)) for row in lists],
        [],
        {"data": lists},
        frame.to_dict("list"),
        frame.iloc[0].to_dict(),
        frame.to_json(orient="records", double_precision=15),
    ]


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_many_requests_of_many_kinds_are_answered_as_each_alone(
    score: Any, iris: pd.DataFrame, forest: RandomForestClassifier
) -> None:
    requests = [request for start in (0, 55, 120) for request in _requests(iris.iloc[start : start + 4])] * 2
    expected = _alone(score, requests, forest)
    assert {type(each) for each in expected} == {dict, ValueError}
    for _ in range(2):  # the second time it is known what can be joined
        assert _is_equal(score.predict_batch(requests, forest), expected)


def test_one_bad_request_harms_no_other(score: Any, iris: pd.DataFrame) -> None:
    model = LinearRegression().fit(iris.iloc[:, :3].to_numpy(), iris.iloc[:, 3])
    good = [iris.iloc[[row], :3].to_numpy().tolist() for row in range(6)]
    bad: list[Any] = [
        [[None, 1.0, 2.0]],
        [[float("nan"), 1.0, 2.0]],
        [[1.0, 2.0]],
        [[10**400, 1.0, 1.0]],
        [["a", "b", "c"]],
        {"@": "an unknown mark"},
        {"data": "x", "data_type": "pandas.DataFrame"},
        "hello",
        5,
        None,
    ]
    score.predict_batch(good, model)
    for each in bad:
        requests = [*good[:3], each, *good[3:]]
        found = score.predict_batch(requests, model)
        (expected,) = _alone(score, [each], model)
        assert _plain(found.pop(3)) == _plain(expected), each
        assert isinstance(expected, Exception)
        assert np.allclose([answer["prediction"] for answer in found], model.predict(np.concatenate(good))[:, None])


def test_a_request_that_the_schema_refuses_harms_no_other(tmp_path: Path, score: Any) -> None:
    (tmp_path / "input_schema.json").write_text(schema.describe(pd.DataFrame({"x": [1.5]})).schema.to_json())
    found = score.predict_batch([{"x": [1, 2]}, {"x": ["much"]}, {"x": [3]}], Echo())
    assert "'x' cannot be read as float64" in str(found[1])
    assert [len(found[place]["prediction"]) for place in (0, 2)] == [2, 1]


def test_joined_requests_are_one_call_once_it_is_known_that_they_can_be(score: Any) -> None:
    model, requests = Echo(), [[[float(row), 1.5]] for row in range(10)]
    expected = _alone(score, requests, Echo())
    for calls in (11, 1, 1):
        model.calls = 0
        assert score.predict_batch(requests, model) == expected
        assert model.calls == calls
    model.calls = 0
    assert len(score.predict_batch(requests[:1], model)) == model.calls == 1


def test_another_model_is_tried_anew(score: Any) -> None:
    requests = [[[1.0, 2.0]], [[3.0, 4.0]]]
    for model in (Echo(), Echo()):
        score.predict_batch(requests, model)
        assert model.calls == 3


def test_tables_are_joined_with_those_alone_that_have_their_columns_types_and_kind_of_index(score: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    moments = pd.to_datetime(["2024-01-01", "2024-05-02"])
    kinds = [
        frame,
        frame[["b", "a"]],
        frame.rename(columns={"b": "c"}),
        frame.astype({"a": "float64"}),
        frame.astype({"a": "Int64"}),
        frame.astype({"a": "category"}),
        frame.set_axis([5, 7]),
        frame.set_axis(["x", "y"]),
        frame.set_axis(pd.Index([5, 7], name="id")),
        frame.set_axis(moments),
        frame.set_axis(moments.tz_localize("UTC")),
        frame.set_axis([0, 1], axis=1),
        frame.set_axis([0.0, 1.0], axis=1),
        frame[["a"]],
    ]
    requests = [payload.encode(each) for each in kinds for _ in range(3)]
    requests = requests[::3] + requests[1::3] + requests[2::3]
    model = Echo()
    expected = _alone(score, requests, model)
    assert score.predict_batch(requests, model) == expected
    model.calls = 0
    assert score.predict_batch(requests, model) == expected
    assert model.calls == len(kinds)


def test_labels_of_several_levels_and_with_a_frequency_are_answered_by_themselves(score: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    levels = pd.MultiIndex.from_tuples([(1, "x"), (2, "y")])
    days = pd.date_range("2024-01-01", periods=2)
    for each in (frame.set_axis(levels), frame.set_axis(days), pd.DataFrame([[1, 2], [3, 4]], columns=levels)):
        model, requests = Echo(), [payload.encode(each)] * 2
        assert score.predict_batch(requests, model) == _alone(score, requests, Echo())
        assert model.calls == 2


def test_missing_values_and_categories_survive(score: Any) -> None:
    frame = pd.DataFrame(
        {
            "number": [1.5, np.nan, 2.5, np.nan],
            "kind": pd.Categorical(["a", None, "b", "a"], categories=["b", "a", "never"]),
            "size": pd.Categorical(["s", "l", None, "s"], categories=["s", "m", "l"], ordered=True),
            "count": pd.array([1, None, 3, None], dtype="Int64"),
            "text": pd.array(["x", None, "", None], dtype="string"),
            "thing": pd.Series(["x", None, 3, None], dtype=object),
            "when": pd.to_datetime(["2024-01-01", None, "2024-01-03", None]),
        }
    )
    model, parts = Table(), [frame.iloc[[row]].reset_index(drop=True) for row in range(4)]
    other = frame.assign(kind=frame["kind"].cat.reorder_categories(["a", "b", "never"]))
    requests = [payload.encode(each) for each in [*parts, other, frame]]
    expected = _alone(score, requests, model)
    score.predict_batch(requests, model)
    model.calls = 0
    assert score.predict_batch(requests, model) == expected
    assert model.calls == 2  # the order of categories is a kind of its own
    whole = model.predict(frame).tolist()
    assert [row for answer in expected[:4] for row in answer["prediction"]] == whole


def test_a_pipeline_of_words_and_numbers_answers_in_one_call_what_it_answers_alone(
    score: Any, iris: pd.DataFrame
) -> None:
    frame = iris.set_axis(["a", "b", "c", "d"], axis=1).assign(word=["x", "y", "z"] * 50)
    columns = ColumnTransformer(
        [("n", StandardScaler(), ["a", "b"]), ("w", OneHotEncoder(handle_unknown="ignore"), ["word"])]
    )
    model = make_pipeline(columns, LinearRegression()).fit(frame, frame["d"])
    requests = [payload.encode(frame.iloc[row : row + 1 + row % 3]) for row in range(0, 60, 3)]
    expected = _alone(score, requests, model)
    for _ in range(2):
        for one, other in zip(score.predict_batch(requests, model), expected, strict=True):
            assert np.allclose(one["prediction"], other["prediction"], rtol=1e-12)


def test_a_model_that_looks_at_other_rows_is_found_out(score: Any, iris: pd.DataFrame) -> None:
    centred = FunctionTransformer(lambda rows: rows - np.mean(rows, axis=0))
    model = make_pipeline(centred, LinearRegression()).fit(iris.iloc[:, :3].to_numpy(), iris.iloc[:, 3])
    requests = [iris.iloc[row : row + 2, :3].to_numpy().tolist() for row in range(5)]
    for _ in range(3):
        assert score.predict_batch(requests, model) == _alone(score, requests, model)


class Strange(Echo):
    """A model that takes some inputs only, or says something that is not row by row."""

    def __init__(self, said: Callable[[Any], Any]) -> None:
        super().__init__()
        self._said = said

    def predict(self, given: Any) -> Any:
        self.calls += 1
        return self._said(given)


def _one_row(given: Any) -> Any:
    if len(given) != 1:
        raise ValueError("one row at a time")
    return np.array(given)


@pytest.mark.parametrize(
    "said",
    [
        _one_row,
        lambda given: np.float64(7),
        lambda given: np.array([1, 2, 3]),
        lambda given: np.array(given)[:-1] if len(given) > 1 else np.array(given),
        lambda given: np.array(given) * len(given),
    ],
)
def test_what_cannot_be_joined_is_asked_one_by_one_and_not_tried_again(score: Any, said: Any) -> None:
    model, requests = Strange(said), [[[1.0]], [[2.0]], [[3.0]]]
    expected = _alone(score, requests, model)
    assert score.predict_batch(requests, model) == expected
    model.calls = 0
    assert score.predict_batch(requests, model) == expected
    assert model.calls == 3


def test_a_model_that_changes_what_it_is_given_gets_each_input_as_it_was_sent(score: Any) -> None:
    def said(given: Any) -> Any:
        given["a"] *= 2
        if (given["a"] > 100).any():
            raise ValueError("too much")
        return given["a"]

    for values in ((1, 2, 3), (1, 50, 3), (1, 51, 3)):
        model, requests = Strange(lambda given: said(given).to_numpy()), [{"a": [value]} for value in values]
        for _ in range(2):
            found = score.predict_batch(requests, model)
            assert [each for each in map(_plain, found) if isinstance(each, dict)] == [
                {"prediction": [2 * value]} for value in values if value <= 50
            ]


def test_an_answer_with_labels_of_its_own_is_cut_by_its_rows(score: Any) -> None:
    model, requests = (
        Strange(lambda given: pd.Series([row[0] for row in given], index=range(5, 5 + len(given)))),
        [[[1.0]], [[2.0], [3.0]]],
    )
    expected = _alone(score, requests, model)
    score.predict_batch(requests, model)
    model.calls = 0
    assert score.predict_batch(requests, model) == expected == [{"prediction": [1.0]}, {"prediction": [2.0, 3.0]}]
    assert model.calls == 1


@given(
    cuts=st.lists(st.integers(0, 40), max_size=12),
    order=st.randoms(use_true_random=False),
    ways=st.lists(st.sampled_from(["frame", "labels", "array", "list", "columns"]), min_size=1, max_size=5),
)
def test_however_a_table_is_split_into_requests_each_gets_the_answers_to_its_rows(
    shared: Any, cuts: list[int], order: Any, ways: list[str]
) -> None:
    frame = load_iris(as_frame=True).data.iloc[:40].set_axis(["a", "b", "c", "d"], axis=1)
    frame.loc[::7, "b"] = np.nan
    edges = sorted({0, 40, *cuts})
    parts = [frame.iloc[start:stop] for start, stop in itertools.pairwise(edges)]
    order.shuffle(parts)
    requests = [_sent(part, way) for part, way in zip(parts, itertools.cycle(ways), strict=False)]
    expected = _alone(shared, requests, Table())
    model = Table()
    for _ in range(2):
        assert shared.predict_batch(requests, model) == expected
    assert [len(each["prediction"]) for each in expected] == [len(part) for part in parts]


def _sent(part: pd.DataFrame, way: str) -> Any:
    if way == "list":
        return part.to_numpy().tolist()
    if way == "columns":
        return {"data": part.to_json(double_precision=15), "data_type": "pandas.DataFrame"}
    data = {"frame": part.reset_index(drop=True), "labels": part, "array": part.to_numpy()}[way]
    return payload.encode(data)


ROWS = st.lists(
    st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=3), st.none(), st.booleans()), max_size=3)
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), ROWS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "data"]), inner)),
    max_leaves=8,
)


@given(requests=st.lists(JSON, max_size=6), again=st.booleans())
def test_whatever_is_sent_is_answered_as_it_is_alone(shared: Any, requests: list[Any], again: bool) -> None:
    requests = requests * 2 if again else requests
    model = Strange(lambda given: np.array([repr(each) for each in given], dtype=object))
    expected = _alone(shared, requests, model)
    for _ in range(2):
        assert _is_equal(shared.predict_batch(requests, model), expected)


def test_a_model_of_any_kind_is_asked_one_by_one_unless_its_owner_says_otherwise(tmp_path: Path) -> None:
    score, model, requests = _score(tmp_path, "generic"), Echo(), [[[1.0]], [[2.0]], [1, 2]]
    expected = _alone(score, requests, model)
    for _ in range(2):
        model.calls = 0
        assert score.predict_batch(requests, model) == expected
        assert model.calls == 3
    text = (tmp_path / "score.py").read_text(encoding="utf-8")
    (tmp_path / "score.py").write_text(text.replace("joins_requests = False", "joins_requests = True"))
    score = _imported(tmp_path / "score.py")
    score.predict_batch(requests, model)
    model.calls = 0
    assert score.predict_batch(requests, model) == expected
    assert model.calls == 2


def test_a_predict_of_ones_own_is_what_answers_where_nothing_is_joined(tmp_path: Path) -> None:
    score = _score(tmp_path, "generic")
    own = "\n\ndef predict(data, model=None, input_schema_path=schema_file):\n    return {'mine': data}\n"
    with (tmp_path / "score.py").open("a") as file:
        file.write(own)
    score = _imported(tmp_path / "score.py")
    assert score.predict_batch([1, [2]], Echo()) == [{"mine": 1}, {"mine": [2]}]


def test_what_is_changed_in_preparing_and_answering_holds_for_both(tmp_path: Path) -> None:
    _score(tmp_path)
    text = (tmp_path / "score.py").read_text(encoding="utf-8")
    text = text.replace("    return yhat.tolist()", "    return {'n': len(yhat), 'said': yhat.tolist()}")
    text = text.replace("    features = deserialize(data, input_schema_path)\n", "    features = [data, data]\n", 1)
    (tmp_path / "score.py").write_text(text, encoding="utf-8")
    score, model = _imported(tmp_path / "score.py"), Echo()
    requests = [[1.0, 2.0], [3.0, 4.0]]
    for _ in range(2):
        found = score.predict_batch(requests, model)
        assert found == _alone(score, requests, Echo())
        assert [each["prediction"]["n"] for each in found] == [2, 2]


def test_no_requests_are_answered_with_none_and_load_no_model(score: Any) -> None:
    assert score.predict_batch([]) == []
    with pytest.raises(FileNotFoundError, match=r"model\.joblib"):
        score.predict_batch([[1]])


def test_it_loads_the_model_itself_and_needs_nothing_of_modelyard(
    tmp_path: Path, iris: pd.DataFrame, forest: RandomForestClassifier
) -> None:
    import joblib

    _score(tmp_path)
    joblib.dump(forest, tmp_path / "model.joblib")
    program = """
import json, sys, score
found = score.predict_batch(json.load(sys.stdin))
assert not [name for name in sys.modules if name.startswith("modelyard")]
print(json.dumps(found))
"""
    requests = [payload.encode(iris.iloc[[row]]) for row in range(0, 150, 30)]
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(requests),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"prediction": [name]} for name in forest.predict(iris.iloc[::30])]


def test_a_frameworks_blocks_say_whether_requests_are_joined() -> None:
    assert not blocks_named("generic").joins_requests
    assert blocks_named("lightgbm").joins_requests


def test_columns_come_in_the_order_of_the_model_that_is_asked_and_no_other_is_loaded(score: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [5.0, 3.0, 7.0]})
    one = LinearRegression().fit(frame, [1, 2, 3])
    other = LinearRegression().fit(frame[["b", "a"]], [1, 2, 3])
    requests: list[Any] = [{"a": [1.0], "b": [5.0]}, {"b": [5.0], "a": [1.0]}]
    for model, row in ((one, frame.head(1)), (other, frame[["b", "a"]].head(1))):
        for _ in range(2):
            found = score.predict_batch(requests, model)
            assert np.allclose([answer["prediction"] for answer in found], model.predict(row)[0])
