"""Model version sets, driven by the official SDK."""

from __future__ import annotations

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


def create(official: Any, **fields: Any) -> Any:
    """Create a version set under a name of its own unless one is given."""
    own = {"name": f"set {uuid.uuid4()}", "compartment_id": official.compartment_id}
    details = models.CreateModelVersionSetDetails(project_id=official.project_id, **{**own, **fields})
    return official.data_science.create_model_version_set(details).data


def test_a_version_set_is_created_read_listed_changed_and_deleted(official):
    client = official.data_science
    created = create(official, description="d", freeform_tags={"a": "b"}, defined_tags={"n": {"k": "v"}})
    assert (created.lifecycle_state, created.category, created.created_by) == (
        "ACTIVE",
        "USER",
        official.config["user"],
    )
    got = client.get_model_version_set(created.id)
    assert got.data == created
    listed = client.list_model_version_sets(official.compartment_id, name=created.name, category="USER").data
    assert [each.id for each in listed] == [created.id]
    assert client.list_model_version_sets(official.compartment_id, name=created.name, category="SERVICE").data == []
    change = models.UpdateModelVersionSetDetails(description="new")
    changed = client.update_model_version_set(created.id, change, if_match=got.headers["etag"]).data
    assert (changed.description, changed.name, changed.freeform_tags) == ("new", created.name, {"a": "b"})
    assert fault(client.update_model_version_set, created.id, change, if_match=got.headers["etag"]).status == 412
    deleted = client.delete_model_version_set(created.id)
    request = official.wait_for_work_request(deleted)
    assert (deleted.status, request.status, request.operation_type) == (202, "SUCCEEDED", "MODELVERSIONSET_DELETE")
    assert request.resources[0].identifier == created.id
    assert client.get_model_version_set(created.id).data.lifecycle_state == "DELETED"


def test_models_join_a_set_and_are_found_by_its_name_and_their_label(official):
    client = official.data_science
    made = create(official)
    first = official.create_model(model_version_set_id=made.id, version_label="v1")
    second = official.create_model()
    joined = client.update_model(
        second, models.UpdateModelDetails(model_version_set_id=made.id, version_label="v2")
    ).data
    assert (joined.model_version_set_name, joined.version_id, joined.version_label) == (made.name, 2, "v2")
    listed = client.list_models(official.compartment_id, model_version_set_name=made.name, sort_order="ASC").data
    assert [(each.id, each.version_id, each.model_version_set_id) for each in listed] == [
        (first, 1, made.id),
        (second, 2, made.id),
    ]
    one = client.list_models(official.compartment_id, model_version_set_name=made.name, version_label="v2").data
    assert [each.id for each in one] == [second]


def test_a_name_and_a_label_belong_to_one(official):
    made = create(official)
    error = fault(create, official, name=made.name)
    assert (error.status, error.code) == (409, "Conflict")
    official.create_model(model_version_set_id=made.id, version_label="v1")
    error = fault(official.create_model, model_version_set_id=made.id, version_label="v1")
    assert (error.status, error.code) == (409, "Conflict")
    error = fault(official.create_model, model_version_set_id="ocid1.datasciencemodelversionset.oc98.local-1.none")
    assert (error.status, error.code) == (400, "RelatedResourceNotAuthorizedOrNotFound")


def test_a_set_goes_with_its_models_only_where_that_is_asked_for(official):
    client = official.data_science
    made = create(official)
    model_id = official.create_model(model_version_set_id=made.id, artifact=b"PK")
    error = fault(client.delete_model_version_set, made.id)
    assert (error.status, error.code) == (409, "Conflict")
    assert fault(client.delete_model_version_set, made.id, is_delete_related_models=False).status == 409
    deleted = client.delete_model_version_set(made.id, is_delete_related_models=True)
    assert official.wait_for_work_request(deleted).status == "SUCCEEDED"
    assert client.get_model(model_id).data.lifecycle_state == "DELETED"


def test_the_same_create_again_makes_one_set(official):
    details = models.CreateModelVersionSetDetails(
        compartment_id=official.compartment_id, project_id=official.project_id, name=f"set {uuid.uuid4()}"
    )
    token = uuid.uuid4().hex[:30]
    first = official.data_science.create_model_version_set(details, opc_retry_token=token).data
    assert official.data_science.create_model_version_set(details, opc_retry_token=token).data.id == first.id


def test_sets_are_listed_page_by_page_in_order(official):
    tag = str(uuid.uuid4())
    compartment_id = f"ocid1.compartment.oc98..{tag.replace('-', '')}"
    names = [create(official, compartment_id=compartment_id, name=f"{tag} {number}").name for number in range(5)]
    listed = oci.pagination.list_call_get_all_results(
        official.data_science.list_model_version_sets, compartment_id, limit=2, sort_by="name", sort_order="ASC"
    )
    assert [each.name for each in listed.data] == names


def test_a_set_moves_to_another_compartment(official):
    made = create(official)
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    details = models.ChangeModelVersionSetCompartmentDetails(compartment_id=to)
    moved = official.data_science.change_model_version_set_compartment(made.id, details)
    assert official.wait_for_work_request(moved).status == "SUCCEEDED"
    assert official.data_science.get_model_version_set(made.id).data.compartment_id == to
