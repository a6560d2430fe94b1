"""The loop over a real database and a driver that pretends: what users ask for becomes what runs."""

from __future__ import annotations

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.deployments.driver import Phase
from modelyard.errors import (
    Conflict,
    EtagMismatch,
    IncorrectState,
    InvalidatedRetryToken,
    MethodNotImplemented,
    NotFound,
    RelatedResourceNotFound,
)
from modelyard.resources.deployment import UpdateModelDeploymentDetails

TRACEBACK = 'Traceback (most recent call last):\n  File "score.py", line 2\nValueError: no such weights'
NOWHERE = "ocid1.datasciencemodeldeployment.oc98.local-1.nowhere"


def token(request: bytes = b"") -> Repeatable:
    return Repeatable(caller="user", token="t", operation="create_model_deployment", request=request)


# ── creating ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deployment_becomes_active_when_its_replicas_are_ready(yard) -> None:
    model = yard.model()
    id = yard.deploy(model, count=2)
    assert yard.state(id) == "CREATING"
    assert yard.work_request().status.value == "ACCEPTED"
    yard.look()
    assert [replica.phase for replica in yard.of(id)] == [Phase.STARTING] * 2
    assert yard.work_request().status.value == "IN_PROGRESS"
    assert yard.routed(id) == []
    yard.driver.move_on()
    yard.settle()
    noun = yard.get(id)
    assert noun.lifecycle_state.value == "ACTIVE"
    assert noun.model_deployment_url == f"http://127.0.0.1:8585/{id}"
    assert noun.model_deployment_system_data.current_instance_count == 2
    assert yard.routed(id) == [model, model]
    request = yard.work_request()
    assert (request.status.value, request.percent_complete) == ("SUCCEEDED", 100.0)
    assert request.resources[0].identifier == id
    assert request.time_finished is not None
    assert "The model runs with Python." in yard.log()
    assert yard.log()[-1] == "The deployment is active."


def test_a_model_that_does_not_load_fails_the_deployment_with_its_own_traceback(yard) -> None:
    id = yard.deploy(yard.model("broken"), count=2)
    yard.settle()
    noun = yard.get(id)
    assert (noun.lifecycle_state.value, noun.lifecycle_details) == ("FAILED", "ValueError: no such weights")
    assert yard.errors() == [("ModelLoadFailed", TRACEBACK)]
    assert yard.work_request().status.value == "FAILED"
    assert yard.of(id) == []
    assert yard.routed(id) == []


def test_replicas_that_die_at_their_start_fail_the_deployment_after_some_tries(yard) -> None:
    id = yard.deploy(yard.model("dies"))
    yard.settle()
    assert yard.state(id) == "FAILED"
    assert yard.errors() == [("ReplicaDied", "The replica died without a word.")]
    assert len(yard.driver.requests) == 3
    assert yard.of(id) == []


def test_a_replica_that_dies_once_is_started_again(yard) -> None:
    id = yard.deploy(yard.model())
    yard.look()
    yard.driver.kill(yard.of(id)[0].id)
    yard.settle()
    assert yard.state(id) == "ACTIVE"


@pytest.mark.parametrize("kind", ["good", "broken"])
def test_a_failed_deployment_can_be_updated_to_another_model_and_deleted(yard, kind: str) -> None:
    id = yard.deploy(yard.model("broken"))
    yard.settle()
    yard.update(id, model_id=yard.model(kind))
    yard.settle()
    assert yard.state(id) == {"good": "ACTIVE", "broken": "FAILED"}[kind]
    yard.deployments.delete(id, if_match=None)
    yard.settle()
    assert yard.state(id) == "DELETED"


def test_a_failed_deployment_that_is_updated_to_the_same_model_is_tried_again(yard) -> None:
    model = yard.model("broken")
    id = yard.deploy(model)
    yard.look()
    yard.driver.move_on()
    yard.look()
    assert yard.state(id) == "FAILED"
    yard.driver.kinds[model] = "good"  # somebody has put back what it needs
    yard.update(id, model_id=model)  # before the loop has looked again
    yard.settle()
    assert yard.state(id) == "ACTIVE"


def test_a_deployment_needs_a_model_with_its_artifact(yard) -> None:
    from modelyard.resources.model import CreateModelDetails

    with pytest.raises(RelatedResourceNotFound):
        yard.deploy(NOWHERE)
    empty = yard.catalog.models.create(
        CreateModelDetails(compartment_id="c", project_id=yard.project_id), caller="user", again=yard.once()
    ).noun
    with pytest.raises(Conflict, match="has no artifact"):
        yard.deploy(empty.id)
    model = yard.model()
    yard.catalog.models.move(model, "deactivate", if_match=None)
    with pytest.raises(Conflict, match="is INACTIVE; deploy needs it ACTIVE"):
        yard.deploy(model)


