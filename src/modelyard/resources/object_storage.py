"""Object storage: buckets, objects, multipart uploads, pre-authenticated requests and work requests."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.ids import REGION
from modelyard.resources.noun import (
    DefinedTags,
    DisplayName,
    FreeformTags,
    GivenMoment,
    Identifier,
    Moment,
    Noun,
    ObjectName,
    documented,
)

StorageTier = Literal["Standard", "InfrequentAccess", "Archive"]
ArchivalState = Literal["Archived", "Restoring", "Restored"]
PublicAccessType = Literal["NoPublicAccess", "ObjectRead", "ObjectReadWithoutList"]
AccessType = Literal[
    "ObjectRead", "ObjectWrite", "ObjectReadWrite", "AnyObjectWrite", "AnyObjectRead", "AnyObjectReadWrite"
]
HeaderValue = Annotated[str, documented({"pattern": r"^[^\x00-\x08\x0a-\x1f\x7f]*$"})]
ObjectMetadata = Annotated[
    dict[str, HeaderValue],
    documented({"propertyNames": {"pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$"}}),
]
"""Names and values that can be headers, of 4,000 bytes in all."""

BucketName = Annotated[str, documented({"pattern": r"^[A-Za-z0-9_.-]{1,256}$", "not": {"enum": [".", ".."]}})]
Text = Annotated[str, msgspec.Meta(max_length=4096)]
HeaderText = Annotated[HeaderValue, msgspec.Meta(max_length=4096)]
AutoTiering = Annotated[Text, documented({"enum": ["Disabled", "InfrequentAccess"]})]
BucketScope = Annotated[Text, documented({"enum": ["NAMESPACE", "REGION"]})]
PartNumber = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


# ── namespaces and buckets ───────────────────────────────────────────────────────────────────────────────────────────


class NamespaceMetadata(Noun, frozen=True, kw_only=True):
    """Say into which compartments buckets go that come by other protocols."""

    namespace: str
    default_s3_compartment_id: str
    default_swift_compartment_id: str


class UpdateNamespaceMetadataDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    default_s3_compartment_id: Identifier | None = None
    default_swift_compartment_id: Identifier | None = None


class CreateBucketDetails(Noun, frozen=True, kw_only=True):
    """Say what a new bucket is to be."""

    name: BucketName
    compartment_id: Identifier
    metadata: ObjectMetadata | None = None
    public_access_type: PublicAccessType | None = None
    storage_tier: Literal["Standard", "Archive"] | None = None
    object_events_enabled: bool | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    kms_key_id: str | None = None
    is_bucket_key_enabled: bool | None = None
    versioning: Literal["Enabled", "Disabled"] | None = None
    auto_tiering: AutoTiering | None = None
    bucket_scope: BucketScope | None = None


class UpdateBucketDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    namespace: str | None = None
    compartment_id: Identifier | None = None
    name: BucketName | None = None
    metadata: ObjectMetadata | None = None
    public_access_type: PublicAccessType | None = None
    object_events_enabled: bool | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    kms_key_id: str | None = None
    is_bucket_key_enabled: bool | None = None
    versioning: Literal["Enabled", "Suspended"] | None = None
    auto_tiering: AutoTiering | None = None
    bucket_scope: BucketScope | None = None


class Bucket(Noun, frozen=True, kw_only=True):
    """Be a bucket."""

    namespace: str
    name: str
    compartment_id: str
    metadata: ObjectMetadata
    created_by: str
    time_created: Moment
    etag: str
    public_access_type: PublicAccessType | None = None
    storage_tier: Literal["Standard", "Archive"] | None = None
    object_events_enabled: bool | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    kms_key_id: str | None = None
    is_bucket_key_enabled: bool | None = None
    object_lifecycle_policy_etag: str | None = None
    approximate_count: int | None = None
    approximate_size: int | None = None
    replication_enabled: bool | None = None
    is_read_only: bool | None = None
    id: str | None = None
    versioning: Literal["Enabled", "Suspended", "Disabled"] | None = None
    auto_tiering: Literal["Disabled", "InfrequentAccess"] | None = None
    bucket_scope: Literal["NAMESPACE", "REGION"] | None = None


class BucketSummary(Noun, frozen=True, kw_only=True):
    """Be a bucket in a list; with its tags where they are asked for."""

    namespace: str
    name: str
    compartment_id: str
    created_by: str
    time_created: Moment
    etag: str
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None
    bucket_scope: str | None = None


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ObjectSummary(Noun, frozen=True, kw_only=True):
    """Be an object in a list: its name, and what is asked for beside it."""

    name: str
    size: int | None = None
    md5: str | None = None
    time_created: Moment | None = None
    etag: str | None = None
    storage_tier: StorageTier | None = None
    archival_state: ArchivalState | None = None
    time_modified: Moment | None = None


class ListObjects(Noun, frozen=True, kw_only=True):
    """Be a page of a bucket's objects; ``next_start_with`` is the ``start`` of the next one."""

    objects: list[ObjectSummary]
    prefixes: list[str] | None = None
    next_start_with: str | None = None


