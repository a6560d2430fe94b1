"""Groups of models, field by field: on paper, and created, cloned, deployed and deleted at a real service."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.model.datascience_model import DataScienceModel
from modelyard.model.datascience_model_group import (
    DataScienceModelGroup,
    ModelGroupArtifactNotFoundError,
    ModelGroupArtifactValidationError,
)
from modelyard.model.deployment import ModelDeployment, ModelDeploymentCondaRuntime
from modelyard.model.model_metadata import ModelCustomMetadata

SCORE = """
def load_model():
    return {number}


def predict(data, model=load_model()):
    return {{"prediction": model}}
"""
GROUP_SCORE = """
import pathlib


def load_model(model_folder):
    return int((pathlib.Path(model_folder) / "number.txt").read_text())


def predict(data, model):
    return {"prediction": model}
"""
MEMBERS = [{"inference_key": "north", "model_id": "a"}, {"inference_key": "south", "model_id": "b"}]
WAITING = "wait_for_completion=True max_wait_time=1200 poll_interval=10"
REFERENCE = {
    **dict.fromkeys(("create", "update", "activate", "deactivate", "delete"), WAITING),
    **{
        f"with_{name}": name
        for name in (
            *("create_type", "compartment_id", "project_id", "display_name", "description", "base_model_id"),
            *("member_models", "model_group_version_history_id", "version_label"),
        )
    },
    "with_custom_metadata_list": "metadata",
    "with_artifact": "uri",
    "upload_artifact": "",
    "sync": "",
    "list": "status=None compartment_id=None",
    "from_id": "model_group_id",
    "to_dict": "",
}


@pytest.mark.parametrize("method", REFERENCE)
def test_every_method_takes_what_the_reference_says(method: str) -> None:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(getattr(DataScienceModelGroup, method)).parameters.values()
    said = " ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default!r}"
        for each in found
        if each.kind in kinds and each.name != "self"
    )
    assert said == REFERENCE[method]


def test_the_constants_are_the_names_in_files() -> None:
    constants = {value for name, value in inspect.getmembers(DataScienceModelGroup) if name.startswith("CONST_")}
    assert set(DataScienceModelGroup.attribute_map) - constants == {"sourceId"}


def test_a_group_with_everything_survives_every_form(nowhere: Path) -> None:
    custom = ModelCustomMetadata()
    custom.add("report", "fine")
    group = (
        DataScienceModelGroup()
        .with_create_type("CREATE")
        .with_display_name("n")
        .with_freeform_tags(a="b")
        .with_defined_tags(space={"key": 1})
        .with_custom_metadata_list(custom)
        .with_base_model_id("base")
        .with_member_models(MEMBERS)
        .with_version_label("l")
        .with_artifact("somewhere")
    )
    said = group.to_dict()
    for again in (
        DataScienceModelGroup.from_dict(said),
        DataScienceModelGroup.from_yaml(group.to_yaml()),
        DataScienceModelGroup.from_json(group.to_json()),
    ):
        assert again.to_dict() == said
        assert again.member_models == MEMBERS
    assert (said["kind"], said["type"]) == ("datascienceModelGroup", "dataScienceModelGroup")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: DataScienceModelGroup(colour="red"), "has no colour"),  # type: ignore[call-arg]
        (lambda: DataScienceModelGroup().with_create_type("COPY"), "CREATE, CLONE"),
        (lambda: DataScienceModelGroup().with_member_models([{"inference_key": "a"}]), "model_id"),
        (lambda: DataScienceModelGroup().with_member_models([{"model_id": "a", "size": "b"}]), "a member is"),
        (lambda: DataScienceModelGroup().with_member_models({}), "list of members"),  # type: ignore[arg-type]
        (lambda: DataScienceModelGroup().with_custom_metadata_list(3), "ModelCustomMetadata"),  # type: ignore[arg-type]
        (lambda: DataScienceModelGroup().update(), "call create"),
        (lambda: DataScienceModelGroup().activate(), "call create"),
        (lambda: DataScienceModelGroup().delete(), "call create"),
        (lambda: DataScienceModelGroup().sync(), "call create"),
        (lambda: DataScienceModelGroup(artifact="x").upload_artifact(), "call create"),
        (lambda: DataScienceModelGroup.from_id("ocid1.datasciencemodel.oc98.local-1.a"), "not the OCID of a model gr"),
    ],
)
def test_what_makes_no_sense_says_why(nowhere: Path, wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()


# ── at a service ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"group {uuid.uuid4()}"


@pytest.fixture
def members(at_service: Any, tmp_path: Path) -> list[dict[str, str]]:
    """Two models that answer with a number each."""
    made = []
    for number, key in enumerate(("north", "south")):
        folder = tmp_path / key
        folder.mkdir()
        (folder / "score.py").write_text(SCORE.format(number=number))
        (folder / "number.txt").write_text(str(number))
        (folder / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
        made.append({"inference_key": key, "model_id": str(DataScienceModel(artifact=str(folder)).create().id)})
    return made


@pytest.fixture
def group(members: list[dict[str, str]], name: str) -> DataScienceModelGroup:
    """A group in the catalog."""
    return DataScienceModelGroup(display_name=name, member_models=members, description="d").create()


def test_a_group_is_created_found_changed_and_deleted(
    group: DataScienceModelGroup, members: list[dict[str, str]], name: str, service: Any
) -> None:
    assert (group.status, group.lifecycle_state, group.project_id) == ("ACTIVE", "ACTIVE", service.project_id)
    found = DataScienceModelGroup.from_id(str(group.id))
    assert found.to_dict() == group.to_dict()
    assert found.member_models == members
    found.with_description("better").update(freeform_tags={"a": "b"})
    assert group.sync().description == "better"
    assert group.freeform_tags == {"a": "b"}
    with pytest.raises(ValueError, match="stays as it was created"):
        group.update(member_models=members[:1])
    group.sync()
    assert group.deactivate().status == "INACTIVE"
    assert group.activate().status == "ACTIVE"
    assert [each.id for each in DataScienceModelGroup.list(display_name=name)] == [group.id]
    with pytest.raises(ValueError, match="created already"):
        group.create()
    assert group.delete().status == "DELETED"
    assert DataScienceModelGroup.list(display_name=name) == []
    assert [each.id for each in DataScienceModelGroup.list("DELETED", display_name=name)] == [group.id]


def test_a_group_is_cloned_with_more_members(group: DataScienceModelGroup, members: list[dict[str, str]]) -> None:
    other = DataScienceModel.from_id(members[0]["model_id"])
    assert other.id is not None
    with pytest.raises(ValueError, match="with_source_id"):
        DataScienceModelGroup(create_type="CLONE").create()
    clone = DataScienceModelGroup(create_type="CLONE", source_id=str(group.id), description="like it").create()
    assert clone.id != group.id
    assert (clone.source_id, clone.description, clone.create_type) == (group.id, "like it", "CLONE")
    assert clone.member_models == members


def test_a_group_is_deployed_and_a_request_names_its_model(group: DataScienceModelGroup, name: str) -> None:
    runtime = ModelDeploymentCondaRuntime().with_model_group_id(str(group.id))
    deployment = ModelDeployment(display_name=name, runtime=runtime).deploy()
    assert deployment.model_id is None
    assert deployment.predict([1], model_name="north") == {"prediction": 0}
    assert deployment.predict([1], headers={"inference-key": "south"}) == {"prediction": 1}
    clone = DataScienceModelGroup(create_type="CLONE", source_id=str(group.id)).create()
    deployment.with_runtime(ModelDeploymentCondaRuntime(model_group_id=str(clone.id))).update(update_type="LIVE")
    assert deployment.runtime is not None
    assert deployment.runtime.model_group_id == clone.id
    with pytest.raises(errors.Conflict):
        clone.delete()
    deployment.delete()
    clone.delete()


def test_a_group_with_an_artifact_serves_its_models_with_it(
    members: list[dict[str, str]], name: str, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "score.py").write_text(GROUP_SCORE)
    (shared / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
    group = DataScienceModelGroup(display_name=name, member_models=members, artifact=str(shared)).create()
    with pytest.raises(errors.Conflict):
        group.upload_artifact()
    runtime = ModelDeploymentCondaRuntime(model_group_id=str(group.id))
    deployment = ModelDeployment(display_name=name, runtime=runtime).deploy()
    assert [deployment.predict([1], model_name=key) for key in ("north", "south")] == [
        {"prediction": 0},
        {"prediction": 1},
    ]
    deployment.delete()


def test_nothing_is_left_of_a_group_whose_artifact_cannot_serve(
    members: list[dict[str, str]], name: str, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    half = tmp_path / "half"
    half.mkdir()
    (half / "score.py").write_text("def predict(data, model):\n    return {}\n")
    for uri, kind in (
        (str(tmp_path / "nothing"), ModelGroupArtifactNotFoundError),
        (str(empty), ModelGroupArtifactValidationError),
        (str(half), ModelGroupArtifactValidationError),
    ):
        with pytest.raises(kind):
            DataScienceModelGroup(display_name=name, member_models=members, artifact=uri).create()
    assert DataScienceModelGroup.list(display_name=name) == []
    with pytest.raises(ValueError, match="needs its models"):
        DataScienceModelGroup(display_name=name).create()
    with pytest.raises(errors.RelatedResourceNotFound):
        DataScienceModelGroup(member_models=MEMBERS).create()
    with pytest.raises(ModelGroupArtifactNotFoundError):
        DataScienceModelGroup().upload_artifact()
