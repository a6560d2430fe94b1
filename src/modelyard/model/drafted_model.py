"""A model of the catalog on paper: what its entry is to say, in Python or in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from modelyard.artifact.schema import Schema
from modelyard.model import loading
from modelyard.model.builder import Field, part, text, whole
from modelyard.model.drafted_resource import DescribedBuilder, NamedBuilder, PlacedBuilder
from modelyard.model.model_file_description import KEY, Description, checked, read_description
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata
from modelyard.model.model_settings import (
    ModelBackupOperationDetails,
    ModelBackupSetting,
    ModelRetentionOperationDetails,
    ModelRetentionSetting,
)
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.resources.noun import DefinedTags

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class ModelFields(TypedDict, total=False):
    """Be what can be said of a model, by keyword."""

    id: str
    project_id: str
    compartment_id: str
    display_name: str
    description: str
    freeform_tags: dict[str, str]
    defined_tags: DefinedTags
    input_schema: Schema | Mapping[str, object] | str
    output_schema: Schema | Mapping[str, object] | str
    defined_metadata_list: ModelTaxonomyMetadata | Mapping[str, object]
    custom_metadata_list: ModelCustomMetadata | Mapping[str, object]
    provenance_metadata: ModelProvenanceMetadata | Mapping[str, object]
    artifact: str | list[str]
    model_version_set_id: str
    version_label: str
    version_id: int
    model_file_description: Mapping[str, object]
    retention_setting: ModelRetentionSetting | Mapping[str, object]
    backup_setting: ModelBackupSetting | Mapping[str, object]


def _schema(value: object) -> Schema:
    if isinstance(value, Schema):
        return value
    if isinstance(value, str):
        return loading.schema_of(value)
    if isinstance(value, Mapping):
        return loading.schema_of(json.dumps(dict(value)))
    raise TypeError(f"it is a Schema, a dictionary or JSON, not {value!r}.")


def _uris(value: object) -> str | list[str]:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return list(value)
    raise TypeError(f"it is a path or an address, or several, not {value!r}.")


def _description(value: object) -> Description:
    if not isinstance(value, Mapping):
        raise TypeError(f"it is a dictionary, not {value!r}.")
    return checked(value)


class DraftedModel(DescribedBuilder, NamedBuilder, PlacedBuilder):
    """Be what a model is to be; see :class:`~modelyard.model.datascience_model.DataScienceModel`."""

    KIND = "datascienceModel"
    TYPE = "dataScienceModel"

    CONST_INPUT_SCHEMA = "inputSchema"
    CONST_OUTPUT_SCHEMA = "outputSchema"
    CONST_CUSTOM_METADATA = "customMetadataList"
    CONST_DEFINED_METADATA = "definedMetadataList"
    CONST_PROVENANCE_METADATA = "provenanceMetadata"
    CONST_ARTIFACT = "artifact"
    CONST_MODEL_VERSION_SET_ID = "modelVersionSetId"
    CONST_MODEL_VERSION_SET_NAME = "modelVersionSetName"
    CONST_MODEL_VERSION_LABEL = "versionLabel"
    CONST_MODEL_VERSION_ID = "versionId"
    CONST_MODEL_FILE_DESCRIPTION = KEY
    CONST_BACKUP_SETTING = "backupSetting"
    CONST_RETENTION_SETTING = "retentionSetting"
    CONST_BACKUP_OPERATION_DETAILS = "backupOperationDetails"
    CONST_RETENTION_OPERATION_DETAILS = "retentionOperationDetails"

    input_schema = Field("The schema of its input.", take=_schema, show=Schema.to_dict)
    output_schema = Field("The schema of its output.", take=_schema, show=Schema.to_dict)
    custom_metadata_list = part("What the user wants to say of it.", ModelCustomMetadata)
    defined_metadata_list = part(
        "What kind of model it is: use case, framework, algorithm and so on.", ModelTaxonomyMetadata
    )
    provenance_metadata = part("Where it comes from.", ModelProvenanceMetadata)
    artifact = Field("Where its artifact is: a path or an address, or several by reference.", take=_uris)
    model_version_set_id = text("The OCID of the version set that it is a version in.")
    model_version_set_name = text("The name of that version set, once it is created.")
    version_label = text("The label of this version.")
    version_id = whole("The number of this version, which the service gives.")
    model_file_description = Field(
        "Which objects of which buckets it is, for a model by reference.", take=_description, wire=KEY
    )
    retention_setting = part("When its artifact is archived and deleted.", ModelRetentionSetting)
    backup_setting = part("Whether and where its artifact is backed up.", ModelBackupSetting)
    retention_operation_details = part("How archiving and deletion stand.", ModelRetentionOperationDetails)
    backup_operation_details = part("How the backup stands.", ModelBackupOperationDetails)
    lifecycle_state = text("Its state when it was last seen; None before.", is_told=True)

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[ModelFields]) -> None:
        super().__init__(spec, **kwargs)

    @property
    def status(self) -> str | None:
        """Its state when it was last seen; None before."""
        return self.lifecycle_state

    def with_display_name(self, name: str) -> Self:
        """Say the name that people know it by; return the model."""
        return self.set_spec("display_name", name)

    def with_input_schema(self, schema: Schema | Mapping[str, object] | str) -> Self:
        """Say the schema of its input, as one, as a dictionary or as JSON; return the model."""
        return self.set_spec("input_schema", schema)

    def with_output_schema(self, schema: Schema | Mapping[str, object] | str) -> Self:
        """Say the schema of its output, as one, as a dictionary or as JSON; return the model."""
        return self.set_spec("output_schema", schema)

    def with_defined_metadata_list(self, metadata: ModelTaxonomyMetadata | Mapping[str, object]) -> Self:
        """Say what kind of model it is; return the model."""
        return self.set_spec("defined_metadata_list", metadata)

    def with_custom_metadata_list(self, metadata: ModelCustomMetadata | Mapping[str, object]) -> Self:
        """Say what the user wants to say of it; return the model."""
        return self.set_spec("custom_metadata_list", metadata)

    def with_provenance_metadata(self, metadata: ModelProvenanceMetadata | Mapping[str, object]) -> Self:
        """Say where it comes from; return the model."""
        return self.set_spec("provenance_metadata", metadata)

    def with_artifact(self, uri: str, *args: str) -> Self:
        """Say where its artifact is: a folder or an archive, here or in a bucket; return the model.

        Args:
            uri: The path or address.
            args: More addresses of buckets, for a model by reference.
        """
        return self.set_spec("artifact", [uri, *args] if args else uri)

    def with_model_version_set_id(self, model_version_set_id: str) -> Self:
        """Say the version set that it is a version in; return the model."""
        return self.set_spec("model_version_set_id", model_version_set_id)

    def with_version_label(self, version_label: str) -> Self:
        """Say the label of this version; return the model."""
        return self.set_spec("version_label", version_label)

    def with_version_id(self, version_id: int | str) -> Self:
        """Say the number of this version, which the service gives in the end; return the model."""
        return self.set_spec("version_id", int(version_id))

    def with_model_file_description(
        self,
        json_dict: Mapping[str, object] | None = None,
        json_string: str | None = None,
        json_uri: str | None = None,
    ) -> Self:
        """Say which objects it is, for a model by reference, in one of three ways; return the model.

        Args:
            json_dict: The description as a dictionary.
            json_string: The description as JSON.
            json_uri: Where that JSON is: a path or an address.

        Raises:
            ModelFileDescriptionError: It is no such description, or not given in just one way.
            PathNotFoundError: There is no such file.
        """
        found = read_description(json_dict=json_dict, json_string=json_string, json_uri=json_uri)
        return self.set_spec("model_file_description", found)

    def with_retention_setting(self, retention_setting: ModelRetentionSetting | Mapping[str, object]) -> Self:
        """Say when its artifact is archived and deleted; return the model."""
        return self.set_spec("retention_setting", retention_setting)

    def with_backup_setting(self, backup_setting: ModelBackupSetting | Mapping[str, object]) -> Self:
        """Say whether and where its artifact is backed up; return the model."""
        return self.set_spec("backup_setting", backup_setting)

    @classmethod
    def from_dict(cls, config: Mapping[str, object]) -> Self:
        """Return the model that a dictionary says, as :meth:`to_dict` returns it; nobody is asked.

        Raises:
            ValueError: It says something else.
        """
        return super().from_dict(config)
