"""Model deployments: what a user asks to be served, and on what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Union

import msgspec

from modelyard.lifecycle import DeploymentState
from modelyard.resources.noun import DefinedTags, Description, DisplayName, FreeformTags, Identifier, Noun

NetworkAccess = Literal[
    "MANAGED_NETWORKING_NO_INTERNET_ACCESS", "MANAGED_NETWORKING_INTERNET_ACCESS", "CUSTOM_NETWORKING"
]
PositiveInt = Annotated[int, msgspec.Meta(ge=1)]
PositiveFloat = Annotated[float, msgspec.Meta(gt=0)]


class ModelDeploymentInstanceShapeConfigDetails(Noun, frozen=True, kw_only=True):
    """Say how large an instance of a flexible shape is."""

    ocpus: PositiveFloat | None = None
    memory_in_gbs: PositiveFloat | None = None
    cpu_baseline: Literal["BASELINE_1_8", "BASELINE_1_2", "BASELINE_1_1"] | None = None


class InstanceConfiguration(Noun, frozen=True, kw_only=True):
    """Say what one instance is."""

    instance_shape_name: Identifier
    model_deployment_instance_shape_config_details: ModelDeploymentInstanceShapeConfigDetails | None = None
    subnet_id: str | None = None
    private_endpoint_id: str | None = None
    network_access_type: NetworkAccess | None = None
    capacity_reservation_ids: list[str] | None = None


class FixedSizeScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="FIXED_SIZE"):
    """Run a fixed number of instances."""

    instance_count: PositiveInt


class PredefinedExpressionThresholdScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="THRESHOLD"
):
    """Say at which value of a metric to scale, and by how much."""

    threshold: int
    pending_duration: str | None = None
    instance_count_adjustment: int | None = None


class CustomExpressionQueryScalingConfiguration(
    Noun, frozen=True, kw_only=True, tag_field="scalingConfigurationType", tag="QUERY"
):
    """Say which query of a metric scales, and by how much."""

    query: str
    pending_duration: str | None = None
    instance_count_adjustment: int | None = None


class PredefinedMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="PREDEFINED_EXPRESSION"
):
    """Scale on a metric that every deployment has."""

    metric_type: Literal["CPU_UTILIZATION", "MEMORY_UTILIZATION"]
    scale_in_configuration: PredefinedExpressionThresholdScalingConfiguration
    scale_out_configuration: PredefinedExpressionThresholdScalingConfiguration


class CustomMetricExpressionRule(
    Noun, frozen=True, kw_only=True, tag_field="metricExpressionRuleType", tag="CUSTOM_EXPRESSION"
):
    """Scale on a query."""

    scale_in_configuration: CustomExpressionQueryScalingConfiguration
    scale_out_configuration: CustomExpressionQueryScalingConfiguration


class ThresholdBasedAutoScalingPolicyDetails(
    Noun, frozen=True, kw_only=True, tag_field="autoScalingPolicyType", tag="THRESHOLD"
):
    """Say between which counts, and by which rules, to scale."""

    rules: list[Union[PredefinedMetricExpressionRule, CustomMetricExpressionRule]]
    maximum_instance_count: PositiveInt
    minimum_instance_count: PositiveInt
    initial_instance_count: PositiveInt


class AutoScalingPolicy(Noun, frozen=True, kw_only=True, tag_field="policyType", tag="AUTOSCALING"):
    """Run as many instances as the load asks for."""

    auto_scaling_policies: list[ThresholdBasedAutoScalingPolicyDetails]
    cool_down_in_seconds: int | None = None
    is_enabled: bool | None = None


ScalingPolicy = Union[FixedSizeScalingPolicy, AutoScalingPolicy]


class ModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which model runs on how many instances of what."""

    model_id: Identifier
    instance_configuration: InstanceConfiguration
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: PositiveInt | None = None
    maximum_bandwidth_mbps: PositiveInt | None = None
    model_artifact_signature_id: str | None = None


class UpdateModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change of it; what is absent stays."""

    model_id: Identifier | None = None
    instance_configuration: InstanceConfiguration | None = None
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: PositiveInt | None = None
    maximum_bandwidth_mbps: PositiveInt | None = None
    model_artifact_signature_id: str | None = None


class InferenceHttpEndpoint(Noun, frozen=True, kw_only=True):
    """Be a path that a container answers beside predict."""

    endpoint_uri_suffix: str
    http_methods: list[str]


class DefaultModelDeploymentEnvironmentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="environmentConfigurationType", tag="DEFAULT"
):
    """Run in the environment that the artifact's runtime.yaml names."""

    environment_variables: dict[str, str] | None = None


class OcirModelDeploymentEnvironmentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="environmentConfigurationType", tag="OCIR_CONTAINER"
):
    """Run a container image."""

    image: str | None = None
    image_digest: str | None = None
    image_signature_id: str | None = None
    cmd: list[str] | None = None
    entrypoint: list[str] | None = None
    server_port: int | None = None
    health_check_port: int | None = None
    environment_variables: dict[str, str] | None = None
    default_environment_variables: dict[str, str] | None = None
    predict_api_specification: str | None = None
    custom_http_endpoints: list[InferenceHttpEndpoint] | None = None


EnvironmentConfigurationDetails = Union[
    DefaultModelDeploymentEnvironmentConfigurationDetails, OcirModelDeploymentEnvironmentConfigurationDetails
]


class SingleModelDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL"
):
    """Serve one model."""

    model_configuration_details: ModelConfigurationDetails
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


class UpdateSingleModelDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL"
):
    """Say what is to change of it; what is absent stays."""

    model_configuration_details: UpdateModelConfigurationDetails | None = None
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


ModelDeploymentConfigurationDetails = SingleModelDeploymentConfigurationDetails
UpdateModelDeploymentConfigurationDetails = UpdateSingleModelDeploymentConfigurationDetails


class LogDetails(Noun, frozen=True, kw_only=True):
    """Name a log."""

    log_id: str
    log_group_id: str


class CategoryLogDetails(Noun, frozen=True, kw_only=True):
    """Say where access and predict logs go."""

    access: LogDetails | None = None
    predict: LogDetails | None = None


class InstancePoolModelDeploymentSystemData(
    Noun, frozen=True, kw_only=True, tag_field="systemInfraType", tag="INSTANCE_POOL"
):
    """Tell how many instances run now."""

    model_type: Literal["MANAGED_MODEL"] | None = None
    current_instance_count: int | None = None


class CreateModelDeploymentDetails(Noun, frozen=True, kw_only=True):
    """Say what a new deployment is to be."""

    project_id: Identifier
    compartment_id: Identifier
    model_deployment_configuration_details: ModelDeploymentConfigurationDetails
    display_name: DisplayName | None = None
    description: Description | None = None
    category_log_details: CategoryLogDetails | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class UpdateModelDeploymentDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change; what is absent stays."""

    display_name: DisplayName | None = None
    description: Description | None = None
    model_deployment_configuration_details: UpdateModelDeploymentConfigurationDetails | None = None
    category_log_details: CategoryLogDetails | None = None
    freeform_tags: FreeformTags | None = None
    defined_tags: DefinedTags | None = None


class ChangeModelDeploymentCompartmentDetails(Noun, frozen=True, kw_only=True):
    """Say which compartment a deployment is to be in."""

    compartment_id: Identifier


class ModelDeploymentSummary(Noun, frozen=True, kw_only=True):
    """Be a deployment in a list."""

    id: str
    time_created: datetime
    display_name: str
    project_id: str
    compartment_id: str
    created_by: str
    lifecycle_state: DeploymentState
    model_deployment_url: str
    description: str | None = None
    model_deployment_configuration_details: ModelDeploymentConfigurationDetails | None = None
    category_log_details: CategoryLogDetails | None = None
    model_deployment_system_data: InstancePoolModelDeploymentSystemData | None = None
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}


class ModelDeployment(ModelDeploymentSummary, frozen=True, kw_only=True):
    """Be a deployment."""

    lifecycle_details: str | None = None


class ModelDeploymentModelStateSummary(Noun, frozen=True, kw_only=True):
    """Tell how one of a deployment's models stands."""

    model_id: str
    project_id: str
    display_name: str
    inference_key: str
    state: Literal["SUCCESS", "FAILED", "INCONSISTENT"]
    freeform_tags: FreeformTags = {}
    defined_tags: DefinedTags = {}
    system_tags: DefinedTags = {}


class ModelDeploymentShapeSummary(Noun, frozen=True, kw_only=True):
    """Be a shape: how large an instance is."""

    name: str
    core_count: int
    memory_in_gbs: int
    shape_series: Literal["AMD_ROME", "INTEL_SKYLAKE", "NVIDIA_GPU", "GENERIC", "LEGACY", "ARM"]
