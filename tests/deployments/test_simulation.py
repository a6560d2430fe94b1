"""Users, failures, power cuts and time in any order: what runs always becomes what is wanted, and nobody waits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from modelyard.deployments.driver import Phase
from modelyard.errors import Conflict, IncorrectState
from modelyard.lifecycle import WORK_REQUEST_DONE
from modelyard.resources.scaling import FixedSizeScalingPolicy
from modelyard.workrequests import store as work_request_store

UPDATE_TYPES = st.sampled_from(["ZDT", "LIVE", None])
KINDS = st.sampled_from(["good", "good", "broken", "dies"])
SERVING = {"CREATING", "ACTIVE", "UPDATING", "NEEDS_ATTENTION"}


@pytest.fixture(scope="module", autouse=True)
def _services(make_yard) -> None:
    Simulation.make_yard = staticmethod(make_yard)


class Simulation(RuleBasedStateMachine):
    """Ask, break, look and wait."""

    make_yard: Callable

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.yard = self.make_yard(self.folder)
        self.wishes: dict[str, str] = {}
        self.groups: set[str] = set()
        """Those of the deployments that are of groups."""

        self.served: dict[str, bool] = {}
        """Whether a deployment had an answer at the last look, and none of its replicas was killed since."""

    @initialize()
    def begin(self) -> None:
        self.deploy("good", 1)

    # ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: len(self.wishes) < 3)
    @rule(kind=KINDS, count=st.integers(1, 2))
    def deploy(self, kind: str, count: int) -> None:
        self.wishes[self.yard.deploy(self.yard.model(kind), count)] = "RUN"

    @precondition(lambda self: len(self.wishes) < 3)
    @rule(kinds=st.lists(KINDS, min_size=1, max_size=3), count=st.integers(1, 2))
    def deploy_group(self, kinds: list[str], count: int) -> None:
        id = self.yard.deploy_group(self.yard.group(*kinds), count)
        self.wishes[id] = "RUN"
        self.groups.add(id)

    @precondition(lambda self: self.groups)
    @rule(
        which=st.integers(0),
        kinds=st.lists(KINDS, max_size=2),
        keep=st.booleans(),
        count=st.none() | st.integers(1, 2),
        live=UPDATE_TYPES,
    )
    def update_group(self, which: int, kinds: list[str], keep: bool, count: int | None, live: str | None) -> None:
        id = sorted(self.groups)[which % len(self.groups)]
        details = self.yard.get(id).model_deployment_configuration_details
        kept = self.yard.members(details.model_group_configuration_details.model_group_id) if keep else []
        members = [*kept[:2], *(self.yard.model(kind) for kind in kinds)]
        group = self.yard.group_of(*members) if members else None
        was_inactive = self.yard.state(id) == "INACTIVE"
        change = partial(self.yard.update_group, id, group, update_type=live, count=count)
        if self._asked(change) and not was_inactive:
            self.wishes[id] = "RUN"

    @rule(which=st.integers(0), kind=st.none() | KINDS, count=st.none() | st.integers(1, 3))
    def update(self, which: int, kind: str | None, count: int | None) -> None:
        id = self._pick(which)
        if id in self.groups:
            return
        model_id = None if kind is None else self.yard.model(kind)
        was_inactive = self.yard.state(id) == "INACTIVE"
        if self._asked(lambda: self.yard.update(id, model_id=model_id, count=count)) and not was_inactive:
            self.wishes[id] = "RUN"

    @rule(which=st.integers(0))
    def activate(self, which: int) -> None:
        id = self._pick(which)
        if self._asked(lambda: self.yard.deployments.activate(id, if_match=None)):
            self.wishes[id] = "RUN"

    @rule(which=st.integers(0))
    def deactivate(self, which: int) -> None:
        id = self._pick(which)
        if self._asked(lambda: self.yard.deployments.deactivate(id, if_match=None)):
            self.wishes[id] = "STOP"
            self.served[id] = False

    @rule(which=st.integers(0))
    def delete(self, which: int) -> None:
        id = self._pick(which)
        if self._asked(lambda: self.yard.deployments.delete(id, if_match=None)):
            self.wishes[id] = "DELETE"
            self.served[id] = False

    def _pick(self, which: int) -> str:
        return list(self.wishes)[which % len(self.wishes)]

    def _asked(self, change: Callable[[], str]) -> bool:
        try:
            change()
        except (Conflict, IncorrectState):
            return False
        return True

    # ── the world ────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(seconds=st.sampled_from([0.01, 0.5, 2.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.yard.pass_time(seconds)

    @rule()
    def move_on(self) -> None:
        self.yard.driver.move_on()

    @precondition(lambda self: self.yard.driver.replicas)
    @rule(which=st.integers(0))
    def kill(self, which: int) -> None:
        replicas = list(self.yard.driver.replicas.values())
        replica = replicas[which % len(replicas)]
        if replica.phase in {Phase.STARTING, Phase.READY}:
            self.yard.driver.kill(replica.id)
            self.served[replica.deployment_id] = False

    @rule()
    def look(self) -> None:
        before = {id: self.yard.state(id) for id in self.wishes}
        self.yard.look()
        self._check_routes(before)

    @rule(calls=st.integers(0, 6))
    def look_until_the_power_is_cut(self, calls: int) -> None:
        self.yard.driver.calls_until_power_cut = calls
        try:
            self.yard.look()
        except BaseException as error:
            if type(error).__name__ != "PowerCut":
                raise
            self.yard.restart()
        self.yard.driver.calls_until_power_cut = None

    @rule()
    def restart(self) -> None:
        self.yard.restart()

    def _check_routes(self, before: dict[str, str]) -> None:
        routes = self.yard.routes().deployments
        for id, state in before.items():
            routed = [replica.id for replica in routes[id].replicas] if id in routes else []
            if id in self.groups and routed:  # the names are those of the models that answer
                assert {replica.model_id for replica in routes[id].replicas} <= set(routes[id].models.values())
            for replica_id in routed:
                # it may have been told to stop only after the traffic went elsewhere
                assert self.yard.driver.replicas[replica_id].phase is Phase.READY
            if self.served.get(id) and state in SERVING:
                assert routed, f"{id} went from an answer to none"
            self.served[id] = bool(routed)

    def teardown(self) -> None:
        try:
            self._converges()
        finally:
            self.yard.database.close()
            shutil.rmtree(self.folder)

    def _converges(self) -> None:
        for model_id in self.yard.driver.kinds:
            self.yard.driver.kinds[model_id] = "good"
        for _ in range(40):
            if self.yard.look() and self.yard.look():
                break
            self.yard.driver.move_on()
            self.yard.pass_time(31.0)
        else:
            pytest.fail("it does not come to rest")
        for id, wish in self.wishes.items():
            noun = self.yard.get(id)
            state = noun.lifecycle_state.value
            assert state in {"RUN": {"ACTIVE", "FAILED"}, "STOP": {"INACTIVE"}, "DELETE": {"DELETED"}}[wish]
            models, policy = self._wanted(id)
            count = policy.instance_count if state == "ACTIVE" else 0
            phases = [replica.phase for replica in self.yard.of(id)]
            ends = {Phase.GONE} if state == "ACTIVE" else set()  # kept for a while, as reasons to wait
            assert [phase for phase in phases if phase not in ends] == [Phase.READY] * count * len(models)
            if state != "DELETED":
                assert sorted(self.yard.routed(id)) == sorted(models * count)
                assert noun.model_deployment_system_data.current_instance_count == count
        with self.yard.database.read() as tx:
            requests = work_request_store.work_requests.where(tx)
        assert {request.status for request in requests} <= WORK_REQUEST_DONE
        assert {replica.deployment_id for replica in self.yard.driver.replicas.values()} <= set(self.wishes)

    def _wanted(self, id: str) -> tuple[list[str], FixedSizeScalingPolicy]:
        """Return the models that a deployment is to serve, and on how many instances."""
        details = self.yard.get(id).model_deployment_configuration_details
        if id in self.groups:
            group = details.model_group_configuration_details.model_group_id
            return self.yard.members(group), details.infrastructure_configuration_details.scaling_policy
        model = details.model_configuration_details
        return [model.model_id], model.scaling_policy


Simulation.TestCase.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSimulation = Simulation.TestCase
