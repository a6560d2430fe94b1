"""Configurations: what can be honoured, what an update makes of one, and how many workers that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.deployments import configuration, shapes
from modelyard.deployments.configuration import check, merge
from modelyard.deployments.shapes import SHAPES, size_of
from modelyard.errors import InvalidParameter
from modelyard.resources.deployment import (
    DefaultModelDeploymentEnvironmentConfigurationDetails,
    InstanceConfiguration,
    ModelConfigurationDetails,
    ModelDeploymentInstanceShapeConfigDetails,
    SingleModelDeploymentConfigurationDetails,
    UpdateModelConfigurationDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.resources.scaling import FixedSizeScalingPolicy


def instance(shape: str = "VM.Standard.E4.Flex", ocpus: float | None = None) -> InstanceConfiguration:
    size = None if ocpus is None else ModelDeploymentInstanceShapeConfigDetails(ocpus=ocpus, memory_in_gbs=16)
    return InstanceConfiguration(instance_shape_name=shape, model_deployment_instance_shape_config_details=size)


def wanted(
    *, variables: dict[str, str] | None = None, environment: object = None, **model: object
) -> SingleModelDeploymentConfigurationDetails:
    fields = {"model_id": "m", "instance_configuration": instance(), **model}
    return SingleModelDeploymentConfigurationDetails(
        model_configuration_details=ModelConfigurationDetails(**fields),
        environment_configuration_details=environment
        or DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables),
    )


def workers_of(instance: InstanceConfiguration, variables: dict[str, str]) -> int:
    return shapes.workers_of(size_of(instance).ocpus, variables)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shape", "ocpus", "workers"),
    [
        ("VM.Standard.E4.Flex", None, 2),
        ("VM.Standard.E4.Flex", 0.1, 1),
        ("VM.Standard.E4.Flex", 1.5, 3),
        ("VM.Standard.E4.Flex", 128, 256),
        ("VM.Standard2.4", None, 8),
        ("VM.Standard2.4", 4, 8),
    ],
)
def test_an_instance_has_two_workers_for_each_ocpu(shape: str, ocpus: float | None, workers: int) -> None:
    assert workers_of(instance(shape, ocpus), {}) == workers


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_makes_workers(shape) -> None:
    assert workers_of(instance(shape.name), {}) == 2 * shape.core_count


def test_web_concurrency_says_how_many_workers_there_are() -> None:
    assert workers_of(instance("VM.Standard2.24"), {"WEB_CONCURRENCY": "1"}) == 1


@pytest.mark.parametrize("text", ["", "0", "-1", "two", "1.5", "²", "٣", " 2", "9" * 5000, "257"])
def test_a_web_concurrency_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        workers_of(instance(), {"WEB_CONCURRENCY": text})


@pytest.mark.parametrize("ocpus", [129, 1e18, 1e308])
def test_more_workers_than_an_instance_takes_are_refused(ocpus: float) -> None:
    with pytest.raises(InvalidParameter, match="more than 256"):
        workers_of(instance(ocpus=ocpus), {})


def test_a_fixed_shape_has_its_own_size() -> None:
    with pytest.raises(InvalidParameter, match=r"only a \.Flex shape"):
        workers_of(instance("VM.Standard2.4", 2), {})


def test_a_shape_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(InvalidParameter, match=r"no shape VM\.Nope: choose one of VM\.Standard"):
        workers_of(instance("VM.Nope"), {})


# ── environment variables ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["A", "a1", "LOG_LEVEL", "x" * 31, "A__B"])
def test_a_variable_has_an_ordinary_name(name: str) -> None:
    check(wanted(variables={name: "é \n"}))


@pytest.mark.parametrize("name", ["", "1A", "_A", "A_", "A-B", "A B", "x" * 32, "É", "A=B", "A\n", "A\0"])
def test_a_variable_with_another_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="has no allowed name"):
        check(wanted(variables={name: "1"}))


def test_a_variable_with_a_nul_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="NUL"):
        check(wanted(variables={"A": "x\0y"}))


@pytest.mark.parametrize(("size", "fits"), [(2048, True), (2049, False)])
def test_variables_have_a_limit_together(size: int, fits: bool) -> None:
    variables = {"A": "é" * 500, "B": "x" * (size - 1002)}
    if fits:
        check(wanted(variables=variables))
        return
    with pytest.raises(InvalidParameter, match="have 2049 bytes together; 2048 are allowed"):
        check(wanted(variables=variables))


def test_a_number_of_workers_as_long_as_all_variables_may_be_is_refused_as_too_long() -> None:
    with pytest.raises(InvalidParameter, match="bytes together"):
        check(wanted(variables={"WEB_CONCURRENCY": "9" * 5000}))


@given(st.dictionaries(st.text(max_size=33), st.text(max_size=20), max_size=3))
def test_any_variables_are_taken_or_refused(variables: dict[str, str]) -> None:
    try:
        check(wanted(variables=variables))
    except InvalidParameter:
        return
    assert all(name.isascii() and name.replace("_", "a").isalnum() and "\0" not in name for name in variables)


# ── instances ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_instance_unless_told() -> None:
    assert configuration.instance_count(wanted()) == 1
    assert configuration.instance_count(wanted(scaling_policy=FixedSizeScalingPolicy(instance_count=3))) == 3


@pytest.mark.parametrize("count", [101, 2**70])
def test_more_instances_than_a_machine_takes_are_refused(count: int) -> None:
    with pytest.raises(InvalidParameter, match="at most 100"):
        check(wanted(scaling_policy=FixedSizeScalingPolicy(instance_count=count)))


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────

BANDWIDTH = st.none() | st.integers(1, 100)
CHANGES = st.builds(
    UpdateModelConfigurationDetails,
    model_id=st.none() | st.text("ab", min_size=1, max_size=3),
    instance_configuration=st.none() | st.sampled_from([instance(ocpus=2), instance("VM.Standard2.1")]),
    scaling_policy=st.none() | st.builds(FixedSizeScalingPolicy, instance_count=st.integers(1, 5)),
    bandwidth_mbps=BANDWIDTH,
)


def test_an_update_without_a_configuration_changes_none() -> None:
    assert merge(wanted(), None) == wanted()
    assert merge(wanted(), UpdateSingleModelDeploymentConfigurationDetails()) == wanted()


@given(CHANGES)
def test_an_update_changes_what_it_names_and_nothing_else(change: UpdateModelConfigurationDetails) -> None:
    before = wanted(bandwidth_mbps=10, variables={"A": "1"})
    update = UpdateSingleModelDeploymentConfigurationDetails(model_configuration_details=change)
    after = merge(before, update)
    assert after.environment_configuration_details == before.environment_configuration_details
    for name in ModelConfigurationDetails.__struct_fields__:
        given_value = getattr(change, name)
        old = getattr(before.model_configuration_details, name)
        assert getattr(after.model_configuration_details, name) == (old if given_value is None else given_value)
    assert merge(after, update) == after


def test_an_update_of_the_environment_replaces_it_whole() -> None:
    environment = DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables={"B": "2"})
    update = UpdateSingleModelDeploymentConfigurationDetails(environment_configuration_details=environment)
    after = merge(wanted(variables={"A": "1"}), update)
    assert configuration.environment_variables(after) == {"B": "2"}
