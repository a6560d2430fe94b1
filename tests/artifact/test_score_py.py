"""The generated score.py, run as a model server runs it: in a process of its own that knows nothing of modelyard."""

from __future__ import annotations

import ast
import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from modelyard.artifact import payload, schema, score_py
from modelyard.artifact.layout import judge
from modelyard.artifact.score_blocks import BLOCKS
from modelyard.artifact.serializers import serializer_named
from modelyard.errors import UsageError

Answers = Callable[..., list[Any]]


class Doubler:
    """A model that is no framework's, and travels by value since no other process can import this module."""

    def predict(self, data: Any) -> Any:
        return data * 2


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    frame: pd.DataFrame = load_iris(as_frame=True).data
    return frame


@pytest.fixture(scope="module")
def forest(iris: pd.DataFrame) -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=5, random_state=0).fit(
        iris, load_iris().target_names[load_iris().target]
    )


def _artifact(folder: Path, estimator: object, serializer: str = "joblib", framework: str = "scikit-learn") -> Path:
    folder.mkdir()
    chosen = serializer_named(serializer)
    name = f"model{chosen.suffix}"
    written = chosen.written(estimator, folder / name)
    (folder / "score.py").write_text(
        score_py.render(framework, model_file_name=name, load_block=written.load_block), encoding="utf-8"
    )
    return folder


@pytest.fixture
def forest_artifact(tmp_path: Path, forest: RandomForestClassifier, iris: pd.DataFrame) -> Path:
    folder = _artifact(tmp_path / "forest", forest)
    (folder / "input_schema.json").write_text(schema.describe(iris).schema.to_json(), encoding="utf-8")
    return folder


def test_every_way_to_send_the_same_rows_gives_the_models_own_answers(
    forest_artifact: Path, forest: RandomForestClassifier, iris: pd.DataFrame, answers_of: Answers
) -> None:
    rows = iris.iloc[::3]
    lists = rows.to_numpy().tolist()
    requests: dict[str, object] = {
        "frame": payload.encode(rows),
        "array": payload.encode(rows.to_numpy()),
        "list": payload.encode(lists),
        "tuple": payload.encode(tuple(map(tuple, lists))),
        "dict": payload.encode(rows.to_dict("list")),
        "bare list": lists,
        "bare columns": rows.to_dict("list"),
        "data alone": {"data": lists},
        "records as text": rows.to_json(orient="records", double_precision=15),
        "their frame": {
            "data": rows.to_json(double_precision=15),
            "data_type": "<class 'pandas.core.frame.DataFrame'>",
        },
        "their list": {"data": lists, "data_type": "<class 'list'>"},
        "their dict": {"data": rows.to_dict("list"), "data_type": "<class 'dict'>"},
        "their array": {"data": _npy(rows.to_numpy()), "data_type": "<class 'numpy.ndarray'>"},
    }
    expected = {"prediction": forest.predict(rows).tolist()}
    for name, answer in zip(requests, answers_of(forest_artifact, "predict", list(requests.values())), strict=True):
        assert answer == expected, name


def _npy(array: Any) -> str:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("serializer", ["cloudpickle", "joblib", "pickle"])
def test_every_serializer_gives_the_models_own_answers(
    tmp_path: Path, forest: RandomForestClassifier, iris: pd.DataFrame, serializer: str, answers_of: Answers
) -> None:
    folder = _artifact(tmp_path / "a", forest, serializer)
    (answer,) = answers_of(folder, "predict", [payload.encode(iris)])
    assert answer["prediction"] == forest.predict(iris).tolist()
    load = serializer_named(serializer).load
    assert load is not None
    loaded: Any = load(next(folder.glob("model.*")))
    assert loaded.predict(iris).tolist() == answer["prediction"]


def test_a_regressors_floats_arrive_to_the_last_bit(tmp_path: Path, iris: pd.DataFrame, answers_of: Answers) -> None:
    features, target = iris.iloc[:, :3] * 1e-12, iris.iloc[:, 3]
    model = LinearRegression().fit(features, target)
    (answer,) = answers_of(_artifact(tmp_path / "a", model), "predict", [payload.encode(features)])
    assert answer["prediction"] == model.predict(features).tolist()


def test_a_model_of_ones_own_gets_what_was_sent(tmp_path: Path, answers_of: Answers) -> None:
    folder = _artifact(tmp_path / "a", _by_value(Doubler()), "cloudpickle", "generic")
    sent: list[Any] = [[1, 2], "ab", 3, np.arange(3), pd.Series([1, 2]), pd.DataFrame({"x": [1, 2]})]
    got = answers_of(folder, "predict", [payload.encode(each) for each in sent])
    expected = [[1, 2, 1, 2], "abab", 6, [0, 2, 4], [2, 4], [[2], [4]]]
    assert [answer["prediction"] for answer in got] == expected


