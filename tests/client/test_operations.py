"""Every operation, against the service itself."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.client.data_science import DataScienceClient
from modelyard.client.deployments import predict_url
from modelyard.client.profile import resolve
from modelyard.client.reachability import is_listening, ping
from modelyard.client.transport import Request
from modelyard.client.waiters import wait_for_work_request
from modelyard.lifecycle import DeploymentState, ModelState
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    InstanceConfiguration,
    ModelConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    UpdateModelDeploymentDetails,
)
from modelyard.resources.model import (
    ArtifactExportDetailsObjectStorage,
    ArtifactImportDetailsObjectStorage,
    CreateModelDetails,
    CreateModelProvenanceDetails,
    OSSModelArtifactReferenceDetails,
    UpdateModelDetails,
    UpdateModelProvenanceDetails,
)
from modelyard.resources.project import CreateProjectDetails, UpdateProjectDetails

SCORE_PY = """
def load_model():
    return 2

def predict(data, model=load_model()):
    return {'prediction': data * model}
"""


@pytest.fixture(scope="module")
def client(service: Any) -> Iterator[DataScienceClient]:
    with DataScienceClient(resolve(service.settings)) as client:
        yield client


@pytest.fixture
def model_details(client: DataScienceClient) -> CreateModelDetails:
    profile = client.profile
    assert profile.compartment_id
    assert profile.project_id
    return CreateModelDetails(
        compartment_id=profile.compartment_id, project_id=profile.project_id, display_name="client"
    )


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    file = tmp_path / "artifact.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("score.py", SCORE_PY)
    return file


@pytest.fixture
def bucket(client: DataScienceClient, service: Any) -> str:
    """Make a bucket; give its namespace and name."""
    namespace = json.loads(client.transport.send(Request(method="GET", path="/n")).body)
    name = f"client-{uuid.uuid4().hex[:8]}"
    body = json.dumps({"name": name, "compartmentId": service.compartment_id}).encode()
    client.transport.send(Request(method="POST", path=f"/n/{namespace}/b", body=body))
    return f"{namespace}/{name}"


def test_the_service_answers(client: DataScienceClient) -> None:
    assert is_listening(client.profile.endpoint)
    assert ping(client.profile) is None


def test_projects_are_created_read_listed_changed_and_deleted(client: DataScienceClient) -> None:
    compartment = str(client.profile.compartment_id)
    made = client.create_project(CreateProjectDetails(compartment_id=compartment, display_name="one"))
    assert client.get_project(made.id) == made
    assert made.id in {project.id for project in client.list_projects(compartment, display_name="one")}
    changed = client.update_project(made.id, UpdateProjectDetails(description="changed"))
    assert (changed.display_name, changed.description) == ("one", "changed")
    wait_for_work_request(client, client.delete_project(made.id), max_wait_time=30)
    assert client.get_project(made.id).lifecycle_state == "DELETED"


def test_a_list_goes_over_all_its_pages(client: DataScienceClient, model_details: CreateModelDetails) -> None:
    made = {client.create_model(model_details).id for _ in range(5)}
    listed = [model.id for model in client.list_models(model_details.compartment_id, limit=2)]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_models_are_changed_deactivated_and_deleted(
    client: DataScienceClient, model_details: CreateModelDetails
) -> None:
    model_id = client.create_model(model_details).id
    assert client.update_model(model_id, UpdateModelDetails(freeform_tags={"a": "b"})).freeform_tags == {"a": "b"}
    assert client.deactivate_model(model_id).lifecycle_state is ModelState.INACTIVE
    assert client.activate_model(model_id).lifecycle_state is ModelState.ACTIVE
    with pytest.raises(errors.EtagMismatch):
        client.delete_model(model_id, if_match="another")
    client.delete_model(model_id)
    assert client.get_model(model_id).lifecycle_state is ModelState.DELETED


def test_provenance_is_told_and_changed(client: DataScienceClient, model_details: CreateModelDetails) -> None:
    model_id = client.create_model(model_details).id
    with pytest.raises(errors.NotFound):
        client.get_model_provenance(model_id)
    client.create_model_provenance(model_id, CreateModelProvenanceDetails(git_commit="abc"))
    client.update_model_provenance(model_id, UpdateModelProvenanceDetails(git_branch="main"))
    told = client.get_model_provenance(model_id)
    assert (told.git_commit, told.git_branch) == ("abc", "main")


def test_an_artifact_comes_back_as_it_went(
    client: DataScienceClient, model_details: CreateModelDetails, artifact: Path, tmp_path: Path
) -> None:
    model_id = client.create_model(model_details).id
    client.create_model_artifact(model_id, artifact)
    head = client.head_model_artifact(model_id)
    assert client.get_model_artifact_content(model_id, tmp_path / "back.zip") == head
    assert (tmp_path / "back.zip").read_bytes() == artifact.read_bytes()
    with pytest.raises(errors.Conflict):
        client.create_model_artifact(model_id, artifact)


def test_an_artifact_goes_to_a_bucket_and_comes_from_it(
    client: DataScienceClient, model_details: CreateModelDetails, artifact: Path, bucket: str
) -> None:
    first, second, third = (client.create_model(model_details).id for _ in range(3))
    client.create_model_artifact(first, artifact)
    namespace, name = bucket.split("/")
    target = ArtifactImportDetailsObjectStorage(
        namespace=namespace, destination_bucket=name, destination_object_name="models/a.zip"
    )
    wait_for_work_request(client, client.import_model_artifact(first, target))
    source = ArtifactExportDetailsObjectStorage(
        namespace=namespace, source_bucket=name, source_object_name="models/a.zip"
    )
    wait_for_work_request(client, client.export_model_artifact(second, source))
    assert client.head_model_artifact(second).digest == client.head_model_artifact(first).digest
    reference = OSSModelArtifactReferenceDetails(namespace=namespace, bucket_name=name, prefix="models/")
    wait_for_work_request(client, client.register_model_artifact_reference(third, [reference]))
    assert client.get_model(third).is_model_by_reference


def test_a_model_without_an_artifact_has_none_to_download(
    client: DataScienceClient, model_details: CreateModelDetails, tmp_path: Path
) -> None:
    model_id = client.create_model(model_details).id
    with pytest.raises(errors.NotFound):
        client.get_model_artifact_content(model_id, tmp_path / "none.zip")
    assert list(tmp_path.iterdir()) == []


def test_shapes_are_listed(client: DataScienceClient) -> None:
    names = {shape.name for shape in client.list_model_deployment_shapes(str(client.profile.compartment_id))}
    assert "VM.Standard.E4.Flex" in names


def test_a_deployment_from_its_creation_to_its_end(
    client: DataScienceClient, model_details: CreateModelDetails, artifact: Path
) -> None:
    model_id = client.create_model(model_details).id
    client.create_model_artifact(model_id, artifact)
    created = client.create_model_deployment(
        CreateModelDeploymentDetails(
            project_id=model_details.project_id,
            compartment_id=model_details.compartment_id,
            model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
                model_configuration_details=ModelConfigurationDetails(
                    model_id=model_id,
                    instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
                )
            ),
        )
    )
    deployment_id = created.deployment.id
    told: list[str] = []
    done = wait_for_work_request(
        client, created.work_request_id, max_wait_time=60, watcher=lambda message, percent: told.append(message)
    )
    assert done.resources[0].identifier == deployment_id
    assert told
    deployment = client.get_model_deployment(deployment_id)
    assert deployment.lifecycle_state is DeploymentState.ACTIVE
    for url in (deployment_id, deployment.model_deployment_url):
        assert client.predict(url, b"21").body == b'{"prediction":42}'
    with pytest.raises(errors.CannotParseRequest):
        client.predict(deployment_id, b"{")
    requests = client.list_work_requests(model_details.compartment_id, resource_id=deployment_id)
    assert created.work_request_id in {request.id for request in requests}
    for ask in (
        client.update_model_deployment(deployment_id, UpdateModelDeploymentDetails(description="d")),
        client.deactivate_model_deployment,
        client.activate_model_deployment,
        client.delete_model_deployment,
    ):
        work_request_id = ask if isinstance(ask, str) else ask(deployment_id)
        wait_for_work_request(client, work_request_id, max_wait_time=60)
    assert client.get_model_deployment(deployment_id).lifecycle_state is DeploymentState.DELETED
    found = client.list_model_deployments(model_details.compartment_id, lifecycle_state="DELETED")
    assert deployment_id in {each.id for each in found}


def test_a_name_that_the_service_gives_itself_on_loopback_is_not_believed() -> None:
    endpoint = "http://box:8585"
    assert predict_url("ocid1.x", endpoint=endpoint) == "http://box:8585/ocid1.x/predict"
    assert predict_url("http://127.0.0.1:1/ocid1.x", endpoint=endpoint) == "http://box:8585/ocid1.x/predict"
    assert predict_url("https://md.oci.test/ocid1.x/", endpoint=endpoint) == "https://md.oci.test/ocid1.x/predict"
