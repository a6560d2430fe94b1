"""Streams: pools of them, the messages in them, the cursors and groups by which they are read."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.lifecycle import StreamPoolState, StreamState
from modelyard.resources.noun import (
    DefinedTags,
    DisplayName,
    FreeformTags,
    GivenMoment,
    Identifier,
    Moment,
    Noun,
    documented,
)

MOST_PARTITIONS = 100
"""How many partitions a stream may have."""

Partitions = Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTITIONS)]
RetentionInHours = Annotated[int, msgspec.Meta(ge=24, le=168)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 2)]
Timeout = Annotated[int, msgspec.Meta(ge=1, le=3_600_000)]
Base64 = Annotated[
    str,
    documented(
        {
            "contentEncoding": "base64",
            "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        }
    ),
]
GroupName = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]

StartOfGroup = Literal["AT_TIME", "LATEST", "TRIM_HORIZON"]
"""Where a group begins to read."""


# ── pools ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class KafkaSettings(Noun, frozen=True, kw_only=True):
    """Say how a pool is reached by Kafka clients."""

    bootstrap_servers: str | None = None
    auto_create_topics_enable: bool | None = None
    log_retention_hours: int | None = None
    num_partitions: int | None = None


class CustomEncryptionKeyDetails(Noun, frozen=True, kw_only=True):
    """Name a key to encrypt a pool's streams by."""

    kms_key_id: str


class CustomEncryptionKey(Noun, frozen=True, kw_only=True):
    """Be the key that a pool's streams are encrypted by, and its state."""

    kms_key_id: str | None = None
    key_state: Literal["ACTIVE", "CREATING", "DELETING", "NONE", "FAILED", "UPDATING"] = "NONE"


class PrivateEndpointDetails(Noun, frozen=True, kw_only=True):
    """Say from which network alone a pool can be reached."""

    subnet_id: str | None = None
    private_endpoint_ip: str | None = None
    nsg_ids: list[str] | None = None


class PrivateEndpointSettings(Noun, frozen=True, kw_only=True):
    """Tell from which network alone a pool can be reached."""

    subnet_id: str | None = None
    private_endpoint_ip: str | None = None
    nsg_ids: list[str] | None = None


class CreateStreamPoolDetails(Noun, frozen=True, kw_only=True):
    """Say what a new pool is to be."""

    compartment_id: Identifier
    name: DisplayName
    kafka_settings: KafkaSettings | None = None
    custom_encryption_key_details: CustomEncryptionKeyDetails | None = None
    private_endpoint_details: PrivateEndpointDetails | None = None
    freeform_tags: FreeformTags | None = None
    security_attributes: DefinedTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateStreamPoolDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    name: DisplayName | None = None
    kafka_settings: KafkaSettings | None = None
    custom_encryption_key_details: CustomEncryptionKeyDetails | None = None
    freeform_tags: FreeformTags | None = None
    security_attributes: DefinedTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeStreamPoolCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a pool is to be in."""

    compartment_id: Identifier


class StreamPoolSummary(Noun, frozen=True, kw_only=True):
    """Be a pool in a list."""

    id: str
    compartment_id: str
    name: str
    lifecycle_state: StreamPoolState
    time_created: Moment
    is_private: bool = False
    freeform_tags: FreeformTags = {}
    security_attributes: DefinedTags = {}
    defined_tags: DefinedTags = {}


class StreamPool(StreamPoolSummary, frozen=True, kw_only=True):
    """Be a pool of streams."""

    lifecycle_state_details: str | None = None
    kafka_settings: KafkaSettings = KafkaSettings()
    custom_encryption_key: CustomEncryptionKey = CustomEncryptionKey()
    endpoint_fqdn: str | None = None
    private_endpoint_settings: PrivateEndpointSettings | None = None


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class CreateStreamDetails(Noun, frozen=True, kw_only=True):
    """Say what a new stream is to be; it is in a pool, or in the default pool of a compartment."""

    schema_rules = {
        "anyOf": [
            {
                "required": [one],
                "properties": {one: {"type": "string"}, other: {"type": "null"}},
            }
            for one, other in (("compartmentId", "streamPoolId"), ("streamPoolId", "compartmentId"))
        ]
    }

    name: DisplayName
    partitions: Partitions
    compartment_id: Identifier | None = None
    stream_pool_id: Identifier | None = None
    retention_in_hours: RetentionInHours | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateStreamDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    stream_pool_id: Identifier | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeStreamCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a stream is to be in."""

    compartment_id: Identifier


