"""Model deployments: what a user asks to be served, and on what."""

from __future__ import annotations

from typing import Annotated, Literal, Union

from modelyard.lifecycle import DeploymentState
from modelyard.resources.compute_cluster import (
    ManagedComputeClusterModelDeployInfrastructureConfigDetails,
    ManagedComputeClusterModelDeploymentSystemData,
    UpdateManagedComputeClusterModelDeployInfrastructureConfigDetails,
)
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
from modelyard.resources.scaling import PositiveFloat, ScalingPolicy

NetworkAccess = Literal[
    "MANAGED_NETWORKING_NO_INTERNET_ACCESS", "MANAGED_NETWORKING_INTERNET_ACCESS", "CUSTOM_NETWORKING"
]

DeploymentMode = Literal["HTTPS_ONLY", "STREAM_ONLY"]

SHAPE_NAMES = (
    "VM.Standard.E3.Flex",
    "VM.Standard.E4.Flex",
    "VM.Standard.E5.Flex",
    "VM.Standard3.Flex",
    "VM.Standard.A1.Flex",
    "VM.Standard2.1",
    "VM.Standard2.2",
    "VM.Standard2.4",
    "VM.Standard2.8",
    "VM.Standard2.16",
    "VM.Standard2.24",
)

_OCID = r"^ocid1\.{}\.[a-z0-9]+\.[a-z0-9-]*\.[a-z0-9]+$"
Subnet = Annotated[str, documented({"pattern": _OCID.format("subnet")})]
PrivateEndpoint = Annotated[str, documented({"pattern": _OCID.format("datascienceprivateendpoint")})]
Reservation = Annotated[str, documented({"pattern": _OCID.format("capacityreservation")})]
Bandwidth = Annotated[int, documented({"minimum": 10, "maximum": 8000})]
"""In Mbit/s."""

Port = Annotated[int, documented({"minimum": 1024, "maximum": 65_535, "not": {"enum": [8446, 8447, 24_224]}})]
Image = Annotated[str, documented({"pattern": "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,1023}(@sha256:[0-9a-f]{64})?$"})]
CommandWord = Annotated[str, documented({"pattern": r"^[^\x00]*$"})]
EnvironmentVariables = Annotated[
    dict[str, Annotated[str, documented({"pattern": r"^[^\x00]*$"})]],
    documented(
        {
            "propertyNames": {"pattern": "^[A-Za-z]([A-Za-z0-9_]{0,29}[A-Za-z0-9])?$"},
            "properties": {"WEB_CONCURRENCY": {"type": "string", "pattern": "^([1-9]|[1-9][0-9]|1[0-9][0-9])$"}},
        }
    ),
]
"""Of 2,048 bytes in all."""


class ModelDeploymentInstanceShapeConfigDetails(Noun, frozen=True, kw_only=True):
    """Say how large an instance of a flexible shape is."""

    ocpus: Annotated[PositiveFloat, documented({"maximum": 128})] | None = None
    memory_in_gbs: PositiveFloat | None = None
    cpu_baseline: Literal["BASELINE_1_8", "BASELINE_1_2", "BASELINE_1_1"] | None = None


class InstanceConfiguration(Noun, frozen=True, kw_only=True):
    """Say what one instance is."""

    instance_shape_name: Annotated[Identifier, documented({"enum": list(SHAPE_NAMES)})]
    model_deployment_instance_shape_config_details: ModelDeploymentInstanceShapeConfigDetails | None = None
    subnet_id: Subnet | None = None
    private_endpoint_id: PrivateEndpoint | None = None
    network_access_type: NetworkAccess | None = None
    capacity_reservation_ids: Annotated[list[Reservation], documented({"maxItems": 10})] | None = None


class ModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which model runs on how many instances of what."""

    model_id: Identifier
    instance_configuration: InstanceConfiguration
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: Bandwidth | None = None
    maximum_bandwidth_mbps: Bandwidth | None = None
    model_artifact_signature_id: str | None = None


class UpdateModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say what is to change of it; what is absent stays."""

    model_id: Identifier | None = None
    instance_configuration: InstanceConfiguration | None = None
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: Bandwidth | None = None
    maximum_bandwidth_mbps: Bandwidth | None = None
    model_artifact_signature_id: str | None = None


class InferenceHttpEndpoint(Noun, frozen=True, kw_only=True):
    """Be a path that a container answers beside predict."""

    endpoint_uri_suffix: str
    http_methods: list[str]


class DefaultModelDeploymentEnvironmentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="environmentConfigurationType", tag="DEFAULT"
):
    """Run in the environment that the artifact's runtime.yaml names."""

    environment_variables: EnvironmentVariables | None = None


class OcirModelDeploymentEnvironmentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="environmentConfigurationType", tag="OCIR_CONTAINER"
):
    """Run a container image."""

    also_required = ("image",)

    image: Image | None = None
    image_digest: Annotated[str, documented({"pattern": "^sha256:[0-9a-f]{64}$"})] | None = None
    image_signature_id: str | None = None
    cmd: list[CommandWord] | None = None
    entrypoint: list[CommandWord] | None = None
    server_port: Port | None = None
    health_check_port: Port | None = None
    environment_variables: EnvironmentVariables | None = None
    default_environment_variables: dict[str, str] | None = None
    predict_api_specification: str | None = None
    custom_http_endpoints: list[InferenceHttpEndpoint] | None = None


