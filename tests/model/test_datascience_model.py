"""Models of the catalog, field by field: on paper, and created, changed and deleted at a real service."""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard import ModelVersionSet, errors
from modelyard.model.datascience_model import (
    DataScienceModel,
    InvalidArtifactPathTypeOrContentError,
    MetadataArtifactPathType,
    ModelArtifactNotFoundError,
    ModelArtifactSizeError,
    ModelBackupSetting,
    ModelFileDescriptionError,
    ModelMetadataArtifactNotFoundError,
    ModelNotSavedError,
    ModelProvenanceNotFoundError,
    ModelRetentionOperationDetails,
    ModelRetentionSetting,
    ModelWithActiveDeploymentError,
    PathNotFoundError,
    SettingStatus,
)
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata, UseCaseType

SCORE = (
    "def load_model():\n    return 3\n\n\ndef predict(data, model=load_model()):\n    return {'prediction': model}\n"
)
RUNTIME = "MODEL_ARTIFACT_VERSION: '3.0'\n"
SCHEMA = {"schema": [{"name": "a", "dtype": "int64", "feature_type": "Integer", "order": 0}], "version": "1.1"}
DESCRIPTION = {
    "version": "1.0",
    "type": "modelOSSReferenceDescription",
    "models": [
        {
            "namespace": "n",
            "bucketName": "b",
            "prefix": "p/",
            "objects": [{"name": "p/score.py", "version": "1", "sizeInBytes": 3}],
        }
    ],
}

