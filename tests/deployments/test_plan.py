"""The plan: pure, and never worse for those who predict."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.deployments.driver import Phase, Problem, Replica
from modelyard.deployments.plan import (
    ATTEMPTS,
    FIRST_DELAY,
    FORGET_AFTER,
    LONGEST_DELAY,
    Outcome,
    Plan,
    Wanted,
    plan,
)
from modelyard.deployments.spec import Goal
from modelyard.lifecycle import DEPLOYMENT_OUTCOMES, DeploymentState

NOW = 1_790_000_000.0
ENDED = {Phase.FAILED, Phase.GONE}
ROLLING = [DeploymentState.CREATING, DeploymentState.UPDATING]
SERVING = [DeploymentState.ACTIVE, DeploymentState.NEEDS_ATTENTION]
#: the states that a deployment can be in while something is wanted of it
STATES = {
    Goal.RUN: [*ROLLING, *SERVING, DeploymentState.FAILED],
    Goal.STOP: [DeploymentState.UPDATING, DeploymentState.INACTIVE],
    Goal.DELETE: [DeploymentState.DELETING],
}


@st.composite
def replicas(draw: st.DrawFn) -> list[Replica]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        phase = draw(st.sampled_from(list(Phase)))
        ended = NOW - draw(st.floats(0, 400)) if phase in ENDED else None
        problem = Problem(code="c", message=f"m{number}") if phase in ENDED and draw(st.booleans()) else None
        found.append(
            Replica(
                id=f"r{number}",
                deployment_id="d",
                revision_id=draw(st.sampled_from(["new", "new", "old", "older"])),
                phase=phase,
                ended=ended,
                problem=problem,
            )
        )
    return found


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    goal = draw(st.sampled_from(list(Goal)))
    state = draw(st.sampled_from(STATES[goal]))
    serving = draw(st.sampled_from([None, "old"]))
    return Wanted(
        state=state,
        goal=goal,
        revision_ids=("new",),
        count=draw(st.integers(1, 3)),
        serving_revision_ids=(serving,) if serving else (),
        serving_count=draw(st.integers(1, 3)) if serving else 0,
    )


many = settings(max_examples=150)


@many
@given(wishes(), replicas())
def test_the_plan_is_a_function_of_what_it_is_given(wanted: Wanted, found: list[Replica]) -> None:
    before = [dataclasses.replace(replica) for replica in found]
    assert plan(wanted, found, NOW) == plan(wanted, found, NOW)
    assert found == before


@many
@given(wishes(), replicas(), st.randoms())
def test_the_order_in_which_replicas_are_listed_means_nothing(wanted: Wanted, found: list[Replica], order) -> None:
    first = plan(wanted, found, NOW)
    order.shuffle(found)
    second = plan(wanted, found, NOW)
    assert (set(first.stop), first.route, first.start) == (set(second.stop), second.route, second.start)


@many
@given(wishes(), replicas())
def test_traffic_goes_to_ready_replicas_alone(wanted: Wanted, found: list[Replica]) -> None:
    ready = {replica.id for replica in found if replica.phase is Phase.READY}
    assert set(plan(wanted, found, NOW).route) <= ready


@many
@given(wishes(), replicas())
def test_nothing_that_gets_traffic_is_stopped(wanted: Wanted, found: list[Replica]) -> None:
    made = plan(wanted, found, NOW)
    assert not set(made.route) & set(made.stop)
    assert set(made.stop) <= {replica.id for replica in found}


@many
@given(wishes(), replicas())
def test_whoever_is_ready_serves_while_something_is_to_serve(wanted: Wanted, found: list[Replica]) -> None:
    made = plan(wanted, found, NOW)
    new = [replica for replica in found if replica.phase is Phase.READY and replica.revision_id == "new"]
    serving = {"new", *wanted.serving_revision_ids}
    anybody = [replica for replica in found if replica.phase is Phase.READY and replica.revision_id in serving]
    if wanted.goal is Goal.RUN and wanted.state in ROLLING:
        assert bool(made.route) == bool(anybody)
    if wanted.goal is Goal.RUN and wanted.state in SERVING:
        assert bool(made.route) == bool(new)


@many
@given(wishes(), replicas())
def test_a_rollout_stops_nothing(wanted: Wanted, found: list[Replica]) -> None:
    if wanted.goal is Goal.RUN and wanted.state in ROLLING:
        assert plan(wanted, found, NOW).stop == ()


@many
@given(wishes(), replicas())
def test_the_new_version_gets_the_traffic_only_when_all_of_it_is_ready(wanted: Wanted, found: list[Replica]) -> None:
    if wanted.goal is not Goal.RUN or wanted.state not in ROLLING:
        return
    made = plan(wanted, found, NOW)
    revisions = {replica.revision_id for replica in found if replica.id in made.route}
    ready = sum(replica.phase is Phase.READY and replica.revision_id == "new" for replica in found)
    serving = wanted.serving_revision_ids
    old = any(replica.phase is Phase.READY and replica.revision_id in serving for replica in found)
    if ready >= wanted.count:
        assert revisions == {"new"}
        assert made.outcome == Outcome(state=DeploymentState.ACTIVE)
    elif old:
        assert "new" not in revisions


@many
@given(wishes(), replicas())
def test_no_more_are_started_than_are_missing(wanted: Wanted, found: list[Replica]) -> None:
    made = plan(wanted, found, NOW)
    alive = sum(replica.phase in {Phase.STARTING, Phase.READY} and replica.revision_id == "new" for replica in found)
    assert 0 <= len(made.start) <= max(0, wanted.count - alive)
    if wanted.goal is not Goal.RUN or wanted.state is DeploymentState.FAILED:
        assert made.start == ()


@many
@given(wishes(), replicas())
def test_every_outcome_is_a_legal_move_and_news(wanted: Wanted, found: list[Replica]) -> None:
    outcome = plan(wanted, found, NOW).outcome
    if outcome is not None:
        assert outcome.state in DEPLOYMENT_OUTCOMES[wanted.state]
        assert outcome.state is not wanted.state
        assert (outcome.problem is not None) >= (outcome.state is DeploymentState.FAILED)


@many
@given(wishes(), replicas())
def test_what_is_settled_has_nothing_to_do(wanted: Wanted, found: list[Replica]) -> None:
    made = plan(wanted, found, NOW)
    if made.settled:
        assert (made.start, made.stop) == ((), ())


@many
@given(wishes(), replicas())
def test_what_is_to_end_ends_with_no_replicas(wanted: Wanted, found: list[Replica]) -> None:
    if wanted.goal is Goal.RUN:
        return
    made = plan(wanted, found, NOW)
    assert set(made.stop) == {replica.id for replica in found}
    assert made.route == ()
    assert (made.outcome is not None) <= (not found)


# ── by example ───────────────────────────────────────────────────────────────────────────────────────────────────────


def replica(id: str, phase: Phase, revision: str = "new", ago: float = 0.0) -> Replica:
    ended = NOW - ago if phase in ENDED else None
    problem = Problem(code=phase.value, message=id) if phase in ENDED else None
    return Replica(id=id, deployment_id="d", revision_id=revision, phase=phase, ended=ended, problem=problem)


def wish(state: DeploymentState, count: int = 1, goal: Goal = Goal.RUN) -> Wanted:
    serving = "old" if state is DeploymentState.UPDATING else None
    return Wanted(
        state=state,
        goal=goal,
        revision_ids=("new",),
        count=count,
        serving_revision_ids=(serving,) if serving else (),
        serving_count=1 if serving else 0,
    )


CREATING, UPDATING, ACTIVE, ATTENTION = *ROLLING, *SERVING


def test_a_new_deployment_starts_all_of_its_replicas() -> None:
    assert plan(wish(CREATING, 3), [], NOW) == Plan(start=("new",) * 3)


def test_while_they_start_there_is_nothing_to_do() -> None:
    assert plan(wish(CREATING, 2), [replica("a", Phase.STARTING), replica("b", Phase.STARTING)], NOW) == Plan()


def test_the_old_version_serves_while_the_new_one_starts() -> None:
    found = [replica("a", Phase.READY, "old"), replica("b", Phase.STARTING)]
    assert plan(wish(UPDATING), found, NOW) == Plan(route=("a",), is_new_routed=False)


def test_the_first_that_is_ready_of_a_new_deployment_serves_before_the_rest() -> None:
    found = [replica("a", Phase.READY), replica("b", Phase.STARTING)]
    assert plan(wish(CREATING, 2), found, NOW) == Plan(route=("a",))


def test_once_active_the_old_version_is_stopped() -> None:
    found = [replica("a", Phase.READY, "old"), replica("b", Phase.READY)]
    assert plan(wish(ACTIVE), found, NOW) == Plan(stop=("a",), route=("b",))


def test_a_model_that_does_not_load_ends_the_rollout_at_once() -> None:
    found = [replica("a", Phase.READY, "old"), replica("b", Phase.FAILED)]
    made = plan(wish(UPDATING), found, NOW)
    assert made.outcome == Outcome(state=DeploymentState.FAILED, problem=Problem(code="FAILED", message="b"))
    assert made.route == ("a",)


def test_a_replica_that_dies_at_its_start_is_tried_again_and_then_given_up() -> None:
    for tries in range(1, ATTEMPTS):
        found = [replica(str(number), Phase.GONE, ago=60) for number in range(tries)]
        assert plan(wish(CREATING), found, NOW) == Plan(start=("new",))
    found = [replica(str(number), Phase.GONE, ago=60 - number) for number in range(ATTEMPTS)]
    outcome = plan(wish(CREATING), found, NOW).outcome
    assert outcome == Outcome(state=DeploymentState.FAILED, problem=Problem(code="GONE", message=str(ATTEMPTS - 1)))


@pytest.mark.parametrize(("ends", "delay"), [(1, FIRST_DELAY), (2, 0.4), (3, 0.8), (5, 3.2), (30, LONGEST_DELAY)])
def test_the_more_replicas_have_ended_the_longer_it_waits(ends: int, delay: float) -> None:
    for ago, start in ((delay - 0.01, 0), (delay + 0.01, 1)):
        found = [replica(str(number), Phase.GONE, ago=ago + number / 1000) for number in range(ends)]
        assert plan(wish(ACTIVE), found, NOW).start == ("new",) * start


def test_an_end_long_ago_is_forgotten() -> None:
    found = [replica("a", Phase.GONE, ago=FORGET_AFTER + 1), replica("b", Phase.READY)]
    assert plan(wish(ACTIVE), found, NOW) == Plan(stop=("a",), route=("b",))


def test_a_deployment_that_keeps_dying_needs_attention_and_comes_back() -> None:
    dead = [replica(str(number), Phase.GONE, ago=100) for number in range(ATTEMPTS)]
    made = plan(wish(ACTIVE), dead, NOW)
    assert made.outcome == Outcome(state=ATTENTION, problem=dead[0].problem)
    assert made.start == ("new",)
    back = plan(wish(ATTENTION), [*dead, replica("r", Phase.READY)], NOW)
    assert back.outcome == Outcome(state=ACTIVE)


def test_fewer_instances_are_left_of_many() -> None:
    found = [replica(name, Phase.READY) for name in "abc"]
    assert plan(wish(ACTIVE, 1), found, NOW) == Plan(stop=("b", "c"), route=("a",))


@pytest.mark.parametrize(
    ("goal", "state", "end"),
    [(Goal.STOP, UPDATING, DeploymentState.INACTIVE), (Goal.DELETE, DeploymentState.DELETING, DeploymentState.DELETED)],
)
def test_what_is_to_end_is_recorded_when_the_last_replica_is_gone(goal, state, end) -> None:
    found = [replica("a", Phase.READY), replica("b", Phase.DRAINING), replica("c", Phase.FAILED)]
    assert plan(wish(state, goal=goal), found, NOW) == Plan(stop=("a", "b", "c"))
    assert plan(wish(state, goal=goal), [], NOW) == Plan(outcome=Outcome(state=end), settled=True)


def test_a_failed_deployment_keeps_no_replicas() -> None:
    assert plan(wish(DeploymentState.FAILED), [replica("a", Phase.READY)], NOW) == Plan(stop=("a",))


@many
@given(wishes(), replicas())
def test_no_traffic_goes_to_a_version_that_was_given_up(wanted: Wanted, found: list[Replica]) -> None:
    revisions = {replica.id: replica.revision_id for replica in found}
    for id in plan(wanted, found, NOW).route:
        assert revisions[id] in {"new", *wanted.serving_revision_ids}


def test_a_replica_of_the_serving_version_that_dies_during_a_rollout_is_replaced() -> None:
    wanted = Wanted(
        state=DeploymentState.UPDATING,
        goal=Goal.RUN,
        revision_ids=("new",),
        count=1,
        serving_revision_ids=("old",),
        serving_count=2,
    )
    loading = Replica(id="a", deployment_id="d", revision_id="new", phase=Phase.STARTING)
    left = Replica(id="b", deployment_id="d", revision_id="old", phase=Phase.READY)
    died = Replica(id="c", deployment_id="d", revision_id="old", phase=Phase.GONE, ended=NOW - LONGEST_DELAY)
    made = plan(wanted, [loading, left, died], NOW)
    assert (made.start, made.restore, made.route) == ((), ("old",), ("b",))


def test_deaths_from_before_an_update_are_no_reason_to_give_up_on_what_goes_on() -> None:
    dead = [
        Replica(id=f"r{number}", deployment_id="d", revision_id="same", phase=Phase.GONE, ended=NOW - 60)
        for number in range(ATTEMPTS)
    ]
    alive = Replica(id="r9", deployment_id="d", revision_id="same", phase=Phase.READY)
    wanted = Wanted(
        state=DeploymentState.UPDATING,
        goal=Goal.RUN,
        revision_ids=("same",),
        count=2,
        serving_revision_ids=("same",),
        serving_count=1,
        since=NOW - 1,
    )
    decided = plan(wanted, [*dead, alive], NOW)
    assert decided.outcome is None
    assert (decided.start, decided.route) == (("same",), ("r9",))
    assert plan(dataclasses.replace(wanted, since=NOW - 61), [*dead, alive], NOW).outcome is not None