class ObjectVersionSummary(Noun, frozen=True, kw_only=True):
    """Be a version of an object in a list."""

    name: str
    size: int | None = None
    md5: str | None = None
    time_created: Moment | None = None
    time_modified: Moment
    etag: str | None = None
    storage_tier: StorageTier | None = None
    archival_state: ArchivalState | None = None
    version_id: str
    is_delete_marker: bool


class ObjectVersionCollection(Noun, frozen=True, kw_only=True):
    """Be a page of the versions of a bucket's objects."""

    items: list[ObjectVersionSummary]
    prefixes: list[str] | None = None


class RenameObjectDetails(Noun, frozen=True, kw_only=True):
    """Say which object is to have which name."""

    source_name: ObjectName
    new_name: ObjectName
    src_obj_if_match_e_tag: str | None = None
    new_obj_if_match_e_tag: str | None = None
    new_obj_if_none_match_e_tag: str | None = None


class CopyObjectDetails(Noun, frozen=True, kw_only=True):
    """Say which object is to be copied where."""

    source_object_name: ObjectName
    source_object_if_match_e_tag: str | None = None
    source_version_id: str | None = None
    destination_region: Annotated[str, documented({"const": REGION})]
    destination_namespace: str
    destination_bucket: str
    destination_object_name: ObjectName
    destination_object_if_match_e_tag: str | None = None
    destination_object_if_none_match_e_tag: str | None = None
    destination_object_metadata: ObjectMetadata | None = None
    destination_object_storage_tier: StorageTier | None = None


class BatchDeleteObjectIdentifier(Noun, frozen=True, kw_only=True):
    """Name one object to delete."""

    object_name: str
    if_match: str | None = None


class BatchDeleteObjectsDetails(Noun, frozen=True, kw_only=True):
    """Name the objects to delete."""

    objects: Annotated[list[BatchDeleteObjectIdentifier], msgspec.Meta(max_length=1000)]
    is_skip_deleted_result: bool | None = None


class DeletedObjectResult(Noun, frozen=True, kw_only=True):
    """Tell of one object that is deleted."""

    object_name: str
    time_last_modified: Moment


class FailedObjectResult(Noun, frozen=True, kw_only=True):
    """Tell why one object is not deleted."""

    object_name: str
    status_code: int
    error_message: str


class BatchDeleteObjectsResult(Noun, frozen=True, kw_only=True):
    """Tell what became of each object."""

    deleted: list[DeletedObjectResult]
    failed: list[FailedObjectResult] | None = None


# ── multipart uploads ────────────────────────────────────────────────────────────────────────────────────────────────


