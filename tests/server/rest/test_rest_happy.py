"""Every operation of the REST API as a client uses it: statuses, headers and bodies."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timezone

import httpx
import oci.data_science.models as official
import pytest

from modelyard.workrequests import progress


def test_a_project_lives(api) -> None:
    body = {"compartmentId": "c", "displayName": "é", "freeformTags": {"a": "b"}, "definedTags": {"n": {"k": [1]}}}
    created = api.call("POST", "/projects", body)
    assert created.status_code == 200
    project = created.json()
    assert (project["displayName"], project["lifecycleState"]) == ("é", "ACTIVE")
    assert project["createdBy"] == api.installation.user_id
    assert project["definedTags"] == {"n": {"k": [1]}}
    path = f"/projects/{project['id']}"
    got = api.call("GET", path)
    assert (got.json(), got.headers["etag"]) == (project, created.headers["etag"])
    updated = api.call("PUT", path, {"description": "d"}, headers={"if-match": got.headers["etag"]})
    assert updated.json() == {**project, "description": "d"}
    deleted = api.call("DELETE", path, headers={"if-match": updated.headers["etag"]})
    assert (deleted.status_code, deleted.content) == (202, b"")
    request = api.call("GET", f"/workRequests/{deleted.headers['opc-work-request-id']}").json()
    assert (request["operationType"], request["status"]) == ("PROJECT_DELETE", "SUCCEEDED")
    assert api.call("GET", path).json()["lifecycleState"] == "DELETED"


def test_a_model_lives(api) -> None:
    model = api.model(
        displayName="m", inputSchema="{}", customMetadataList=[{"key": "k", "value": "v", "keywords": ["w"]}]
    )
    assert model["customMetadataList"][0]["hasArtifact"] is False
    path = f"/models/{model['id']}"
    got = api.call("GET", path)
    assert got.json() == model
    assert api.call("PUT", path, {"displayName": "n"}).json()["displayName"] == "n"
    for action, state in (("deactivate", "INACTIVE"), ("activate", "ACTIVE")):
        moved = api.call("POST", f"{path}/actions/{action}")
        assert (moved.status_code, moved.json()["lifecycleState"]) == (200, state)
        assert moved.headers["etag"]
    deleted = api.call("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-length" not in deleted.headers
    assert api.call("GET", path).json()["lifecycleState"] == "DELETED"


def test_provenance_lives(api) -> None:
    path = f"/models/{api.model()['id']}/provenance"
    created = api.call("POST", path, {"gitCommit": "c"}, headers={"opc-retry-token": "t"})
    assert created.status_code == 200
    assert api.call("POST", path, {"gitCommit": "c"}, headers={"opc-retry-token": "t"}).json() == created.json()
    updated = api.call("PUT", path, {"gitBranch": "b"}, headers={"if-match": created.headers["etag"]})
    assert (updated.json()["gitCommit"], updated.json()["gitBranch"]) == ("c", "b")
    got = api.call("GET", path)
    assert (got.json(), got.headers["etag"]) == (updated.json(), updated.headers["etag"])
    assert api.call("POST", f"/models/{api.model()['id']}/provenance", {}).status_code == 200


@pytest.mark.parametrize("in_pieces", [0, 100_000])
def test_an_artifact_goes_up_and_comes_back(api, in_pieces: int) -> None:
    data = bytes(range(256)) * 10_000
    digest = hashlib.sha256(data).hexdigest()
    model = api.model()
    sent = api.upload(model["id"], data, in_pieces=in_pieces, content_disposition='attachment; filename="m.tar.gz"')
    assert (sent.status_code, sent.content) == (204, b"")
    path = f"/models/{model['id']}/artifact/content"
    got = api.call("GET", path)
    assert (got.status_code, got.content) == (200, data)
    head = api.call("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    for answer in (got, head):
        assert answer.headers["content-length"] == str(len(data))
        assert answer.headers["content-disposition"] == f"attachment; filename={model['id']}.gz"
        assert answer.headers["modelyard-artifact-digest"] == f"sha256:{digest}"
        assert answer.headers["etag"] == digest
        assert answer.headers["opc-request-id"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("bytes=0-3", (0, 4)), ("bytes=10-", (10, 100)), ("bytes=-10", (90, 100)), ("bytes=50-9999", (50, 100))],
)
def test_a_range_of_an_artifact_comes_back(api, header: str, expected: tuple[int, int]) -> None:
    data = bytes(range(100))
    model = api.model_with_artifact(data)
    answer = api.call("GET", f"/models/{model['id']}/artifact/content", headers={"range": header})
    start, stop = expected
    assert (answer.status_code, answer.content) == (206, data[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/100"
    assert answer.headers["content-length"] == str(stop - start)


def test_a_deployment_lives(api) -> None:
    model = api.model_with_artifact()
    created = api.call("POST", "/modelDeployments", api.deployment_details(model["id"], displayName="d"))
    assert created.status_code == 200
    deployment = created.json()
    assert deployment["lifecycleState"] == "CREATING"
    assert deployment["modelDeploymentUrl"] == f"http://127.0.0.1:8585/{deployment['id']}"
    request_id = created.headers["opc-work-request-id"]
    path = f"/modelDeployments/{deployment['id']}"
    got = api.call("GET", path)
    assert (got.json(), got.headers["etag"]) == (deployment, created.headers["etag"])
    listed = api.call("GET", "/modelDeployments", compartmentId=api.compartment_id, displayName="d").json()
    assert [each["id"] for each in listed] == [deployment["id"]]
    request = api.call("GET", f"/workRequests/{request_id}").json()
    assert (request["status"], request["resources"][0]["identifier"]) == ("ACCEPTED", deployment["id"])
    found = api.call("GET", "/workRequests", compartmentId=api.compartment_id, resourceId=deployment["id"]).json()
    assert [each["id"] for each in found] == [request_id]
    for lines in ("logs", "errors"):
        assert api.call("GET", f"/workRequests/{request_id}/{lines}").json() == []
    deleted = api.call("DELETE", path, headers={"if-match": got.headers["etag"]})
    assert (deleted.status_code, deleted.content) == (202, b"")
    logs = api.call("GET", f"/workRequests/{request_id}/logs").json()
    assert [line["message"] for line in logs] == ["The deployment was told to delete."]
    assert api.call("GET", f"/workRequests/{request_id}").json()["status"] == "CANCELED"


def test_operation_types_are_official_ones(api) -> None:
    model = api.model_with_artifact()
    id = api.call("POST", "/modelDeployments", api.deployment_details(model["id"])).json()["id"]
    api.call("DELETE", f"/modelDeployments/{id}")
    project = api.call("POST", "/projects", {"compartmentId": api.compartment_id}).json()
    api.call("DELETE", f"/projects/{project['id']}")
    requests = api.call("GET", "/workRequests", compartmentId=api.compartment_id).json()
    assert len(requests) == 3
    known = {value for name, value in vars(official.WorkRequest).items() if name.startswith("OPERATION_TYPE_")}
    assert {request["operationType"] for request in requests} <= known


def test_shapes_are_listed_page_by_page(api) -> None:
    names, query = [], {"compartmentId": "c", "limit": 4}
    while True:
        answer = api.call("GET", "/modelDeploymentShapes", **query)
        names += [shape["name"] for shape in answer.json()]
        if "opc-next-page" not in answer.headers:
            break
        query["page"] = answer.headers["opc-next-page"]
    assert len(names) == len(set(names)) == 11


def test_lists_go_page_by_page(api) -> None:
    ids = [api.model(displayName=f"m{number % 2}")["id"] for number in range(5)]
    seen, query = [], {"compartmentId": api.compartment_id, "limit": 2, "sortBy": "displayName", "sortOrder": "DESC"}
    for _ in range(3):
        answer = api.call("GET", "/models", **query)
        seen += answer.json()
        query["page"] = answer.headers.get("opc-next-page")
    assert query["page"] is None
    assert [model["displayName"] for model in seen] == ["m1", "m1", "m0", "m0", "m0"]
    assert {model["id"] for model in seen} == set(ids)
    assert "inputSchema" not in seen[0]


def test_work_request_logs_go_page_by_page(api) -> None:
    model = api.model_with_artifact()
    requests = []
    for _ in range(2):
        created = api.call("POST", "/modelDeployments", api.deployment_details(model["id"]))
        requests.append(created.headers["opc-work-request-id"])
        with api.services.database.write() as tx:
            for number in range(3):
                progress.log(tx, requests[-1], f"line {number}", percent=1, now=datetime.now(timezone.utc))
    first = api.call("GET", f"/workRequests/{requests[0]}/logs", limit=2)
    token = first.headers["opc-next-page"]
    second = api.call("GET", f"/workRequests/{requests[0]}/logs", limit=2, page=token)
    assert [line["message"] for line in (*first.json(), *second.json())] == ["line 0", "line 1", "line 2"]
    assert "opc-next-page" not in second.headers
    for other in (f"/workRequests/{requests[1]}/logs", f"/workRequests/{requests[0]}/errors"):
        refused = api.call("GET", other, page=token)
        assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")


def test_a_create_that_is_sent_again_gives_the_same(api) -> None:
    model = api.model_with_artifact()
    for path, body in (
        ("/projects", {"compartmentId": "c"}),
        ("/models", {"compartmentId": "c", "projectId": api.project_id}),
        ("/modelDeployments", api.deployment_details(model["id"])),
    ):
        headers = {"opc-retry-token": f"token of {path}"}
        first, second = (api.call("POST", path, body, headers=headers) for _ in range(2))
        assert (first.json(), first.headers["etag"]) == (second.json(), second.headers["etag"])
        assert first.headers.get("opc-work-request-id") == second.headers.get("opc-work-request-id")
        other = api.call("POST", path, {**body, "displayName": "other"}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (409, "InvalidatedRetryToken")


def test_an_upload_that_is_sent_again_is_done_already_and_another_is_refused(api) -> None:
    model = api.model()
    assert api.upload(model["id"], b"bytes", opc_retry_token="t").status_code == 204
    assert api.upload(model["id"], b"bytes", opc_retry_token="t").status_code == 204
    other = api.upload(model["id"], b"other bytes", opc_retry_token="t")
    assert (other.status_code, other.json()["code"]) == (409, "InvalidatedRetryToken")
    assert api.call("GET", f"/models/{model['id']}/artifact/content").content == b"bytes"


def test_the_request_id_of_the_client_comes_back_with_ours(api) -> None:
    answer = api.call("GET", f"/projects/{api.project_id}", headers={"opc-request-id": "MINE"})
    assert answer.headers["opc-request-id"].startswith("MINE/")
    garbled = api.call("GET", f"/projects/{api.project_id}", headers={"opc-request-id": "a b"})
    assert len(garbled.headers["opc-request-id"]) == 32


def test_every_answer_is_read_by_the_official_classes(api) -> None:
    model = api.model(displayName="m", retentionSetting={"archiveAfterDays": 1})
    names = official.Model().attribute_map.values()
    assert set(model) <= set(names)


def test_a_download_is_read_no_further_when_the_client_has_gone(api) -> None:
    model_id = api.model()["id"]
    assert api.upload(model_id, bytes(2_900_000)).status_code == 204
    url = httpx.URL(f"http://yard.test/20190101/models/{model_id}/artifact/content")
    headers = {"host": "yard.test", **api.signature("GET", url, None)}
    scope = {
        "type": "http",
        "method": "GET",
        "path": url.path,
        "raw_path": url.raw_path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    came = iter([{"type": "http.request", "body": b"", "more_body": False}])
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return next(came, {"type": "http.disconnect"})

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(api.app(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start"]
