"""Autoscaling as a function: within bounds, rested, and only on what has held for long enough."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.deployments.autoscaling import History, Metric, Policy, Sample, Trigger, scale
from modelyard.deployments.metric_query import parse
from modelyard.deployments.policies import policy_of_cluster, policy_of_pool
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.compute_cluster import (
    ManagedComputeClusterWorkloadAutoScalingPolicy,
    ManagedComputeClusterWorkloadScalePolicy,
    ManagedComputeClusterWorkloadThresholdBasedPolicyDetails,
    TargetCustomExpressionQueryScalingConfiguration,
    TargetCustomMetricExpressionRule,
    TargetPredefinedExpressionThresholdScalingConfiguration,
    TargetPredefinedMetricExpressionRule,
)
from modelyard.resources.scaling import (
    AutoScalingPolicy,
    CustomExpressionQueryScalingConfiguration,
    CustomMetricExpressionRule,
    PredefinedExpressionThresholdScalingConfiguration,
    PredefinedMetricExpressionRule,
    ThresholdBasedAutoScalingPolicyDetails,
)

NOW = 1_790_000_000.0
PENDING = 180.0


def policy(**changes: object) -> Policy:
    made = Policy(
        minimum=1,
        maximum=5,
        initial=1,
        out=(Trigger(metric=Metric.CPU, comparison=">=", value=70.0, pending=PENDING),),
        into=(Trigger(metric=Metric.CPU, comparison="<=", value=30.0, pending=PENDING),),
        rest_before_out=300.0,
        rest_before_into=300.0,
    )
    return dataclasses.replace(made, **changes)


def steady(cpu: float, *, seconds: float = 200.0, every: float = 5.0, memory: float = 10.0) -> tuple[Sample, ...]:
    count = int(seconds / every)
    return tuple(Sample(time=NOW - number * every, cpu=cpu, memory=memory) for number in reversed(range(count)))


def wanted(
    samples: tuple[Sample, ...], *, count: int = 2, scaled: float | None = None, rules: Policy | None = None
) -> int:
    return scale(rules or policy(), History(samples=samples, count=count, scaled=scaled), NOW)


# ── any history ──────────────────────────────────────────────────────────────────────────────────────────────────────

PERCENT = st.floats(0, 100)
SAMPLES = st.lists(st.tuples(st.floats(0, 400), PERCENT, PERCENT), max_size=80).map(
    lambda found: tuple(
        Sample(time=NOW - age, cpu=cpu, memory=memory) for age, cpu, memory in sorted(found, reverse=True)
    )
)
TRIGGERS = st.builds(
    Trigger,
    metric=st.sampled_from(list(Metric)),
    comparison=st.sampled_from([">", ">=", "<", "<="]),
    value=st.floats(1, 100),
    statistic=st.sampled_from(["mean", "max", "min"]),
    interval=st.sampled_from([60.0, 120.0, 600.0]),
    pending=st.sampled_from([180.0, 240.0, 3600.0]),
    adjustment=st.integers(1, 3),
    is_of_what_is_left=st.booleans(),
)
POLICIES = st.builds(
    lambda least, more, out, into, is_enabled: policy(
        minimum=least, maximum=least + more, out=tuple(out), into=tuple(into), is_enabled=is_enabled
    ),
    st.integers(1, 3),
    st.integers(0, 4),
    st.lists(TRIGGERS, max_size=2),
    st.lists(TRIGGERS, max_size=2),
    st.booleans(),
)
COUNTS = st.integers(1, 9)
SCALED = st.none() | st.floats(0, 1000).map(lambda age: NOW - age)


@given(POLICIES, SAMPLES, COUNTS, SCALED)
def test_the_count_is_always_within_its_bounds(rules: Policy, samples, count: int, scaled) -> None:
    assert rules.minimum <= wanted(samples, count=count, scaled=scaled, rules=rules) <= rules.maximum


@given(POLICIES, SAMPLES, COUNTS, SCALED)
def test_nothing_changes_within_the_rest_after_a_change(rules: Policy, samples, count: int, scaled) -> None:
    inside = max(rules.minimum, min(count, rules.maximum))
    after = wanted(samples, count=inside, scaled=NOW - 299.0, rules=rules)
    assert after == inside
    once = wanted(samples, count=inside, scaled=scaled, rules=rules)
    assert wanted(samples, count=once, scaled=NOW, rules=rules) == once


@given(POLICIES, SAMPLES, COUNTS)
def test_a_policy_that_is_off_changes_nothing_but_what_is_out_of_bounds(rules: Policy, samples, count: int) -> None:
    off = dataclasses.replace(rules, is_enabled=False)
    assert wanted(samples, count=count, rules=off) == max(rules.minimum, min(count, rules.maximum))


@given(SAMPLES, st.integers(1, 5))
def test_more_load_never_means_fewer_instances(samples, count: int) -> None:
    busier = tuple(dataclasses.replace(sample, cpu=min(100.0, sample.cpu + 20)) for sample in samples)
    assert wanted(busier, count=count) >= wanted(samples, count=count)


@given(POLICIES, COUNTS)
def test_without_a_measurement_nothing_changes(rules: Policy, count: int) -> None:
    inside = max(rules.minimum, min(count, rules.maximum))
    assert wanted((), count=inside, rules=rules) == inside


# ── some histories ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("cpu", "count"), [(90.0, 3), (70.0, 3), (69.9, 2), (50.0, 2), (30.0, 1), (0.0, 1)])
def test_the_count_follows_the_load(cpu: float, count: int) -> None:
    assert wanted(steady(cpu)) == count


def test_a_load_that_has_not_lasted_for_the_pending_time_changes_nothing() -> None:
    assert wanted(steady(90.0, seconds=100.0)) == 2
    dip = tuple(
        dataclasses.replace(sample, cpu=0.0) if 60 <= NOW - sample.time < 120 else sample for sample in steady(90.0)
    )
    assert wanted(dip) == 2


def test_a_moment_without_load_in_a_busy_minute_does_not_begin_the_pending_time_anew() -> None:
    samples = list(steady(95.0))
    samples[-3] = dataclasses.replace(samples[-3], cpu=0.0)
    assert wanted(tuple(samples)) == 3


def test_a_gap_in_the_measurements_counts_as_not_known() -> None:
    samples = tuple(sample for sample in steady(90.0) if not 60 <= NOW - sample.time < 120)
    assert wanted(samples) == 2


def test_the_rest_ends_to_the_second() -> None:
    assert wanted(steady(90.0), scaled=NOW - 299.9) == 2
    assert wanted(steady(90.0), scaled=NOW - 300.0) == 3


def test_all_rules_must_agree_on_fewer_and_one_is_enough_for_more() -> None:
    memory = Trigger(metric=Metric.MEMORY, comparison=">=", value=80.0, pending=PENDING, adjustment=2)
    little = Trigger(metric=Metric.MEMORY, comparison="<=", value=20.0, pending=PENDING)
    rules = policy(out=(*policy().out, memory), into=(*policy().into, little))
    assert wanted(steady(10.0, memory=90.0), rules=rules) == 4
    assert wanted(steady(10.0, memory=50.0), rules=rules) == 2
    assert wanted(steady(10.0, memory=10.0), rules=rules) == 1


def test_a_metric_held_at_a_value_scales_in_only_if_the_rest_can_take_the_load() -> None:
    held = policy_of_cluster(cluster(50.0))
    assert wanted(steady(60.0), rules=held) == 3
    assert wanted(steady(26.0), rules=held) == 2  # one instance would be at 52 %
    assert wanted(steady(24.0), rules=held) == 1


# ── policies of the wire ─────────────────────────────────────────────────────────────────────────────────────────────


def cluster(threshold: float, **fields: object) -> ManagedComputeClusterWorkloadAutoScalingPolicy:
    details = {
        "rules": [
            TargetPredefinedMetricExpressionRule(
                metric_type="CPU_UTILIZATION",
                scale_configuration=TargetPredefinedExpressionThresholdScalingConfiguration(threshold=threshold),
            )
        ],
        "minimum_instance_count": 1,
        "maximum_instance_count": 4,
        "initial_instance_count": 2,
        **fields,
    }
    return ManagedComputeClusterWorkloadAutoScalingPolicy(
        auto_scaling_policies=[ManagedComputeClusterWorkloadThresholdBasedPolicyDetails(**details)]
    )


def threshold(value: int, **fields: object) -> PredefinedExpressionThresholdScalingConfiguration:
    return PredefinedExpressionThresholdScalingConfiguration(threshold=value, **fields)


def query(text: str, **fields: object) -> CustomExpressionQueryScalingConfiguration:
    return CustomExpressionQueryScalingConfiguration(query=text, **fields)


def pool(*rules: object, cool_down: int | None = None, **fields: object) -> AutoScalingPolicy:
    details = {"minimum_instance_count": 1, "maximum_instance_count": 4, "initial_instance_count": 2, **fields}
    predefined = PredefinedMetricExpressionRule(
        metric_type="CPU_UTILIZATION", scale_in_configuration=threshold(30), scale_out_configuration=threshold(70)
    )
    return AutoScalingPolicy(
        cool_down_in_seconds=cool_down,
        auto_scaling_policies=[ThresholdBasedAutoScalingPolicyDetails(rules=list(rules) or [predefined], **details)],
    )


def predefined(low: int, high: int, **fields: object) -> PredefinedMetricExpressionRule:
    return PredefinedMetricExpressionRule(
        metric_type="MEMORY_UTILIZATION",
        scale_in_configuration=threshold(low, **fields),
        scale_out_configuration=threshold(high, **fields),
    )


def custom(low: str, high: str) -> CustomMetricExpressionRule:
    return CustomMetricExpressionRule(scale_in_configuration=query(low), scale_out_configuration=query(high))


def test_a_policy_of_the_wire_has_the_wires_defaults() -> None:
    made = policy_of_pool(pool())
    assert made.rest_before_out == made.rest_before_into == 300.0
    assert made.out == (Trigger(metric=Metric.CPU, comparison=">=", value=70.0, pending=180.0),)
    assert (made.minimum, made.initial, made.maximum, made.is_enabled) == (1, 2, 4, True)


def test_a_policy_of_the_wire_says_how_long_and_by_how_many() -> None:
    made = policy_of_pool(pool(predefined(20, 80, pending_duration="PT1H", instance_count_adjustment=2), cool_down=600))
    (more,) = made.out
    assert (more.metric, more.pending, more.adjustment) == (Metric.MEMORY, 3600.0, 2)
    assert made.rest_before_out == 600.0


def test_a_compute_target_rests_for_each_direction_by_itself() -> None:
    rest = ManagedComputeClusterWorkloadScalePolicy(cool_down_in_seconds=900, pending_duration="PT10M")
    made = policy_of_cluster(cluster(60.0, scale_in_policy=rest))
    assert (made.rest_before_out, made.rest_before_into) == (300.0, 900.0)
    assert (made.out[0].pending, made.into[0].pending) == (180.0, 600.0)


def test_queries_on_the_deployments_own_metrics_are_evaluated() -> None:
    own = 'CPUUtilization[1m]{resourceId = "MODEL_DEPLOYMENT_OCID"}.grouping().mean()'
    made = policy_of_pool(pool(custom(f"{own} < 25", f"{own} > 75")))
    assert made.out == (Trigger(metric=Metric.CPU, comparison=">", value=75.0, pending=180.0),)
    assert made.into[0].comparison == "<"
    one = policy_of_pool(
        pool(custom('MemoryUtilization[5m]{resourceId="d"}.max() <= 1.5', f"{own} >= 75")), deployment_id="d"
    )
    assert (one.into[0].statistic, one.into[0].interval, one.into[0].value) == ("max", 300.0, 1.5)


OWN = "CPUUtilization[1m].mean() > 75"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a metric"),
        ("CPUUtilization", "an interval"),
        ("CPUUtilization[1m]", "a statistic"),
        ("CPUUtilization[1m].mean()", "a comparison"),
        ("CPUUtilization[1m].mean() == 5", "a comparison"),
        ("GpuUtilization[1m].mean() > 5", "the metric GpuUtilization"),
        ("PredictRequestCount[1m].mean() > 5", "CPUUtilization and MemoryUtilization"),
        ("CPUUtilization[90m].mean() > 5", r"the interval 90m"),
        ("CPUUtilization[0m].mean() > 5", r"the interval 0m"),
        ("CPUUtilization[1m].rate() > 5", r"the statistic rate\(\)"),
        ("CPUUtilization[1m].percentile(0.9) > 5", "a statistic"),
        ("CPUUtilization[1m].groupBy(shape).mean() > 5", r"groupBy\(shape\)"),
        ('CPUUtilization[1m]{shape = "x"}.mean() > 5', "the dimension 'shape"),
        ("CPUUtilization[1m].mean() > 5 && MemoryUtilization[1m].mean() > 5", "goes on with '&& Mem"),
        ("CPUUtilization[1m].absent()", "a comparison"),
        ("x" * 3000, "3000 characters"),
    ],
)
def test_a_query_that_cannot_be_evaluated_is_refused_with_what_it_is(text: str, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        policy_of_pool(pool(custom(OWN, text)))


@given(st.text(max_size=60) | st.text('CPUtilizaon[]1m{}().mean> 75<="', max_size=60))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except InvalidParameter:
        return
    assert 0 < found.interval <= 3600


@pytest.mark.parametrize(
    ("given_policy", "says"),
    [
        (AutoScalingPolicy(auto_scaling_policies=[]), "0 policies"),
        (AutoScalingPolicy(auto_scaling_policies=pool().auto_scaling_policies * 2), "2 policies"),
        (pool(*[predefined(1, 2)] * 11), "11 rules"),
        (pool(minimum_instance_count=3), "3, 2 and 4"),
        (pool(maximum_instance_count=1), "1, 2 and 1"),
        (pool(initial_instance_count=9), "1, 9 and 4"),
        (pool(maximum_instance_count=101), "at most 100"),
        (pool(cool_down=299), "coolDownInSeconds is 299"),
        (pool(cool_down=10**9), "coolDownInSeconds"),
        (pool(predefined(70, 70)), "not under"),
        (pool(predefined(0, 70)), "over 0"),
        (pool(predefined(30, 101)), "at most 100"),
        (pool(predefined(30, 70, instance_count_adjustment=0)), "instanceCountAdjustment is 0"),
        (pool(predefined(30, 70, instance_count_adjustment=-1)), "instanceCountAdjustment is -1"),
        *[
            (pool(predefined(30, 70, pending_duration=text)), "PT3M to PT1H")
            for text in ("", "PT", "PT2M", "PT2M59S", "PT61M", "PT1H1S", "3M", "P1D", "PT3M ", "PT-3M", "PT٣M")
        ],
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_what_is_wrong(given_policy: AutoScalingPolicy, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        policy_of_pool(given_policy)


def test_a_query_on_another_resource_or_of_a_compute_target_is_refused() -> None:
    other = 'CPUUtilization[1m]{resourceId = "another"}.mean() > 5'
    with pytest.raises(InvalidParameter, match="another resource"):
        policy_of_pool(pool(custom(OWN, other)), deployment_id="mine")
    rule = TargetCustomMetricExpressionRule(
        scale_configuration=TargetCustomExpressionQueryScalingConfiguration(query="q[1m].mean()", threshold=5)
    )
    with pytest.raises(MethodNotImplemented, match=r"q\[1m\]\.mean\(\)' cannot be held"):
        policy_of_cluster(cluster(1.0, rules=[rule]))