def _by_value(model: object) -> object:
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[type(model).__module__])
    return model


def test_their_frames_get_the_dtypes_of_the_schema(tmp_path: Path, generic_artifact: Path, answers_of: Answers) -> None:
    frame = pd.DataFrame(
        {
            "date": [100_000_000, 2],
            "when": pd.to_datetime(["2024-01-01T00:00:00", "2024-01-02T03:04:05"]),
            "kind": pd.Categorical(["a", "b"]),
            "x": [1.0, 2.0],
        },
        index=[5, 7],
    )
    (generic_artifact / "input_schema.json").write_text(schema.describe(frame).schema.to_json())
    columns = {
        "date": {"5": 100_000_000, "7": 2},
        "when": {"5": 1704067200000, "7": 1704164645000},  # their client makes milliseconds of times
        "kind": {"5": "a", "7": "b"},
        "x": {"5": 1.0, "7": 2},
    }
    request = {"data": json.dumps(columns), "data_type": "<class 'pandas.core.frame.DataFrame'>"}
    (got,) = answers_of(generic_artifact, "deserialize", [request], str(generic_artifact / "input_schema.json"))
    pd.testing.assert_frame_equal(got, frame, check_freq=False)


def test_text_and_dicts_that_are_no_tables_stay_what_they_are(generic_artifact: Path, answers_of: Answers) -> None:
    requests: list[Any] = [
        "hello",
        "[1, 2]",
        "{}",
        {"text": "hello", "n": 1},
        {},
        {"data": "hello"},
        [],
        5,
        None,
        {"data": 1, "x": 2},
    ]
    got = answers_of(generic_artifact, "deserialize", requests, "none.json")
    assert got == ["hello", "[1, 2]", "{}", {"text": "hello", "n": 1}, {}, "hello", [], 5, None, {"data": 1, "x": 2}]


def test_bytes_stay_bytes(generic_artifact: Path) -> None:
    program = "import score; print(score.deserialize(b'\\0', 'x') == b'\\0')"
    assert _python(generic_artifact, program) == "True"


def test_a_column_that_is_not_what_the_schema_says_is_named(generic_artifact: Path) -> None:
    (generic_artifact / "input_schema.json").write_text(schema.describe(pd.DataFrame({"x": [1.5]})).schema.to_json())
    program = """
import score
try:
    score.deserialize({"x": ["much"]}, score.schema_file)
except ValueError as error:
    print(error)
"""
    assert "'x' cannot be read as float64" in _python(generic_artifact, program)


