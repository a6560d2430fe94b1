"""Logging: log groups, the logs in them, and the work requests by which they are made."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.resources.noun import DefinedTags, Description, DisplayName, FreeformTags, Identifier, Moment, Noun

LoggingState = Literal["CREATING", "ACTIVE", "UPDATING", "INACTIVE", "DELETING", "FAILED"]
LogType = Literal["CUSTOM", "SERVICE"]
RetentionDuration = Annotated[int, msgspec.Meta(ge=1, le=3650)]
"""For how many days entries are kept."""


class CreateLogGroupDetails(Noun, frozen=True, kw_only=True):
    """Say what a new log group is to be."""

    compartment_id: Identifier
    display_name: DisplayName
    description: Description | None = None
    defined_tags: DefinedTags | None = None
    freeform_tags: FreeformTags | None = None


class UpdateLogGroupDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    display_name: DisplayName | None = None
    description: Description | None = None
    defined_tags: DefinedTags | None = None
    freeform_tags: FreeformTags | None = None


class ChangeLogGroupCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a log group is to be in."""

    compartment_id: Identifier


class LogGroupSummary(Noun, frozen=True, kw_only=True):
    """Be a log group in a list."""

    id: str
    compartment_id: str
    display_name: str
    description: str | None = None
    lifecycle_state: LoggingState
    defined_tags: DefinedTags = {}
    freeform_tags: FreeformTags = {}
    system_tags: DefinedTags = {}
    time_created: Moment
    time_last_modified: Moment


class LogGroup(LogGroupSummary, frozen=True, kw_only=True):
    """Be a log group."""


class OciService(Noun, frozen=True, kw_only=True, tag_field="sourceType", tag="OCISERVICE"):
    """Name what a service's log is written by: a category of one of its resources."""

    service: str
    resource: str
    category: str
    parameters: dict[str, str] | None = None


class Archiving(Noun, frozen=True, kw_only=True):
    """Say whether entries are archived."""

    is_enabled: bool | None = None


class Configuration(Noun, frozen=True, kw_only=True):
    """Say what a log is written by."""

    source: OciService
    compartment_id: str | None = None
    archiving: Archiving | None = None


class SourceUpdateDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change of the parameters of a service's log."""

    parameters: dict[str, str] | None = None


class UpdateConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change of a log's configuration."""

    source: SourceUpdateDetails | None = None
    archiving: Archiving | None = None


class CreateLogDetails(Noun, frozen=True, kw_only=True):
    """Say what a new log is to be."""

    schema_rules = {
        "anyOf": [
            {"properties": {"logType": {"const": "CUSTOM"}}},
            {"required": ["configuration"], "properties": {"configuration": {"type": "object"}}},
        ]
    }

    display_name: DisplayName
    log_type: LogType
    is_enabled: bool | None = None
    defined_tags: DefinedTags | None = None
    freeform_tags: FreeformTags | None = None
    configuration: Configuration | None = None
    retention_duration: RetentionDuration | None = None


class UpdateLogDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    display_name: DisplayName | None = None
    is_enabled: bool | None = None
    defined_tags: DefinedTags | None = None
    freeform_tags: FreeformTags | None = None
    retention_duration: RetentionDuration | None = None
    configuration: UpdateConfigurationDetails | None = None


class ChangeLogLogGroupDetails(Noun, frozen=True, kw_only=True):
    """Say which log group a log is to be in."""

    target_log_group_id: Identifier


class LogSummary(Noun, frozen=True, kw_only=True):
    """Be a log in a list."""

    id: str
    log_group_id: str
    display_name: str
    is_enabled: bool
    lifecycle_state: LoggingState
    log_type: LogType
    configuration: Configuration | None = None
    defined_tags: DefinedTags = {}
    freeform_tags: FreeformTags = {}
    system_tags: DefinedTags = {}
    time_created: Moment
    time_last_modified: Moment
    retention_duration: int
    compartment_id: str


class Log(LogSummary, frozen=True, kw_only=True):
    """Be a log."""

    tenancy_id: str


class LoggingWorkRequestResource(Noun, frozen=True, kw_only=True):
    """Be a log group or log that a work request touches."""

    entity_type: str
    action_type: Literal["CREATED", "UPDATED", "DELETED", "IN_PROGRESS", "RELATED"]
    identifier: str
    entity_uri: str | None = None


class LoggingWorkRequest(Noun, frozen=True, kw_only=True):
    """Be a work request of logging."""

    id: str
    operation_type: str
    status: Literal["ACCEPTED", "IN_PROGRESS", "FAILED", "SUCCEEDED", "CANCELLING", "CANCELED"]
    compartment_id: str
    resources: list[LoggingWorkRequestResource]
    percent_complete: float
    time_accepted: Moment
    time_started: Moment | None = None
    time_finished: Moment | None = None


class LoggingWorkRequestSummary(LoggingWorkRequest, frozen=True, kw_only=True):
    """Be a work request of logging in a list."""


class LoggingParameter(Noun, frozen=True, kw_only=True):
    """Be a parameter of a category."""

    name: str
    type: Literal["integer", "boolean", "string"] | None = None
    pattern: str | None = None


class LoggingCategory(Noun, frozen=True, kw_only=True):
    """Be one of the logs that a resource writes."""

    name: str
    display_name: str | None = None
    parameters: list[LoggingParameter] = []


class LoggingResourceType(Noun, frozen=True, kw_only=True):
    """Be a type of resources that write logs."""

    name: str
    categories: list[LoggingCategory]


class LoggingServiceSummary(Noun, frozen=True, kw_only=True):
    """Be a service whose resources write logs."""

    tenant_id: str
    namespace: str | None = None
    service_principal_name: str
    endpoint: str
    name: str
    id: str | None = None
    resource_types: list[LoggingResourceType]