# ── repeating ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_create_again_gives_the_same_deployment_and_work_request(yard) -> None:
    model = yard.model()
    id = yard.deploy(model, again=token())
    request = yard.request
    assert yard.deploy(model, again=token()) == id
    assert yard.request == request
    yard.settle()
    assert yard.deploy(model, again=token()) == id
    assert yard.request == request
    yard.update(id, count=2)
    yard.settle()
    assert yard.deploy(model, again=token()) == id
    assert yard.request == request
    with pytest.raises(InvalidatedRetryToken):
        yard.deploy(model, again=token(b"other"))


# ── updating ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_update_swaps_the_versions_without_a_gap(yard) -> None:
    old, new = yard.model(), yard.model()
    id = yard.deploy(old)
    yard.settle()
    yard.update(id, model_id=new)
    assert yard.state(id) == "UPDATING"
    seen = []
    for _ in range(8):
        yard.look()
        seen.append(yard.routed(id))
        yard.driver.move_on()
    assert [] not in seen
    assert seen[0] == [old]
    assert seen[-1] == [new]
    assert [replica.headers["modelyard-model"] for replica in yard.of(id)] == [new]
    assert yard.get(id).model_deployment_configuration_details.model_configuration_details.model_id == new


@pytest.mark.parametrize("kind", ["broken", "dies"])
def test_a_broken_update_leaves_the_old_version_serving_and_says_why(yard, kind: str) -> None:
    old, new = yard.model(), yard.model(kind)
    id = yard.deploy(old, count=2)
    yard.settle()
    yard.update(id, model_id=new, count=1)
    for _ in range(20):
        yard.look()
        assert yard.routed(id) == [old, old]
        yard.driver.move_on()
        yard.pass_time(1)
    noun = yard.get(id)
    assert noun.lifecycle_state.value == "ACTIVE"
    assert noun.lifecycle_details.startswith("The update failed and the version before it goes on serving: ")
    model = noun.model_deployment_configuration_details.model_configuration_details
    assert (model.model_id, model.scaling_policy.instance_count) == (old, 2)
    assert yard.work_request().status.value == "FAILED"
    assert (
        yard.errors()[0]
        == {
            "broken": ("ModelLoadFailed", TRACEBACK),
            "dies": ("ReplicaDied", "The replica died without a word."),
        }[kind]
    )
    assert {replica.headers["modelyard-model"] for replica in yard.of(id)} == {old}


def test_an_update_after_a_broken_one_clears_what_was_said(yard) -> None:
    id = yard.deploy(yard.model())
    yard.settle()
    yard.update(id, model_id=yard.model("broken"))
    yard.settle()
    yard.update(id, model_id=yard.model())
    yard.settle()
    assert yard.get(id).lifecycle_details is None
    assert yard.work_request().status.value == "SUCCEEDED"


def test_instances_are_added_and_taken_away_beside_those_that_stay(yard) -> None:
    model = yard.model()
    id = yard.deploy(model)
    yard.settle()
    first = yard.of(id)[0].id
    yard.update(id, count=3)
    yard.settle()
    assert len(yard.of(id)) == 3
    assert first in {replica.id for replica in yard.of(id)}
    yard.update(id, count=1)
    yard.settle()
    assert len(yard.of(id)) == 1
    assert yard.get(id).model_deployment_system_data.current_instance_count == 1


def test_an_update_of_the_name_alone_starts_nothing(yard) -> None:
    id = yard.deploy(yard.model())
    yard.settle()
    started = len(yard.driver.requests)
    yard.deployments.update(id, UpdateModelDeploymentDetails(display_name="n", description="d"), if_match=None)
    yard.settle()
    assert len(yard.driver.requests) == started
    assert (yard.get(id).display_name, yard.get(id).description) == ("n", "d")


def test_an_update_while_one_is_under_way_may_be_tried_again(yard) -> None:
    id = yard.deploy(yard.model())
    for change in (
        lambda: yard.update(id, count=2),
        lambda: yard.deployments.activate(id, if_match=None),
        lambda: yard.deployments.deactivate(id, if_match=None),
    ):
        with pytest.raises(IncorrectState, match="is CREATING"):
            change()


def test_an_update_with_a_wrong_etag_changes_nothing(yard) -> None:
    id = yard.deploy(yard.model())
    yard.settle()
    before = yard.deployments.get(id)
    for change in (
        lambda: yard.deployments.update(id, UpdateModelDeploymentDetails(display_name="n"), if_match="other"),
        lambda: yard.deployments.deactivate(id, if_match="other"),
        lambda: yard.deployments.delete(id, if_match="other"),
    ):
        with pytest.raises(EtagMismatch):
            change()
    assert yard.deployments.get(id) == before
    yard.deployments.update(id, UpdateModelDeploymentDetails(display_name="n"), if_match=before.etag)


