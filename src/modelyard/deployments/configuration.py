"""A deployment's configuration: what of it can be honoured, what an update makes of it, what it comes to."""

from __future__ import annotations

import re

import msgspec

from modelyard.deployments.shapes import workers_of
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.deployment import (
    DefaultModelDeploymentEnvironmentConfigurationDetails,
    FixedSizeScalingPolicy,
    InstancePoolModelDeploymentSystemData,
    ModelConfigurationDetails,
    ModelDeploymentConfigurationDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
    UpdateModelDeploymentConfigurationDetails,
)

MOST_INSTANCES = 100
LONGEST_VARIABLES = 2048
"""The most bytes that the environment variables of a deployment may have together."""

_VARIABLE = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]{0,29}[A-Za-z0-9])?")


def check(wanted: ModelDeploymentConfigurationDetails) -> None:
    """Raise InvalidParameter, or MethodNotImplemented, for what cannot be honoured."""
    environment = wanted.environment_configuration_details
    if isinstance(environment, OcirModelDeploymentEnvironmentConfigurationDetails):
        raise MethodNotImplemented(
            "Container images are not served yet: leave environmentConfigurationDetails out, or make it DEFAULT."
        )
    _check_variables(environment_variables(wanted))
    instance_count(wanted)
    workers(wanted)


def merge(
    current: ModelDeploymentConfigurationDetails, change: UpdateModelDeploymentConfigurationDetails | None
) -> ModelDeploymentConfigurationDetails:
    """Return the configuration with what a change names; what it leaves out stays."""
    if change is None:
        return current
    model = current.model_configuration_details
    if change.model_configuration_details is not None:
        given = {
            name: value
            for name, value in msgspec.structs.asdict(change.model_configuration_details).items()
            if value is not None
        }
        model = ModelConfigurationDetails(**{**msgspec.structs.asdict(model), **given})
    return ModelDeploymentConfigurationDetails(
        model_configuration_details=model,
        environment_configuration_details=change.environment_configuration_details
        or current.environment_configuration_details,
    )


def instance_count(wanted: ModelDeploymentConfigurationDetails) -> int:
    """Return how many instances a configuration asks for; one where it does not say."""
    policy = wanted.model_configuration_details.scaling_policy
    if policy is None:
        return 1
    if not isinstance(policy, FixedSizeScalingPolicy):
        raise MethodNotImplemented("Autoscaling is not there yet: use a FIXED_SIZE scaling policy.")
    if policy.instance_count > MOST_INSTANCES:
        raise InvalidParameter(f"instanceCount is {policy.instance_count}; one machine takes at most {MOST_INSTANCES}.")
    return policy.instance_count


def workers(wanted: ModelDeploymentConfigurationDetails) -> int:
    """Return how many workers an instance of a configuration has."""
    return workers_of(wanted.model_configuration_details.instance_configuration, environment_variables(wanted))


def environment_variables(wanted: ModelDeploymentConfigurationDetails) -> dict[str, str]:
    """Return the environment variables that a configuration gives its workers."""
    environment = wanted.environment_configuration_details
    if isinstance(environment, DefaultModelDeploymentEnvironmentConfigurationDetails):
        return environment.environment_variables or {}
    return {}


def system_data(count: int) -> InstancePoolModelDeploymentSystemData:
    """Return what a deployment tells of the instances it has now."""
    return InstancePoolModelDeploymentSystemData(model_type="MANAGED_MODEL", current_instance_count=count)


def _check_variables(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            raise InvalidParameter(
                f"The environment variable {name!r} has no allowed name: a letter, then up to 30 letters, digits and "
                "underscores, not ending in an underscore."
            )
        if "\0" in value:
            raise InvalidParameter(f"The environment variable {name} has a NUL character in its value.")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > LONGEST_VARIABLES:
        raise InvalidParameter(
            f"The environment variables have {size} bytes together; {LONGEST_VARIABLES} are allowed."
        )
