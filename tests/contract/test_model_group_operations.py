"""Model groups and their version histories, driven by the official SDK."""

from __future__ import annotations

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


def entries(*model_ids: str, **keys: str) -> Any:
    """Return members: models, and under each name one that has it as its inference key."""
    members = [models.MemberModelDetails(model_id=id) for id in model_ids]
    members += [models.MemberModelDetails(model_id=id, inference_key=key) for key, id in keys.items()]
    return models.MemberModelEntries(member_model_details=members)


def create_details(official: Any, members: Any, **fields: Any) -> Any:
    own = {"model_group_details": models.HomogeneousModelGroupDetails(), "display_name": f"group {uuid.uuid4()}"}
    return models.CreateModelGroupDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        member_model_entries=members,
        **{**own, **fields},
    )


def create(official: Any, members: Any, **fields: Any) -> Any:
    return official.data_science.create_model_group(create_details(official, members, **fields)).data


def clone(official: Any, source: Any) -> Any:
    details = models.CloneModelGroupDetails(
        compartment_id=official.compartment_id,
        project_id=official.project_id,
        model_group_clone_source_details=source,
    )
    return official.data_science.create_model_group(details).data


def create_history(official: Any, **fields: Any) -> Any:
    own = {"display_name": f"history {uuid.uuid4()}"}
    details = models.CreateModelGroupVersionHistoryDetails(
        compartment_id=official.compartment_id, project_id=official.project_id, **{**own, **fields}
    )
    return official.data_science.create_model_group_version_history(details).data


def member_ids(group: Any) -> list[str]:
    return [member.model_id for member in group.member_model_entries.member_model_details]


def test_a_group_is_created_read_listed_changed_switched_and_deleted(official):
    client = official.data_science
    metadata = [models.CustomMetadata(key="k", value="v", description="d", category="c")]
    details = create_details(
        official,
        entries(official.create_model(), second=official.create_model()),
        model_group_details=models.HeterogeneousModelGroupDetails(custom_metadata_list=metadata),
        freeform_tags={"a": "b"},
    )
    answer = client.create_model_group(details)
    group = answer.data
    request = official.wait_for_work_request(answer)
    assert (request.operation_type, request.status) == ("MODEL_GROUP_CREATE", "SUCCEEDED")
    assert (group.lifecycle_state, group.create_type) == ("ACTIVE", "CREATE")
    assert group.model_group_details == details.model_group_details
    assert group.member_model_entries == details.member_model_entries
    assert client.get_model_group(group.id).data == group
    listed = client.list_model_groups(official.compartment_id, display_name=group.display_name).data
    assert [each.id for each in listed] == [group.id]
    etag = client.get_model_group(group.id).headers["etag"]
    change = models.UpdateModelGroupDetails(description="new")
    assert client.update_model_group(group.id, change, if_match=etag).data.description == "new"
    assert fault(client.update_model_group, group.id, change, if_match=etag).status == 412
    assert client.deactivate_model_group(group.id).data.lifecycle_state == "INACTIVE"
    assert client.activate_model_group(group.id).data.lifecycle_state == "ACTIVE"
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    client.change_model_group_compartment(group.id, models.ChangeModelGroupCompartmentDetails(compartment_id=to))
    assert [each.id for each in client.list_model_groups(to).data] == [group.id]
    assert official.wait_for_work_request(client.delete_model_group(group.id)).status == "SUCCEEDED"
    assert client.get_model_group(group.id).data.lifecycle_state == "DELETED"
    assert fault(client.activate_model_group, group.id).code == "Conflict"
    assert {client.get_model(id).data.lifecycle_state for id in member_ids(group)} == {"ACTIVE"}


def test_the_members_of_a_group_are_listed_with_their_keys(official):
    first, second = official.create_model(display_name="a"), official.create_model(display_name="b")
    group = create(official, entries(first, key=second))
    listed = oci.pagination.list_call_get_all_results(
        official.data_science.list_model_group_models,
        group.id,
        official.compartment_id,
        limit=1,
        sort_by="displayName",
    ).data
    assert [(each.model_id, each.inference_key, each.display_name) for each in listed] == [
        (first, None, "a"),
        (second, "key", "b"),
    ]
    one = official.data_science.list_model_group_models(group.id, official.compartment_id, display_name="b").data
    assert [each.model_id for each in one] == [second]


def test_members_that_cannot_be_are_refused(official):
    model_id = official.create_model()
    deleted = official.create_model()
    official.data_science.delete_model(deleted)
    stacked = models.StackedModelGroupDetails(base_model_id=deleted)
    for members, fields, code in (
        (entries(), {}, "InvalidParameter"),
        (entries(model_id, model_id), {}, "InvalidParameter"),
        (entries(deleted), {}, "RelatedResourceNotAuthorizedOrNotFound"),
        (entries(model_id), {"model_group_details": stacked}, "RelatedResourceNotAuthorizedOrNotFound"),
        (entries(model_id), {"model_group_version_history_id": "none"}, "RelatedResourceNotAuthorizedOrNotFound"),
    ):
        error = fault(create, official, members, **fields)
        assert (error.status, error.code) == (400, code)


