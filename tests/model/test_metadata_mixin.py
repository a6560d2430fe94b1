"""Metadata that is filled in without prepare(), changed and forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from modelyard.client.connecting import connect
from modelyard.client.object_storage import namespace_of
from modelyard.client.transport import Request
from modelyard.common.auth import api_keys
from modelyard.model import model_metadata as md
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel
from modelyard.model.model_metadata_mixin import MetadataMixin
from modelyard.model.places import place_of


def test_metadata_can_be_filled_in_without_prepare(
    classifier: LogisticRegression, iris: Any, tmp_path: Path, nowhere: Path
) -> None:
    model = SklearnModel(classifier, artifact_dir=str(tmp_path))
    assert isinstance(model, MetadataMixin)
    with pytest.warns(UserWarning, match="No environment is known"):
        model.populate_metadata("multinomial_classification", X_sample=iris.data, training_id="ocid1.job.a")
    assert model.metadata_taxonomy["UseCaseType"].value == "multinomial_classification"
    assert model.metadata_taxonomy["Algorithm"].value == "LogisticRegression"
    assert model.metadata_provenance.training_id == "ocid1.job.a"
    assert model.metadata_custom["ModelArtifacts"].value == "input_schema.json"
    with pytest.raises(ValueError, match="UseCaseType is 'nonsense'"):
        model.populate_metadata("nonsense", training_id="ocid1.job.b")
    assert model.metadata_provenance.training_id == "ocid1.job.a"


def test_schemas_can_be_filled_in_without_prepare(iris: Any, tmp_path: Path, nowhere: Path) -> None:
    model = GenericModel(artifact_dir=str(tmp_path))
    model.populate_schema(SimpleNamespace(X=iris.data, y=iris.target.to_frame()))
    assert (len(model.schema_input.attributes), len(model.schema_output.attributes)) == (4, 1)
    assert (tmp_path / "input_schema.json").read_text() == model.schema_input.to_json()
    assert (tmp_path / "output_schema.json").is_file()
    wrong: Any = [1, 2]
    with pytest.raises(TypeError, match="list without X and y"):
        model.populate_schema(wrong)
    with pytest.warns(UserWarning, match="columns"):
        model.populate_schema(X_sample=iris.data, max_col_num=3)
    assert model.schema_input.attributes == ()


def test_an_update_changes_what_is_given() -> None:
    custom = md.ModelCustomMetadata()
    custom.add("note", "one", description="d", category="Performance")
    custom["note"].update("two", "", "Other")
    assert custom["note"].to_dict() | {"has_artifact": None} == {
        "key": "note",
        "value": "two",
        "description": "",
        "category": "Other",
        "has_artifact": None,
    }
    custom["note"].update("three")
    custom["note"].description = "new"
    custom["note"].value = {"a": [1]}
    assert (custom["note"].value, custom["note"].description, custom["note"].category) == ({"a": [1]}, "new", "Other")
    taxonomy = md.ModelTaxonomyMetadata()
    taxonomy["Algorithm"].update("forest")
    assert taxonomy.get("algorithm").value == "forest"  # type: ignore[union-attr]


def test_what_is_forgotten_leaves_the_keys() -> None:
    custom = md.ModelCustomMetadata()
    custom.add("note", "one", description="d", category="Performance")
    custom.reset()
    assert custom.keys == ("note",)
    assert (custom["note"].value, custom["note"].description, custom["note"].category) == (None, None, None)
    custom.clear()
    assert custom.isempty()
    assert custom.to_dict() == {"data": []}
    taxonomy = md.ModelTaxonomyMetadata()
    taxonomy["Framework"].update("xgboost")
    taxonomy.reset()
    assert taxonomy["Framework"].value is None
    assert len(taxonomy) == 6


def test_the_length_of_values_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    custom = md.ModelCustomMetadata()
    custom.add("long", "v" * 16_000)
    monkeypatch.setenv("MODELYARD_METADATA_VALUE_LIMIT", "255")
    custom.add("short", "v" * 255)
    with pytest.raises(md.MetadataValueTooLong, match="value of k has 256 characters; at most 255") as error:
        custom.add("k", "v" * 256)
    assert (error.value.key, error.value.length) == ("k", 256)
    assert md.MetadataDescriptionTooLong("k", 300).length == 300


def test_metadata_goes_to_files_of_other_places(tmp_path: Path, at_service: Any) -> None:
    """``oci://`` is a bucket of the service; other addresses are fsspec's."""
    custom = md.ModelCustomMetadata()
    custom.add("note", "one")
    custom.to_json_file(f"file://{tmp_path}/out")
    assert (tmp_path / "out" / "ModelCustomMetadata.json").read_text() == custom.to_json()
    custom["note"].to_json_file(str(tmp_path / "v1.2"))  # a folder, whatever its name
    assert (tmp_path / "v1.2" / "note.json").read_text() == '"one"'
    with pytest.raises(ImportError, match="install fsspec and s3fs"):
        custom.to_json_file("s3://bucket/folder")
    client = connect()
    namespace = namespace_of(client.transport)
    made = {"name": "metadata", "compartmentId": at_service.compartment_id}
    client.transport.send(Request(method="POST", path=f"/n/{namespace}/b", body=json.dumps(made).encode()))
    custom.to_json_file(f"oci://metadata@{namespace}/folder/")
    place = place_of(f"oci://metadata@{namespace}/folder/ModelCustomMetadata.json")
    assert place.read().decode() == custom.to_json()
    custom.to_json_file(f"oci://metadata@{namespace}/named.json", storage_options=dict(api_keys()))
    assert place_of(f"oci://metadata@{namespace}/named.json").exists()