#: What the reference lets a caller pass by position.
REFERENCE = {
    "with_project_id": "project_id",
    "with_compartment_id": "compartment_id",
    "with_display_name": "name",
    "with_description": "description",
    "with_freeform_tags": "",
    "with_defined_tags": "",
    "with_input_schema": "schema",
    "with_output_schema": "schema",
    "with_defined_metadata_list": "metadata",
    "with_custom_metadata_list": "metadata",
    "with_provenance_metadata": "metadata",
    "with_artifact": "uri",
    "with_model_version_set_id": "model_version_set_id",
    "with_version_label": "version_label",
    "with_version_id": "version_id",
    "with_model_file_description": "json_dict=None json_string=None json_uri=None",
    "with_retention_setting": "retention_setting",
    "with_backup_setting": "backup_setting",
    "create": "",
    "update": "",
    "delete": "delete_associated_model_deployment=False",
    "list": "compartment_id=None project_id=None category='USER'",
    "list_df": "compartment_id=None project_id=None category='USER'",
    "from_id": "id",
    "sync": "",
    "upload_artifact": "bucket_uri=None auth=None region=None overwrite_existing_artifact=True "
    "remove_existing_artifact=True timeout=None parallel_process_count=9 model_by_reference=False",
    "download_artifact": "target_dir auth=None force_overwrite=False bucket_uri=None region=None "
    "overwrite_existing_artifact=True remove_existing_artifact=True timeout=None",
    "restore_model": "restore_model_for_hours_specified=None",
    "add_artifact": "uri=None namespace=None bucket=None prefix=None files=None",
    "remove_artifact": "uri=None namespace=None bucket=None prefix=None",
    "to_dict": "",
    "to_yaml": "uri=None",
    "from_dict": "config",
    "from_yaml": "yaml_string=None uri=None",
    "if_model_custom_metadata_artifact_exist": "metadata_key_name",
    **{
        f"{verb}_{kind}_metadata_artifact": f"metadata_key_name artifact_path_or_content path_type={'local'!r}"
        for verb in ("create", "update")
        for kind in ("custom", "defined")
    },
    **{
        f"get_{kind}_metadata_artifact": "metadata_key_name target_dir override=False" for kind in ("custom", "defined")
    },
    **{f"delete_{kind}_metadata_artifact": "metadata_key_name" for kind in ("custom", "defined")},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small artifact."""
    made = tmp_path / "artifact"
    made.mkdir()
    (made / "score.py").write_text(SCORE)
    (made / "runtime.yaml").write_text(RUNTIME)
    return made


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"model {uuid.uuid4()}"


@pytest.fixture
def saved(at_service: Any, folder: Path, name: str) -> DataScienceModel:
    """A model in the catalog, with its artifact and all that can be said of it."""
    return _full(folder, name).create()


def _full(folder: Path, name: str) -> DataScienceModel:
    custom = ModelCustomMetadata()
    custom.add("report", {"auc": 0.9}, description="How good it is", category="Performance")
    taxonomy = ModelTaxonomyMetadata()
    taxonomy["UseCaseType"].update(UseCaseType.REGRESSION)
    return (
        DataScienceModel()
        .with_display_name(name)
        .with_description("d")
        .with_freeform_tags(a="b")
        .with_defined_tags(space={"key": 1})
        .with_input_schema(SCHEMA)
        .with_output_schema(json.dumps(SCHEMA))
        .with_custom_metadata_list(custom)
        .with_defined_metadata_list(taxonomy)
        .with_provenance_metadata({"git_branch": "main", "git_commit": "abc", "training_id": "t"})
        .with_retention_setting({"archive_after_days": 30, "delete_after_days": 60})
        .with_artifact(str(folder))
    )


# ── names and signatures ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", REFERENCE)
def test_every_method_takes_what_the_reference_says(method: str) -> None:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(getattr(DataScienceModel, method)).parameters.values()
    said = " ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default!r}"
        for each in found
        if each.kind in kinds and each.name != "self"
    )
    assert said == REFERENCE[method]


def test_every_field_says_what_it_is_and_can_be_set() -> None:
    for field in DataScienceModel.fields.values():
        assert str(field.__doc__).endswith(".")
    constants = {value for key, value in inspect.getmembers(DataScienceModel) if key.startswith("CONST_")}
    assert constants | {"createdBy"} == set(DataScienceModel.attribute_map)
    assert DataScienceModel.attribute_map["modelDescription"] == "model_file_description"


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_builders_setters_keywords_and_a_spec_say_the_same(nowhere: Path) -> None:
    built = DataScienceModel().with_project_id("p").with_display_name("n").with_freeform_tags(a="b")
    written = DataScienceModel()
    written.freeform_tags, written.display_name, written.project_id = {"a": "b"}, "n", "p"
    spec = {"projectId": "p", "display_name": "spec", "freeformTags": {"a": "b"}}
    for other in (written, DataScienceModel(spec, display_name="n")):
        assert other.to_dict() == built.to_dict()
        assert other.to_yaml() == built.to_yaml()
    assert built.to_dict() == {
        "kind": "datascienceModel",
        "type": "dataScienceModel",
        "spec": {"projectId": "p", "displayName": "n", "freeformTags": {"a": "b"}},
    }
    assert list(written.to_dict()["spec"]) == ["projectId", "displayName", "freeformTags"]  # type: ignore[call-overload]


def test_a_model_with_everything_survives_every_form(nowhere: Path, tmp_path: Path) -> None:
    model = _full(tmp_path, "n").with_backup_setting(ModelBackupSetting(is_backup_enabled=False))
    model.with_model_file_description(json_dict=DESCRIPTION).with_version_id("3").with_version_label("l")
    model.with_model_version_set_id("s").with_artifact("oci://a@n/x", "oci://b@n/y")
    said = model.to_dict()
    for again in (
        DataScienceModel.from_dict(said),
        DataScienceModel.from_yaml(model.to_yaml()),
        DataScienceModel.from_json(model.to_json()),
    ):
        assert again.to_dict() == said
        assert again.custom_metadata_list is not None
        assert again.custom_metadata_list["report"].value == {"auc": 0.9}
        assert again.input_schema is not None
        assert [column.name for column in again.input_schema.attributes] == ["a"]
        assert again.retention_setting == ModelRetentionSetting(archive_after_days=30, delete_after_days=60)
        assert again.artifact == ["oci://a@n/x", "oci://b@n/y"]
        assert again.version_id == 3
    model.to_yaml(uri=str(tmp_path / "model.yaml"))
    assert DataScienceModel.from_yaml(uri=f"file://{tmp_path}/model.yaml").to_dict() == said


@given(
    name=st.text(st.characters(exclude_categories=["C"]), min_size=1),
    tags=st.dictionaries(st.text(min_size=1), st.text()),
    spaces=st.dictionaries(st.text(min_size=1), st.dictionaries(st.text(min_size=1), st.text())),
)
def test_any_words_survive_every_form(name: str, tags: dict[str, str], spaces: dict[str, Any]) -> None:
    model = DataScienceModel(display_name=name, freeform_tags=tags, defined_tags=spaces)
    said = model.to_dict()
    assert DataScienceModel.from_yaml(model.to_yaml()).to_dict() == said
    assert DataScienceModel.from_json(model.to_json()).to_dict() == said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: DataScienceModel(colour="red"), "has no colour"),  # type: ignore[call-arg]
        (lambda: DataScienceModel({"displayname": "n"}), "Did you mean display"),
        (lambda: DataScienceModel().with_project_id(3), "project_id of a DataScienceModel: it is text, not 3"),  # type: ignore[arg-type]
        (lambda: DataScienceModel(freeform_tags={"a": 1}), "it is text, not 1"),  # type: ignore[dict-item]
        (lambda: DataScienceModel().with_input_schema(7), "it is a Schema"),  # type: ignore[arg-type]
        (lambda: DataScienceModel().with_input_schema("{"), "schema cannot be read"),
        (lambda: DataScienceModel().with_version_id("first"), "invalid literal"),
        (lambda: DataScienceModel().with_artifact(3), "a path or an address"),  # type: ignore[arg-type]
        (lambda: DataScienceModel().with_retention_setting({"days": 3}), "has no days"),
        (lambda: DataScienceModel().with_custom_metadata_list([]), "ModelCustomMetadata or a dictionary"),  # type: ignore[arg-type]
        (lambda: DataScienceModel.from_dict({"kind": "deployment", "spec": {}}), "This is a 'deployment'"),
        (lambda: DataScienceModel.from_yaml("- a"), "no mapping"),
        (lambda: DataScienceModel.from_json("{"), "no JSON"),
        (lambda: ModelRetentionSetting(delete_after_days=3), "give archive_after_days too"),
        (lambda: ModelRetentionSetting(archive_after_days=-1), "number of days"),
        (lambda: ModelRetentionSetting(1, 2, "SOMETIMES"), "one of NONE, ALL"),
        (lambda: ModelRetentionSetting.from_json("["), "not"),
        (lambda: ModelBackupSetting(is_backup_enabled=True), "needs a region"),
        (lambda: ModelRetentionOperationDetails(archive_state="DONE"), "one of PENDING"),
    ],
)
def test_what_makes_no_sense_says_why(nowhere: Path, wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"json_dict": DESCRIPTION, "json_string": "{}"},
        {"json_string": "{"},
        {"json_dict": {**DESCRIPTION, "type": "other"}},
        {"json_dict": {**DESCRIPTION, "models": []}},
        {"json_dict": {**DESCRIPTION, "models": [{**DESCRIPTION["models"][0], "objects": []}]}},  # type: ignore[dict-item]
        {"json_dict": {"version": "1.0", "type": "modelOSSReferenceDescription"}},
    ],
)
def test_a_description_of_files_that_is_none_is_refused(nowhere: Path, given: dict[str, Any]) -> None:
    with pytest.raises(ModelFileDescriptionError):
        DataScienceModel().with_model_file_description(**given)


def test_a_description_of_files_comes_as_a_dictionary_text_or_file(nowhere: Path, tmp_path: Path) -> None:
    file = tmp_path / "model_description.json"
    file.write_text(json.dumps(DESCRIPTION))
    for way in ({"json_dict": DESCRIPTION}, {"json_string": json.dumps(DESCRIPTION)}, {"json_uri": str(file)}):
        assert DataScienceModel().with_model_file_description(**way).model_file_description == DESCRIPTION  # type: ignore[arg-type]
    with pytest.raises(PathNotFoundError) as caught:
        DataScienceModel().with_model_file_description(json_uri=str(tmp_path / "nothing.json"))
    assert isinstance(caught.value, FileNotFoundError)


def test_settings_go_to_dictionaries_and_back() -> None:
    setting = ModelRetentionSetting(archive_after_days=3, customer_notification_type="ALL")
    assert setting.to_dict() == {"archive_after_days": 3, "customer_notification_type": "ALL"}
    assert ModelRetentionSetting.from_dict(setting.to_dict()) == setting
    assert ModelRetentionSetting.from_json(setting.to_json()) == setting
    assert setting.to_yaml() == "archive_after_days: 3\ncustomer_notification_type: ALL\n"
    assert "PENDING" in SettingStatus


def test_what_needs_the_catalog_says_so_before_it_asks(nowhere: Path) -> None:
    model = DataScienceModel(display_name="n", artifact="nowhere")
    for call in (
        model.update,
        model.delete,
        model.sync,
        model.upload_artifact,
        model.provenance,
        lambda: model.download_artifact("x"),
        model.restore_model,
        lambda: model.delete_custom_metadata_artifact("k"),
        lambda: model.create_custom_metadata_artifact("k", b"", "content"),
        lambda: model.if_model_custom_metadata_artifact_exist("k"),
    ):
        with pytest.raises(ModelNotSavedError, match="call create"):
            call()


# ── in the catalog ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_is_created_found_and_says_all_that_was_said(
    saved: DataScienceModel, name: str, folder: Path, service: Any
) -> None:
    assert (saved.status, saved.lifecycle_state) == ("ACTIVE", "ACTIVE")
    assert (saved.project_id, saved.compartment_id) == (service.project_id, service.compartment_id)
    found = DataScienceModel.from_id(str(saved.id))
    said = found.to_dict()["spec"]
    assert isinstance(said, dict)
    assert said == {key: value for key, value in saved.to_dict()["spec"].items() if key != "artifact"}  # type: ignore[attr-defined]
    assert said["displayName"] == name
    assert (said["freeformTags"], said["definedTags"]) == ({"a": "b"}, {"space": {"key": 1}})
    assert found.custom_metadata_list is not None
    assert found.custom_metadata_list["report"].value == {"auc": 0.9}
    assert found.defined_metadata_list is not None
    assert found.defined_metadata_list["UseCaseType"].value == "regression"
    assert found.provenance_metadata is not None
    assert found.provenance_metadata.git_commit == "abc"
    assert found.input_schema == found.output_schema
    assert found.retention_operation_details is not None
    assert found.retention_operation_details.archive_state == "PENDING"


def test_an_artifact_comes_back_as_it_was_sent(saved: DataScienceModel, tmp_path: Path) -> None:
    saved.download_artifact(str(tmp_path / "back"))
    assert (tmp_path / "back" / "score.py").read_text() == SCORE
    with pytest.raises(FileExistsError):
        saved.download_artifact(str(tmp_path / "back"))
    (tmp_path / "back" / "stale.txt").write_text("old")
    saved.download_artifact(str(tmp_path / "back"), force_overwrite=True)
    assert not (tmp_path / "back" / "stale.txt").exists()
    with pytest.raises(errors.Conflict):
        saved.upload_artifact()


def test_an_entry_without_an_artifact_gets_one_later(at_service: Any, folder: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="without an artifact"):
        model = DataScienceModel().create()
    assert str(model.display_name)
    with pytest.raises(ModelArtifactNotFoundError) as caught:
        model.download_artifact(str(tmp_path / "back"))
    assert isinstance(caught.value, LookupError)
    with pytest.raises(ModelFileDescriptionError, match="with_artifact"):
        model.upload_artifact()
    with pytest.raises(errors.Conflict):
        model.restore_model(24)
    with pytest.raises(ModelProvenanceNotFoundError):
        model.provenance()
    assert model.provenance_metadata is None
    model.with_artifact(str(folder)).upload_artifact()
    model.download_artifact(str(tmp_path / "back"))
    assert (tmp_path / "back" / "score.py").read_text() == SCORE
    model.restore_model(24)
    for hours in (0, -1, True, "12"):
        with pytest.raises(ValueError, match="number of hours"):
            model.restore_model(hours)  # type: ignore[arg-type]


def test_a_large_artifact_goes_in_segments(at_service: Any, folder: Path, tmp_path: Path) -> None:
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 40_000)
    with pytest.warns(UserWarning, match="without an artifact"):
        model = DataScienceModel().create()
    model.with_artifact(str(folder)).upload_artifact()
    model.download_artifact(str(tmp_path / "back"))
    assert (tmp_path / "back" / "weights.bin").read_bytes() == (folder / "weights.bin").read_bytes()


def test_nothing_is_left_of_a_create_whose_artifact_is_not_there(at_service: Any, tmp_path: Path, name: str) -> None:
    model = DataScienceModel(display_name=name, artifact=str(tmp_path / "nothing"))
    with pytest.raises(PathNotFoundError):
        model.create()
    with pytest.raises(PathNotFoundError):
        model.create(bucket_uri="oci://nothing-there/x")
    assert DataScienceModel.list(display_name=name) == []
    assert model.id is None


def test_an_update_changes_what_may_change_and_refuses_the_rest(saved: DataScienceModel) -> None:
    saved.with_description("better").update(freeform_tags={"c": "d"})
    assert saved.custom_metadata_list is not None
    saved.custom_metadata_list.add("note", "new")
    saved.with_provenance_metadata({"git_branch": "other"}).update()
    found = DataScienceModel.from_id(str(saved.id))
    assert (found.description, found.freeform_tags) == ("better", {"c": "d"})
    assert found.custom_metadata_list is not None
    assert found.custom_metadata_list.keys == ("report", "note")
    assert found.provenance_metadata is not None
    assert found.provenance_metadata.git_branch == "other"
    with pytest.raises(ValueError, match="stays as it was created"):
        saved.update(compartment_id="another")


def test_models_are_listed_and_what_a_list_leaves_out_is_asked_for(saved: DataScienceModel, name: str) -> None:
    listed = DataScienceModel.list(display_name=name)
    assert [model.id for model in listed] == [saved.id]
    assert listed[0].with_display_name("mine").description == "d"
    assert listed[0].display_name == "mine"
    whole = DataScienceModel.list(display_name=name, lifecycle_state="ACTIVE")[0]
    assert whole.to_dict() == DataScienceModel.from_id(str(saved.id)).to_dict()
    table = DataScienceModel.list_df(display_name=name)
    assert list(table["id"]) == [saved.id]
    assert list(table["lifecycle_state"]) == ["ACTIVE"]
    assert DataScienceModel.list(display_name=name, category="SERVICE") == []


def test_a_model_of_a_list_is_shown_without_asking_for_the_rest(saved: DataScienceModel, name: str) -> None:
    listed = DataScienceModel.list(display_name=name)[0]
    del listed.client
    listed.auth = {"client_kwargs": {"service_endpoint": "http://127.0.0.1:1"}}
    assert f"displayName: {name}" in repr(listed)
    assert name in listed._repr_html_()
    assert "description" not in repr(listed)
    with pytest.raises(errors.ServiceUnreachable):
        _ = listed.description


def test_a_deleted_model_says_so(saved: DataScienceModel, name: str) -> None:
    assert saved.delete().status == "DELETED"
    assert DataScienceModel.list(display_name=name) == []
    assert [model.id for model in DataScienceModel.list(display_name=name, lifecycle_state="DELETED")] == [saved.id]


def test_what_is_no_model_is_not_looked_for(at_service: Any) -> None:
    with pytest.raises(ValueError, match="not the OCID of a model"):
        DataScienceModel.from_id("ocid1.datascienceproject.oc98.local-1.a")


def test_the_models_of_a_version_set_are_models(at_service: Any, folder: Path, name: str) -> None:
    version_set = ModelVersionSet(name=name).create()
    for label in ("first", "second"):
        model = DataScienceModel(artifact=str(folder), model_version_set_id=str(version_set.id), version_label=label)
        assert model.create().model_version_set_name == name
    found = version_set.models()
    assert sorted((model.version_id, model.version_label) for model in found) == [(1, "first"), (2, "second")]
    assert all(isinstance(model, DataScienceModel) for model in found)
    assert {model.description for model in found} == {None}
    assert sorted(found.to_dataframe()["version_label"]) == ["first", "second"]


def test_an_artifact_that_is_too_large_is_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "weights.bin").write_bytes(random.Random(0).randbytes(20_000))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("small")))
    monkeypatch.setenv("MODELYARD_PORT", "0")
    monkeypatch.setenv("MODELYARD_ARTIFACT_LIMIT", "10000")
    modelyard = [sys.executable, "-m", "modelyard"]
    subprocess.run([*modelyard, "up", "--detach"], check=True, capture_output=True, timeout=60)
    try:
        with pytest.raises(ModelArtifactSizeError, match="larger than the service takes"):
            DataScienceModel(artifact=str(folder)).create()
        with pytest.warns(UserWarning, match="without an artifact"):
            model = DataScienceModel().create()
        with pytest.raises(ModelArtifactSizeError):
            model.with_artifact(str(folder)).upload_artifact()
        assert [each.id for each in DataScienceModel.list()] == [model.id]
    finally:
        subprocess.run([*modelyard, "down"], check=True, capture_output=True, timeout=60)


# ── artifacts of metadata ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "key"), [("custom", "report"), ("defined", "UseCaseType")])
def test_an_item_of_metadata_has_an_artifact(saved: DataScienceModel, kind: str, key: str, tmp_path: Path) -> None:
    def call(verb: str) -> Any:
        return getattr(saved, f"{verb}_{kind}_metadata_artifact")

    (tmp_path / "report.txt").write_text("from a file")
    with pytest.raises(ModelMetadataArtifactNotFoundError):
        call("get")(key, str(tmp_path))
    made = call("create")(key, str(tmp_path / "report.txt"))
    assert made.status == "204"
    assert made.headers["etag"]
    assert call("get")(key, str(tmp_path)) == (tmp_path / key).read_bytes() == b"from a file"
    with pytest.raises(FileExistsError):
        call("get")(key, str(tmp_path))
    call("update")(key, b"from bytes", MetadataArtifactPathType.CONTENT)
    assert call("get")(key, str(tmp_path), override=True) == b"from bytes"
    if kind == "custom":
        assert saved.if_model_custom_metadata_artifact_exist(key)
    call("delete")(key)
    with pytest.raises(ModelMetadataArtifactNotFoundError):
        call("delete")(key)
    assert not saved.if_model_custom_metadata_artifact_exist(key)


def test_the_artifact_of_an_item_is_what_it_is_said_to_be(saved: DataScienceModel, tmp_path: Path) -> None:
    for content, path_type in (("text", "content"), (b"bytes", "local"), (b"bytes", "oss"), ("text", "ftp")):
        with pytest.raises(InvalidArtifactPathTypeOrContentError):
            saved.create_custom_metadata_artifact("report", content, path_type)
    with pytest.raises(PathNotFoundError):
        saved.create_custom_metadata_artifact("report", str(tmp_path / "nothing"))
    with pytest.raises(PathNotFoundError):
        saved.create_custom_metadata_artifact("report", "oci://no-such-bucket/nothing", "oss")
    with pytest.raises(PathNotFoundError):
        saved.get_custom_metadata_artifact("report", str(tmp_path / "nothing"))
    with pytest.raises(ModelMetadataArtifactNotFoundError):
        saved.create_custom_metadata_artifact("no such key", b"", "content")
    assert issubclass(ModelWithActiveDeploymentError, RuntimeError)