class CreateMultipartUploadDetails(Noun, frozen=True, kw_only=True):
    """Say which object is to come in parts."""

    object: ObjectName
    content_type: HeaderText | None = None
    content_language: HeaderText | None = None
    content_encoding: HeaderText | None = None
    content_disposition: HeaderText | None = None
    cache_control: HeaderText | None = None
    storage_tier: StorageTier | None = None
    metadata: ObjectMetadata | None = None


class MultipartUpload(Noun, frozen=True, kw_only=True):
    """Be an upload in parts."""

    namespace: str
    bucket: str
    object: str
    upload_id: str
    time_created: Moment
    storage_tier: StorageTier | None = None


class MultipartUploadPartSummary(Noun, frozen=True, kw_only=True):
    """Be a part in a list."""

    etag: str
    md5: str
    size: int
    part_number: int


class CommitMultipartUploadPartDetails(Noun, frozen=True, kw_only=True):
    """Name a part that belongs to the object."""

    part_num: PartNumber
    etag: str


class CommitMultipartUploadDetails(Noun, frozen=True, kw_only=True):
    """Name the parts that make the object."""

    parts_to_commit: Annotated[
        list[CommitMultipartUploadPartDetails],
        msgspec.Meta(max_length=10_000, extra_json_schema={"minItems": 1, "description": "Each part once."}),
    ]
    parts_to_exclude: Annotated[list[int], msgspec.Meta(max_length=10_000)] | None = None


# ── pre-authenticated requests ───────────────────────────────────────────────────────────────────────────────────────


class CreatePreauthenticatedRequestDetails(Noun, frozen=True, kw_only=True):
    """Say what whoever has the address may do, and until when."""

    schema_rules = {
        "anyOf": [
            {"properties": {"accessType": {"enum": ["AnyObjectWrite", "AnyObjectRead", "AnyObjectReadWrite"]}}},
            {
                "required": ["objectName"],
                "properties": {"objectName": {"type": "string"}, "bucketListingAction": {"enum": ["Deny", None]}},
            },
        ]
    }

    name: DisplayName
    bucket_listing_action: Annotated[str, documented({"enum": ["Deny", "ListObjects"]})] | None = None
    object_name: ObjectName | None = None
    access_type: AccessType
    time_expires: GivenMoment


class PreauthenticatedRequest(Noun, frozen=True, kw_only=True):
    """Be a pre-authenticated request with its address, which is told this once."""

    id: str
    name: str
    access_uri: str
    object_name: str | None = None
    bucket_listing_action: Literal["Deny", "ListObjects"] | None = None
    access_type: AccessType
    time_expires: Moment
    time_created: Moment
    full_path: str | None = None


class PreauthenticatedRequestSummary(Noun, frozen=True, kw_only=True):
    """Be a pre-authenticated request without its address."""

    id: str
    name: str
    object_name: str | None = None
    bucket_listing_action: str | None = None
    access_type: AccessType
    time_expires: Moment
    time_created: Moment


# ── work requests ────────────────────────────────────────────────────────────────────────────────────────────────────


class StorageWorkRequestResource(Noun, frozen=True, kw_only=True):
    """Be an object that a work request of object storage touches."""

    action_type: Literal["CREATED", "UPDATED", "DELETED", "RELATED", "IN_PROGRESS", "READ", "WRITTEN"]
    entity_type: str
    identifier: str
    entity_uri: str | None = None
    metadata: dict[str, str] | None = None


class StorageWorkRequest(Noun, frozen=True, kw_only=True):
    """Be a work request of object storage, whose states have names of their own."""

    operation_type: str
    status: Literal["ACCEPTED", "IN_PROGRESS", "FAILED", "COMPLETED", "CANCELING", "CANCELED"]
    id: str
    compartment_id: str
    resources: list[StorageWorkRequestResource]
    percent_complete: float
    time_accepted: Moment
    time_started: Moment | None = None
    time_finished: Moment | None = None


class StorageWorkRequestSummary(StorageWorkRequest, frozen=True, kw_only=True):
    """Be a work request of object storage in a list."""