class StreamSummary(Noun, frozen=True, kw_only=True):
    """Be a stream in a list."""

    name: str
    id: str
    partitions: int
    compartment_id: str
    stream_pool_id: str
    lifecycle_state: StreamState
    time_created: Moment
    messages_endpoint: str
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class Stream(StreamSummary, frozen=True, kw_only=True):
    """Be a stream: messages in partitions, in the order in which they came."""

    retention_in_hours: int
    lifecycle_state_details: str | None = None


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class PutMessagesDetailsEntry(Noun, frozen=True, kw_only=True):
    """Be a message to put: key and value in base64."""

    value: Base64
    key: Base64 | None = None


class PutMessagesDetails(Noun, frozen=True, kw_only=True):
    """Be messages to put into a stream."""

    messages: Annotated[list[PutMessagesDetailsEntry], msgspec.Meta(min_length=1)]


class PutMessagesResultEntry(Noun, frozen=True, kw_only=True):
    """Tell where a message is, or why it is nowhere."""

    partition: str | None = None
    offset: int | None = None
    timestamp: Moment | None = None
    error: str | None = None
    error_message: str | None = None


class PutMessagesResult(Noun, frozen=True, kw_only=True):
    """Tell what became of messages, in the order in which they were sent."""

    failures: int
    entries: list[PutMessagesResultEntry]


class Message(Noun, frozen=True, kw_only=True):
    """Be a message in a stream: key and value in base64."""

    stream: str
    partition: str
    key: str | None
    value: str
    offset: int
    timestamp: Moment


# ── cursors and groups ───────────────────────────────────────────────────────────────────────────────────────────────


_AT_A_TIME = {"required": ["time"], "properties": {"type": {"const": "AT_TIME"}, "time": {"type": "string"}}}


class CreateCursorDetails(Noun, frozen=True, kw_only=True):
    """Say from where in a partition to read."""

    schema_rules = {
        "anyOf": [
            {"properties": {"type": {"enum": ["LATEST", "TRIM_HORIZON"]}}},
            {
                "required": ["offset"],
                "properties": {"type": {"enum": ["AFTER_OFFSET", "AT_OFFSET"]}, "offset": {"type": "integer"}},
            },
            _AT_A_TIME,
        ]
    }

    partition: str
    type: Literal["AFTER_OFFSET", "AT_OFFSET", "AT_TIME", "LATEST", "TRIM_HORIZON"]
    offset: Offset | None = None
    time: GivenMoment | None = None


class CreateGroupCursorDetails(Noun, frozen=True, kw_only=True):
    """Say as which instance of which group to read, and from where if the group is new."""

    schema_rules = {"anyOf": [{"properties": {"type": {"enum": ["LATEST", "TRIM_HORIZON"]}}}, _AT_A_TIME]}

    type: StartOfGroup
    group_name: GroupName
    time: GivenMoment | None = None
    instance_name: GroupName | None = None
    timeout_in_ms: Timeout | None = None
    commit_on_get: bool | None = None


class Cursor(Noun, frozen=True, kw_only=True):
    """Be a place to read on from."""

    value: str


class PartitionReservation(Noun, frozen=True, kw_only=True):
    """Tell how far a group has come in a partition, and which of its instances reads there."""

    partition: str
    committed_offset: int | None = None
    reserved_instance: str | None = None
    time_reserved_until: Moment | None = None


class Group(Noun, frozen=True, kw_only=True):
    """Be readers that share the partitions of a stream."""

    stream_id: str
    group_name: str
    reservations: list[PartitionReservation]


class UpdateGroupDetails(Noun, frozen=True, kw_only=True):
    """Say from where a group is to read on."""

    also_required = ("type",)
    schema_rules = CreateGroupCursorDetails.schema_rules

    type: StartOfGroup | None = None
    time: GivenMoment | None = None
