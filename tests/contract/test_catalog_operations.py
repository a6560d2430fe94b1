"""Projects, models, provenance and artifacts, driven by the official SDK."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.data_science.models

CONTENT = b"PK" + bytes(range(256)) * 40


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def test_a_project_is_created_read_listed_changed_and_deleted(official):
    name = f"project {uuid.uuid4()}"
    client = official.data_science
    details = models.CreateProjectDetails(
        compartment_id=official.compartment_id, display_name=name, freeform_tags={"team": "a"}
    )
    created = client.create_project(details).data
    assert (created.display_name, created.lifecycle_state, created.freeform_tags) == (name, "ACTIVE", {"team": "a"})
    assert created.created_by == official.config["user"]
    assert client.get_project(created.id).data.id == created.id
    listed = client.list_projects(official.compartment_id, display_name=name).data
    assert [project.id for project in listed] == [created.id]
    changed = client.update_project(created.id, models.UpdateProjectDetails(description="new")).data
    assert (changed.description, changed.display_name) == ("new", name)
    deleted = client.delete_project(created.id)
    assert official.wait_for_work_request(deleted).status == "SUCCEEDED"
    assert client.get_project(created.id).data.lifecycle_state == "DELETED"


def test_a_project_with_a_model_is_not_deleted(official):
    client = official.data_science
    project = client.create_project(models.CreateProjectDetails(compartment_id=official.compartment_id)).data
    details = models.CreateModelDetails(compartment_id=official.compartment_id, project_id=project.id)
    model = client.create_model(details).data
    error = fault(client.delete_project, project.id)
    assert (error.status, error.code) == (409, "Conflict")
    assert model.id in error.message


def test_a_model_keeps_everything_it_was_created_with(official):
    details = models.CreateModelDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        display_name="complete",
        description="with all it can have",
        freeform_tags={"a": "b"},
        defined_tags={"space": {"key": "value"}},
        custom_metadata_list=[models.Metadata(key="AUC", value="0.9", description="d", category="Performance")],
        defined_metadata_list=[models.Metadata(key="Framework", value="scikit-learn")],
        input_schema='{"schema": []}',
        output_schema='{"schema": []}',
    )
    created = official.data_science.create_model(details).data
    read = official.data_science.get_model(created.id).data
    assert read == created
    for field in ("display_name", "description", "freeform_tags", "defined_tags", "input_schema", "output_schema"):
        assert getattr(read, field) == getattr(details, field), field
    assert [(item.key, item.value, item.category) for item in read.custom_metadata_list] == [
        ("AUC", "0.9", "Performance")
    ]
    assert [(item.key, item.value) for item in read.defined_metadata_list] == [("Framework", "scikit-learn")]
    assert read.lifecycle_state == "ACTIVE"
    assert read.category == "USER"


def test_a_model_is_changed_deactivated_activated_and_deleted(official):
    client = official.data_science
    model_id = official.create_model()
    changed = client.update_model(model_id, models.UpdateModelDetails(display_name="renamed")).data
    assert changed.display_name == "renamed"
    assert client.deactivate_model(model_id).data.lifecycle_state == "INACTIVE"
    assert client.activate_model(model_id).data.lifecycle_state == "ACTIVE"
    assert client.delete_model(model_id).status == 204
    assert client.get_model(model_id).data.lifecycle_state == "DELETED"
    error = fault(client.update_model, model_id, models.UpdateModelDetails(display_name="again"))
    assert (error.status, error.code) == (409, "Conflict")


def test_lists_are_filtered_sorted_and_paged(official):
    name = str(uuid.uuid4())
    ids = [official.create_model(display_name=name) for _ in range(5)]
    pages = oci.pagination.list_call_get_all_results(
        official.data_science.list_models,
        official.compartment_id,
        display_name=name,
        limit=2,
        sort_by="timeCreated",
        sort_order="ASC",
    )
    assert [model.id for model in pages.data] == ids
    one = official.data_science.list_models(official.compartment_id, id=ids[3]).data
    assert [model.id for model in one] == [ids[3]]
    none = official.data_science.list_models(official.compartment_id, display_name=name, lifecycle_state="DELETED")
    assert none.data == []


def test_provenance_is_created_once_read_and_changed(official):
    client = official.data_science
    model_id = official.create_model()
    assert fault(client.get_model_provenance, model_id).status == 404
    details = models.CreateModelProvenanceDetails(git_branch="main", git_commit="abc", repository_url="git://x")
    assert client.create_model_provenance(model_id, details).data.git_commit == "abc"
    assert fault(client.create_model_provenance, model_id, details).code == "Conflict"
    client.update_model_provenance(model_id, models.UpdateModelProvenanceDetails(git_commit="def"))
    read = client.get_model_provenance(model_id).data
    assert (read.git_branch, read.git_commit) == ("main", "def")


def test_an_artifact_comes_back_as_the_bytes_it_was(official):
    client = official.data_science
    model_id = official.create_model(artifact=CONTENT)
    head = client.head_model_artifact(model_id)
    assert head.headers["content-length"] == str(len(CONTENT))
    assert head.headers["content-disposition"] == f"attachment; filename={model_id}.zip"
    assert head.headers["modelyard-artifact-digest"] == f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert client.get_model_artifact_content(model_id).data.content == CONTENT
    part = client.get_model_artifact_content(model_id, range="bytes=10-19")
    assert (part.status, part.data.content) == (206, CONTENT[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(CONTENT)}"
    tail = client.get_model_artifact_content(model_id, range="bytes=-5")
    assert tail.data.content == CONTENT[-5:]
    assert fault(client.get_model_artifact_content, model_id, range=f"bytes={len(CONTENT)}-").status == 416


def test_an_artifact_is_written_once(official):
    model_id = official.create_model(artifact=CONTENT)
    error = fault(official.data_science.create_model_artifact, model_id, b"other")
    assert (error.status, error.code) == (409, "Conflict")
    assert official.data_science.get_model_artifact_content(model_id).data.content == CONTENT


def test_an_empty_artifact_is_refused_and_another_may_follow(official):
    model_id = official.create_model()
    error = fault(official.data_science.create_model_artifact, model_id, b"")
    assert (error.status, error.code) == (400, "InvalidParameter")
    assert fault(official.data_science.head_model_artifact, model_id).status == 404
    official.data_science.create_model_artifact(model_id, CONTENT)


def test_a_create_that_is_sent_again_makes_one_resource(official):
    token = uuid.uuid4().hex[:30]
    details = models.CreateModelDetails(
        compartment_id=official.compartment_id, project_id=official.project_id, display_name="once"
    )
    first = official.data_science.create_model(details, opc_retry_token=token).data
    assert official.data_science.create_model(details, opc_retry_token=token).data.id == first.id
    details.display_name = "another"
    error = fault(official.data_science.create_model, details, opc_retry_token=token)
    assert (error.status, error.code) == (409, "InvalidatedRetryToken")


def test_a_change_with_an_old_etag_is_refused(official):
    client = official.data_science
    model_id = official.create_model()
    etag = client.get_model(model_id).headers["etag"]
    client.update_model(model_id, models.UpdateModelDetails(description="first"), if_match=etag)
    error = fault(client.update_model, model_id, models.UpdateModelDetails(description="second"), if_match=etag)
    assert (error.status, error.code) == (412, "NoEtagMatch")
    assert client.get_model(model_id).data.description == "first"


def test_what_is_not_there_is_a_404_and_what_is_referred_to_a_400(official):
    client = official.data_science
    unknown = "ocid1.datasciencemodel.oc98.local-1.aaaa"
    for call in (client.get_model, client.delete_model, client.head_model_artifact, client.get_work_request):
        assert fault(call, unknown).status == 404
    details = models.CreateModelDetails(compartment_id=official.compartment_id, project_id=unknown)
    assert fault(client.create_model, details).code == "RelatedResourceNotAuthorizedOrNotFound"


def test_metadata_over_its_limit_is_refused(official):
    details = models.CreateModelDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        custom_metadata_list=[models.Metadata(key=f"k{number}", value="x" * 16_000) for number in range(3)],
    )
    error = fault(official.data_science.create_model, details)
    assert (error.status, error.code) == (400, "LimitExceeded")


def test_a_wrong_key_is_refused(official, tmp_path):
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    client = oci.data_science.DataScienceClient(
        {**official.config, "key_file": str(file)},
        service_endpoint=official.endpoint,
        retry_strategy=oci.retry.NoneRetryStrategy(),
    )
    error = fault(client.list_models, official.compartment_id)
    assert (error.status, error.code) == (401, "NotAuthenticated")