def _python(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_loads_no_model_and_no_framework(forest_artifact: Path) -> None:
    program = (
        "import sys, score; print(sorted({'numpy', 'pandas', 'sklearn', 'joblib', 'modelyard'} & set(sys.modules)))"
    )
    assert _python(forest_artifact, program) == "[]"


def test_a_bare_list_needs_no_pandas_and_the_model_is_loaded_once(tmp_path: Path) -> None:
    folder = _artifact(tmp_path / "a", _by_value(Doubler()), "cloudpickle", "generic")
    program = """
import sys, score
score.predict([1])
(score.artifact_dir and __import__("os").remove(score.model_name))
print(score.predict([2]), "pandas" in sys.modules, score.load_model() is score.load_model())
"""
    assert _python(folder, program) == "{'prediction': [2, 2]} False True"


def test_modules_beside_it_are_found_when_the_model_loads(tmp_path: Path, generic_artifact: Path) -> None:
    (generic_artifact / "beside.py").write_text("class Model:\n    def predict(self, data):\n        return data\n")
    made = "import pickle, beside; pickle.dump(beside.Model(), open('model.pkl', 'wb'))"
    _python(generic_artifact, made)
    program = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("score", {str(generic_artifact / "score.py")!r})
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)
print(score.predict([1]))
"""
    assert _python(tmp_path, program) == "{'prediction': [1]}"


def test_a_missing_model_file_is_named(generic_artifact: Path) -> None:
    program = "import score\ntry:\n    score.load_model()\nexcept FileNotFoundError as error:\n    print(error)"
    assert "model.pkl" in _python(generic_artifact, program)


def test_without_a_model_file_load_model_waits_to_be_written(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(score_py.render_without_model())
    program = "import score\ntry:\n    score.predict([1])\nexcept NotImplementedError as error:\n    print(error)"
    assert "yours to write" in _python(tmp_path, program)


@pytest.mark.parametrize("framework", sorted(BLOCKS))
def test_what_is_generated_is_old_syntax_and_passes_its_own_judge(tmp_path: Path, framework: str) -> None:
    name = 'a "quoted" näme.joblib'
    text = score_py.render(framework, model_file_name=name, load_block=serializer_named("joblib").load_block)
    tree = ast.parse(text, feature_version=(3, 7))
    (assigned,) = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.lineno < 15][:1]
    assert ast.literal_eval(assigned) == name
    assert "$" not in text
    (tmp_path / "score.py").write_text(text, encoding="utf-8")
    assert not [said for said in judge(tmp_path).warnings if "predict" in said]
    assert text == score_py.render(framework, model_file_name=name, load_block=serializer_named("joblib").load_block)


def test_an_unknown_framework_or_serializer_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"'caffe'.*scikit-learn"):
        score_py.render("caffe", model_file_name="m", load_block="")
    with pytest.raises(UsageError, match=r"'tape'.*joblib"):
        serializer_named("tape")


def test_what_is_sent_is_json_that_any_server_reads() -> None:
    json.loads(json.dumps(payload.encode(pd.DataFrame({"x": [np.nan]})), allow_nan=False))


# ── what oracle-ads' client sends ────────────────────────────────────────────────────────────────────────────────────


def _npy(array: Any) -> str:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


def test_tagged_data_of_their_client_is_what_it_was(generic_artifact: Path, answers_of: Answers) -> None:
    array = np.arange(6, dtype="float32").reshape(2, 3)
    tensor = {
        "__ads_torch_tensor__": 1,
        "data": array.tolist(),
        "dtype": "torch.float32",
        "shape": [2, 3],
        "device": "cpu",
    }
    requests = [
        {"data": _npy(array), "data_type": "<class 'numpy.ndarray'>"},
        {"data": tensor, "data_type": "<class 'torch.Tensor'>"},
        {"data": _npy(array), "data_type": "<class 'tensorflow.python.framework.ops.EagerTensor'>"},
        {"data": [1.5, 2.5], "data_type": "<class 'pandas.core.series.Series'>"},
        {"data": [1.5, 2.5], "data_type": "<class 'pandas.Series'>"},
        {"data": '{"b":{"0":1},"a":{"0":2}}', "data_type": "<class 'pandas.core.frame.DataFrame'>"},
        {"data": [[1, 2], [3, 4]], "data_type": "<class 'list'>"},
        {"data": [1, 2], "data_type": "<class 'tuple'>"},
        {"data": "a text", "data_type": "<class 'str'>"},
        {"data": {"text": "one", "n": 1}, "data_type": "<class 'dict'>"},
    ]
    got = answers_of(generic_artifact, "deserialize", requests, "none.json")
    for each in got[:3]:
        assert (np.asarray(each).tolist(), str(each.dtype).rpartition(".")[2]) == (array.tolist(), "float32")
    assert got[3].tolist() == got[4].tolist() == [1.5, 2.5]
    pd.testing.assert_frame_equal(got[5], pd.DataFrame({"b": [1], "a": [2]}))
    assert got[6:] == [[[1, 2], [3, 4]], (1, 2), "a text", {"text": "one", "n": 1}]


def test_tagged_values_for_pipelines_are_what_they_were(tmp_path: Path, answers_of: Answers) -> None:
    (tmp_path / "score.py").write_text(score_py.render("huggingface", model_file_name="", load_block="return None"))
    tag = "__ads_huggingface_type__"
    sound = {tag: "bytes", "data": base64.b64encode(b"\0\1").decode()}
    pair = {tag: "tuple", "items": [1, [sound]]}
    requests = [
        {"data": {"inputs": ["a", pair], "top_k": 2}, "data_type": "huggingface"},
        {"data": "a text", "data_type": "huggingface"},
        {"data": '[{"a": 1}]', "data_type": "<class 'str'>"},
    ]
    got = answers_of(tmp_path, "pre_inference", requests, "none.json")
    assert got == [{"inputs": ["a", (1, [b"\0\1"])], "top_k": 2}, "a text", '[{"a": 1}]']


def test_a_tag_that_nobody_knows_is_named(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(score_py.render("huggingface", model_file_name="", load_block="return None"))
    program = (
        "import score\ntry:\n    score.pre_inference({'data': {'__ads_huggingface_type__': 'hologram'}, "
        "'data_type': 'huggingface'}, 'x')\nexcept ValueError as error:\n    print(error)"
    )
    assert "'hologram'" in _python(tmp_path, program)


@pytest.mark.parametrize("framework", sorted(BLOCKS))
def test_their_client_finds_the_tag_for_pipelines_in_score_py_of_pipelines_alone(framework: str) -> None:
    text = score_py.render(framework, model_file_name="m", load_block="return None")
    assert ("__ads_huggingface_type__" in text) == (framework == "huggingface")
