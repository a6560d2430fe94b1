"""What a drafted group is in the catalog: what creates or clones it, and the update that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelyard import ids
from modelyard.errors import UsageError
from modelyard.model.deploying import needed
from modelyard.resources import model_group as nouns
from modelyard.settings import Settings

if TYPE_CHECKING:
    from modelyard.client.profile import Profile
    from modelyard.model.drafted_model_group import DraftedModelGroup

_FIXED = ("compartment_id", "project_id", "create_type", "member_models", "base_model_id", "custom_metadata_list")
_CHANGEABLE = (
    *("display_name", "description", "version_label", "model_group_version_history_id"),
    *("freeform_tags", "defined_tags"),
)


def member_dicts(value: object) -> list[dict[str, str]]:
    """Return the members of a group as dictionaries of ``inference_key`` and ``model_id``.

    Raises:
        TypeError, ValueError: It is no list of members.
    """
    if not isinstance(value, list | tuple):
        raise TypeError(f"it is a list of members, not {value!r}.")
    return [_member(each) for each in value]


def _member(value: object) -> dict[str, str]:
    if isinstance(value, nouns.MemberModelDetails):
        value = {"inference_key": value.inference_key, "model_id": value.model_id}
    if not isinstance(value, Mapping):
        raise TypeError(f"a member is {{'inference_key': …, 'model_id': …}}, not {value!r}.")
    names = {"inferenceKey": "inference_key", "modelId": "model_id"}
    said = {names.get(key, key): each for key, each in value.items() if each is not None}
    if "model_id" not in said or set(said) - {"inference_key", "model_id"}:
        raise ValueError(f"a member is {{'inference_key': …, 'model_id': …}}, not {dict(value)!r}.")
    return {name: str(said[name]) for name in ("inference_key", "model_id") if name in said}


def creation_of(
    group: DraftedModelGroup, *, settings: Settings, home: Profile
) -> nouns.CreateModelGroupDetails | nouns.CloneModelGroupDetails:
    """Return what creates a group, or clones another.

    Raises:
        UsageError: It has no members, a clone has no source, or no project or compartment is known.
    """
    project_id = needed(group.project_id or settings.project_id or home.project_id, "project_id", "PROJECT_OCID")
    compartment_id = needed(
        group.compartment_id or settings.compartment_id or home.compartment_id,
        "compartment_id",
        "NB_SESSION_COMPARTMENT_OCID",
    )
    if group.create_type == "CLONE":
        return nouns.CloneModelGroupDetails(
            compartment_id=compartment_id, project_id=project_id, model_group_clone_source_details=_source(group)
        )
    if not group.member_models:
        raise UsageError("A model group needs its models: with_member_models([{'inference_key': …, 'model_id': …}]).")
    return nouns.CreateModelGroupDetails(
        compartment_id=compartment_id,
        project_id=project_id,
        display_name=group.display_name,
        description=group.description,
        freeform_tags=group.freeform_tags,
        defined_tags=group.defined_tags,
        model_group_version_history_id=group.model_group_version_history_id,
        version_label=group.version_label,
        model_group_details=_details(group),
        member_model_entries=nouns.MemberModelEntries(member_model_details=_members(group)),
    )


def changes_of(group: DraftedModelGroup, was: DraftedModelGroup) -> nouns.UpdateModelGroupDetails:
    """Return the update that makes a group what it is to be.

    Raises:
        UsageError: Something is to be another that stays as it was created.
    """
    for name in _FIXED:
        before, now = was.to_dict()["spec"], group.to_dict()["spec"]
        wire = group.fields[name].wire
        assert isinstance(before, dict)
        assert isinstance(now, dict)
        if before.get(wire) != now.get(wire):
            raise UsageError(f"The {name} of a model group stays as it was created: create another, or clone it.")
    changed = {name: group.get_spec(name) for name in _CHANGEABLE if group.get_spec(name) != was.get_spec(name)}
    return nouns.UpdateModelGroupDetails(**changed)  # type: ignore[arg-type] # of their types, by the fields


def _details(group: DraftedModelGroup) -> nouns.ModelGroupDetails:
    metadata = _metadata(group)
    if group.base_model_id is not None:
        return nouns.StackedModelGroupDetails(base_model_id=group.base_model_id, custom_metadata_list=metadata)
    if group.artifact is not None:
        return nouns.HomogeneousModelGroupDetails(custom_metadata_list=metadata)
    return nouns.HeterogeneousModelGroupDetails(custom_metadata_list=metadata)


def _metadata(group: DraftedModelGroup) -> list[nouns.CustomMetadata] | None:
    if group.custom_metadata_list is None:
        return None
    return [
        nouns.CustomMetadata(key=item.key, value=item.value, description=item.description, category=item.category)
        for item in group.custom_metadata_list.to_wire()
    ]


def _members(group: DraftedModelGroup) -> list[nouns.MemberModelDetails]:
    return [nouns.MemberModelDetails(**member) for member in group.member_models or ()]


def _source(group: DraftedModelGroup) -> nouns.ModelGroupCloneSourceDetails:
    if group.source_id is None:
        raise UsageError("A clone is made like which group? Say it by with_source_id().")
    changes = nouns.ModifyModelGroupDetails(
        display_name=group.display_name,
        description=group.description,
        freeform_tags=group.freeform_tags,
        defined_tags=group.defined_tags,
        model_group_version_history_id=group.model_group_version_history_id,
        version_label=group.version_label,
    )
    patch = None
    if group.member_models:
        insert = nouns.PatchInsertNewMemberModels(values=_members(group))
        patch = nouns.PatchModelGroupMemberModelDetails(items=[insert])
    is_history = ids.is_ocid(group.source_id, ids.MODEL_GROUP_VERSION_HISTORY)
    kind = (
        nouns.CloneCreateFromModelGroupVersionHistoryDetails if is_history else nouns.CloneCreateFromModelGroupDetails
    )
    return kind(
        source_id=group.source_id, modify_model_group_details=changes, patch_model_group_member_model_details=patch
    )
