"""Deployments of model groups: each model by its name, the whole group at once, and what a broken member does to it."""

from __future__ import annotations

import msgspec
import pytest

from modelyard.deployments.driver import Phase
from modelyard.errors import Conflict, InvalidParameter, LimitExceeded, RelatedResourceNotFound
from modelyard.resources.deployment import (
    UpdateModelDeploymentDetails,
    UpdateModelGroupConfigurationDetails,
    UpdateModelGroupDeploymentConfigurationDetails,
)
from modelyard.resources.model_group import StackedModelGroupDetails

TRACEBACK = 'Traceback (most recent call last):\n  File "score.py", line 2\nValueError: no such weights'
NOWHERE = "ocid1.datasciencemodelgroup.oc98.local-1.nowhere"


def answering(yard, id: str) -> dict[str, str]:
    """Return the name of each model that may be asked for → the model that would answer."""
    route = yard.routes().deployments[id]
    routed = {replica.model_id for replica in route.replicas}
    assert all(replica.headers["modelyard-model"] == replica.model_id for replica in route.replicas)
    return {name: model for name, model in route.models.items() if model in routed}


def states(yard, id: str) -> dict[str, str]:
    return {state.model_id: state.state for state in yard.deployments.model_states(id)[1]}


def test_a_group_has_a_replica_of_each_model_on_each_instance(yard) -> None:
    group = yard.group("good", "good", "good")
    members = yard.members(group)
    id = yard.deploy_group(group, count=2)
    yard.settle()
    assert yard.state(id) == "ACTIVE"
    assert sorted(yard.routed(id)) == sorted(members * 2)
    assert yard.get(id).model_deployment_system_data.current_instance_count == 2
    keys = {f"k{place}": model for place, model in enumerate(members)}
    assert answering(yard, id) == {**keys, **{model: model for model in members}}
    assert yard.log()[0] == f"Starting 2 instance(s) of model group {group} with 3 model(s), 2 worker(s) for each."
    assert "6 of 6 replica(s) have loaded their model and answered." in yard.log()


def test_every_member_says_how_it_stands(yard) -> None:
    group = yard.group("good", "good")
    first, second = yard.members(group)
    id = yard.deploy_group(group, count=2)
    yard.look()
    assert states(yard, id) == {first: "INCONSISTENT", second: "INCONSISTENT"}
    yard.settle()
    summaries = yard.deployments.model_states(id)[1]
    assert [(each.model_id, each.inference_key, each.state) for each in summaries] == [
        (first, "k0", "SUCCESS"),
        (second, "k1", "SUCCESS"),
    ]
    yard.driver.kinds[first] = "dies"
    victims = [replica.id for replica in yard.of(id) if replica.model_id == first]
    yard.driver.kill(victims[0])
    yard.look()
    assert states(yard, id) == {first: "INCONSISTENT", second: "SUCCESS"}
    yard.driver.kill(victims[1])
    yard.look()
    assert states(yard, id) == {first: "FAILED", second: "SUCCESS"}
    assert answering(yard, id)["k1"] == second
    yard.deployments.deactivate(id, if_match=None)
    yard.settle()
    assert states(yard, id) == {}


def test_a_broken_member_fails_the_group_with_its_own_traceback(yard) -> None:
    group = yard.group("good", "broken")
    good, broken = yard.members(group)
    id = yard.deploy_group(group)
    yard.settle()
    assert yard.state(id) == "FAILED"
    assert yard.errors() == [("ModelLoadFailed", TRACEBACK)]
    assert states(yard, id) == {good: "SUCCESS", broken: "FAILED"}
    assert yard.of(id) == []


@pytest.mark.parametrize("update_type", ["ZDT", "LIVE", None])
def test_a_group_is_swapped_whole_and_at_once(yard, update_type: str | None) -> None:
    old, new = yard.group("good", "good"), yard.group("good", "good", "good")
    id = yard.deploy_group(old)
    yard.settle()
    yard.update_group(id, new, update_type=update_type)
    seen = []
    for _ in range(8):
        yard.look()
        seen.append(frozenset(answering(yard, id).values()))
        yard.driver.move_on()
    assert set(seen) == {frozenset(yard.members(old)), frozenset(yard.members(new))}
    assert seen[0] == frozenset(yard.members(old))
    assert seen[-1] == frozenset(yard.members(new))


@pytest.mark.parametrize("kind", ["broken", "dies"])
@pytest.mark.parametrize("update_type", ["ZDT", "LIVE"])
def test_a_group_with_a_broken_member_takes_nothing_from_the_one_that_serves(yard, kind: str, update_type: str) -> None:
    old = yard.group("good", "good")
    shared = yard.members(old)[0]
    new = yard.group_of(shared, yard.model(kind))
    id = yard.deploy_group(old, count=2)
    yard.settle()
    names = answering(yard, id)
    yard.update_group(id, new, update_type=update_type, count=1)
    for _ in range(20):
        yard.look()
        assert answering(yard, id) == names
        yard.driver.move_on()
        yard.pass_time(1)
    noun = yard.get(id)
    assert noun.lifecycle_state.value == "ACTIVE"
    assert noun.lifecycle_details.startswith("The update failed and the version before it goes on serving: ")
    details = noun.model_deployment_configuration_details
    assert details.model_group_configuration_details.model_group_id == old
    assert yard.work_request().status.value == "FAILED"
    if kind == "broken":
        assert yard.errors() == [("ModelLoadFailed", TRACEBACK)]
    yard.settle()
    assert set(states(yard, id).values()) == {"SUCCESS"}