EnvironmentConfigurationDetails = Union[
    DefaultModelDeploymentEnvironmentConfigurationDetails, OcirModelDeploymentEnvironmentConfigurationDetails
]


class StreamConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which streams a STREAM_ONLY deployment reads, and which it writes its answers to."""

    input_stream_ids: list[Identifier] | None = None
    output_stream_ids: list[Identifier] | None = None


class SingleModelDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL"
):
    """Serve one model."""

    model_configuration_details: ModelConfigurationDetails
    environment_configuration_details: EnvironmentConfigurationDetails | None = None
    stream_configuration_details: StreamConfigurationDetails | None = None


class UpdateSingleModelDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL"
):
    """Say what is to change of it; what is absent stays."""

    model_configuration_details: UpdateModelConfigurationDetails | None = None
    environment_configuration_details: EnvironmentConfigurationDetails | None = None
    stream_configuration_details: StreamConfigurationDetails | None = None


class SingleModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which model runs on a compute target."""

    model_id: Identifier
    model_artifact_signature_id: str | None = None


class UpdateSingleModelConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which model is to run there instead."""

    model_id: Identifier | None = None
    model_artifact_signature_id: str | None = None


class SingleModelDeploymentFlexConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL_FLEX"
):
    """Serve one model on a compute target."""

    model_configuration_details: SingleModelConfigurationDetails
    infrastructure_configuration_details: ManagedComputeClusterModelDeployInfrastructureConfigDetails
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


class UpdateSingleModelDeploymentFlexConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="SINGLE_MODEL_FLEX"
):
    """Say what is to change of it; what is absent stays."""

    model_configuration_details: UpdateSingleModelConfigurationDetails | None = None
    infrastructure_configuration_details: UpdateManagedComputeClusterModelDeployInfrastructureConfigDetails | None = (
        None
    )
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


class ModelGroupConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which group of models runs."""

    model_group_id: Identifier


class UpdateModelGroupConfigurationDetails(Noun, frozen=True, kw_only=True):
    """Say which group is to run instead."""

    model_group_id: Identifier | None = None


class InstancePoolInfrastructureConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="infrastructureType", tag="INSTANCE_POOL"
):
    """Say on how many instances of what a group runs."""

    instance_configuration: InstanceConfiguration
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: Bandwidth | None = None
    maximum_bandwidth_mbps: Bandwidth | None = None


class UpdateInstancePoolInfrastructureConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="infrastructureType", tag="INSTANCE_POOL"
):
    """Say what is to change of them; what is absent stays."""

    instance_configuration: InstanceConfiguration | None = None
    scaling_policy: ScalingPolicy | None = None
    bandwidth_mbps: Bandwidth | None = None
    maximum_bandwidth_mbps: Bandwidth | None = None


class ModelGroupDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="MODEL_GROUP"
):
    """Serve the models of a group; requests name the one that they mean."""

    model_group_configuration_details: ModelGroupConfigurationDetails
    infrastructure_configuration_details: InstancePoolInfrastructureConfigurationDetails
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


class UpdateModelGroupDeploymentConfigurationDetails(
    Noun, frozen=True, kw_only=True, tag_field="deploymentType", tag="MODEL_GROUP"
):
    """Say what is to change of it; what is absent stays."""

    update_type: Literal["ZDT", "LIVE"] | None = None
    model_group_configuration_details: UpdateModelGroupConfigurationDetails | None = None
    infrastructure_configuration_details: UpdateInstancePoolInfrastructureConfigurationDetails | None = None
    environment_configuration_details: EnvironmentConfigurationDetails | None = None


ModelDeploymentConfigurationDetails = Union[
    SingleModelDeploymentConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
    SingleModelDeploymentFlexConfigurationDetails,
]
UpdateModelDeploymentConfigurationDetails = Union[
    UpdateSingleModelDeploymentConfigurationDetails,
    UpdateModelGroupDeploymentConfigurationDetails,
    UpdateSingleModelDeploymentFlexConfigurationDetails,
]


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


SystemData = Union[InstancePoolModelDeploymentSystemData, ManagedComputeClusterModelDeploymentSystemData]


class CreateModelDeploymentDetails(Noun, frozen=True, kw_only=True):
    """Say what a new deployment is to be."""

    project_id: Identifier
    compartment_id: Identifier
    model_deployment_configuration_details: ModelDeploymentConfigurationDetails
    display_name: DisplayName | None = None
    description: Description | None = None
    deployment_mode: DeploymentMode | None = None
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
    time_created: Moment
    display_name: str
    project_id: str
    compartment_id: str
    created_by: str
    lifecycle_state: DeploymentState
    model_deployment_url: str
    description: str | None = None
    model_deployment_configuration_details: ModelDeploymentConfigurationDetails | None = None
    deployment_mode: DeploymentMode = "HTTPS_ONLY"
    category_log_details: CategoryLogDetails | None = None
    model_deployment_system_data: SystemData | None = None
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
