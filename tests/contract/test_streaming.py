"""Streams and STREAM_ONLY deployments, driven by the official SDK."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.streaming.models


def text(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def said(message: Any) -> str:
    return base64.b64decode(message.value).decode()


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


@pytest.fixture(scope="module")
def admin(official):
    """The official client of streams."""
    return oci.streaming.StreamAdminClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )


@pytest.fixture
def stream(official, admin):
    """A stream of one partition."""
    return create(official, admin)


def create(official, admin, **fields):
    own = {"name": f"stream {uuid.uuid4()}", "partitions": 1}
    if "stream_pool_id" not in fields:
        own["compartment_id"] = official.compartment_id
    return admin.create_stream(models.CreateStreamDetails(**{**own, **fields})).data


def client_of(official, stream):
    """The official client of messages, at the endpoint that the stream names."""
    return oci.streaming.StreamClient(
        official.config, service_endpoint=stream.messages_endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )


def put(client, stream, *values, key=None):
    entries = [models.PutMessagesDetailsEntry(key=key and text(key), value=text(value)) for value in values]
    return client.put_messages(stream.id, models.PutMessagesDetails(messages=entries)).data


def cursor_at(client, stream, type="TRIM_HORIZON", partition="0", **fields):
    details = models.CreateCursorDetails(partition=partition, type=type, **fields)
    return client.create_cursor(stream.id, details).data.value


def group_cursor_at(client, stream, **fields):
    own = {"type": "TRIM_HORIZON", "group_name": "group", "instance_name": "one"}
    return client.create_group_cursor(stream.id, models.CreateGroupCursorDetails(**{**own, **fields})).data.value


def test_a_stream_is_created_read_listed_changed_moved_and_deleted(official, admin):
    made = create(official, admin, partitions=3, retention_in_hours=48, freeform_tags={"a": "b"})
    got = admin.get_stream(made.id)
    assert got.data == made
    assert (made.partitions, made.retention_in_hours, made.lifecycle_state) == (3, 48, "ACTIVE")
    assert made.messages_endpoint == official.endpoint
    listed = admin.list_streams(compartment_id=official.compartment_id, name=made.name, lifecycle_state="ACTIVE").data
    assert [each.id for each in listed] == [made.id]
    assert [each.id for each in admin.list_streams(stream_pool_id=made.stream_pool_id, id=made.id).data] == [made.id]
    changed = admin.update_stream(
        made.id, models.UpdateStreamDetails(freeform_tags={"c": "d"}), if_match=got.headers["etag"]
    ).data
    assert changed.freeform_tags == {"c": "d"}
    error = fault(admin.update_stream, made.id, models.UpdateStreamDetails(), if_match=got.headers["etag"])
    assert (error.status, error.code) == (412, "NoEtagMatch")
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    admin.change_stream_compartment(made.id, models.ChangeStreamCompartmentDetails(compartment_id=to))
    assert admin.get_stream(made.id).data.compartment_id == to
    admin.delete_stream(made.id)
    assert admin.get_stream(made.id).data.lifecycle_state == "DELETED"


def test_a_pool_is_created_read_listed_changed_moved_and_deleted(official, admin):
    name = f"pool {uuid.uuid4()}"
    details = models.CreateStreamPoolDetails(compartment_id=official.compartment_id, name=name)
    token = uuid.uuid4().hex[:30]
    made = admin.create_stream_pool(details, opc_retry_token=token).data
    assert admin.create_stream_pool(details, opc_retry_token=token).data.id == made.id
    assert (made.custom_encryption_key.key_state, made.is_private) == ("NONE", False)
    assert admin.get_stream_pool(made.id).data == made
    assert [each.id for each in admin.list_stream_pools(official.compartment_id, name=name).data] == [made.id]
    member = create(official, admin, stream_pool_id=made.id)
    changed = admin.update_stream_pool(made.id, models.UpdateStreamPoolDetails(name=f"{name} 2")).data
    assert changed.name == f"{name} 2"
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    admin.change_stream_pool_compartment(made.id, models.ChangeStreamPoolCompartmentDetails(compartment_id=to))
    assert admin.get_stream(member.id).data.compartment_id == to
    admin.delete_stream_pool(made.id)
    assert admin.get_stream_pool(made.id).data.lifecycle_state == "DELETED"
    assert admin.get_stream(member.id).data.lifecycle_state == "DELETED"


def test_streams_are_listed_page_by_page_in_order(official, admin):
    compartment_id = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    names = [f"stream {number}" for number in range(5)]
    for name in names:
        create(official, admin, compartment_id=compartment_id, name=name)
    listed = oci.pagination.list_call_get_all_results(
        admin.list_streams, compartment_id=compartment_id, limit=2, sort_by="NAME", sort_order="DESC"
    )
    assert [each.name for each in listed.data] == names[::-1]
    newest = admin.list_streams(compartment_id=compartment_id, sort_by="TIMECREATED").data
    assert [each.name for each in newest] == names[::-1]


def test_messages_are_put_and_read(official, stream):
    client = client_of(official, stream)
    result = put(client, stream, "a", "b", key="k")
    assert (result.failures, [(each.partition, each.offset) for each in result.entries]) == (0, [("0", 0), ("0", 1)])
    first = client.get_messages(stream.id, cursor_at(client, stream), limit=1)
    assert [said(each) for each in first.data] == ["a"]
    assert (first.data[0].stream, first.data[0].partition, base64.b64decode(first.data[0].key)) == (
        stream.id,
        "0",
        b"k",
    )
    assert first.data[0].timestamp == result.entries[0].timestamp
    rest = client.get_messages(stream.id, first.headers["opc-next-cursor"])
    assert [said(each) for each in rest.data] == ["b"]
    assert client.get_messages(stream.id, rest.headers["opc-next-cursor"]).data == []


def test_cursors_of_every_type(official, stream):
    client = client_of(official, stream)
    entries = put(client, stream, "a", "b").entries

    def read(*arguments, **fields):
        return [
            said(each) for each in client.get_messages(stream.id, cursor_at(client, stream, *arguments, **fields)).data
        ]

    assert read("AT_OFFSET", offset=1) == ["b"]
    assert read("AFTER_OFFSET", offset=0) == ["b"]
    assert read("AT_TIME", time=entries[0].timestamp) == ["a", "b"]
    assert read("LATEST") == []


def test_a_group_commits_by_reading_on(official, stream):
    client = client_of(official, stream)
    put(client, stream, "a", "b", "c")
    first = client.get_messages(stream.id, group_cursor_at(client, stream), limit=2)
    assert [said(each) for each in first.data] == ["a", "b"]
    again = client.get_messages(stream.id, group_cursor_at(client, stream), limit=1)
    assert [said(each) for each in again.data] == ["a"]  # it was not said to be done
    rest = client.get_messages(stream.id, first.headers["opc-next-cursor"])
    assert [said(each) for each in rest.data] == ["c"]
    reservation = client.get_group(stream.id, "group").data.reservations[0]
    assert (reservation.partition, reservation.committed_offset, reservation.reserved_instance) == ("0", 1, "one")


def test_a_group_commits_by_hand_and_is_set_back(official, stream):
    client = client_of(official, stream)
    put(client, stream, "a", "b")
    read = client.get_messages(stream.id, group_cursor_at(client, stream, commit_on_get=False), limit=1)
    cursor = client.consumer_heartbeat(stream.id, read.headers["opc-next-cursor"]).data.value
    cursor = client.consumer_commit(stream.id, cursor).data.value
    assert client.get_group(stream.id, "group").data.reservations[0].committed_offset == 0
    assert [said(each) for each in client.get_messages(stream.id, cursor).data] == ["b"]
    client.update_group(stream.id, "group", models.UpdateGroupDetails(type="TRIM_HORIZON"))
    assert [said(each) for each in client.get_messages(stream.id, cursor).data] == ["a", "b"]


@pytest.mark.parametrize("name", ["team/one", "/", "a b?c=d#e%2F", "ü𝄞"])
def test_a_group_is_found_by_whatever_name_it_was_given(official, stream, name):
    client = client_of(official, stream)
    put(client, stream, "a")
    cursor = group_cursor_at(client, stream, group_name=name, type="LATEST")
    assert client.get_group(stream.id, name).data.group_name == name
    client.update_group(stream.id, name, models.UpdateGroupDetails(type="TRIM_HORIZON"))
    assert [said(each) for each in client.get_messages(stream.id, cursor).data] == ["a"]


BAD = [
    ("POST", "/streams", {"name": "s", "partitions": 0, "compartmentId": "c"}, 400, "InvalidParameter", "partitions"),
    ("POST", "/streams", {"name": "s", "partitions": 101, "compartmentId": "c"}, 400, "InvalidParameter", "partitions"),
    ("POST", "/streams", {"name": None, "partitions": 1}, 400, "InvalidParameter", "name"),
    ("POST", "/streams", {"name": "", "partitions": 1, "compartmentId": "c"}, 400, "InvalidParameter", "name"),
    ("POST", "/streams", {"partitions": 1, "compartmentId": "c"}, 400, "MissingParameter", "name"),
    ("POST", "/streams", {"name": "s", "partitions": 1}, 400, "MissingParameter", "compartmentId"),
    ("POST", "/streams", {"name": "s", "partitions": 1, "compartmentId": "c", "retentionInHours": 23}, 400,
     "InvalidParameter", "retentionInHours"),
    ("POST", "/streams", {"name": "s", "partitions": 1, "compartmentId": "c", "retentionInHours": 169}, 400,
     "InvalidParameter", "retentionInHours"),
    ("GET", "/streams", None, 400, "MissingParameter", "compartmentId"),
    ("GET", "/streams?compartmentId=c&streamPoolId=p", None, 400, "InvalidParameter", "both"),
    ("GET", "/streams?compartmentId=c&sortBy=timeCreated", None, 400, "InvalidParameter", "sortBy"),
    ("POST", "/streams/{id}/messages", {"messages": []}, 400, "InvalidParameter", "messages"),
    ("POST", "/streams/{id}/messages", {"messages": None}, 400, "InvalidParameter", "messages"),
    ("POST", "/streams/{id}/messages", {"messages": [{"key": "MQ=="}]}, 400, "MissingParameter", "value"),
    ("POST", "/streams/{id}/messages", {"messages": [{"value": "no base64"}]}, 400, "InvalidParameter", "base64"),
    ("POST", "/streams/{id}/messages", {"messages": [{"value": "MQ==", "key": "?"}]}, 400, "InvalidParameter", "key"),
    ("POST", "/streams/{id}/messages", {"messages": [{"value": text(b"x" * 700_000)}] * 2}, 413, "PayloadTooLarge",
     "1048576"),
    ("POST", "/streams/ocid1.stream.oc98.local-1.none/messages", {"messages": [{"value": "MQ=="}]}, 404,
     "NotAuthorizedOrNotFound", "stream"),
    ("POST", "/streams/{id}/cursors", {"partition": "7", "type": "LATEST"}, 400, "InvalidParameter", "partition"),
    ("POST", "/streams/{id}/cursors", {"partition": "0", "type": "SOON"}, 400, "InvalidParameter", "type"),
    ("POST", "/streams/{id}/cursors", {"partition": "0", "type": "AT_OFFSET"}, 400, "MissingParameter", "offset"),
    ("POST", "/streams/{id}/cursors", {"partition": "0", "type": "AT_OFFSET", "offset": 9}, 400, "InvalidParameter",
     "offset"),
    ("POST", "/streams/{id}/cursors", {"partition": "0", "type": "AT_OFFSET", "offset": -1}, 400, "InvalidParameter",
     "offset"),
    ("POST", "/streams/{id}/cursors", {"partition": "0", "type": "AT_TIME", "time": "2026-11-22 at noon"}, 400,
     "InvalidParameter", "time"),
    ("GET", "/streams/{id}/messages", None, 400, "MissingParameter", "cursor"),
    ("GET", "/streams/{id}/messages?cursor=garbage", None, 400, "InvalidParameter", "no cursor of this stream"),
    ("GET", "/streams/{id}/messages?cursor=x&limit=0", None, 400, "InvalidParameter", "limit"),
    ("GET", "/streams/{id}/messages?cursor=x&limit=10001", None, 400, "InvalidParameter", "limit"),
    ("POST", "/streams/{id}/groupCursors", {"type": "TRIM_HORIZON"}, 400, "MissingParameter", "groupName"),
    ("POST", "/streams/{id}/groupCursors", {"type": "AT_TIME", "groupName": "g"}, 400, "MissingParameter", "time"),
    ("POST", "/streams/{id}/commit?cursor=garbage", None, 400, "InvalidParameter", "no cursor of this stream"),
    ("GET", "/streams/{id}/groups/none", None, 404, "NotAuthorizedOrNotFound", "none"),
    ("PUT", "/streams/{id}/groups/none", {"type": "LATEST"}, 404, "NotAuthorizedOrNotFound", "none"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "says"), BAD)
def test_what_makes_no_sense_is_refused(official, stream, method, path, body, status, code, says):
    client = client_of(official, stream).base_client
    path, _, query = path.format(id=stream.id).partition("?")
    error = fault(
        client.call_api,
        resource_path=path,
        method=method,
        query_params=dict(each.split("=") for each in query.split("&")) if query else {},
        header_params={"content-type": "application/json"},
        body=body,
    )
    assert (error.status, error.code) == (status, code)
    assert says in error.message


def test_unknown_fields_are_taken_for_those_of_a_later_version(official, stream):
    client = client_of(official, stream)
    result = client.put_messages(stream.id, {"messages": [{"value": "MQ==", "key": None, "later": 1}], "more": True})
    assert result.data.failures == 0


def test_a_cursor_of_another_stream_and_of_no_group_is_refused(official, admin, stream):
    client = client_of(official, stream)
    foreign = cursor_at(client, create(official, admin))
    assert fault(client.get_messages, stream.id, foreign).status == 400
    assert fault(client.consumer_commit, stream.id, cursor_at(client, stream)).status == 400


# ── deployments ──────────────────────────────────────────────────────────────────────────────────────────────────────


def body_of(official, model_id, *, mode="STREAM_ONLY", inputs=(), outputs=()):
    """The body of a deployment, with the two fields that the official classes lack."""
    details = official.deployment_details(model_id)
    body = official.data_science.base_client.sanitize_for_serialization(details)
    body["deploymentMode"] = mode
    body["modelDeploymentConfigurationDetails"]["streamConfigurationDetails"] = {
        "inputStreamIds": list(inputs),
        "outputStreamIds": list(outputs),
    }
    return body


def read_until(client, stream, count):
    """Return the first so many messages of a stream's one partition."""
    until, cursor, found = time.monotonic() + 60, cursor_at(client, stream), []
    while len(found) < count and time.monotonic() < until:
        answer = client.get_messages(stream.id, cursor)
        found += answer.data
        cursor = answer.headers["opc-next-cursor"]
    return found


