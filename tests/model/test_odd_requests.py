"""What a demanding user does to a model: names, samples and estimators that are not what prepare() expects."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from modelyard.artifact import layout
from modelyard.errors import ArtifactError, EnvironmentNotFound, UsageError
from modelyard.model.deploying import deployment_details
from modelyard.model.failures import ArtifactsNotAvailableError, PathNotFoundError
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel
from modelyard.model.model_metadata import ModelCustomMetadata
from modelyard.model.model_properties import ModelProperties
from modelyard.model.options import DeployOptions

X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
Y = [0, 1, 2, 3]


def linear(folder: Path) -> SklearnModel:
    return SklearnModel(LinearRegression().fit(X, Y), artifact_dir=str(folder))


@pytest.mark.parametrize("name", ["../out.joblib", "/tmp/out.joblib", "a/../../out.joblib", "..\\out.joblib"])
def test_no_model_file_is_written_outside_of_the_artifact(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="inside the artifact"):
        linear(tmp_path / "a").prepare(model_file_name=name)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", sorted(layout.OWN_FILES))
def test_no_model_file_has_the_name_of_another_of_the_artifacts_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="another of the artifact's files"):
        linear(tmp_path / "a").prepare(model_file_name=name)
    assert list(tmp_path.rglob("*")) == []


def test_another_estimator_is_described_and_the_example_of_the_first_goes(tmp_path: Path) -> None:
    model = linear(tmp_path / "a").prepare(X_sample=X)
    model.estimator = LogisticRegression().fit(X, Y)
    model.prepare(force_overwrite=True)
    assert model.algorithm == model.metadata_taxonomy["Algorithm"].value == "LogisticRegression"
    assert not (tmp_path / "a" / layout.INPUT_EXAMPLE).exists()
    assert not (tmp_path / "a" / layout.EXPECTED_OUTPUT).exists()
    with pytest.raises(UsageError, match="has no example"):
        model.verify()


def test_a_sample_that_the_model_does_not_take_becomes_no_example(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"NotFittedError.*fit the model first"):
        SklearnModel(LinearRegression(), artifact_dir=str(tmp_path / "a")).prepare(X_sample=X)
    assert not (tmp_path / "a" / layout.INPUT_EXAMPLE).exists()


def test_rows_that_are_not_alike_make_no_schema_and_that_is_said(tmp_path: Path) -> None:
    model = GenericModel(LinearRegression(), artifact_dir=str(tmp_path / "a"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.prepare(X_sample=[[1, 2, 3], [1, 2]])
    assert any("row 1 of the sample has 2 values, row 0 has 3 values" in str(each.message) for each in said)


def test_a_warning_points_at_the_line_of_the_user(tmp_path: Path) -> None:
    model = linear(tmp_path / "a")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.prepare(X_sample=X, max_col_num=1)
    assert {Path(each.filename).name for each in said} == {Path(__file__).name}


def test_an_array_of_texts_and_numbers_arrives_as_it_is(tmp_path: Path) -> None:
    class Echo:  # of a function, so that its code is written with it
        def predict(self, data: object) -> list[str]:
            return [repr(data)]

    rows = np.array([["ä", 1], [None, 2.5]], dtype=object)
    model = GenericModel(Echo(), artifact_dir=str(tmp_path / "a")).prepare()
    assert model.verify(rows, auto_serialize_data=True)["prediction"] == [repr(rows)]


def test_a_dictionary_of_single_values_is_one_row(tmp_path: Path) -> None:
    model = linear(tmp_path / "a").prepare()
    assert model.verify({"a": 2.0, "b": 1.0})["prediction"] == pytest.approx([2.0])


def test_a_python_version_that_this_environment_has_not_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotFound, match=r"2\.7"):
        linear(tmp_path / "a").prepare(inference_python_version="2.7")


def test_a_training_script_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="no training script"):
        linear(tmp_path / "a").prepare(training_script_path=str(tmp_path / "gone.py"))


def test_a_folder_that_cannot_be_made_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="name another artifact_dir"):
        linear(tmp_path / "file").prepare()


def test_saving_before_preparing_says_what_to_call(tmp_path: Path) -> None:
    with pytest.raises(ArtifactsNotAvailableError, match="prepare"):
        linear(tmp_path).save()


def test_a_folder_made_for_an_artifact_that_is_not_there_goes_again(tmp_path: Path) -> None:
    model = GenericModel()
    with pytest.raises(UsageError, match="no estimator"):
        model.prepare()
    assert model.artifact_dir is None
    with pytest.raises(PathNotFoundError):
        GenericModel.from_model_artifact(str(tmp_path / "no.zip"), artifact_dir=str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_numbers_of_numpy_are_metadata() -> None:
    metadata = ModelCustomMetadata()
    metadata.add("rows", np.int64(3))
    metadata.add("error", np.float32(0.5))
    metadata.add("shape", np.array([1, 2]))
    assert [metadata[key].value for key in ("rows", "error", "shape")] == [3, 0.5, [1, 2]]


def test_no_instances_are_asked_for_where_none_were() -> None:
    """Zero is left to the service to refuse; it does not become one."""
    settled = ModelProperties(
        project_id="p", compartment_id="c", deployment_instance_shape="VM.Standard.E4.Flex", deployment_instance_count=0
    )
    details = deployment_details(model_id="m", settled=settled, options=DeployOptions(), display_name="d")
    configuration = details.model_deployment_configuration_details.model_configuration_details
    assert configuration.scaling_policy.instance_count == 0