def test_the_artifact_of_a_group_is_written_once(official):
    client = official.data_science
    group = create(official, entries(official.create_model()))
    assert fault(client.get_model_group_artifact_content, group.id).status == 404
    client.create_model_group_artifact(group.id, CONTENT, content_disposition='attachment; filename="group.zip"')
    assert client.get_model_group_artifact_content(group.id).data.content == CONTENT
    part = client.get_model_group_artifact_content(group.id, range="bytes=-5")
    assert (part.status, part.data.content) == (206, CONTENT[-5:])
    head = client.head_model_group_artifact(group.id)
    assert head.headers["content-length"] == str(len(CONTENT))
    assert head.headers["content-disposition"] == "attachment; filename=group.zip"
    assert fault(client.create_model_group_artifact, group.id, b"other").code == "Conflict"
    client.delete_model_group(group.id)
    assert fault(client.head_model_group_artifact, group.id).status == 404


def test_groups_are_numbered_and_labelled_in_their_history(official):
    client = official.data_science
    model_id = official.create_model()
    history = create_history(official)
    first = create(official, entries(model_id), model_group_version_history_id=history.id, version_label="v1")
    assert (first.version_id, first.model_group_version_history_name) == (1, history.display_name)
    assert client.get_model_group_version_history(history.id).data.latest_model_group_id == first.id
    second = create(official, entries(model_id))
    join = models.UpdateModelGroupDetails(model_group_version_history_id=history.id, version_label="v1")
    assert fault(client.update_model_group, second.id, join).code == "Conflict"
    join.version_label = "v2"
    assert client.update_model_group(second.id, join).data.version_id == 2
    listed = client.list_model_groups(
        official.compartment_id, model_group_version_history_id=history.id, sort_order="ASC"
    ).data
    assert [each.id for each in listed] == [first.id, second.id]


def test_a_clone_is_like_its_source_but_for_what_is_said(official):
    first, second, third = (official.create_model() for _ in range(3))
    history = create_history(official)
    source = create(official, entries(first, second), description="d", model_group_version_history_id=history.id)
    patch = models.PatchModelGroupMemberModelDetails(
        items=[
            models.PatchRemoveMemberModels(values=[models.MemberModelDetails(model_id=first)]),
            models.PatchInsertNewMemberModels(values=[models.MemberModelDetails(model_id=third)]),
        ]
    )
    made = clone(
        official,
        models.CloneCreateFromModelGroupDetails(
            source_id=source.id,
            modify_model_group_details=models.ModifyModelGroupDetails(display_name="clone", version_label="v2"),
            patch_model_group_member_model_details=patch,
        ),
    )
    assert member_ids(made) == [second, third]
    assert (made.display_name, made.description, made.create_type) == ("clone", "d", "CLONE")
    assert (made.source_model_group_id, made.version_id, made.version_label) == (source.id, 2, "v2")
    latest = clone(official, models.CloneCreateFromModelGroupVersionHistoryDetails(source_id=history.id))
    assert (latest.source_model_group_id, latest.version_id, member_ids(latest)) == (made.id, 3, [second, third])
    removed = models.PatchModelGroupMemberModelDetails(
        items=[models.PatchRemoveMemberModels(values=[models.MemberModelDetails(model_id=first)])]
    )
    error = fault(
        clone,
        official,
        models.CloneCreateFromModelGroupDetails(source_id=made.id, patch_model_group_member_model_details=removed),
    )
    assert (error.status, error.code) == (400, "InvalidParameter")


def test_a_history_is_created_read_listed_changed_moved_and_deleted_when_empty(official):
    client = official.data_science
    history = create_history(official, description="d")
    assert client.get_model_group_version_history(history.id).data == history
    listed = client.list_model_group_version_histories(official.compartment_id, display_name=history.display_name).data
    assert [each.id for each in listed] == [history.id]
    group = create(official, entries(official.create_model()), model_group_version_history_id=history.id)
    error = fault(client.delete_model_group_version_history, history.id)
    assert (error.status, error.code) == (409, "Conflict")
    change = models.UpdateModelGroupVersionHistoryDetails(description="new", latest_model_group_id=group.id)
    assert client.update_model_group_version_history(history.id, change).data.description == "new"
    change = models.UpdateModelGroupVersionHistoryDetails(latest_model_group_id="none")
    assert fault(client.update_model_group_version_history, history.id, change).status == 400
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    details = models.ChangeModelGroupVersionHistoryCompartmentDetails(compartment_id=to)
    client.change_model_group_version_history_compartment(history.id, details)
    assert [each.id for each in client.list_model_group_version_histories(to).data] == [history.id]
    client.delete_model_group(group.id)
    deleted = client.delete_model_group_version_history(history.id)
    assert official.wait_for_work_request(deleted).operation_type == "MODEL_GROUP_VERSION_HISTORY_DELETE"
    assert client.get_model_group_version_history(history.id).data.lifecycle_state == "DELETED"


def test_the_same_create_again_makes_one_group(official):
    details = create_details(official, entries(official.create_model()))
    token = uuid.uuid4().hex[:30]
    first = official.data_science.create_model_group(details, opc_retry_token=token)
    again = official.data_science.create_model_group(details, opc_retry_token=token)
    assert again.data.id == first.data.id
    assert again.headers["opc-work-request-id"] == first.headers["opc-work-request-id"]