def test_a_stream_only_deployment_answers_messages_and_no_requests(official, admin, zips):
    source, sink = create(official, admin), create(official, admin)
    client = client_of(official, source)
    put(client, source, "[1, 2]", key="before")
    body = body_of(official, official.create_model(artifact=zips(factor=3)), inputs=[source.id], outputs=[sink.id])
    created = official.data_science.create_model_deployment(body).data
    official.wait(created.id, "ACTIVE")
    put(client, source, "[5]", "no JSON", "7", key="k")
    answers = read_until(client, sink, 4)
    assert [base64.b64decode(each.key) for each in answers] == [b"before", b"k", b"k", b"k"]
    good = [json.loads(said(each)) for each in answers[:2]]
    assert [each["prediction"] for each in good] == [[3, 6], [15]]
    bad = [json.loads(said(each)) for each in answers[2:]]
    assert [(each["code"], each["status"]) for each in bad] == [("CannotParseRequest", 400), ("PredictionFailed", 500)]
    assert [each["input"]["offset"] for each in bad] == [2, 3]
    assert bad[0]["input"] == {"streamId": source.id, "partition": "0", "offset": 2}
    assert client.get_group(source.id, created.id).data.reservations[0].committed_offset == 3
    error = fault(official.inference.predict, created.id, [1])
    assert (error.status, error.code) == (409, "Conflict")
    assert source.id in error.message
    error = fault(admin.delete_stream, sink.id)
    assert (error.status, error.code) == (409, "Conflict")
    official.data_science.delete_model_deployment(created.id)
    official.wait(created.id, "DELETED")
    admin.delete_stream(source.id)
    admin.delete_stream(sink.id)


