"""The loop with policies: the number of instances follows the load, and a restart forgets no rest."""

from __future__ import annotations

import pytest

from modelyard.resources.scaling import FixedSizeScalingPolicy


def count(yard, id: str) -> int:
    return yard.get(id).model_deployment_system_data.current_instance_count


@pytest.fixture
def scaled(yard) -> str:
    id = yard.scaled(yard.model())
    yard.settle()
    assert count(yard, id) == 1
    return id


def test_instances_come_with_the_load_and_go_with_it(yard, scaled: str) -> None:
    yard.driver.load = 5.0  # of two processors for each instance
    requests = len(yard.log())
    seen = []
    for _ in range(40):
        yard.work(60)
        seen.append(count(yard, scaled))
    assert sorted(seen) == seen
    assert set(seen) == {1, 2, 3, 4}  # one at a time; at four they are busy to 62 %
    yard.driver.load = 0.1
    seen = []
    for _ in range(40):
        yard.work(60)
        assert yard.routed(scaled)
        seen.append(count(yard, scaled))
    assert sorted(seen, reverse=True) == seen
    assert set(seen) == {4, 3, 2, 1}
    assert yard.state(scaled) == "ACTIVE"
    assert len(yard.log()) == requests  # without a work request


def test_a_load_between_the_thresholds_changes_nothing(yard, scaled: str) -> None:
    yard.driver.load = 1.0
    yard.work(1200)
    assert count(yard, scaled) == 1


def test_the_rest_after_a_change_survives_a_restart(yard, scaled: str) -> None:
    yard.driver.load = 8.0
    while count(yard, scaled) == 1:
        yard.work(5)
    yard.restart()
    yard.work(280)
    yard.restart()
    assert count(yard, scaled) == 2
    yard.work(400)
    assert count(yard, scaled) == 3


def test_a_change_that_was_decided_is_carried_out_after_a_power_cut(yard, scaled: str) -> None:
    yard.driver.load = 8.0
    while len(yard.of(scaled)) == 1:
        yard.work(5)
    for replica in yard.of(scaled):
        yard.driver.kill(replica.id)
    yard.restart()
    yard.settle()
    assert len(yard.routed(scaled)) == 2


def test_an_update_keeps_the_count_unless_it_begins_anew(yard, scaled: str) -> None:
    yard.driver.load = 8.0
    yard.work(1200)
    before = count(yard, scaled)
    assert before > 1
    yard.update(scaled, model_id=yard.model())
    yard.settle()
    assert count(yard, scaled) == before
    yard.update(scaled, count=1)
    yard.settle()
    assert count(yard, scaled) == 1
    details = yard.get(scaled).model_deployment_configuration_details.model_configuration_details
    assert details.scaling_policy == FixedSizeScalingPolicy(instance_count=1)
    yard.work(1200)
    assert count(yard, scaled) == 1


def test_instances_that_do_not_start_are_not_multiplied(yard, scaled: str) -> None:
    model = yard.get(scaled).model_deployment_configuration_details.model_configuration_details.model_id
    yard.driver.load = 8.0
    yard.driver.kinds[model] = "broken"
    yard.work(1800)
    assert yard.state(scaled) == "ACTIVE"
    assert yard.routed(scaled) == [model]
    assert count(yard, scaled) == 1
    with yard.database.read() as tx:
        from modelyard.deployments import store

        assert store.find(tx, scaled).spec.target.count == 2


def test_memory_scales_too(yard) -> None:
    from modelyard.resources.scaling import (
        AutoScalingPolicy,
        CustomExpressionQueryScalingConfiguration,
        CustomMetricExpressionRule,
        ThresholdBasedAutoScalingPolicyDetails,
    )

    rule = CustomMetricExpressionRule(
        scale_in_configuration=CustomExpressionQueryScalingConfiguration(query="MemoryUtilization[1m].mean() < 10"),
        scale_out_configuration=CustomExpressionQueryScalingConfiguration(
            query="MemoryUtilization[1m].max() > 50", instance_count_adjustment=2
        ),
    )
    details = ThresholdBasedAutoScalingPolicyDetails(
        rules=[rule], minimum_instance_count=1, initial_instance_count=1, maximum_instance_count=5
    )
    group = yard.group("good", "good")
    id = yard.deploy_group(group, policy=AutoScalingPolicy(auto_scaling_policies=[details]))
    yard.settle()
    yard.driver.memory = 4.0  # for each of two models, of the 15 GB of an instance
    yard.work(300)
    assert count(yard, id) == 3
    assert len(yard.routed(id)) == 6
    yard.driver.memory = 0.2
    yard.work(1800)
    assert count(yard, id) == 1


def test_use_is_not_measured_for_those_that_do_not_scale(yard) -> None:
    asked = []
    yard.driver.usage = lambda: asked.append(1) or {}
    yard.deploy(yard.model())
    yard.settle()
    yard.work(60)
    assert asked == []
