"""Trying an artifact in the worker that will serve it, and introspecting it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.errors import ModelLoadError, PredictionFailed
from modelyard.model.generic_model import ArtifactsNotAvailableError, GenericModel, SerializeInputNotImplementedError
from modelyard.model.model_introspect import TEST_STATUS, ModelIntrospect
from modelyard.model.request_data import body_of

pytestmark = pytest.mark.usefixtures("nowhere")

SCORE = """
import os

def load_model():
    {load}

def predict(data, model=None):
    {predict}
"""


def write_score(model: GenericModel, *, load: str = "return 1", predict: str = "return {'prediction': data}") -> None:
    (Path(str(model.artifact_dir)) / "score.py").write_text(SCORE.format(load=load, predict=predict))


def test_what_is_verified_is_what_the_estimator_says(make_model: Any, iris: Any, classifier: Any) -> None:
    model = make_model().prepare()
    expected = {"prediction": classifier.predict(iris.data).tolist()}
    assert model.verify(iris.data) == expected
    assert model.verify(json.loads(iris.data.to_json(orient="values")), auto_serialize_data=False) == expected


def test_data_arrives_as_it_is(echo: Any, tmp_path: Path) -> None:
    model = GenericModel(echo, artifact_dir=str(tmp_path / "a")).prepare()
    frame = pd.DataFrame(
        {"date": [100000000, 2], "tiny": [1e-12, np.nan], "when": pd.to_datetime(["2020-01-01", "NaT"])},
        index=[7, 7],
    )
    answer: Any = model.verify(frame.drop(columns="when"), auto_serialize_data=True)["prediction"]
    assert answer[0]["data"] == [[100000000, 1e-12], [2, None]]
    assert answer[0]["index"] == [7, 7]
    assert answer[1] == {"date": "int64", "tiny": "float64"}
    answer = model.verify(frame, auto_serialize_data=True)["prediction"]
    assert answer[1]["when"].startswith("datetime64")
    answer = model.verify(np.array([1, 2], dtype="int16"), auto_serialize_data=True)["prediction"]
    assert answer == [[1, 2], "int16"]
    assert model.verify((1, 2), auto_serialize_data=True)["prediction"] == ["(1, 2)"]
    assert model.verify((1, 2))["prediction"] == ["[1, 2]"]
    assert model.verify(b"raw")["prediction"] == ["b'raw'"]
    assert model.verify("a plain word", auto_serialize_data=True)["prediction"] == ["'a plain word'"]


def test_a_worker_is_kept_until_a_file_changes(make_model: Any) -> None:
    model = make_model().prepare()
    write_score(model, predict="return {'pid': os.getpid()}")
    first = model.verify(1)
    assert model.verify(1) == first
    assert first["pid"] != os.getpid()
    write_score(model, predict="return {'pid': -os.getpid()}")
    assert model.verify(1, reload_artifacts=False) == first
    changed: Any = model.verify(1)
    assert changed["pid"] < 0


def test_two_artifacts_with_modules_of_one_name_run_their_own(make_model: Any) -> None:
    for number in (1, 2):
        model = make_model(f"artifact{number}").prepare()
        (Path(model.artifact_dir) / "shared.py").write_text(f"NUMBER = {number}\n")
        write_score(model, load="import shared; return shared", predict="import shared; return {'n': shared.NUMBER}")
        assert model.verify(1) == {"n": number}


def test_a_model_that_does_not_load_shows_its_own_traceback(make_model: Any) -> None:
    model = make_model().prepare()
    write_score(model, load="raise KeyError('the model is elsewhere')")
    with pytest.raises(ModelLoadError, match="the model is elsewhere"):
        model.verify([1])


def test_a_model_that_raises_says_what_it_raised(make_model: Any) -> None:
    model = make_model().prepare()
    write_score(model, predict="raise ValueError('three columns expected')")
    with pytest.raises(PredictionFailed, match="three columns expected"):
        model.verify([1])


def test_an_answer_that_is_no_mapping_is_refused(make_model: Any) -> None:
    model = make_model().prepare()
    write_score(model, predict="return [1]")
    with pytest.raises(Exception, match="return a dict"):
        model.verify([1])


def test_there_is_nothing_to_verify_before_prepare(make_model: Any) -> None:
    with pytest.raises(ArtifactsNotAvailableError, match="prepare"):
        make_model().verify([1])
    with pytest.raises(ArtifactsNotAvailableError, match="prepare"):
        make_model().reload_runtime_info()


def test_an_environment_elsewhere_is_tried_here_and_said(make_model: Any) -> None:
    model = make_model(model_save_serializer="joblib").prepare(
        inference_conda_env="oci://b@n/x", inference_python_version="3.11"
    )
    with pytest.warns(UserWarning, match="oci://b@n/x, which is not on this machine"):
        assert model.verify([[5.1, 3.5, 1.4, 0.2]]) == {"prediction": [0]}


def test_a_local_prediction_is_the_same_as_verify(make_model: Any, iris: Any) -> None:
    model = make_model().prepare()
    assert model.predict(iris.data.head(2), local=True) == model.verify(iris.data.head(2))


def test_data_that_json_does_not_hold_is_refused_unless_told() -> None:
    for data in (np.zeros(2), {1, 2}, pd.DataFrame()):
        with pytest.raises(TypeError, match="auto_serialize_data=True"):
            body_of(data, auto_serialize_data=False)
    with pytest.raises(ValueError, match="no data"):
        body_of(None, auto_serialize_data=True)


def test_images_are_for_other_frameworks() -> None:
    with pytest.raises(SerializeInputNotImplementedError):
        body_of(None, auto_serialize_data=True, image="x.png")


def test_a_content_type_is_passed_on() -> None:
    assert body_of(b"a,b", auto_serialize_data=True, content_type="text/csv").content_type == "text/csv"
    assert body_of(b"a,b", auto_serialize_data=True).content_type == "application/octet-stream"
    assert body_of([1], auto_serialize_data=False) == (b"[1]", "application/json")


# ── introspection ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_introspection_passes_writes_its_file_and_fills_the_taxonomy(make_model: Any) -> None:
    model = make_model().prepare()
    table = model.introspect()
    assert list(table.columns) == ["Test key", "Test name", "Result", "Message"]
    assert set(table["Result"]) == {"Passed"}
    written = json.loads((Path(model.artifact_dir) / "test_json_output.json").read_text())
    assert written == model.metadata_taxonomy["ArtifactTestResults"].value
    assert list(table["Test key"]) == sorted(table["Test key"])


def test_introspection_tells_what_fails(make_model: Any) -> None:
    model = make_model().prepare()
    (Path(model.artifact_dir) / "score.py").write_text("def predict(x): pass\n")
    introspection = ModelIntrospect(model)
    assert introspection.status == TEST_STATUS.NOT_TESTED
    introspection()
    assert introspection.status == TEST_STATUS.NOT_PASSED
    assert introspection.failures == 1
    model.introspect()
    table = model.summary_status().reset_index()
    assert list(table.loc[table["Details"] == "Conducted Introspect Test", "Status"]) == ["Failed"]


def test_there_must_be_something_to_introspect(make_model: Any) -> None:
    with pytest.raises(ValueError, match="no model"):
        ModelIntrospect(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cannot be introspected"):
        ModelIntrospect("a path")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        make_model().introspect()
    with pytest.raises(ArtifactsNotAvailableError):
        GenericModel().introspect()


def test_without_data_the_artifact_answers_its_own_example(make_model: Any, iris: Any, classifier: Any) -> None:
    model = make_model().prepare(X_sample=iris.data)
    assert model.verify() == {"prediction": classifier.predict(iris.data.head(5)).tolist()}


def test_an_artifact_that_answers_otherwise_than_the_model_did_is_said(make_model: Any, iris: Any) -> None:
    model = make_model().prepare(X_sample=iris.data)
    write_score(model, predict="return {'prediction': [0, 0, 2, 0, 0]}")
    with pytest.warns(UserWarning, match=r"\['prediction'\]\[2\] is 2 instead of 0"):
        model.verify()


def test_a_sample_that_the_model_does_not_take_is_said(make_model: Any, iris: Any) -> None:
    with pytest.warns(UserWarning, match="does not predict from its own X_sample"):
        make_model().prepare(X_sample=iris.data[["sepal length (cm)"]])


def test_a_score_py_of_ones_own_gets_no_example(make_model: Any, iris: Any, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(SCORE.format(load="return 1", predict="return {'prediction': data}"))
    model = make_model().prepare(X_sample=iris.data, score_py_uri=str(tmp_path / "own.py"))
    assert not (Path(model.artifact_dir) / "input_example.json").exists()


def test_a_function_is_a_model(tmp_path: Path) -> None:
    factor = 3

    def tripled(rows: list[float]) -> list[float]:
        return [row * factor for row in rows]

    model = GenericModel(tripled, artifact_dir=str(tmp_path / "tripled")).prepare(X_sample=[1.0, 2.0])
    assert model.verify([1.5, 2]) == {"prediction": [4.5, 6]}
    assert model.verify() == {"prediction": [3.0, 6.0]}