def test_an_update_gives_a_deployment_another_stream_and_a_deactivated_one_lets_messages_wait(official, admin, zips):
    first, second, sink = (create(official, admin) for _ in range(3))
    client, science = client_of(official, sink), official.data_science
    body = body_of(official, official.create_model(artifact=zips(factor=3)), inputs=[first.id], outputs=[sink.id])
    created = science.create_model_deployment(body).data
    official.wait(created.id, "ACTIVE")
    assert (
        science.base_client.call_api(
            resource_path=f"/modelDeployments/{created.id}", method="GET", response_type="object"
        ).data["deploymentMode"]
        == "STREAM_ONLY"
    )

    def update(**streams):
        return science.update_model_deployment(
            created.id,
            {
                "modelDeploymentConfigurationDetails": {
                    "deploymentType": "SINGLE_MODEL",
                    "streamConfigurationDetails": streams,
                }
            },
        )

    error = fault(update, inputStreamIds=[sink.id])
    assert (error.status, error.code) == (400, "InvalidParameter")
    assert official.wait_for_work_request(update(inputStreamIds=[second.id])).status == "SUCCEEDED"
    put(client, second, "[1]")
    assert [json.loads(said(each))["prediction"] for each in read_until(client, sink, 1)] == [[3]]
    admin.delete_stream(first.id)
    assert official.wait_for_work_request(science.deactivate_model_deployment(created.id)).status == "SUCCEEDED"
    put(client, second, "[2]")
    assert len(client.get_messages(sink.id, cursor_at(client, sink)).data) == 1
    assert official.wait_for_work_request(science.activate_model_deployment(created.id)).status == "SUCCEEDED"
    assert [json.loads(said(each))["prediction"] for each in read_until(client, sink, 2)] == [[3], [6]]
    science.delete_model_deployment(created.id)


def test_streams_that_make_no_sense_are_refused(official, admin, stream, zips):
    other, gone = create(official, admin), create(official, admin)
    admin.delete_stream(gone.id)
    model_id = official.create_model(artifact=zips())

    def refused(**fields):
        error = fault(official.data_science.create_model_deployment, body_of(official, model_id, **fields))
        return error.status, error.code

    assert refused(outputs=[other.id]) == (400, "MissingParameter")
    assert refused(inputs=[stream.id]) == (400, "MissingParameter")
    assert refused(inputs=[stream.id], outputs=[stream.id]) == (400, "InvalidParameter")
    assert refused(inputs=[stream.id] * 2, outputs=[other.id]) == (400, "InvalidParameter")
    assert refused(inputs=[stream.id], outputs=[gone.id]) == (400, "RelatedResourceNotAuthorizedOrNotFound")
    assert refused(inputs=["none"], outputs=[other.id]) == (400, "RelatedResourceNotAuthorizedOrNotFound")
    assert refused(mode="HTTPS_ONLY", inputs=[stream.id], outputs=[other.id]) == (400, "InvalidParameter")
    assert refused(mode="SOMETIMES", inputs=[stream.id], outputs=[other.id]) == (400, "InvalidParameter")
