"""From an estimator to an artifact, on this machine and without a service."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelyard.artifact import layout, runtime_yaml
from modelyard.artifact.digests import digest_of_folder
from modelyard.errors import ArtifactError, ChangesNotCommitted, EnvironmentNotFound, FileAlreadyExists
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel, SerializeModelNotImplementedError
from modelyard.model.model_properties import ModelProperties

pytestmark = pytest.mark.usefixtures("nowhere")

FILES = {
    ".model-ignore",
    "README.md",
    "artifact_introspection_test",
    "expected_output.json",
    "input_example.json",
    "input_schema.json",
    "model.skops",
    "output_schema.json",
    "requirements.txt",
    "runtime.yaml",
    "score.py",
}


def files_of(model: GenericModel) -> set[str]:
    assert model.artifact_dir
    return set(os.listdir(model.artifact_dir))


def environment_of(model: GenericModel) -> runtime_yaml.InferenceEnvironment | None:
    return runtime_yaml.read(Path(str(model.artifact_dir)) / layout.RUNTIME_YAML).environment


def test_prepare_writes_all_that_an_artifact_has(make_model: Any, iris: Any) -> None:
    model = make_model()
    assert model.prepare(X_sample=iris.data, y_sample=iris.target) is model
    assert files_of(model) == FILES
    assert [each.name for each in model.schema_input.attributes] == list(iris.data.columns)
    assert (model.framework, model.algorithm, model.model_file_name) == (
        *("scikit-learn", "LogisticRegression", "model.skops"),
    )


def test_local_work_leaves_the_home_alone(make_model: Any, nowhere: Path) -> None:
    make_model().prepare().verify([[5.1, 3.5, 1.4, 0.2]])
    assert not nowhere.exists()


def test_the_environment_that_runs_now_is_recorded(make_model: Any) -> None:
    model = make_model().prepare()
    environment = environment_of(model)
    assert environment is not None
    assert environment.path == Path(sys.prefix).as_uri()
    assert "scikit-learn==" in (Path(model.artifact_dir) / "requirements.txt").read_text()
    assert model.metadata_custom["CondaEnvironmentPath"].value == environment.path


def test_a_pack_is_recorded_as_it_is_given(make_model: Any) -> None:
    path = "oci://service-conda-packs@ns/service_pack/cpu/General/1.0/generalml_p311_cpu_v1"
    model = make_model(model_save_serializer="joblib").prepare(
        inference_conda_env=path, inference_python_version="3.11"
    )
    environment = environment_of(model)
    assert environment == runtime_yaml.InferenceEnvironment(path, "3.11", "generalml_p311_cpu_v1", "data_science")


def test_a_pack_of_ones_own_is_published(make_model: Any) -> None:
    model = make_model(model_save_serializer="joblib").prepare(
        inference_conda_env="oci://mine@ns/packs/x", inference_python_version="3.11"
    )
    environment = environment_of(model)
    assert environment is not None
    assert (environment.slug, environment.type) == ("x", "published")


def test_a_slug_is_recorded_as_it_is_given(make_model: Any) -> None:
    model = make_model(model_save_serializer="joblib").prepare("dbexp_p38_cpu_v1", "3.8")
    environment = environment_of(model)
    assert environment is not None
    assert (environment.slug, environment.python_version) == ("dbexp_p38_cpu_v1", "3.8")
    assert environment.path == "oci://service-conda-packs@id19sfcrra6z/service_pack/local/dbexp_p38_cpu_v1"


def test_a_pack_that_this_machine_serves_is_tried_in_it_and_tells_its_python(make_model: Any, iris: Any) -> None:
    model = make_model(model_save_serializer="joblib").prepare("default", X_sample=iris.data)
    environment = environment_of(model)
    assert environment is not None
    assert environment.python_version.startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert len(model.verify(iris.data.head(3))["prediction"]) == 3


def test_a_pack_without_its_python_is_refused_unless_told(make_model: Any) -> None:
    with pytest.raises(ValueError, match="inference_python_version"):
        make_model(model_save_serializer="joblib").prepare(inference_conda_env="some_slug")
    make_model(model_save_serializer="joblib").prepare(inference_conda_env="some_slug", ignore_conda_error=True)


def training_of(model: GenericModel) -> runtime_yaml.TrainingEnvironment:
    return runtime_yaml.read(Path(str(model.artifact_dir)) / "runtime.yaml").provenance.training_environment


def test_a_training_python_version_alone_is_recorded(make_model: Any) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    as_it_is = training_of(make_model("a").prepare(training_python_version=here))
    assert as_it_is == training_of(make_model("b").prepare())
    assert as_it_is.path == Path(sys.prefix).as_uri()
    elsewhere = training_of(make_model("c").prepare(training_python_version="3.7"))
    assert elsewhere == runtime_yaml.TrainingEnvironment(python_version="3.7")


def test_a_training_python_version_goes_with_its_environment(make_model: Any) -> None:
    pack = "oci://mine@ns/packs/x"
    found = training_of(make_model("a").prepare(training_conda_env=pack, training_python_version="3.9"))
    assert (found.path, found.python_version) == (pack, "3.9")
    with pytest.raises(EnvironmentNotFound):
        make_model("b").prepare(training_conda_env=sys.prefix, training_python_version="3.7")
    with pytest.raises(ValueError, match="training_python_version is 'newest'"):
        make_model("c").prepare(training_python_version="newest")


def test_the_folder_of_an_environment_names_it(make_model: Any) -> None:
    model = make_model().prepare(inference_conda_env=sys.prefix)
    environment = environment_of(model)
    assert environment is not None
    assert environment.path == Path(sys.prefix).as_uri()


def test_a_folder_that_is_no_environment_is_refused(make_model: Any, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotFound):
        make_model().prepare(inference_conda_env=str(tmp_path))


def test_an_artifact_without_an_environment_will_do_when_told(make_model: Any) -> None:
    assert environment_of(make_model().prepare(ignore_conda_error=True)) is None


def test_properties_are_defaults_for_arguments(make_model: Any) -> None:
    model = make_model(
        model_save_serializer="joblib",
        properties=ModelProperties(inference_conda_env="oci://b@n/a", inference_python_version="3.10", project_id="P"),
    ).prepare(inference_python_version="3.12")
    environment = environment_of(model)
    assert environment is not None
    assert (environment.path, environment.python_version) == ("oci://b@n/a", "3.12")


def test_a_second_prepare_touches_nothing_unless_told(make_model: Any, iris: Any) -> None:
    model = make_model().prepare(X_sample=iris.data)
    folder = Path(model.artifact_dir)
    (folder / "score.py").write_text("# mine\n")
    before = digest_of_folder(folder)
    for kind in (FileAlreadyExists, FileExistsError, ValueError):
        with pytest.raises(kind, match=r"input_schema\.json, model\.skops, runtime\.yaml, score\.py"):
            model.prepare(X_sample=iris.data)
    assert digest_of_folder(folder) == before
    model.prepare(X_sample=iris.data, force_overwrite=True)
    assert "# mine" not in (folder / "score.py").read_text()


def test_what_users_write_beside_it_stays(make_model: Any) -> None:
    model = make_model().prepare()
    for name in ("README.md", ".model-ignore", "requirements.txt"):
        (Path(model.artifact_dir) / name).write_text("mine")
    model.prepare(force_overwrite=True)
    for name in ("README.md", ".model-ignore", "requirements.txt"):
        assert (Path(model.artifact_dir) / name).read_text() == "mine"


def test_an_estimator_that_cannot_be_written_leaves_everything_as_it_was(make_model: Any) -> None:
    model = make_model().prepare()
    before = digest_of_folder(Path(model.artifact_dir))
    model.estimator.hook = threading.Lock()
    try:
        with pytest.raises(ArtifactError, match="cannot be serialized"):
            model.prepare(force_overwrite=True)
    finally:
        del model.estimator.hook
    assert digest_of_folder(Path(model.artifact_dir)) == before


def test_what_a_killed_prepare_left_is_removed(make_model: Any) -> None:
    model = make_model()
    left = Path(model.artifact_dir) / ".preparing-0123"
    left.mkdir(parents=True)
    (left / "model.skops").write_bytes(b"half")
    model.prepare()
    assert not left.exists()


def test_an_artifact_has_a_folder_of_its_own_whatever_tmpdir_is(
    classifier: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    one, two = SklearnModel(classifier).prepare(), SklearnModel(classifier).prepare()
    assert one.artifact_dir != two.artifact_dir
    assert str(tmp_path) not in {one.artifact_dir, two.artifact_dir}


def test_a_score_py_of_ones_own_is_taken(make_model: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "def load_model():\n    pass\n\n\ndef predict(data, model=None):\n    return {'prediction': 'own'}\n"
    )
    assert make_model().prepare(score_py_uri=str(own)).verify([1]) == {"prediction": "own"}


def test_a_score_py_that_is_not_there_is_named(make_model: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.py"):
        make_model().prepare(score_py_uri=str(tmp_path / "nothing.py"))


def test_without_serializing_load_model_is_the_users(tmp_path: Path) -> None:
    model = GenericModel(artifact_dir=str(tmp_path / "a"), serialize=False).prepare(model_file_name="weights.bin")
    assert "NotImplementedError" in (tmp_path / "a" / "score.py").read_text()
    assert "weights.bin" not in files_of(model)
    table = model.summary_status().reset_index()
    assert list(table.loc[table["Details"] == "Serialized model", "Status"]) == ["Needs Action"]


def test_there_is_no_model_file_without_an_estimator(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="serialize=False"):
        GenericModel(artifact_dir=str(tmp_path / "a")).prepare()
    assert not (tmp_path / "a").exists()


def test_a_model_of_any_kind_is_not_converted_to_onnx(classifier: Any, tmp_path: Path) -> None:
    model = GenericModel(classifier, artifact_dir=str(tmp_path / "a"))
    with pytest.raises(SerializeModelNotImplementedError, match="leave out as_onnx"):
        model.prepare(as_onnx=True)
    with pytest.raises(NotImplementedError):
        model.serialize_model(as_onnx=True)


def test_a_use_case_that_is_none_is_refused_before_anything_is_written(make_model: Any) -> None:
    model = make_model()
    with pytest.raises(ValueError, match="fortune_telling"):
        model.prepare(use_case_type="fortune_telling")
    assert not Path(model.artifact_dir).exists()


def test_dates_in_a_sample_are_no_trouble(echo: Any, tmp_path: Path) -> None:
    sample = pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "NaT"]), "x": [1.0, 2.0]})
    model = GenericModel(echo, artifact_dir=str(tmp_path / "a")).prepare(X_sample=sample)
    schema = json.loads((Path(model.artifact_dir) / "input_schema.json").read_text())
    assert [each["feature_type"] for each in schema["schema"]] == ["DateTime", "Continuous"]


def test_too_many_columns_make_no_schema_and_are_said(make_model: Any, iris: Any) -> None:
    with pytest.warns(UserWarning, match="max_col_num=3"):
        model = make_model().prepare(X_sample=iris.data, max_col_num=3)
    assert "input_schema.json" not in files_of(model)


def test_the_list_of_files_has_the_schemas_too(make_model: Any, iris: Any) -> None:
    model = make_model().prepare(X_sample=iris.data, y_sample=iris.target)
    listed = str(model.metadata_custom["ModelArtifacts"].value)
    assert "input_schema.json" in listed
    assert "output_schema.json" in listed


def test_changes_that_are_not_committed_stop_it_when_told(make_model: Any, tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    script = tmp_path / "train.py"
    script.write_text("")
    model = make_model()
    with pytest.raises(ChangesNotCommitted, match=r"train\.py"):
        model.prepare(training_script_path=str(script), ignore_pending_changes=False)
    assert not Path(model.artifact_dir).exists()


def test_cloudpickle_is_used_when_asked_for(make_model: Any) -> None:
    model = make_model(model_save_serializer="cloudpickle").prepare()
    assert model.model_file_name.endswith(".pkl")
    assert model.verify([[5.1, 3.5, 1.4, 0.2]]) == {"prediction": [0]}


def test_a_serializer_that_is_none_is_named_with_those_there_are(make_model: Any) -> None:
    with pytest.raises(ValueError, match="'onnx', but with one of skops, joblib, cloudpickle"):
        make_model(model_save_serializer="onnx")
    with pytest.raises(NotImplementedError, match="runs no code"):
        make_model(model_input_serializer="cloudpickle")


def test_a_class_in_place_of_an_estimator_is_told_apart(classifier: Any) -> None:
    with pytest.raises(TypeError, match="LogisticRegression is a class, and no scikit-learn estimator"):
        SklearnModel(type(classifier))


def test_only_estimators_of_scikit_learn_are_taken_for_such() -> None:
    with pytest.raises(TypeError, match="use GenericModel"):
        SklearnModel(object())
    SklearnModel()


def test_hyperparameters_that_are_too_many_become_a_file(make_model: Any, classifier: Any) -> None:
    class Talkative(type(classifier)):  # type: ignore[misc]
        def get_params(self, deep: bool = True) -> dict[str, object]:
            return {f"p{number}": "x" * 100 for number in range(300)}

    model = GenericModel(
        Talkative(), artifact_dir=make_model().artifact_dir, model_save_serializer="cloudpickle"
    ).prepare()
    assert "Hyperparameters.json" in files_of(model)
    assert model.metadata_taxonomy["Hyperparameters"].value is None


def test_repr_tells_what_there_is(make_model: Any) -> None:
    text = repr(make_model().prepare())
    assert "algorithm: LogisticRegression" in text
    assert "score.py" in text


def test_an_artifact_tells_nobody_where_it_was_made(make_model: Any, iris: Any) -> None:
    model = make_model().prepare(X_sample=iris.data)
    for path in Path(model.artifact_dir).iterdir():
        if path.suffix in {".json", ".yaml", ".md", ".py", ".txt"}:
            assert model.artifact_dir not in path.read_text()


def test_the_model_is_written_alone_too(make_model: Any) -> None:
    model = make_model()
    model.serialize_model()
    assert files_of(model) == {"model.skops"}
    with pytest.raises(FileExistsError):
        model.serialize_model()
    model.serialize_model(force_overwrite=True)


def test_a_generic_model_of_a_known_library_is_a_file_that_runs_no_code(classifier: Any, iris: Any) -> None:
    model = GenericModel(classifier).prepare()
    assert model.model_file_name == "model.skops"
    assert model.verify(iris.data.head(2), auto_serialize_data=True) == {"prediction": [0, 0]}
    assert GenericModel(classifier, model_save_serializer="cloudpickle").prepare().model_file_name == "model.pkl"
