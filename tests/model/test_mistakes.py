"""Slips of the hand: each is an error that has the value in it, and none goes on as if nothing had been said."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import modelyard
import modelyard.model
from modelyard.client.data_science import DataScienceClient
from modelyard.client.endpoint import path_of
from modelyard.client.profile import Identity, Profile
from modelyard.errors import ArtifactError, ConfigurationError, UsageError
from modelyard.model.artifact import ModelArtifact
from modelyard.model.draft import Draft
from modelyard.model.failures import ArtifactsNotAvailableError
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel
from modelyard.model.loading import schema_of
from modelyard.model.model_properties import ModelProperties, settle

MakeModel = Callable[..., SklearnModel]


def test_every_framework_is_at_the_top_of_the_package() -> None:
    frameworks = {name for name in modelyard.model.__all__ if name.endswith("Model")}
    assert frameworks <= set(modelyard.__all__)
    assert all(getattr(modelyard, name) is getattr(modelyard.model, name) for name in frameworks)


@pytest.mark.parametrize("auth", ["api_key", {"a": 1}, {"config": None, "service_endpoint": "http://x"}])
def test_an_auth_that_is_none_is_nobody_else(at_service: Any, make_model: MakeModel, auth: Any) -> None:
    model = make_model(auth=auth).prepare()
    with pytest.raises(ConfigurationError, match=r"auth (is 'api_key'|has (a|service_endpoint)).*config or signer"):
        model.save(display_name="nobody's", reload=False)


@pytest.mark.parametrize("timeout", [-1, 0, "a", True, float("nan")])
def test_a_timeout_is_a_number_above_zero(at_service: Any, make_model: MakeModel, timeout: Any) -> None:
    model = make_model().prepare()
    with pytest.raises(UsageError, match=r"timeout is .*seconds above 0"):
        model.save(timeout=timeout, reload=False)
    assert model.save(display_name="without one", reload=False)


def test_a_file_that_is_named_for_another_format_than_onnx_is_refused(make_model: MakeModel) -> None:
    with pytest.raises(UsageError, match=r"model_file_name is 'm.joblib', and as_onnx makes an .onnx file"):
        make_model().prepare(as_onnx=True, X_sample=np.zeros((2, 2)), model_file_name="m.joblib")


@pytest.mark.parametrize("count", ["5", 2.5, True])
def test_a_number_of_columns_that_is_none_is_refused(make_model: MakeModel, count: Any) -> None:
    with pytest.raises(UsageError, match=r"max_col_num is .*it takes a whole number"):
        make_model().prepare(X_sample=np.zeros((2, 2)), max_col_num=count)


def test_a_timeout_is_for_the_save_that_names_it(at_service: Any, make_model: MakeModel) -> None:
    model = make_model().prepare()
    client = model.client
    model.save(timeout=7.5, display_name="patient", reload=False)
    assert model.client is client


@pytest.mark.parametrize("model_id", [None, ""])
def test_a_model_that_was_never_saved_is_not_loaded(at_service: Any, tmp_path: Path, model_id: Any) -> None:
    with pytest.raises(UsageError, match=r"one of models.*is it saved yet"):
        SklearnModel.from_model_catalog(model_id, artifact_dir=str(tmp_path / "loaded"))
    assert not (tmp_path / "loaded").exists()


def test_an_empty_name_never_asks_for_the_whole_list() -> None:
    with pytest.raises(UsageError, match="one of models, and its OCID or name is ''"):
        path_of("models", "")


def test_a_python_version_that_is_a_number_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"inference_python_version is 3\.1, a float; it takes str"):
        make_model().prepare(inference_python_version=3.1)  # type: ignore[call-arg]
    assert not (tmp_path / "artifact").exists()


def test_what_holds_has_plain_numbers_and_text(tmp_path: Path) -> None:
    said = settle(ModelProperties(deployment_instance_count=np.int64(2), training_script_path=tmp_path))  # type: ignore[arg-type]
    assert type(said.deployment_instance_count) is int
    assert said.training_script_path == str(tmp_path)


def test_impute_values_of_a_column_that_is_none_are_refused(make_model: MakeModel, iris: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"impute_values has 'petal'.*'sepal length \(cm\)'"):
        make_model().prepare(as_onnx=True, X_sample=iris.data, impute_values={"petal": 0.0})
    assert not (tmp_path / "artifact").exists()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_that_was_tried_can_be_copied(make_model: MakeModel, iris: Any, copied: Callable[[Any], Any]) -> None:
    model = make_model().prepare(X_sample=iris.data)
    answer = model.verify(iris.data[:2])
    twin = copied(model)
    assert twin.verify(iris.data[:2]) == answer
    assert model.verify(iris.data[:2], reload_artifacts=False) == answer  # the first one's worker is its own still


def test_a_model_that_was_saved_and_deployed_can_be_copied(
    at_service: Any, make_model: MakeModel, iris: Any, classifier: Any
) -> None:
    model = make_model().prepare(X_sample=iris.data)
    model.save(display_name="copied", reload=False)
    model.deploy(display_name="copied")
    try:
        said = classifier.predict(iris.data[:3]).tolist()
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert twin.model_deployment_id == model.model_deployment_id
            assert twin.predict(iris.data[:3]) == {"prediction": said}
        assert model.predict(iris.data[:3]) == {"prediction": said}
    finally:
        model.delete_deployment()


def test_a_client_with_a_secret_in_memory_is_not_pickled(tmp_path: Path) -> None:
    identity = Identity(key_id="t/u/f", key_file=tmp_path / "key.pem", pass_phrase="open sesame")
    with pytest.raises(TypeError, match="pass phrase is in memory"):
        pickle.dumps(DataScienceClient(Profile(endpoint="http://127.0.0.1:1", identity=identity)))


def test_two_that_save_one_model_at_once_both_save_it(at_service: Any, make_model: MakeModel, iris: Any) -> None:
    model = make_model().prepare(X_sample=iris.data)
    model.introspect()
    with ThreadPoolExecutor(4) as threads:
        saved = list(threads.map(lambda each: model.save(display_name=f"at once {each}", reload=False), range(4)))
    assert len(set(saved)) == 4


def test_what_another_prepare_has_in_hand_is_left_alone(make_model: MakeModel, tmp_path: Path) -> None:
    with Draft(tmp_path / "artifact") as draft:
        begun = draft.staging / "half"
        begun.touch()
        with pytest.raises(ArtifactError, match=r"Another prepare\(\) is at work in .*artifact"):
            make_model().prepare(force_overwrite=True)
        assert begun.is_file()
    assert make_model().prepare(force_overwrite=True).artifact_dir == str(tmp_path / "artifact")
    assert not list((tmp_path / "artifact").glob(".preparing-*"))


@pytest.mark.parametrize(
    ("artifact_dir", "why"),
    [
        (3, "artifact_dir is 3, a int; it takes a path"),
        ("oci://bucket@namespace/x", "a folder of this machine"),
        ("a\0b", "no path has a NUL"),
    ],
)
def test_an_artifact_dir_is_a_folder_of_this_machine(artifact_dir: Any, why: str, classifier: Any) -> None:
    with pytest.raises(UsageError, match=why):
        SklearnModel(classifier, artifact_dir=artifact_dir)
    with pytest.raises(UsageError, match=why):
        ModelArtifact(artifact_dir)


def test_a_working_directory_that_is_gone_stops_nothing_that_needs_none(tmp_path: Path, iris: Any) -> None:
    script = """
