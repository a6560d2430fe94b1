"""Model groups: models that belong together, in versions."""

from __future__ import annotations

from typing import Annotated, Literal, Union

import msgspec

from modelyard.lifecycle import GroupHistoryState, ModelGroupState, ModelState
from modelyard.resources.noun import (
    DefinedTags,
    Description,
    DisplayName,
    FreeformTags,
    Identifier,
    Moment,
    Noun,
    documented,
)

Text = Annotated[str, msgspec.Meta(max_length=255)]
Value = Annotated[str, msgspec.Meta(max_length=16_000)]


class CustomMetadata(Noun, frozen=True, kw_only=True):
    """Be one item of a group's metadata."""

    also_required = ("key",)

    key: Annotated[Text, documented({"minLength": 1})] | None = None
    value: Value | None = None
    description: Text | None = None
    category: Text | None = None


class HomogeneousModelGroupDetails(Noun, frozen=True, kw_only=True, tag_field="type", tag="HOMOGENEOUS"):
    """Be a group of models that share their score.py and environment."""

    custom_metadata_list: list[CustomMetadata] | None = None


class HeterogeneousModelGroupDetails(Noun, frozen=True, kw_only=True, tag_field="type", tag="HETEROGENEOUS"):
    """Be a group of models each with its own score.py and environment."""

    custom_metadata_list: list[CustomMetadata] | None = None


class StackedModelGroupDetails(Noun, frozen=True, kw_only=True, tag_field="type", tag="STACKED"):
    """Be a group of models on top of a base model."""

    base_model_id: Identifier
    custom_metadata_list: list[CustomMetadata] | None = None


ModelGroupDetails = Union[HomogeneousModelGroupDetails, HeterogeneousModelGroupDetails, StackedModelGroupDetails]


class MemberModelDetails(Noun, frozen=True, kw_only=True):
    """Be a member of a group, and the key by which predictions ask for it."""

    model_id: Identifier
    inference_key: DisplayName | None = None


class MemberModelEntries(Noun, frozen=True, kw_only=True):
    """Be the members of a group."""

    also_required = ("memberModelDetails",)

    member_model_details: Annotated[list[MemberModelDetails], documented({"minItems": 1})] | None = None


class PatchInsertNewMemberModels(Noun, frozen=True, kw_only=True, tag_field="operation", tag="INSERT"):
    """Add members."""

    values: list[MemberModelDetails]


class PatchRemoveMemberModels(Noun, frozen=True, kw_only=True, tag_field="operation", tag="REMOVE"):
    """Take members away."""

    values: list[MemberModelDetails]


class PatchModelGroupMemberModelDetails(Noun, frozen=True, kw_only=True):
    """Say how the members of a clone differ, step by step."""

    items: list[Union[PatchInsertNewMemberModels, PatchRemoveMemberModels]] | None = None


class ModifyModelGroupDetails(Noun, frozen=True, kw_only=True):
    """Say in what else a clone differs; what is absent is as in its source."""

    display_name: DisplayName | None = None
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    model_group_version_history_id: Identifier | None = None
    version_label: DisplayName | None = None
    model_group_details: ModelGroupDetails | None = None


class CloneCreateFromModelGroupDetails(
    Noun, frozen=True, kw_only=True, tag_field="modelGroupCloneSourceType", tag="MODEL_GROUP"
):
    """Clone a group."""

    source_id: Identifier
    modify_model_group_details: ModifyModelGroupDetails | None = None
    patch_model_group_member_model_details: PatchModelGroupMemberModelDetails | None = None


class CloneCreateFromModelGroupVersionHistoryDetails(
    Noun, frozen=True, kw_only=True, tag_field="modelGroupCloneSourceType", tag="MODEL_GROUP_VERSION_HISTORY"
):
    """Clone the latest group of a version history."""

    source_id: Identifier
    modify_model_group_details: ModifyModelGroupDetails | None = None
    patch_model_group_member_model_details: PatchModelGroupMemberModelDetails | None = None


ModelGroupCloneSourceDetails = Union[CloneCreateFromModelGroupDetails, CloneCreateFromModelGroupVersionHistoryDetails]


class CreateModelGroupDetails(Noun, frozen=True, kw_only=True, tag_field="createType", tag="CREATE"):
    """Say what a new group is to be."""

    compartment_id: Identifier
    project_id: Identifier
    model_group_details: ModelGroupDetails
    member_model_entries: MemberModelEntries
    display_name: DisplayName | None = None
    description: Description | None = None
    model_group_version_history_id: Identifier | None = None
    version_label: DisplayName | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class CloneModelGroupDetails(Noun, frozen=True, kw_only=True, tag_field="createType", tag="CLONE"):
    """Say which group a new one is to be like."""

    compartment_id: Identifier
    project_id: Identifier
    model_group_clone_source_details: ModelGroupCloneSourceDetails


class UpdateModelGroupDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays, and the members never change."""

    display_name: DisplayName | None = None
    description: Description | None = None
    version_label: DisplayName | None = None
    model_group_version_history_id: Identifier | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeModelGroupCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a group is to be in."""

    compartment_id: Identifier


class ModelGroupSummary(Noun, frozen=True, kw_only=True):
    """Be a group in a list."""

    id: str
    compartment_id: str
    project_id: str
    display_name: str
    created_by: str
    time_created: Moment
    time_updated: Moment
    lifecycle_state: ModelGroupState
    model_group_details: ModelGroupDetails
    lifecycle_details: str | None = None
    model_group_version_history_id: str | None = None
    model_group_version_history_name: str | None = None
    version_label: str | None = None
    version_id: int | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class ModelGroup(ModelGroupSummary, frozen=True, kw_only=True):
    """Be a group of models."""

    member_model_entries: MemberModelEntries
    create_type: str
    description: str | None = None
    source_model_group_id: str | None = None


class ModelGroupModelSummary(Noun, frozen=True, kw_only=True):
    """Be a member of a group in a list."""

    id: str
    model_id: str
    compartment_id: str
    project_id: str
    display_name: str
    created_by: str
    time_created: Moment
    time_updated: Moment
    lifecycle_state: ModelState
    inference_key: str | None = None
    lifecycle_details: str | None = None
    category: Literal["USER", "SERVICE"] = "USER"
    is_model_by_reference: bool = False
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class CreateModelGroupVersionHistoryDetails(Noun, frozen=True, kw_only=True):
    """Say what a new version history is to be."""

    compartment_id: Identifier
    project_id: Identifier
    display_name: DisplayName | None = None
    description: Description | None = None
    latest_model_group_id: Identifier | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateModelGroupVersionHistoryDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    display_name: DisplayName | None = None
    description: Description | None = None
    latest_model_group_id: Identifier | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeModelGroupVersionHistoryCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a version history is to be in."""

    compartment_id: Identifier


class ModelGroupVersionHistorySummary(Noun, frozen=True, kw_only=True):
    """Be a version history in a list."""

    id: str
    compartment_id: str
    project_id: str
    display_name: str
    created_by: str
    time_created: Moment
    time_updated: Moment
    lifecycle_state: GroupHistoryState
    lifecycle_details: str | None = None
    latest_model_group_id: str | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class ModelGroupVersionHistory(ModelGroupVersionHistorySummary, frozen=True, kw_only=True):
    """Be a version history: groups that are versions of one another."""

    description: str | None = None
