"""Options to nouns."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.model.deploying import deployment_details, update_details
from modelyard.model.model_properties import DEFAULTS, ModelProperties, of_options, settle
from modelyard.model.options import DeployOptions, UpdateDeploymentOptions
from modelyard.resources.deployment import (
    DefaultModelDeploymentEnvironmentConfigurationDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
    StreamConfigurationDetails,
    UpdateModelConfigurationDetails,
)
from modelyard.resources.scaling import FixedSizeScalingPolicy

PLACE = ModelProperties(project_id="p", compartment_id="c")


def details_of(**options: Any) -> Any:
    given = DeployOptions(**options)
    settled = settle(of_options(given), PLACE, DEFAULTS)
    return deployment_details(model_id="m", settled=settled, options=given, display_name="calm-otter")


def test_a_deployment_with_nothing_said_is_one_small_instance() -> None:
    details = details_of()
    configuration = details.model_deployment_configuration_details.model_configuration_details
    size = configuration.instance_configuration.model_deployment_instance_shape_config_details
    assert configuration.instance_configuration.instance_shape_name == "VM.Standard.E4.Flex"
    assert (size.ocpus, size.memory_in_gbs) == (1, 16)
    assert configuration.scaling_policy == FixedSizeScalingPolicy(instance_count=1)
    assert details.display_name == "calm-otter"
    assert details.category_log_details is None


def test_every_option_arrives() -> None:
    details = details_of(
        display_name="n",
        description="d",
        deployment_instance_shape="VM.Standard.E4.Flex",
        deployment_instance_subnet_id="s",
        deployment_instance_private_endpoint_id="pe",
        deployment_instance_count=3,
        deployment_bandwidth_mbps=20,
        deployment_log_group_id="g",
        deployment_access_log_id="a",
        deployment_predict_log_id="pl",
        deployment_memory_in_gbs=8,
        deployment_ocpus=2,
        project_id="P",
        compartment_id="C",
        freeform_tags={"f": "t"},
        defined_tags={"d": {"t": 1}},
        environment_variables={"E": "v"},
        web_concurrency=4,
    )
    configuration = details.model_deployment_configuration_details.model_configuration_details
    instance = configuration.instance_configuration
    assert (details.display_name, details.description, details.project_id, details.compartment_id) == (
        *("n", "d", "P", "C"),
    )
    assert (details.freeform_tags, details.defined_tags) == ({"f": "t"}, {"d": {"t": 1}})
    assert (instance.subnet_id, instance.private_endpoint_id) == ("s", "pe")
    assert instance.model_deployment_instance_shape_config_details.ocpus == 2
    assert configuration.scaling_policy.instance_count == 3
    assert configuration.bandwidth_mbps == 20
    assert (details.category_log_details.access.log_id, details.category_log_details.predict.log_id) == ("a", "pl")
    environment = details.model_deployment_configuration_details.environment_configuration_details
    assert environment.environment_variables == {"E": "v", "WEB_CONCURRENCY": "4"}


def test_a_container_stays_one_when_its_variables_change() -> None:
    container = OcirModelDeploymentEnvironmentConfigurationDetails(image="i", cmd=["c"], environment_variables={})
    details = update_details(UpdateDeploymentOptions(environment_variables={"A": "b"}), environment=lambda: container)
    environment = details.model_deployment_configuration_details.environment_configuration_details
    assert environment == OcirModelDeploymentEnvironmentConfigurationDetails(
        image="i", cmd=["c"], environment_variables={"A": "b"}
    )


def test_a_shape_of_one_size_is_given_none() -> None:
    configuration = details_of(deployment_instance_shape="VM.Standard2.1").model_deployment_configuration_details
    instance = configuration.model_configuration_details.instance_configuration
    assert instance.model_deployment_instance_shape_config_details is None


def test_an_image_is_run_with_its_own_options() -> None:
    details = details_of(deployment_image="i", cmd=["c"], entrypoint=["e"], server_port=5000, image_digest="d")
    environment = details.model_deployment_configuration_details.environment_configuration_details
    assert environment == OcirModelDeploymentEnvironmentConfigurationDetails(
        image="i", image_digest="d", cmd=["c"], entrypoint=["e"], server_port=5000, health_check_port=5000
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cmd": ["x"]}, "cmd: these are for containers"),
        ({"deployment_mode": "STREAM_ONLY"}, "needs both"),
        ({"deployment_mode": "STREAM_ONLY", "input_stream_ids": ["s"]}, "needs both"),
        ({"deployment_mode": "STREAMS"}, "HTTPS_ONLY or STREAM_ONLY"),
        ({"input_stream_ids": ["s"]}, "deployment_mode='STREAM_ONLY'"),
        ({"deployment_access_log_id": "a"}, "deployment_log_group_id"),
    ],
)
def test_what_cannot_be_honoured_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        details_of(**options)


def test_a_deployment_may_read_and_write_streams() -> None:
    details = details_of(deployment_mode="STREAM_ONLY", input_stream_ids=["in"], output_stream_ids=["out"])
    assert details.deployment_mode == "STREAM_ONLY"
    assert details.model_deployment_configuration_details.stream_configuration_details == StreamConfigurationDetails(
        input_stream_ids=["in"], output_stream_ids=["out"]
    )


def test_a_project_must_be_known() -> None:
    given = DeployOptions()
    with pytest.raises(ValueError, match="pass project_id=…, set it in ModelProperties, or set PROJECT_OCID"):
        deployment_details(model_id="m", settled=settle(of_options(given), DEFAULTS), options=given, display_name="n")


def test_an_update_says_only_what_changes() -> None:
    details = update_details(UpdateDeploymentOptions(model_id="new"))
    changes = details.model_deployment_configuration_details
    assert changes is not None
    assert changes.model_configuration_details == UpdateModelConfigurationDetails(model_id="new")
    assert changes.environment_configuration_details is None
    assert update_details(UpdateDeploymentOptions(description="d")).model_deployment_configuration_details is None


def test_an_update_takes_properties_as_well() -> None:
    for properties in (ModelProperties(deployment_instance_count=2), dict[str, object](deployment_instance_count=2)):
        changes = update_details(UpdateDeploymentOptions(properties=properties)).model_deployment_configuration_details
        assert changes is not None
        assert changes.model_configuration_details is not None
        assert changes.model_configuration_details.scaling_policy == FixedSizeScalingPolicy(instance_count=2)


def test_an_update_changes_variables_logs_and_shape() -> None:
    details = update_details(
        UpdateDeploymentOptions(
            environment_variables={"A": "b"},
            access_log={"log_id": "l", "log_group_id": "g"},
            shape_name="VM.Standard.E4.Flex",
            shape_config_details={"ocpus": 2, "memory_in_gbs": 32},
        )
    )
    changes = details.model_deployment_configuration_details
    assert changes is not None
    assert changes.environment_configuration_details == DefaultModelDeploymentEnvironmentConfigurationDetails(
        environment_variables={"A": "b"}
    )
    assert details.category_log_details is not None
    assert details.category_log_details.predict is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "nothing to change"),
        ({"properties": {"colour": "red"}}, "colour: no such property"),
        ({"shape_config_details": {"ocpus": 2}}, "shape_name"),
        ({"access_log": {"log_id": "l"}}, "access_log needs"),
    ],
)
def test_an_update_that_makes_no_sense_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        update_details(UpdateDeploymentOptions(**options))
