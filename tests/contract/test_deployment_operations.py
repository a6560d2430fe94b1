"""Deployments, shapes, work requests and predictions, driven by the official SDK."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.data_science.models


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def predict(official: Any, deployment: Any, data: Any) -> Any:
    """Return what the endpoint answers, with the response."""
    response = official.inference.predict(deployment.id, json.dumps(data))
    answer = response.data if isinstance(response.data, dict) else json.loads(response.data)
    return answer, response


def test_a_deployment_lives_its_whole_life(official, zips):
    client = official.data_science
    model_id = official.create_model(artifact=zips(factor=3))
    name = str(uuid.uuid4())
    created = client.create_model_deployment(
        official.deployment_details(model_id, display_name=name, variables={"GREETING": "hello"})
    )
    assert created.data.lifecycle_state == "CREATING"
    request = official.wait_for_work_request(created)
    assert (request.status, request.operation_type, request.percent_complete) == (
        "SUCCEEDED",
        "MODEL_DEPLOYMENT_CREATE",
        100,
    )
    assert request.resources[0].identifier == created.data.id
    assert client.list_work_request_errors(request.id).data == []
    assert "active" in client.list_work_request_logs(request.id).data[-1].message
    listed = client.list_work_requests(official.compartment_id, resource_id=created.data.id).data
    assert [one.id for one in listed] == [request.id]

    deployment = client.get_model_deployment(created.data.id).data
    assert deployment.lifecycle_state == "ACTIVE"
    assert deployment.model_deployment_url == f"{official.endpoint}/{deployment.id}"
    found = client.list_model_deployments(official.compartment_id, display_name=name, lifecycle_state="ACTIVE").data
    assert [one.id for one in found] == [deployment.id]

    answer, response = predict(official, deployment, [1, 2])
    assert answer == {"prediction": [3, 6], "greeting": "hello"}
    assert response.headers["modelyard-model"] == model_id
    assert (
        response.headers["modelyard-artifact"]
        == client.head_model_artifact(model_id).headers["modelyard-artifact-digest"]
    )

    stopped = official.wait_for_work_request(client.deactivate_model_deployment(deployment.id))
    assert (stopped.status, stopped.operation_type) == ("SUCCEEDED", "MODEL_DEPLOYMENT_DEACTIVATE")
    assert client.get_model_deployment(deployment.id).data.lifecycle_state == "INACTIVE"
    refused = fault(official.inference.predict, deployment.id, "[1]")
    assert (refused.status, refused.code) == (409, "Conflict")

    started = official.wait_for_work_request(client.activate_model_deployment(deployment.id))
    assert started.status == "SUCCEEDED"
    assert predict(official, deployment, [1])[0]["prediction"] == [3]

    conflict = fault(client.delete_model, model_id)
    assert (conflict.status, conflict.code) == (409, "Conflict")
    deleted = official.wait_for_work_request(client.delete_model_deployment(deployment.id))
    assert deleted.status == "SUCCEEDED"
    assert client.get_model_deployment(deployment.id).data.lifecycle_state == "DELETED"
    assert fault(official.inference.predict, deployment.id, "[1]").status == 404
    client.delete_model(model_id)


def test_an_update_changes_what_it_names_alone(official, zips):
    client = official.data_science
    first, second = (official.create_model(artifact=zips(factor=factor)) for factor in (2, 5))
    deployment = official.deploy(first, variables={"GREETING": "kept"})
    change = models.UpdateModelDeploymentDetails(
        display_name="changed",
        model_deployment_configuration_details=models.UpdateSingleModelDeploymentConfigurationDetails(
            model_configuration_details=models.UpdateModelConfigurationDetails(model_id=second)
        ),
    )
    updated = client.update_model_deployment(deployment.id, change)
    assert updated.status == 202
    assert official.wait_for_work_request(updated).status == "SUCCEEDED"
    read = client.get_model_deployment(deployment.id).data
    details = read.model_deployment_configuration_details.model_configuration_details
    assert (read.display_name, details.model_id, details.bandwidth_mbps) == ("changed", second, 10)
    assert predict(official, read, [1])[0] == {"prediction": [5], "greeting": "kept"}
    client.delete_model_deployment(deployment.id)


def test_the_official_composite_client_waits_for_a_deployment(official, zips):
    model_id = official.create_model(artifact=zips())
    done = official.composite.create_model_deployment_and_wait_for_state(
        official.deployment_details(model_id),
        wait_for_states=["SUCCEEDED"],
        waiter_kwargs={"max_interval_seconds": 1},
    )
    assert done.data.resources[0].identifier
    official.data_science.delete_model_deployment(done.data.resources[0].identifier)


def test_a_model_that_does_not_load_fails_with_its_own_traceback(official, zips):
    broken = zips(score_py="import a_package_nobody_has\ndef load_model(): ...\ndef predict(data): ...\n")
    model_id = official.create_model(artifact=broken)
    created = official.data_science.create_model_deployment(official.deployment_details(model_id))
    request = official.wait_for_work_request(created)
    assert request.status == "FAILED"
    (error,) = official.data_science.list_work_request_errors(request.id).data
    assert "score.py" in error.message
    assert "No module named 'a_package_nobody_has'" in error.message
    deployment = official.data_science.get_model_deployment(created.data.id).data
    assert deployment.lifecycle_state == "FAILED"
    assert "a_package_nobody_has" in deployment.lifecycle_details
    official.data_science.delete_model_deployment(deployment.id)


def test_an_update_that_fails_leaves_the_old_version_serving(official, zips):
    good = official.create_model(artifact=zips(factor=7))
    bad = official.create_model(artifact=zips(score_py="def load_model():\n    1 / 0\ndef predict(data): ...\n"))
    deployment = official.deploy(good)
    change = models.UpdateModelDeploymentDetails(
        model_deployment_configuration_details=models.UpdateSingleModelDeploymentConfigurationDetails(
            model_configuration_details=models.UpdateModelConfigurationDetails(model_id=bad)
        )
    )
    request = official.wait_for_work_request(official.data_science.update_model_deployment(deployment.id, change))
    assert request.status == "FAILED"
    (error,) = official.data_science.list_work_request_errors(request.id).data
    assert "ZeroDivisionError" in error.message
    read = official.data_science.get_model_deployment(deployment.id).data
    assert read.lifecycle_state == "ACTIVE"
    details = read.model_deployment_configuration_details.model_configuration_details
    assert details.model_id == good
    assert predict(official, deployment, [1])[0]["prediction"] == [7]
    official.data_science.delete_model_deployment(deployment.id)


def test_shapes_are_listed_and_an_unknown_one_is_refused(official, zips):
    shapes = official.data_science.list_model_deployment_shapes(official.compartment_id).data
    assert {"VM.Standard.E4.Flex", "VM.Standard2.1"} <= {shape.name for shape in shapes}
    model_id = official.create_model(artifact=zips())
    details = official.deployment_details(model_id)
    configuration = details.model_deployment_configuration_details.model_configuration_details
    configuration.instance_configuration.instance_shape_name = "VM.Nothing"
    error = fault(official.data_science.create_model_deployment, details)
    assert (error.status, error.code) == (400, "InvalidParameter")
    assert "VM.Standard.E4.Flex" in error.message


def test_a_model_without_an_artifact_or_inactive_is_not_deployed(official, zips):
    empty = official.create_model()
    error = fault(official.data_science.create_model_deployment, official.deployment_details(empty))
    assert (error.status, error.code) == (409, "Conflict")
    inactive = official.create_model(artifact=zips())
    official.data_science.deactivate_model(inactive)
    error = fault(official.data_science.create_model_deployment, official.deployment_details(inactive))
    assert (error.status, error.code) == (409, "Conflict")


def test_bad_requests_to_predict_have_the_right_status(official, zips):
    deployment = official.deploy(official.create_model(artifact=zips()))
    bad_json = fault(official.inference.predict, deployment.id, "[1,")
    assert (bad_json.status, bad_json.code) == (400, "CannotParseRequest")
    raised = fault(official.inference.predict, deployment.id, "3")
    assert raised.status == 500
    assert "TypeError" in raised.message
    too_large = fault(official.inference.predict, deployment.id, json.dumps(["x" * (10 * 1024 * 1024)]))
    assert (too_large.status, too_large.code) == (413, "PayloadTooLarge")
    official.data_science.delete_model_deployment(deployment.id)


def test_the_model_of_a_deployment_says_how_it_stands(official, zips):
    client = official.data_science
    model_id = official.create_model(artifact=zips(), display_name="stands")
    deployment = official.deploy(model_id)
    (state,) = client.list_model_deployment_model_states(deployment.id, official.compartment_id).data
    assert (state.model_id, state.inference_key, state.display_name, state.state) == (
        model_id, model_id, "stands", "SUCCESS",
    )  # fmt: skip
    assert client.list_model_deployment_model_states(deployment.id, official.compartment_id, model_id="x").data == []
    assert client.list_model_deployment_model_states(deployment.id, "another").data == []
    client.delete_model_deployment(deployment.id)
    official.wait(deployment.id, "DELETED")
    assert client.list_model_deployment_model_states(deployment.id, official.compartment_id).data == []


def test_a_deployment_moves_to_another_compartment_and_goes_on_serving(official, zips):
    client = official.data_science
    deployment = official.deploy(official.create_model(artifact=zips()))
    to = "ocid1.compartment.oc98..elsewhere"
    details = models.ChangeModelDeploymentCompartmentDetails(compartment_id=to)
    assert client.change_model_deployment_compartment(deployment.id, details).status == 204
    assert [each.id for each in client.list_model_deployments(to).data] == [deployment.id]
    assert official.inference.predict(deployment.id, "[1]").status == 200
    client.delete_model_deployment(deployment.id)
