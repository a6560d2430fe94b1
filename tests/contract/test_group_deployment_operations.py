"""Deployments of model groups and compute targets, and autoscaling policies, driven by the official SDK."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import requests

oci = pytest.importorskip("oci")
models = oci.data_science.models

GROUP_SCORE = """
import os


def load_model(model_folder):
    with open(os.path.join(model_folder, "weights")) as file:
        return int(file.read())


def predict(data, model):
    return {"prediction": [value * model for value in data]}
"""


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_py", ".py"), text)
    return buffer.getvalue()


def group_of(official: Any, members: dict[str, str], *, artifact: bytes | None = None) -> str:
    """Create a group of models by their inference keys; return its OCID."""
    entries = [
        models.MemberModelDetails(inference_key=key or None, model_id=model_id) for key, model_id in members.items()
    ]
    details = models.CreateModelGroupDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        model_group_details=models.HeterogeneousModelGroupDetails(),
        member_model_entries=models.MemberModelEntries(member_model_details=entries),
    )
    group = official.data_science.create_model_group(details).data
    if artifact is not None:
        official.data_science.create_model_group_artifact(
            group.id, artifact, content_disposition='attachment; filename="group.zip"'
        )
    return str(group.id)


def pool(**fields: Any) -> Any:
    details = {
        "instance_configuration": models.InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
        "scaling_policy": models.FixedSizeScalingPolicy(instance_count=1),
        **fields,
    }
    return models.InstancePoolInfrastructureConfigurationDetails(**details)


def group_details(official: Any, group_id: str, **fields: Any) -> Any:
    """Return what `create_model_deployment` takes for a group."""
    return models.CreateModelDeploymentDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        display_name="group",
        model_deployment_configuration_details=models.ModelGroupDeploymentConfigurationDetails(
            model_group_configuration_details=models.ModelGroupConfigurationDetails(model_group_id=group_id),
            infrastructure_configuration_details=pool(**fields),
            environment_configuration_details=models.DefaultModelDeploymentEnvironmentConfigurationDetails(
                environment_variables={"GREETING": "hi", "WEB_CONCURRENCY": "1"}
            ),
        ),
    )


def predict(official: Any, deployment: Any, data: Any, **headers: str) -> tuple[int, Any, Any]:
    """Ask as `requests` with the official signer does; return status, answer and headers."""
    signer = official.inference.base_client.signer
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = requests.post(deployment.model_deployment_url + "/predict", json=data, auth=signer, headers=named)
    return response.status_code, response.json(), response.headers


def swap(official: Any, deployment_id: str, group_id: str, update_type: str) -> Any:
    change = models.UpdateModelDeploymentDetails(
        model_deployment_configuration_details=models.UpdateModelGroupDeploymentConfigurationDetails(
            update_type=update_type,
            model_group_configuration_details=models.UpdateModelGroupConfigurationDetails(model_group_id=group_id),
        )
    )
    return official.wait_for_work_request(official.data_science.update_model_deployment(deployment_id, change))


def test_a_group_deployment_lives_its_whole_life(official, zips):
    client = official.data_science
    first, second, third = (official.create_model(artifact=zips(factor=factor)) for factor in (2, 3, 5))
    group = group_of(official, {"two": first, "three": second})
    created = client.create_model_deployment(group_details(official, group)).data
    deployment = official.wait(created.id, "ACTIVE")
    configuration = deployment.model_deployment_configuration_details
    assert isinstance(configuration, models.ModelGroupDeploymentConfigurationDetails)
    assert configuration.model_group_configuration_details.model_group_id == group
    assert deployment.model_deployment_system_data.current_instance_count == 1

    status, answer, headers = predict(official, deployment, [1], model_ocid="two")
    assert (status, answer) == (200, {"prediction": [2], "greeting": "hi"})
    assert headers["modelyard-model"] == first
    assert predict(official, deployment, [1], inference_key="three")[1]["prediction"] == [3]
    assert predict(official, deployment, [1], model_ocid=second)[1]["prediction"] == [3]
    status, answer, _ = predict(official, deployment, [1], model_ocid="four")
    assert (status, answer["code"]) == (404, "NotAuthorizedOrNotFound")
    assert "three" in answer["message"]
    assert first in answer["message"]
    status, answer, _ = predict(official, deployment, [1])
    assert (status, answer["code"]) == (400, "MissingParameter")

    states = client.list_model_deployment_model_states(deployment.id, official.compartment_id).data
    assert {(state.model_id, state.inference_key, state.state) for state in states} == {
        (first, "two", "SUCCESS"),
        (second, "three", "SUCCESS"),
    }
    (one,) = client.list_model_deployment_model_states(deployment.id, official.compartment_id, inference_key="two").data
    assert one.model_id == first

    other = group_of(official, {"two": first, "three": third})
    assert swap(official, deployment.id, other, "LIVE").status == "SUCCEEDED"
    assert predict(official, deployment, [1], model_ocid="three")[1]["prediction"] == [5]
    assert swap(official, deployment.id, group, "ZDT").status == "SUCCEEDED"
    assert predict(official, deployment, [1], model_ocid="three")[1]["prediction"] == [3]
    client.delete_model(third)
    for refused in (fault(client.delete_model, first), fault(client.delete_model_group, group)):
        assert (refused.status, refused.code) == (409, "Conflict")
        assert deployment.id in refused.message

    official.wait_for_work_request(client.delete_model_deployment(deployment.id))
    client.delete_model_group(group)
    client.delete_model(first)


def test_a_broken_member_fails_the_update_and_the_group_before_it_serves_on(official, zips):
    client = official.data_science
    good = official.create_model(artifact=zips(factor=2))
    bad = official.create_model(artifact=zips(score_py="def load_model():\n    1 / 0\ndef predict(data): ...\n"))
    group = group_of(official, {"two": good})
    deployment = official.wait(client.create_model_deployment(group_details(official, group)).data.id, "ACTIVE")
    request = swap(official, deployment.id, group_of(official, {"two": good, "bad": bad}), "ZDT")
    assert request.status == "FAILED"
    (error,) = client.list_work_request_errors(request.id).data
    assert "ZeroDivisionError" in error.message
    assert 'score.py", line 2, in load_model' in error.message
    read = client.get_model_deployment(deployment.id).data
    assert read.lifecycle_state == "ACTIVE"
    details = read.model_deployment_configuration_details
    assert details.model_group_configuration_details.model_group_id == group
    assert predict(official, deployment, [1])[1]["prediction"] == [2]  # of one model none need be named
    assert predict(official, deployment, [1], model_ocid="bad")[0] == 404
    client.delete_model_deployment(deployment.id)


def test_the_score_of_a_group_serves_its_models(official):
    client = official.data_science
    seven, nine = (official.create_model(artifact=zipped(weights=text)) for text in ("7", "9"))
    group = group_of(official, {"seven": seven, "nine": nine}, artifact=zipped(score_py=GROUP_SCORE))
    created = client.create_model_deployment(group_details(official, group))
    assert official.wait_for_work_request(created).status == "SUCCEEDED"
    deployment = official.wait(created.data.id, "ACTIVE")
    assert predict(official, deployment, [1, 2], model_name="seven")[1] == {"prediction": [7, 14]}
    assert predict(official, deployment, [1, 2], model_name="nine")[1] == {"prediction": [9, 18]}
    client.delete_model_deployment(deployment.id)


def auto(**fields: Any) -> Any:
    rule = models.PredefinedMetricExpressionRule(
        metric_type="CPU_UTILIZATION",
        scale_in_configuration=models.PredefinedExpressionThresholdScalingConfiguration(threshold=30),
        scale_out_configuration=models.PredefinedExpressionThresholdScalingConfiguration(
            threshold=70, pending_duration="PT5M", instance_count_adjustment=1
        ),
    )
    details = {
        "rules": [rule],
        "minimum_instance_count": 1,
        "maximum_instance_count": 3,
        "initial_instance_count": 2,
        **fields,
    }
    return models.AutoScalingPolicy(
        cool_down_in_seconds=650,
        is_enabled=True,
        auto_scaling_policies=[models.ThresholdBasedAutoScalingPolicyDetails(**details)],
    )


def test_a_deployment_that_scales_begins_with_its_initial_count(official, zips):
    client = official.data_science
    details = official.deployment_details(official.create_model(artifact=zips()))
    details.model_deployment_configuration_details.model_configuration_details.scaling_policy = auto()
    deployment = official.wait(client.create_model_deployment(details).data.id, "ACTIVE")
    assert deployment.model_deployment_system_data.current_instance_count == 2
    policy = deployment.model_deployment_configuration_details.model_configuration_details.scaling_policy
    assert isinstance(policy, models.AutoScalingPolicy)
    assert policy.auto_scaling_policies[0].rules[0].scale_out_configuration.pending_duration == "PT5M"
    client.delete_model_deployment(deployment.id)


def test_a_policy_that_cannot_be_honoured_is_refused_with_what_it_is(official, zips):
    details = official.deployment_details(official.create_model(artifact=zips()))
    model = details.model_deployment_configuration_details.model_configuration_details
    custom = models.CustomMetricExpressionRule(
        scale_in_configuration=models.CustomExpressionQueryScalingConfiguration(query="CPUUtilization[1m].mean() < 5"),
        scale_out_configuration=models.CustomExpressionQueryScalingConfiguration(
            query="PredictRequestCount[1m].rate() > 5"
        ),
    )
    for policy, says in (
        (auto(rules=[custom]), "PredictRequestCount"),
        (auto(initial_instance_count=4), "1, 4 and 3"),
        (auto(rules=[]), "0 rules"),
    ):
        model.scaling_policy = policy
        error = fault(official.data_science.create_model_deployment, details)
        assert (error.status, error.code) == (400, "InvalidParameter")
        assert says in error.message


def test_a_model_is_served_on_a_compute_target(official, zips):
    client = official.data_science
    model_id = official.create_model(artifact=zips(factor=4))
    target = "ocid1.datasciencecomputetarget.oc98.local-1.abc"
    infrastructure = models.ManagedComputeClusterModelDeployInfrastructureConfigDetails(
        compute_target_id=target,
        model_deployment_resource_configuration=models.ManagedComputeClusterModelDeploymentResourceConfiguration(
            resource_request_configuration=models.ResourceRequestConfiguration(ocpus=1, memory_in_gbs=4)
        ),
        scaling_policy=models.ManagedComputeClusterWorkloadFixedSizeScalingPolicy(instance_count=1),
    )
    details = models.CreateModelDeploymentDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        model_deployment_configuration_details=models.SingleModelDeploymentFlexConfigurationDetails(
            model_configuration_details=models.SingleModelConfigurationDetails(model_id=model_id),
            infrastructure_configuration_details=infrastructure,
        ),
    )
    created = client.create_model_deployment(details)
    deployment = official.wait(created.data.id, "ACTIVE")
    assert isinstance(deployment.model_deployment_system_data, models.ManagedComputeClusterModelDeploymentSystemData)
    assert predict(official, deployment, [1])[1]["prediction"] == [4]
    log = client.list_work_request_logs(created.headers["opc-work-request-id"]).data
    assert f"computeTargetId {target} is kept and has no effect" in log[0].message
    client.delete_model_deployment(deployment.id)


def test_what_has_no_effect_on_one_machine_is_kept_and_said(official, zips):
    client = official.data_science
    details = official.deployment_details(official.create_model(artifact=zips()))
    model = details.model_deployment_configuration_details.model_configuration_details
    subnet = "ocid1.subnet.oc98.local-1.abc"
    model.instance_configuration.subnet_id = subnet
    model.maximum_bandwidth_mbps = 20
    created = client.create_model_deployment(details)
    deployment = official.wait(created.data.id, "ACTIVE")
    kept = deployment.model_deployment_configuration_details.model_configuration_details
    assert (kept.instance_configuration.subnet_id, kept.maximum_bandwidth_mbps) == (subnet, 20)
    log = client.list_work_request_logs(created.headers["opc-work-request-id"]).data
    assert f"subnetId {subnet} is kept and has no effect" in log[0].message
    client.delete_model_deployment(deployment.id)


def test_networks_bandwidths_and_containers_out_of_range_are_refused(official, zips):
    model_id = official.create_model(artifact=zips())

    def refusal(change: Any) -> Any:
        details = official.deployment_details(model_id)
        change(details.model_deployment_configuration_details)
        error = fault(official.data_science.create_model_deployment, details)
        return error.status, error.message

    def of_model(name: str, value: Any) -> Any:
        return lambda configuration: setattr(configuration.model_configuration_details, name, value)

    def of_instance(name: str, value: Any) -> Any:
        return lambda configuration: setattr(
            configuration.model_configuration_details.instance_configuration, name, value
        )

    def container(**fields: Any) -> Any:
        made = models.OcirModelDeploymentEnvironmentConfigurationDetails(**{"image": "iad.ocir.io/x/y:1", **fields})
        return lambda configuration: setattr(configuration, "environment_configuration_details", made)

    for change, status, says in (
        (of_model("bandwidth_mbps", 5), 400, "10 to 8000"),
        (of_model("maximum_bandwidth_mbps", 8001), 400, "10 to 8000"),
        (of_instance("subnet_id", "my-subnet"), 400, "ocid1.subnet"),
        (of_instance("private_endpoint_id", model_id), 400, "ocid1.datascienceprivateendpoint"),
        (of_instance("capacity_reservation_ids", ["x"]), 400, "capacityReservationIds is 'x'"),
        (container(server_port=80), 400, "serverPort is 80"),
        (container(health_check_port=8446), 400, "none of 8446, 8447, 24224"),
        (container(cmd=["x" * 2000], entrypoint=["y" * 49]), 400, "2049 bytes"),
        (container(environment_variables={"A_": "1"}), 400, "has no allowed name"),
        (container(image=""), 400, "needs its image"),
        (container(server_port=8080), 501, "'no-such-runtime' is no program here"),
    ):
        found = refusal(change)
        assert found[0] == status
        assert says in found[1]


def test_no_containers_are_offered(official):
    assert official.data_science.list_containers().data == []
    assert official.data_science.list_containers(target_workload="MODEL_DEPLOYMENT", is_latest=True).data == []


def test_search_finds_deployments_by_each_of_their_models_and_their_group(official, zips):
    client = official.data_science
    first, second = (official.create_model(artifact=zips()) for _ in range(2))
    group = group_of(official, {"a": first, "b": second})
    deployment = client.create_model_deployment(group_details(official, group)).data
    search = oci.resource_search.ResourceSearchClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )
    for field, value in (("ModelId", first), ("modelId", second), ("modelGroupId", group)):
        query = f"query datasciencemodeldeployment resources where {field}='{value}'"
        details = oci.resource_search.models.StructuredSearchDetails(query=query)
        assert [found.identifier for found in search.search_resources(details).data.items] == [deployment.id]
    query = f"query datasciencemodeldeployment resources where modelId != '{second}'"
    details = oci.resource_search.models.StructuredSearchDetails(query=query)
    assert deployment.id not in {found.identifier for found in search.search_resources(details).data.items}
    official.wait(deployment.id, "ACTIVE")
    client.delete_model_deployment(deployment.id)