def test_a_live_update_starts_what_is_new_alone_and_a_zdt_update_everything(yard) -> None:
    old = yard.group("good", "good")
    shared = yard.members(old)[0]
    id = yard.deploy_group(old)
    yard.settle()
    kept = next(replica.id for replica in yard.of(id) if replica.model_id == shared)
    yard.update_group(id, yard.group_of(shared, yard.model()), update_type="LIVE")
    yard.settle()
    assert kept in {replica.id for replica in yard.of(id)}
    assert len(yard.driver.requests) == 3
    yard.update_group(id, None, update_type="ZDT")
    yard.settle()
    assert kept not in {replica.id for replica in yard.of(id)}
    assert len(yard.driver.requests) == 5


def test_one_that_dies_is_replaced_and_the_others_go_on(yard) -> None:
    id = yard.deploy_group(yard.group("good", "good"))
    yard.settle()
    others = {replica.id for replica in yard.of(id)}
    victim = yard.of(id)[0]
    yard.driver.kill(victim.id)
    yard.look()
    assert victim.model_id not in answering(yard, id).values()
    assert len(yard.routes().deployments[id].replicas) == 1
    yard.settle()
    assert others - {victim.id} < {replica.id for replica in yard.of(id) if replica.phase is Phase.READY}
    assert len(yard.routed(id)) == 2


def test_the_artifact_of_a_group_serves_its_models(yard) -> None:
    group = yard.group("good", "good", artifact=b"score")
    id = yard.deploy_group(group)
    yard.settle()
    (digest,) = {request.revision.score_digest for request in yard.driver.requests}
    assert digest is not None
    assert len({request.revision.artifact_digest for request in yard.driver.requests}) == 2
    assert digest in yard.tidied[-1]
    assert len(yard.tidied[-1]) == 3
    assert yard.state(id) == "ACTIVE"


def test_the_base_of_a_stacked_group_answers_where_no_model_is_named(yard) -> None:
    base, other = yard.model(), yard.model()
    group = yard.group_of(base, other, details=StackedModelGroupDetails(base_model_id=base))
    id = yard.deploy_group(group)
    yard.settle()
    assert yard.routes().deployments[id].default_model_id == base
    assert {request.revision.base_model_id for request in yard.driver.requests} == {base}
    alone = yard.deploy_group(yard.group("good"))
    several = yard.deploy_group(yard.group("good", "good"))
    yard.settle()
    routes = yard.routes().deployments
    assert routes[alone].default_model_id in routes[alone].models
    assert routes[several].default_model_id is None


def test_what_a_group_deployment_uses_is_not_deleted(yard) -> None:
    base = yard.model()
    group = yard.group_of(yard.model(), yard.model(), details=StackedModelGroupDetails(base_model_id=base))
    id = yard.deploy_group(group)
    yard.settle()
    for model in (*yard.members(group), base):
        with pytest.raises(Conflict, match=f"is served by {id}"):
            yard.catalog.models.delete(model, if_match=None)
    for change in (
        yard.catalog.model_groups.delete,
        lambda id, if_match: yard.catalog.model_groups.move(id, "deactivate", if_match=if_match),
    ):
        with pytest.raises(Conflict, match=f"is served by {id}"):
            change(group, if_match=None)
    yard.deployments.delete(id, if_match=None)
    yard.settle()
    yard.catalog.model_groups.delete(group, if_match=None)
    yard.catalog.models.delete(base, if_match=None)


def test_a_group_that_cannot_be_served_is_refused(yard) -> None:
    with pytest.raises(RelatedResourceNotFound, match="no model group"):
        yard.deploy_group(NOWHERE)
    with pytest.raises(LimitExceeded, match="would be 201 replicas"):
        yard.deploy_group(yard.group("good", "good", "good"), count=67)
    empty = yard.group("good", "good")
    yard.catalog.model_groups.move(empty, "deactivate", if_match=None)
    with pytest.raises(Conflict, match="is INACTIVE; deploy needs it ACTIVE"):
        yard.deploy_group(empty)
    inactive = yard.group("good", "good")
    yard.catalog.models.move(yard.members(inactive)[1], "deactivate", if_match=None)
    with pytest.raises(Conflict, match="is INACTIVE; deploy needs it ACTIVE"):
        yard.deploy_group(inactive)


def test_a_deployment_stays_of_its_type(yard) -> None:
    single = yard.deploy(yard.model())
    yard.settle()
    before = yard.deployments.get(single)
    change = UpdateModelGroupDeploymentConfigurationDetails(
        model_group_configuration_details=UpdateModelGroupConfigurationDetails(model_group_id=yard.group("good"))
    )
    details = UpdateModelDeploymentDetails(model_deployment_configuration_details=change)
    with pytest.raises(InvalidParameter, match="of type SINGLE_MODEL and stays so"):
        yard.deployments.update(single, details, if_match=None)
    assert yard.deployments.get(single) == before


def test_the_same_model_may_be_in_several_deployments_and_groups(yard) -> None:
    model = yard.model()
    groups = [yard.group_of(model, yard.model()) for _ in range(2)]
    deployments = [yard.deploy(model), yard.deploy(model), *(yard.deploy_group(group) for group in groups)]
    yard.settle()
    assert {yard.state(id) for id in deployments} == {"ACTIVE"}
    assert all(model in yard.routed(id) for id in deployments)


def test_a_revision_from_before_groups_keeps_its_id(yard) -> None:
    yard.deploy(yard.model())
    yard.look()
    revision = yard.driver.requests[0].revision
    said = msgspec.to_builtins(revision)
    assert said["score_digest"] is None
    import hashlib

    later = {"score_digest", "base_model_id", "base_digest", "container"}
    old = {name: value for name, value in said.items() if name not in later}
    assert revision.id == hashlib.sha256(msgspec.json.encode(old, order="deterministic")).hexdigest()[:16]
