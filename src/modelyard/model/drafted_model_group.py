"""A group of models on paper: what it is to be, in Python or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from modelyard.model.builder import Field, choice, moment, part, text, whole
from modelyard.model.drafted_resource import DescribedBuilder, NamedBuilder, PlacedBuilder
from modelyard.model.model_group_request import member_dicts
from modelyard.model.model_metadata import ModelCustomMetadata
from modelyard.resources.noun import DefinedTags

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class GroupFields(TypedDict, total=False):
    """Be what can be said of a group, by keyword."""

    create_type: str
    compartment_id: str
    project_id: str
    display_name: str
    description: str
    freeform_tags: dict[str, str]
    defined_tags: DefinedTags
    custom_metadata_list: ModelCustomMetadata | Mapping[str, object]
    base_model_id: str
    member_models: list[dict[str, str]]
    model_group_version_history_id: str
    version_label: str
    source_id: str
    artifact: str


class DraftedModelGroup(DescribedBuilder, NamedBuilder, PlacedBuilder):
    """Be what a group is to be; see :class:`~modelyard.model.datascience_model_group.DataScienceModelGroup`."""

    KIND = "datascienceModelGroup"
    TYPE = "dataScienceModelGroup"

    CONST_CREATE_TYPE = "createType"
    CONST_CUSTOM_METADATA_LIST = "customMetadataList"
    CONST_BASE_MODEL_ID = "baseModelId"
    CONST_MEMBER_MODELS = "memberModels"
    CONST_MODEL_GROUP_VERSION_HISTORY_ID = "modelGroupVersionHistoryId"
    CONST_MODEL_GROUP_VERSION_HISTORY_NAME = "modelGroupVersionHistoryName"
    CONST_VERSION_LABEL = "versionLabel"
    CONST_VERSION_ID = "versionId"
    CONST_ARTIFACT = "artifact"
    CONST_MODEL_GROUP_DETAILS = "modelGroupDetails"
    CONST_MEMBER_MODEL_ENTRIES = "memberModelEntries"
    CONST_TIME_UPDATED = "timeUpdated"

    create_type = choice("Whether it is made anew or like another.", "CREATE", "CLONE")
    custom_metadata_list = part("What the user wants to say of it.", ModelCustomMetadata)
    base_model_id = text("The model that the members of a stacked group are on top of.")
    member_models = Field("Its models, each with the key by which predictions ask for it.", take=member_dicts)
    model_group_version_history_id = text("The version history that it is a version in.")
    model_group_version_history_name = text("The name of that version history, once it is created.")
    version_label = text("The label of this version.")
    version_id = whole("The number of this version, which the service gives.")
    source_id = text("The group, or version history, that a CLONE is made like.")
    artifact = text("Where the artifact is whose score.py serves all of its models.")
    lifecycle_state = text("Its state when it was last seen; None before.", is_told=True)
    time_updated = moment("When it was changed last.")

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[GroupFields]) -> None:
        super().__init__(spec, **kwargs)

    @property
    def status(self) -> str | None:
        """Its state when it was last seen; None before."""
        return self.lifecycle_state

    def with_create_type(self, create_type: str) -> Self:
        """Say whether it is made anew, ``CREATE``, or like another, ``CLONE``; return the group."""
        return self.set_spec("create_type", create_type)

    def with_custom_metadata_list(self, metadata: ModelCustomMetadata | Mapping[str, object]) -> Self:
        """Say what the user wants to say of it; return the group."""
        return self.set_spec("custom_metadata_list", metadata)

    def with_base_model_id(self, base_model_id: str) -> Self:
        """Say the model that its members are on top of; return the group."""
        return self.set_spec("base_model_id", base_model_id)

    def with_member_models(self, member_models: list[dict[str, str]]) -> Self:
        """Say its models; return the group.

        Args:
            member_models: Each as ``{"inference_key": "north", "model_id": …}``.

        Raises:
            ValueError: One has no ``model_id``, or something else.
        """
        return self.set_spec("member_models", member_models)

    def with_model_group_version_history_id(self, model_group_version_history_id: str) -> Self:
        """Say the version history that it is a version in; return the group."""
        return self.set_spec("model_group_version_history_id", model_group_version_history_id)

    def with_version_label(self, version_label: str) -> Self:
        """Say the label of this version; return the group."""
        return self.set_spec("version_label", version_label)

    def with_source_id(self, source_id: str) -> Self:
        """Say the group, or version history, that a CLONE is made like; return the group."""
        return self.set_spec("source_id", source_id)

    def with_artifact(self, uri: str) -> Self:
        """Say where the artifact is whose score.py serves all of its models; return the group."""
        return self.set_spec("artifact", uri)

    @classmethod
    def from_dict(cls, config: Mapping[str, object]) -> Self:
        """Return the group that a dictionary says, as :meth:`to_dict` returns it; nobody is asked.

        Raises:
            ValueError: It says something else.
        """
        return super().from_dict(config)
