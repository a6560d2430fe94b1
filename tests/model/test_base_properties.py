"""Properties from wherever they are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.model.base_properties import BaseProperties, ConfigSection
from modelyard.model.model_properties import ModelProperties


def test_properties_are_said_one_by_one() -> None:
    count: Any = np.int64(2)
    made = ModelProperties().with_prop("project_id", "p").with_prop("deployment_instance_count", count)
    assert (made.project_id, made.deployment_instance_count) == ("p", 2)
    assert type(made.deployment_instance_count) is int
    assert made.with_prop("deployment_ocpus", 2).deployment_ocpus == 2
    assert made.with_prop("project_id", None).project_id is None
    assert isinstance(made, BaseProperties)


@pytest.mark.parametrize(
    ("name", "value", "error", "said"),
    [
        ("deployment_instance_shap", "x", ValueError, "Did you mean deployment_instance_shape"),
        ("nonsense", "x", ValueError, "There are bucket_uri"),
        ("deployment_instance_count", "two", TypeError, "it takes int"),
        ("deployment_instance_count", True, TypeError, "it takes int"),
        ("deployment_ocpus", "1", TypeError, "it takes float"),
        ("project_id", 3, TypeError, "it takes str"),
        ("remove_existing_artifact", 1, TypeError, "it takes bool"),
    ],
)
def test_what_is_no_property_or_value_is_said(name: str, value: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        ModelProperties().with_prop(name, value)


def test_a_dictionary_is_taken_whole_or_not_at_all() -> None:
    made = ModelProperties(project_id="p")
    with pytest.raises(ValueError, match="no such property"):
        made.with_dict({"project_id": "q", "nonsense": 1})
    assert made.project_id == "p"
    assert made.with_dict({"project_id": "q", "training_id": "t"}).to_dict() == {"project_id": "q", "training_id": "t"}
    for none in ("project_id", None, ["project_id"]):
        wrong: Any = none
        with pytest.raises(TypeError, match="as a dictionary"):
            made.with_dict(wrong)


def test_the_environment_says_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENT_INSTANCE_COUNT", "3")
    monkeypatch.setenv("DEPLOYMENT_OCPUS", "1.5")
    monkeypatch.setenv("OVERWRITE_EXISTING_ARTIFACT", "false")
    monkeypatch.setenv("PROJECT_OCID", "of a notebook")
    monkeypatch.setenv("NONSENSE", "x")
    made = ModelProperties(bucket_uri="kept").with_env()
    assert (made.deployment_instance_count, made.deployment_ocpus, made.overwrite_existing_artifact) == (3, 1.5, False)
    assert (made.project_id, made.bucket_uri) == ("of a notebook", "kept")
    monkeypatch.setenv("DEPLOYMENT_INSTANCE_COUNT", "three")
    with pytest.raises(ValueError, match="deployment_instance_count is 'three'; it takes a number"):
        ModelProperties().with_env()


@pytest.mark.parametrize("text", ["1.5", "inf", "nan"])
def test_a_profile_of_text_becomes_numbers_and_truths(text: str) -> None:
    said = ConfigSection(deployment_instance_count="2", remove_existing_artifact="yes", deployment_memory_in_gbs="16")
    made = ModelProperties().with_config(said)
    assert made.to_dict() == {
        "deployment_instance_count": 2,
        "remove_existing_artifact": True,
        "deployment_memory_in_gbs": 16,
    }
    with pytest.raises(ValueError, match="it takes a whole number"):
        ModelProperties().with_config({"deployment_instance_count": text})
    with pytest.raises(ValueError, match="it takes true or false"):
        ModelProperties().with_config({"remove_existing_artifact": "perhaps"})


def test_a_config_file_keeps_its_other_profiles(tmp_path: Path) -> None:
    uri = str(tmp_path / "models.ini")
    one = ModelProperties(project_id="50%", deployment_instance_count=2, overwrite_existing_artifact=False)
    one.to_config(uri, "ONE")
    ModelProperties(project_id="two").to_config(uri, "TWO")
    assert ModelProperties.from_config(uri, "ONE") == one
    with pytest.raises(FileExistsError, match="force_overwrite=True"):
        one.to_config(uri, "TWO")
    one.to_config(uri, "TWO", force_overwrite=True)
    assert ModelProperties.from_config(uri, "TWO") == one
    with pytest.raises(ValueError, match="no profile 'THREE'; there is ONE, TWO"):
        ModelProperties.from_config(uri, "THREE")
    with pytest.raises(FileNotFoundError):
        ModelProperties.from_config(str(tmp_path / "gone.ini"), "ONE")
    Path(uri).write_text("no config at all")
    with pytest.raises(ValueError, match="is no config file"):
        ModelProperties.from_config(uri, "ONE")


def test_properties_survive_json_and_yaml(tmp_path: Path) -> None:
    made = ModelProperties(project_id="p", deployment_ocpus=1.5)
    assert ModelProperties.from_json(made.to_json()) == made
    assert ModelProperties.from_yaml(made.to_yaml(str(tmp_path / "p.yaml"))) == made
    assert ModelProperties.from_yaml(uri=str(tmp_path / "p.yaml")) == made
    with pytest.raises(ValueError, match="either the text"):
        ModelProperties.from_yaml()
