"""The lifecycle tables: whole, closed, and equal to the official enums."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from oci.data_science import models as official
from oci.streaming import models as streaming

from modelyard import lifecycle
from modelyard.errors import Conflict, IncorrectState
from modelyard.lifecycle import (
    DEPLOYMENT_MOVES,
    DEPLOYMENT_OUTCOMES,
    GROUP_HISTORY_MOVES,
    MODEL_GROUP_MOVES,
    MODEL_MOVES,
    PASSING,
    PROJECT_MOVES,
    STREAM_MOVES,
    STREAM_POOL_MOVES,
    VERSION_SET_MOVES,
    WORK_REQUEST_DONE,
    WORK_REQUEST_MOVES,
    DeploymentState,
    GroupHistoryState,
    ModelGroupState,
    ModelState,
    ProjectState,
    State,
    StreamPoolState,
    StreamState,
    VersionSetState,
    WorkRequestState,
    next_state,
)

TABLES: list[tuple[type[State], Mapping[str, Mapping[State, State]]]] = [
    (ProjectState, PROJECT_MOVES),
    (ModelState, MODEL_MOVES),
    (VersionSetState, VERSION_SET_MOVES),
    (ModelGroupState, MODEL_GROUP_MOVES),
    (GroupHistoryState, GROUP_HISTORY_MOVES),
    (DeploymentState, DEPLOYMENT_MOVES),
    (StreamPoolState, STREAM_POOL_MOVES),
    (StreamState, STREAM_MOVES),
    (WorkRequestState, WORK_REQUEST_MOVES),
]


@pytest.mark.parametrize(
    ("states", "noun", "prefix"),
    [
        (ProjectState, official.Project, "LIFECYCLE_STATE_"),
        (ModelState, official.Model, "LIFECYCLE_STATE_"),
        (VersionSetState, official.ModelVersionSet, "LIFECYCLE_STATE_"),
        (ModelGroupState, official.ModelGroup, "LIFECYCLE_STATE_"),
        (GroupHistoryState, official.ModelGroupVersionHistory, "LIFECYCLE_STATE_"),
        (DeploymentState, official.ModelDeployment, "LIFECYCLE_STATE_"),
        (StreamPoolState, streaming.StreamPool, "LIFECYCLE_STATE_"),
        (StreamState, streaming.Stream, "LIFECYCLE_STATE_"),
        (WorkRequestState, official.WorkRequest, "STATUS_"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_states_are_the_official_ones(states: type[State], noun: type, prefix: str) -> None:
    assert {state.value for state in states} == {value for name, value in vars(noun).items() if name.startswith(prefix)}


@pytest.mark.parametrize(("states", "moves"), TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_tables_speak_of_states_of_their_own_resource_only(
    states: type[State], moves: Mapping[str, Mapping[State, State]]
) -> None:
    for verb, table in moves.items():
        assert table, verb
        assert all(isinstance(state, states) for pair in table.items() for state in pair)


def test_every_deployment_state_has_its_outcomes() -> None:
    assert set(DEPLOYMENT_OUTCOMES) == set(DeploymentState)
    assert all(state in DeploymentState for after in DEPLOYMENT_OUTCOMES.values() for state in after)


def test_nothing_leads_out_of_a_deleted_resource() -> None:
    for states, moves in TABLES[:-1]:
        assert not any(states["DELETED"] in table for table in moves.values())
    assert DEPLOYMENT_OUTCOMES[DeploymentState.DELETED] == frozenset()


def test_nothing_leads_out_of_a_finished_work_request() -> None:
    assert not any(state in table for table in WORK_REQUEST_MOVES.values() for state in WORK_REQUEST_DONE)


def test_passing_deployment_states_pass_and_others_stay() -> None:
    for state, after in DEPLOYMENT_OUTCOMES.items():
        if state in PASSING:
            assert after, state
            assert state not in after
    assert DeploymentState.ACTIVE not in PASSING


def test_what_a_verb_leads_to_can_be_left_or_is_an_end() -> None:
    ends = {DeploymentState.INACTIVE}  # of an update of what is stopped
    for table in DEPLOYMENT_MOVES.values():
        led = [new for old, new in table.items() if new is not old]
        assert all(DEPLOYMENT_OUTCOMES[state] for state in led if state not in ends)


def test_every_deployment_state_is_reachable() -> None:
    reached = {DeploymentState.CREATING}
    for _ in DeploymentState:
        for state in list(reached):
            reached |= DEPLOYMENT_OUTCOMES[state]
            reached |= {table[state] for table in DEPLOYMENT_MOVES.values() if state in table}
    assert reached == set(DeploymentState)


def test_every_deployment_that_is_not_deleted_can_be_deleted() -> None:
    gone = {DeploymentState.DELETED, DeploymentState.DELETING}
    assert set(DEPLOYMENT_MOVES["delete"]) == set(DeploymentState) - gone


def test_an_allowed_move_gives_the_next_state() -> None:
    assert next_state(MODEL_MOVES, "deactivate", ModelState.ACTIVE, what="Model m") is ModelState.INACTIVE


@pytest.mark.parametrize("state", [DeploymentState.CREATING, DeploymentState.UPDATING, DeploymentState.DELETING])
def test_a_move_in_a_passing_state_may_be_tried_again(state: DeploymentState) -> None:
    with pytest.raises(IncorrectState, match=f"Deployment d is {state}; activate needs it INACTIVE"):
        next_state(DEPLOYMENT_MOVES, "activate", state, what="Deployment d")


@pytest.mark.parametrize("state", [DeploymentState.ACTIVE, DeploymentState.FAILED, DeploymentState.DELETED])
def test_a_move_in_a_lasting_state_is_a_conflict_that_clients_do_not_retry(state: DeploymentState) -> None:
    with pytest.raises(Conflict, match="activate needs it INACTIVE"):
        next_state(DEPLOYMENT_MOVES, "activate", state, what="Deployment d")


def test_a_state_is_written_as_its_name() -> None:
    assert f"{DeploymentState.ACTIVE}" == str(lifecycle.ModelState.ACTIVE) == "ACTIVE"
