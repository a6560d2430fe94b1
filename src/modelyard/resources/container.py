"""Containers: images that a service offers for deployments and jobs."""

from __future__ import annotations

from typing import Literal, Union

from modelyard.resources.noun import DefinedTags, FreeformTags, Noun

Workload = Literal["MODEL_DEPLOYMENT", "JOB_RUN"]
Usage = Literal["INFERENCE", "FINE_TUNE", "EVALUATION", "BATCH_INFERENCE", "OTHER"]


class TagConfiguration(Noun, frozen=True, kw_only=True):
    """Be a tag of a container, and what it stands for."""

    key: str | None = None
    value: str | None = None


class ModelDeployWorkloadConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="workloadType", tag="MODEL_DEPLOYMENT"
):
    """Say how a container is run for a deployment."""

    cmd: str | None = None
    server_port: int | None = None
    health_check_port: int | None = None
    additional_configurations: dict[str, str] | None = None


class GenericJobRunUseCaseConfigurationDetails(Noun, frozen=True, kw_only=True, tag_field="useCaseType", tag="GENERIC"):
    """Say how a container is run for a job of any kind."""

    additional_configurations: dict[str, str] | None = None


class JobRunWorkloadConfigurationDetails(Noun, frozen=True, kw_only=True, tag_field="workloadType", tag="JOB_RUN"):
    """Say how a container is run for a job."""

    use_case_configuration: GenericJobRunUseCaseConfigurationDetails | None = None


class ContainerSummary(Noun, frozen=True, kw_only=True):
    """Be a container in a list."""

    container_name: str
    display_name: str
    tag: str
    lifecycle_state: Literal["ACTIVE", "INACTIVE"]
    is_latest: bool
    family_name: str | None = None
    description: str | None = None
    target_workloads: list[Workload] | None = None
    usages: list[Usage] | None = None
    workload_configuration_details_list: (
        list[Union[ModelDeployWorkloadConfigurationDetails, JobRunWorkloadConfigurationDetails]] | None
    ) = None
    tag_configuration_list: list[TagConfiguration] | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