def test_an_update_to_what_cannot_be_served_is_refused_and_changes_nothing(yard) -> None:
    from modelyard.resources.deployment import (
        OcirModelDeploymentEnvironmentConfigurationDetails,
        UpdateSingleModelDeploymentConfigurationDetails,
    )

    id = yard.deploy(yard.model())
    yard.settle()
    before = yard.deployments.get(id)
    container = UpdateSingleModelDeploymentConfigurationDetails(
        environment_configuration_details=OcirModelDeploymentEnvironmentConfigurationDetails(image="i")
    )
    with pytest.raises(MethodNotImplemented):
        yard.deployments.update(
            id, UpdateModelDeploymentDetails(model_deployment_configuration_details=container), if_match=None
        )
    with pytest.raises(RelatedResourceNotFound):
        yard.update(id, model_id=NOWHERE)
    assert yard.deployments.get(id) == before


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deployment_is_stopped_and_started_again(yard) -> None:
    model = yard.model()
    id = yard.deploy(model)
    yard.settle()
    first = yard.of(id)[0].id
    yard.request = yard.deployments.deactivate(id, if_match=None)
    yard.settle()
    assert yard.state(id) == "INACTIVE"
    assert yard.of(id) == []
    assert yard.routed(id) == []
    assert yard.log()[-1] == "The deployment is stopped."
    yard.request = yard.deployments.activate(id, if_match=None)
    yard.settle()
    assert yard.state(id) == "ACTIVE"
    assert yard.of(id)[0].id != first
    assert yard.routed(id) == [model]


def test_what_is_stopped_can_be_changed_and_starts_as_changed(yard) -> None:
    old, new = yard.model(), yard.model()
    id = yard.deploy(old)
    yard.settle()
    yard.deployments.deactivate(id, if_match=None)
    yard.settle()
    request = yard.update(id, model_id=new)
    assert yard.work_request(request).status.value == "SUCCEEDED"
    yard.settle()
    assert (yard.state(id), yard.of(id)) == ("INACTIVE", [])
    yard.deployments.activate(id, if_match=None)
    yard.settle()
    assert yard.routed(id) == [new]


def test_a_start_that_fails_leaves_the_deployment_failed_with_nothing_running(yard) -> None:
    model = yard.model()
    id = yard.deploy(model)
    yard.settle()
    yard.deployments.deactivate(id, if_match=None)
    yard.settle()
    yard.driver.kinds[model] = "broken"
    yard.request = yard.deployments.activate(id, if_match=None)
    yard.settle()
    assert (yard.state(id), yard.of(id)) == ("FAILED", [])
    assert yard.errors() == [("ModelLoadFailed", TRACEBACK)]


@pytest.mark.parametrize("moment", range(4))
def test_a_deployment_can_be_deleted_at_any_time(yard, moment: int) -> None:
    id = yard.deploy(yard.model(), count=2)
    created = yard.request
    for _ in range(moment):
        yard.look()
        yard.driver.move_on()
    yard.request = yard.deployments.delete(id, if_match=None)
    assert yard.state(id) == "DELETING"
    yard.settle()
    assert yard.state(id) == "DELETED"
    assert yard.driver.replicas == {}
    assert yard.work_request().status.value == "SUCCEEDED"
    assert yard.work_request(created).status.value in {"SUCCEEDED", "CANCELED"}
    assert id not in yard.routes().deployments
    with pytest.raises(Conflict):
        yard.deployments.delete(id, if_match=None)


def test_a_deletion_tells_of_what_it_ends_alone(yard) -> None:
    id = yard.deploy(yard.model(), count=2)
    yard.settle()
    yard.request = yard.deployments.delete(id, if_match=None)
    yard.look()
    yard.look()
    yard.settle()
    assert "2 instance(s) finish the requests that they hold." in yard.log()
    assert not any("have loaded" in line for line in yard.log())


def test_a_model_that_is_served_is_not_deleted(yard) -> None:
    old, new = yard.model(), yard.model()
    id = yard.deploy(old)
    yard.settle()
    yard.update(id, model_id=new)
    for model in (old, new):
        for change in (
            yard.catalog.models.delete,
            lambda id, if_match: yard.catalog.models.move(id, "deactivate", if_match=None),
        ):
            with pytest.raises(Conflict, match=f"is served by {id}"):
                change(model, if_match=None)
    with pytest.raises(Conflict):
        yard.catalog.projects.delete(yard.project_id, if_match=None)
    yard.settle()
    yard.catalog.models.delete(old, if_match=None)
    yard.deployments.delete(id, if_match=None)
    yard.settle()
    yard.catalog.models.delete(new, if_match=None)


def test_what_is_not_there_is_said_with_its_id(yard) -> None:
    for ask in (
        yard.deployments.get,
        lambda id: yard.deployments.activate(id, if_match=None),
        lambda id: yard.deployments.delete(id, if_match=None),
        lambda id: yard.update(id, count=2),
    ):
        with pytest.raises(NotFound, match=NOWHERE):
            ask(NOWHERE)
