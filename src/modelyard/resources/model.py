"""Models: immutable entries of the catalog, with their metadata and provenance."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.ids import REGION
from modelyard.lifecycle import ModelState
from modelyard.resources.noun import (
    DefinedTags,
    Description,
    DisplayName,
    FreeformTags,
    Identifier,
    Moment,
    Noun,
    ObjectName,
    documented,
)

MetadataValue = Annotated[str, msgspec.Meta(max_length=16_000)]
Schema = Annotated[str, msgspec.Meta(max_length=32_000)]
Days = Annotated[int, documented({"minimum": 0, "maximum": 36_500})]
OwnRegion = Annotated[str, documented({"const": REGION})]


class Metadata(Noun, frozen=True, kw_only=True):
    """Be one item of a model's custom or defined metadata."""

    also_required = ("key",)

    key: Annotated[str, msgspec.Meta(max_length=255, extra_json_schema={"minLength": 1})] | None = None
    value: MetadataValue | None = None
    description: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    category: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    keywords: list[str] | None = None
    has_artifact: bool | None = None


class RetentionSetting(Noun, frozen=True, kw_only=True):
    """Say when an artifact is archived and deleted, in days."""

    archive_after_days: Days
    delete_after_days: Annotated[Days, documented({"description": "More than archiveAfterDays."})] | None = None
    customer_notification_type: Literal["NONE", "ALL", "ON_FAILURE", "ON_SUCCESS"] | None = None


class BackupSetting(Noun, frozen=True, kw_only=True):
    """Say whether and where an artifact is backed up."""

    is_backup_enabled: bool
    backup_region: str
    customer_notification_type: Literal["NONE", "ALL", "ON_FAILURE", "ON_SUCCESS"] | None = None


class RetentionOperationDetails(Noun, frozen=True, kw_only=True):
    """Tell how archiving and deletion stand."""

    archive_state: Literal["PENDING", "FAILED", "SUCCEEDED"] | None = None
    archive_state_details: str | None = None
    time_archival_scheduled: Moment | None = None
    delete_state: Literal["PENDING", "FAILED", "SUCCEEDED"] | None = None
    delete_state_details: str | None = None
    time_deletion_scheduled: Moment | None = None


class BackupOperationDetails(Noun, frozen=True, kw_only=True):
    """Tell how the backup stands."""

    time_last_backup: Moment | None = None
    backup_state: Literal["PENDING", "FAILED", "SUCCEEDED"] | None = None
    backup_state_details: str | None = None


class CreateModelDetails(Noun, frozen=True, kw_only=True):
    """Say what a new model is to be; its artifact follows in a request of its own."""

    compartment_id: Identifier
    project_id: Identifier
    display_name: DisplayName | None = None
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    custom_metadata_list: list[Metadata] | None = None
    defined_metadata_list: list[Metadata] | None = None
    input_schema: Schema | None = None
    output_schema: Schema | None = None
    model_version_set_id: str | None = None
    version_label: DisplayName | None = None
    retention_setting: RetentionSetting | None = None
    backup_setting: BackupSetting | None = None


class UpdateModelDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays, and the artifact and schemas never change."""

    display_name: DisplayName | None = None
    description: Description | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    custom_metadata_list: list[Metadata] | None = None
    defined_metadata_list: list[Metadata] | None = None
    model_version_set_id: str | None = None
    version_label: DisplayName | None = None
    retention_setting: RetentionSetting | None = None
    backup_setting: BackupSetting | None = None


class ChangeModelCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a model is to be in."""

    compartment_id: Identifier


class ModelSummary(Noun, frozen=True, kw_only=True):
    """Be a model in a list."""

    id: str
    compartment_id: str
    project_id: str
    display_name: str
    created_by: str
    time_created: Moment
    lifecycle_state: ModelState
    lifecycle_details: str | None = None
    model_version_set_id: str | None = None
    model_version_set_name: str | None = None
    version_id: int | None = None
    version_label: str | None = None
    category: Literal["USER", "SERVICE"] = "USER"
    is_model_by_reference: bool = False
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class Model(ModelSummary, frozen=True, kw_only=True):
    """Be a model: an entry of the catalog whose artifact is written once."""

    description: str | None = None
    custom_metadata_list: list[Metadata] = []
    defined_metadata_list: list[Metadata] = []
    input_schema: str | None = None
    output_schema: str | None = None
    retention_setting: RetentionSetting | None = None
    backup_setting: BackupSetting | None = None
    retention_operation_details: RetentionOperationDetails | None = None
    backup_operation_details: BackupOperationDetails | None = None


class ModelProvenance(Noun, frozen=True, kw_only=True):
    """Tell where a model comes from."""

    repository_url: str | None = None
    git_branch: str | None = None
    git_commit: str | None = None
    script_dir: str | None = None
    training_script: str | None = None
    training_id: str | None = None


class CreateModelProvenanceDetails(ModelProvenance, frozen=True, kw_only=True):
    """Say where a model comes from."""


class UpdateModelProvenanceDetails(ModelProvenance, frozen=True, kw_only=True):
    """Say what is to change of it; what is absent stays."""


class ArtifactExportDetailsObjectStorage(
    Noun, frozen=True, kw_only=True, tag_field="artifactSourceType", tag="ORACLE_OBJECT_STORAGE"
):
    """Say which object becomes an artifact."""

    also_required = ("namespace", "sourceBucket", "sourceObjectName")

    namespace: Identifier | None = None
    source_bucket: Identifier | None = None
    source_object_name: ObjectName | None = None
    source_region: OwnRegion | None = None


class ExportModelArtifactDetails(Noun, frozen=True, kw_only=True):
    """Say from where a model gets its artifact."""

    artifact_export_details: ArtifactExportDetailsObjectStorage


class ArtifactImportDetailsObjectStorage(
    Noun, frozen=True, kw_only=True, tag_field="artifactSourceType", tag="ORACLE_OBJECT_STORAGE"
):
    """Say which object an artifact becomes."""

    also_required = ("namespace", "destinationBucket", "destinationObjectName")

    namespace: Identifier | None = None
    destination_bucket: Identifier | None = None
    destination_object_name: ObjectName | None = None
    destination_region: OwnRegion | None = None


class ImportModelArtifactDetails(Noun, frozen=True, kw_only=True):
    """Say to where a model's artifact is copied."""

    artifact_import_details: ArtifactImportDetailsObjectStorage


class OSSModelArtifactReferenceDetails(
    Noun, frozen=True, kw_only=True, tag_field="modelArtifactReferenceType", tag="OSS"
):
    """Say which objects a model is: those whose names begin with a prefix."""

    namespace: Identifier
    bucket_name: Identifier
    prefix: str | None = None


class RegisterModelArtifactReferenceDetails(Noun, frozen=True, kw_only=True):
    """Say what a model by reference refers to."""

    model_artifact_references: Annotated[
        list[OSSModelArtifactReferenceDetails], msgspec.Meta(min_length=1, max_length=100)
    ]
