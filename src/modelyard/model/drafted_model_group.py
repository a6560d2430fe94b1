"""A group of models on paper: what it is to be, in Python or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from modelyard.model.builder import Builder, Field, choice, tags, tags_by_namespace, text, whole
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


def _metadata(value: object) -> ModelCustomMetadata:
    if isinstance(value, ModelCustomMetadata):
        return value
    if isinstance(value, Mapping):
        return ModelCustomMetadata.from_dict(value)
    raise TypeError(f"it is a ModelCustomMetadata or a dictionary, not {value!r}.")


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))


class DraftedModelGroup(Builder):
    """Be what a group is to be; see :class:`~modelyard.model.datascience_model_group.DataScienceModelGroup`."""

    KIND = "datascienceModelGroup"
    TYPE = "dataScienceModelGroup"

    CONST_ID = "id"
    CONST_CREATE_TYPE = "createType"
    CONST_COMPARTMENT_ID = "compartmentId"
    CONST_PROJECT_ID = "projectId"
    CONST_DISPLAY_NAME = "displayName"
    CONST_DESCRIPTION = "description"
    CONST_FREEFORM_TAG = "freeformTags"
    CONST_DEFINED_TAG = "definedTags"
    CONST_CUSTOM_METADATA_LIST = "customMetadataList"
    CONST_BASE_MODEL_ID = "baseModelId"
    CONST_MEMBER_MODELS = "memberModels"
    CONST_MODEL_GROUP_VERSION_HISTORY_ID = "modelGroupVersionHistoryId"
    CONST_VERSION_LABEL = "versionLabel"
    CONST_ARTIFACT = "artifact"

    id = text("The OCID; None before it is created.")
    create_type = choice("Whether it is made anew or like another.", "CREATE", "CLONE")
    compartment_id = text("The OCID of its compartment.")
    project_id = text("The OCID of its project.")
    display_name = text("The name that people know it by.")
    description = text("What people read of it.")
    freeform_tags = tags("Its tags.")
    defined_tags = tags_by_namespace("Its tags by namespace.")
    custom_metadata_list = Field("What the user wants to say of it.", take=_metadata, show=lambda each: each.to_dict())
    base_model_id = text("The model that the members of a stacked group are on top of.")
    member_models = Field("Its models, each with the key by which predictions ask for it.", take=member_dicts)
    model_group_version_history_id = text("The version history that it is a version in.")
    model_group_version_history_name = text("The name of that version history, once it is created.")
    version_label = text("The label of this version.")
    version_id = whole("The number of this version, which the service gives.")
    source_id = text("The group, or version history, that a CLONE is made like.")
    artifact = text("Where the artifact is whose score.py serves all of its models.")
    lifecycle_state = text("Its state when it was last seen; None before.")
    lifecycle_details = text("Why its state is what it is.")
    created_by = text("The OCID of who created it.")
    time_created = Field("When it was created.", take=_moment, show=lambda moment: moment.isoformat())
    time_updated = Field("When it was changed last.", take=_moment, show=lambda moment: moment.isoformat())

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[GroupFields]) -> None:
        super().__init__(spec, **kwargs)

    @property
    def status(self) -> str | None:
        """Its state when it was last seen; None before."""
        return self.lifecycle_state

    def with_create_type(self, create_type: str) -> Self:
        """Say whether it is made anew, ``CREATE``, or like another, ``CLONE``; return the group."""
        return self.set_spec("create_type", create_type)

    def with_compartment_id(self, compartment_id: str) -> Self:
        """Say the compartment that it is in; return the group."""
        return self.set_spec("compartment_id", compartment_id)

    def with_project_id(self, project_id: str) -> Self:
        """Say the project that it belongs to; return the group."""
        return self.set_spec("project_id", project_id)

    def with_display_name(self, display_name: str) -> Self:
        """Say the name that people know it by; return the group."""
        return self.set_spec("display_name", display_name)

    def with_description(self, description: str) -> Self:
        """Say what people read of it; return the group."""
        return self.set_spec("description", description)

    def with_freeform_tags(self, **kwargs: str) -> Self:
        """Say its tags, one keyword each, in place of those that it has; return the group."""
        return self.set_spec("freeform_tags", kwargs)

    def with_defined_tags(self, **kwargs: dict[str, object]) -> Self:
        """Say its tags, one keyword for each namespace, in place of those that it has; return the group."""
        return self.set_spec("defined_tags", kwargs)

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
