"""The constants of the reference's builders of deployments: the names that fields have in files and on the wire."""

from __future__ import annotations


class ScalingTypes:
    """Name what the number of instances may follow."""

    CONST_SCALING_TYPE_CPU_UTILIZATION = "cpu_utilization"
    CONST_SCALING_TYPE_MEMORY_UTILIZATION = "memory_utilization"
    CONST_SUPPORTED_AUTO_SCALING_TYPES = (CONST_SCALING_TYPE_CPU_UTILIZATION, CONST_SCALING_TYPE_MEMORY_UTILIZATION)


class PropertyScalingTypes(ScalingTypes):
    """Name how the number of instances may change in flat properties, where it can be said that it does not."""

    CONST_SCALING_TYPE_FIXED = "fixed"
    CONST_SUPPORTED_SCALING_TYPES = (CONST_SCALING_TYPE_FIXED, *ScalingTypes.CONST_SUPPORTED_AUTO_SCALING_TYPES)


class InfrastructureNames(ScalingTypes):
    """Name what a deployment runs on."""

    CONST_SHAPE_NAME = "shapeName"
    CONST_SHAPE_CONFIG_DETAILS = "shapeConfigDetails"
    CONST_OCPUS = "ocpus"
    CONST_MEMORY_IN_GBS = "memoryInGBs"
    CONST_REPLICA = "replica"
    CONST_BANDWIDTH_MBPS = "bandwidthMbps"
    CONST_ACCESS_LOG = "accessLog"
    CONST_PREDICT_LOG = "predictLog"
    CONST_LOG_ID = "logId"
    CONST_LOG_GROUP_ID = "logGroupId"
    CONST_WEB_CONCURRENCY = "webConcurrency"
    CONST_SUBNET_ID = "subnetId"
    CONST_PRIVATE_ENDPOINT_ID = "privateEndpointId"
    CONST_CAPACITY_RESERVATION_IDS = "capacityReservationIds"
    CONST_COMPUTE_TARGET_DETAILS = "computeTargetDetails"
    CONST_COMPUTE_TARGET_ID = "computeTargetId"
    CONST_GPU_COUNT = "gpuCount"
    CONST_AUTO_SCALING = "autoScaling"
    CONST_SCALING_TYPE = "scalingType"
    CONST_MINIMUM_INSTANCE_COUNT = "minimumInstanceCount"
    CONST_MAXIMUM_INSTANCE_COUNT = "maximumInstanceCount"
    CONST_INITIAL_INSTANCE_COUNT = "initialInstanceCount"
    CONST_SCALE_IN_THRESHOLD = "scaleInThreshold"
    CONST_SCALE_OUT_THRESHOLD = "scaleOutThreshold"
    CONST_COOL_DOWN_IN_SECONDS = "coolDownInSeconds"
    CONST_IS_ENABLED = "isEnabled"

    # on the wire alone
    CONST_ACCESS = "access"
    CONST_CATEGORY_LOG_DETAILS = "categoryLogDetails"
    CONST_DEPLOYMENT_TYPE = "deploymentType"
    CONST_GPUS = "gpus"
    CONST_INSTANCE_CONFIG = "instanceConfiguration"
    CONST_INSTANCE_COUNT = "instanceCount"
    CONST_INSTANCE_SHAPE_NAME = "instanceShapeName"
    CONST_MODEL_CONFIG_DETAILS = "modelConfigurationDetails"
    CONST_MODEL_DEPLOYMENT_CONFIG_DETAILS = "modelDeploymentConfigurationDetails"
    CONST_MODEL_DEPLOYMENT_INSTANCE_SHAPE_CONFIG_DETAILS = "modelDeploymentInstanceShapeConfigDetails"
    CONST_MODEL_DEPLOYMENT_RESOURCE_CONFIGURATION = "modelDeploymentResourceConfiguration"
    CONST_POLICY_TYPE = "policyType"
    CONST_PREDICT = "predict"
    CONST_RESOURCE_REQUEST_CONFIGURATION = "resourceRequestConfiguration"
    CONST_SCALING_POLICY = "scalingPolicy"
    CONST_STREAM_CONFIG_DETAILS = "streamConfigurationDetails"


class RuntimeNames:
    """Name what a deployment runs."""

    CONST_ENV = "env"
    CONST_DEPLOYMENT_MODE = "deploymentMode"
    CONST_INPUT_STREAM_IDS = "inputStreamIds"
    CONST_OUTPUT_STREAM_IDS = "outputStreamIds"
    CONST_MODEL_URI = "modelUri"
    CONST_MODEL_GROUP_ID = "modelGroupId"
    CONST_BUCKET_URI = "bucketUri"
    CONST_AUTH = "auth"
    CONST_REGION = "region"
    CONST_OVERWRITE_EXISTING_ARTIFACT = "overwriteExistingArtifact"
    CONST_REMOVE_EXISTING_ARTIFACT = "removeExistingArtifact"
    CONST_TIMEOUT = "timeout"

    # on the wire alone
    CONST_ENVIRONMENT_CONFIG_DETAILS = "environmentConfigurationDetails"
    CONST_ENVIRONMENT_CONFIG_TYPE = "environmentConfigurationType"
    CONST_ENVIRONMENT_VARIABLES = "environmentVariables"
    CONST_MODEL_ID = "modelId"