import sys, warnings
from pathlib import Path
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from modelyard.errors import UsageError
from modelyard.model import SklearnModel

iris = load_iris(as_frame=True)
estimator = DummyClassifier().fit(iris.data, iris.target)
Path.cwd().rmdir()
model = SklearnModel(estimator, artifact_dir=sys.argv[1]).prepare(X_sample=iris.data)
print(model.verify(iris.data[:2]))
try:
    SklearnModel(estimator, artifact_dir="beside")
except UsageError as error:
    print(error)
"""
    gone = tmp_path / "gone"
    gone.mkdir()
    (tmp_path / "script.py").write_text(script)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "artifact")]
    said = subprocess.run(command, cwd=gone, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "{'prediction': [0, 0]}" in said.stdout
    assert "the working directory that it is relative to is gone" in said.stdout


def test_a_model_file_that_the_artifact_has_not_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model().prepare().artifact_dir
    with pytest.raises(UsageError, match=r"model_file_name is 'model.pt'; the artifact in .* has .*model.skops"):
        SklearnModel.from_model_artifact(folder, model_file_name="model.pt", artifact_dir=str(tmp_path / "loaded"))


def test_an_artifact_without_its_score_py_is_not_said_to_be_missing(make_model: MakeModel, tmp_path: Path) -> None:
    model = make_model().prepare()
    (tmp_path / "artifact" / "score.py").unlink()
    with pytest.raises(ArtifactsNotAvailableError, match=r"no score\.py at the top of .*artifact"):
        model.verify([[1, 2, 3, 4]])


ROWS = [{"NAME": "a", "DTYPE": "int64", "FEATURE_TYPE": "Integer", "REQUIRED": True, "DOMAIN": {"STATS": {"COUNT": 3}}}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"SCHEMA": ROWS, "VERSION": "1.0"}),
        "schema:\n- {name: a, dtype: int64, feature_type: Integer, required: true, domain: {stats: {count: 3}}}\n",
    ],
    ids=["capitals", "YAML"],
)
def test_schemas_in_capitals_or_in_yaml_are_read(text: str) -> None:
    (attribute,) = schema_of(text).attributes
    assert (attribute.name, attribute.dtype, attribute.required, attribute.stats) == ("a", "int64", True, {"count": 3})


@pytest.mark.parametrize("text", ["[]", "{", "schema: 3", "schema: [{dtype: int64}]", "a: b: c"])
def test_what_is_no_schema_is_told_what_one_is(text: str) -> None:
    with pytest.raises(UsageError, match="a list `schema`, whose rows have a name each"):
        schema_of(text)


OF_A_NOTEBOOK = """
def double(rows):
    return [2 * each for each in rows]

class Hidden:
    pass
"""


@pytest.mark.parametrize("serializer", ["pickle", "joblib"])
@pytest.mark.parametrize("name", ["double", "Hidden"])
def test_what_only_a_notebook_knows_is_not_written_by_its_name(serializer: str, name: str, tmp_path: Path) -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    exec(OF_A_NOTEBOOK, notebook)
    estimator = DummyClassifier().fit([[0]], [1])
    estimator.notes_ = [{"deep down": notebook[name]}]  # no parameter of the estimator tells of it
    model = GenericModel(estimator, artifact_dir=str(tmp_path / "a"), model_save_serializer=serializer)
    with pytest.raises(ArtifactError, match=f"{name}: defined in a notebook or script"):
        model.prepare()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("uri", ["", "/inner", "/inner/mine.zip"])
def test_no_artifact_is_uploaded_into_itself(make_model: MakeModel, uri: str) -> None:
    model = make_model().prepare()
    files = sorted(Path(str(model.artifact_dir)).rglob("*"))
    with pytest.raises(UsageError, match="inside the artifact that it is to hold"):
        model.upload_artifact(f"{model.artifact_dir}{uri}")
    assert sorted(Path(str(model.artifact_dir)).rglob("*")) == files
