"""Bad requests: each with its status, a code that clients know, and a sentence that says what was wrong."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest

from modelyard.server.app import build_app, operations
from modelyard.server.endpoint import LONGEST_BODY
from modelyard.wire.signing import sign

NOWHERE = "ocid1.datasciencemodel.oc98.local-1.nowhere"


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

EVERYTHING = [
    ("GET", "/projects"), ("POST", "/projects"), ("GET", "/projects/x"), ("PUT", "/projects/x"),
    ("DELETE", "/projects/x"), ("GET", "/models"), ("POST", "/models"), ("GET", "/models/x"), ("PUT", "/models/x"),
    ("DELETE", "/models/x"), ("POST", "/models/x/actions/activate"), ("POST", "/models/x/actions/deactivate"),
    ("GET", "/models/x/provenance"), ("POST", "/models/x/provenance"), ("PUT", "/models/x/provenance"),
    ("POST", "/models/x/artifact"), ("GET", "/models/x/artifact/content"), ("GET", "/modelDeployments"),
    ("POST", "/modelDeployments"), ("GET", "/modelDeployments/x"), ("PUT", "/modelDeployments/x"),
    ("DELETE", "/modelDeployments/x"), ("POST", "/modelDeployments/x/actions/activate"),
    ("POST", "/modelDeployments/x/actions/deactivate"), ("GET", "/modelDeploymentShapes"), ("GET", "/workRequests"),
    ("GET", "/workRequests/x"), ("DELETE", "/workRequests/x"), ("GET", "/workRequests/x/logs"),
    ("GET", "/workRequests/x/errors"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_an_unsigned_request_is_refused_everywhere(api, fault, method: str, path: str) -> None:
    fault(api.call(method, path, signed=False), 401, "NotAuthenticated", "not signed")


def test_an_unsigned_head_is_refused_without_a_body(api) -> None:
    answer = api.call("HEAD", "/models/x/artifact/content", signed=False)
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize("age", [-301, 301])
def test_a_request_of_another_time_is_refused(api, fault, age: int) -> None:
    path = f"/20190101/projects/{api.project_id}"
    headers = sign(
        key=api.key, key_id=api.installation.key_id, method="GET", target=path, host="yard.test", now=time.time() + age
    )
    fault(api.send("GET", f"http://yard.test{path}", None, headers), 401, "NotAuthenticated", "five minutes")


@pytest.mark.parametrize(
    ("path", "body"),
    [("/20190101/projects", b'{"compartmentId": "other"}'), ("/20190101/models", b'{"compartmentId": "c"}')],
)
def test_another_body_or_path_than_the_signed_one_is_refused(api, fault, path: str, body: bytes) -> None:
    signed = api.signature("POST", httpx.URL("http://yard.test/20190101/projects"), b'{"compartmentId": "c"}')
    fault(api.send("POST", f"http://yard.test{path}", body, signed), 401, "NotAuthenticated")
    assert len(api.call("GET", "/projects", compartmentId="other").json()) == 0


def test_a_body_that_is_not_signed_is_refused(api, fault) -> None:
    url = httpx.URL("http://yard.test/20190101/projects")
    answer = api.send("POST", url, b'{"compartmentId": "c"}', api.signature("POST", url, None))
    fault(answer, 401, "NotAuthenticated", "does not cover the body")


def test_without_a_verifier_requests_count_as_the_users(api) -> None:
    open_app = build_app(operations(api.services), verifier=None, user_id="somebody")
    api.app = open_app
    created = api.call("POST", "/projects", {"compartmentId": "c"}, signed=False)
    assert created.json()["createdBy"] == "somebody"


# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path", ["/nothing", "/models/", "/models/x/y", "/projects/x/actions/fly", "/%2e%2e/models", "//models"]
)
def test_an_unknown_route_is_said(api, fault, path: str) -> None:
    fault(api.call("GET", path), 404, "NotFound", "There is no operation at")


@pytest.mark.parametrize("base", ["", "/20180101", "/20190101x"])
def test_another_base_path_is_no_route(api, fault, base: str) -> None:
    fault(api.send("GET", f"http://yard.test{base}/models", None, {}), 404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/models"), ("PATCH", "/models/x"), ("GET", "/models/x/artifact"), ("PUT", "/workRequests/x")],
)
def test_a_wrong_method_is_said_with_the_right_ones(api, fault, method: str, path: str) -> None:
    fault(api.call(method, path), 405, "MethodNotAllowed", f"{method} is not possible here")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path.replace("/x", f"/{NOWHERE}"))
        for method, path in EVERYTHING
        if "/x" in path and "/artifact" not in path
    ],
)
def test_an_unknown_ocid_is_said(api, fault, method: str, path: str) -> None:
    fault(api.call(method, path, {}), 404, "NotAuthorizedOrNotFound", NOWHERE)


def test_the_artifact_of_an_unknown_model_is_said(api, fault) -> None:
    fault(api.upload(NOWHERE, b"x"), 404, "NotAuthorizedOrNotFound", NOWHERE)
    fault(api.call("GET", f"/models/{NOWHERE}/artifact/content"), 404, "NotAuthorizedOrNotFound", NOWHERE)
    fault(
        api.call("GET", f"/models/{api.model()['id']}/artifact/content"), 404, "NotAuthorizedOrNotFound", "no artifact"
    )


@pytest.mark.parametrize("odd", ["%00", "%FF%FE", "'%20OR%201=1", "%F0%9F%92%A9", "x" * 5000])
def test_an_odd_id_is_an_unknown_one(api, odd: str) -> None:
    answer = api.call("GET", f"/models/{odd}")
    assert answer.status_code == 404
    assert answer.json()["message"]


# ── what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"compartmentId": None}, "InvalidParameter", "compartmentId: expected str, got null"),
        ({"compartmentId": ...}, "MissingParameter", "compartmentId is required"),
        ({"projectId": 5}, "InvalidParameter", "projectId: expected str, got int"),
        ({"displayName": "x" * 256}, "InvalidParameter", "displayName: expected str of length <= 255"),
        ({"displayName": ""}, "InvalidParameter", "displayName: expected str of length >= 1"),
        ({"displayName": ["x"]}, "InvalidParameter", "displayName: expected str | null, got array"),
        ({"description": "x" * 4001}, "InvalidParameter", "description"),
        ({"inputSchema": "x" * 32_001}, "InvalidParameter", "inputSchema"),
        ({"freeformTags": {"a": 1}}, "InvalidParameter", "freeformTags[...]: expected str, got int"),
        ({"customMetadataList": [{"key": "k"}, 5]}, "InvalidParameter", "customMetadataList[1]: expected object"),
        ({"customMetadataList": [{"value": "v"}]}, "InvalidParameter", "no key"),
        ({"projectId": NOWHERE}, "RelatedResourceNotAuthorizedOrNotFound", NOWHERE),
        ({"customMetadataList": [{"key": str(n), "value": "x" * 16_000} for n in range(3)]}, "LimitExceeded", "32000"),
        ({"retentionSetting": {"archiveAfterDays": "1"}}, "InvalidParameter", "retentionSetting.archiveAfterDays"),
    ],
)
def test_a_field_that_is_wrong_is_named(api, fault, change: dict[str, object], code: str, says: str) -> None:
    body = {"compartmentId": "c", "projectId": api.project_id, **change}
    body = {name: value for name, value in body.items() if value is not ...}
    fault(api.call("POST", "/models", body), 400, code, says)
    assert api.call("GET", "/models", compartmentId="c").json() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "CannotParseRequest"), (b"{", "CannotParseRequest"), (b"[]", "InvalidParameter"),
     (b"\xff\xfe", "CannotParseRequest"), (b"{}x", "MissingParameter"), (b"[" * 500_000, None),
     (b'{"compartmentId":"c","definedTags":{"a":{"b":' + b"[" * 500_000, "CannotParseRequest"),
     (b'{"compartmentId":"\\ud800"}', "CannotParseRequest")],
    ids=range(8),
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(api, body: bytes, code: str | None) -> None:
    answer = api.call("POST", "/projects", body)
    assert answer.status_code == 400
    assert code in {None, answer.json()["code"]}


@pytest.mark.parametrize("depth", [100, 400, 900, 1500])
def test_a_tag_however_deep_is_refused_or_comes_back(api, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    body = f'{{"compartmentId":"c","definedTags":{{"a":{{"b":{nested}}}}}}}'.encode()
    created = api.call("POST", "/projects", body)
    if created.status_code == 400:
        assert created.json()["code"] == "CannotParseRequest"
        return
    assert nested in api.call("GET", f"/projects/{created.json()['id']}").text
    assert nested in api.call("GET", "/projects", compartmentId="c").text


def test_a_body_over_the_limit_is_refused(api, fault) -> None:
    body = b'{"compartmentId": "c", "x": "' + b"x" * LONGEST_BODY + b'"}'
    fault(api.call("POST", "/projects", body), 413, "PayloadTooLarge", str(LONGEST_BODY))


def test_a_string_with_a_nul_comes_back_or_is_refused(api) -> None:
    created = api.call("POST", "/projects", {"compartmentId": "c", "displayName": "a\0b"})
    assert created.status_code in {200, 400}
    if created.status_code == 200:
        listed = api.call("GET", "/projects", compartmentId="c", displayName="a\0b").json()
        assert [project["displayName"] for project in listed] == ["a\0b"]


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ({}, "MissingParameter", "compartmentId is required and missing from the query"),
        ({"compartmentId": ""}, "MissingParameter", "compartmentId"),
        ({"compartmentId": "c", "limit": "0"}, "InvalidParameter", "limit"),
        ({"compartmentId": "c", "limit": "9" * 400}, "InvalidParameter", "limit"),
        ({"compartmentId": "c", "sortBy": "size"}, "InvalidParameter", "sortBy"),
        ({"compartmentId": "c", "sortOrder": "UP"}, "InvalidParameter", "sortOrder"),
        ({"compartmentId": "c", "lifecycleState": "DEAD"}, "InvalidParameter", "lifecycleState"),
        ({"compartmentId": "c", "page": "x"}, "InvalidParameter", "no token of this service"),
        ({"compartmentId": "c", "limit": ["1", "2"]}, "InvalidParameter", "limit is given twice"),
    ],
)
def test_a_query_parameter_that_is_wrong_is_named(api, fault, query: dict[str, object], code: str, says: str) -> None:
    fault(api.call("GET", "/models", **query), 400, code, says)


def test_a_token_of_another_list_is_refused(api, fault) -> None:
    for _ in range(2):
        api.model()
    token = api.call("GET", "/models", compartmentId=api.compartment_id, limit=1).headers["opc-next-page"]
    for path, query in (("/models", {"sortOrder": "ASC"}), ("/projects", {}), ("/modelDeploymentShapes", {})):
        answer = api.call("GET", path, compartmentId=api.compartment_id, page=token, **query)
        fault(answer, 400, "InvalidParameter", "belongs to a list with other filters")


@pytest.mark.parametrize("token", ["x" * 65, "é" * 65])
def test_a_retry_token_that_is_too_long_is_refused(api, fault, token: str) -> None:
    answer = api.call("POST", "/projects", {"compartmentId": "c"}, headers={"opc-retry-token": token.encode("latin-1")})
    fault(answer, 400, "InvalidParameter", "opc-retry-token")


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_etag_is_refused_everywhere(api, fault) -> None:
    model = api.model_with_artifact()
    deployment = api.call("POST", "/modelDeployments", api.deployment_details(model["id"])).json()
    other = api.model()
    api.call("POST", f"/models/{model['id']}/provenance", {})
    for method, path in (
        ("PUT", f"/projects/{api.project_id}"),
        ("PUT", f"/models/{model['id']}"),
        ("POST", f"/models/{other['id']}/actions/deactivate"),
        ("PUT", f"/models/{model['id']}/provenance"),
        ("DELETE", f"/models/{other['id']}"),
        ("DELETE", f"/modelDeployments/{deployment['id']}"),
    ):
        answer = api.call(method, path, {}, headers={"if-match": "other"})
        fault(answer, 412, "NoEtagMatch", "get it again")


def test_what_passes_by_itself_may_be_tried_again_and_what_does_not_may_not(api, fault) -> None:
    model = api.model_with_artifact()
    id = api.call("POST", "/modelDeployments", api.deployment_details(model["id"])).json()["id"]
    fault(api.call("PUT", f"/modelDeployments/{id}", {}), 409, "IncorrectState", "CREATING")
    fault(api.call("POST", f"/modelDeployments/{id}/actions/activate"), 409, "IncorrectState")
    fault(api.call("DELETE", f"/models/{model['id']}"), 409, "Conflict", id)
    fault(api.upload(model["id"], b"y"), 409, "Conflict", "never change")
    fault(api.call("DELETE", f"/projects/{api.project_id}"), 409, "Conflict", model["id"])
    requests = api.call("GET", "/workRequests", compartmentId=api.compartment_id).json()
    fault(api.call("DELETE", f"/workRequests/{requests[0]['id']}"), 409, "Conflict", "cannot be cancelled")


# ── artifacts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upload_that_is_wrong_leaves_the_model_without_an_artifact(api, fault) -> None:
    id = api.model()["id"]
    fault(api.upload(id, b""), 400, "InvalidParameter", "empty")
    fault(api.upload(id, b"x" * 3_000_001), 413, "PayloadTooLarge", "3000000")
    fault(api.upload(id, b"x" * 3_000_001, in_pieces=1_000_000), 413, "PayloadTooLarge", "3000000")
    fault(api.upload(id, b"x", content_disposition='attachment; filename="../x"'), 400, "InvalidParameter", "../x")
    fault(api.upload(id, b"x", if_match="other"), 412, "NoEtagMatch")
    fault(api.call("GET", f"/models/{id}/artifact/content"), 404, "NotAuthorizedOrNotFound")
    assert [path for path in api.settings.blobs.rglob("*") if path.is_file()] == []
    assert api.upload(id, b"x").status_code == 204


@pytest.mark.parametrize("length", ["²", "-1", "x", "9" * 5000])
def test_a_content_length_that_is_none_is_refused(api, fault, length: str) -> None:
    path = f"/models/{api.model()['id']}/artifact"
    url = httpx.URL(f"http://yard.test/20190101{path}")
    headers = {**api.signature("POST", url, None), "content-length": length.encode("latin-1")}
    answer = api.send("POST", url, b"x", headers)
    assert answer.status_code in {400, 413}


def test_a_signed_artifact_that_is_not_the_one_that_comes_is_refused(api, fault) -> None:
    id = api.model()["id"]
    url = httpx.URL(f"http://yard.test/20190101/models/{id}/artifact")
    fault(api.send("POST", url, b"y", api.signature("POST", url, b"x")), 401, "NotAuthenticated")
    assert api.send("POST", url, b"x", api.signature("POST", url, b"x")).status_code == 204


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(api) -> None:
    id = api.model()["id"]
    path = f"/20190101/models/{id}/artifact"
    headers = api.signature("POST", httpx.URL(f"http://yard.test{path}"), None)
    messages = iter(
        [{"type": "http.request", "body": b"x" * 1_500_000, "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[object] = []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive():
        return next(messages)

    async def send(message) -> None:
        sent.append(message)

    asyncio.run(api.app(scope, receive, send))
    assert sent == []
    assert [path for path in api.settings.blobs.rglob("*") if path.is_file()] == []
    assert api.upload(id, b"x").status_code == 204


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=200-300"])
def test_a_range_behind_the_end_is_refused(api, fault, header: str) -> None:
    model = api.model_with_artifact(bytes(100))
    answer = api.call("GET", f"/models/{model['id']}/artifact/content", headers={"range": header})
    fault(answer, 416, "InvalidRange", "100 bytes")


@pytest.mark.parametrize("header", ["bytes=5-2", "lines=1-2", "bytes=1-2,4-5", "bytes=" + "9" * 5000 + "-"])
def test_a_range_that_makes_no_sense_means_the_whole(api, header: str) -> None:
    model = api.model_with_artifact(bytes(100))
    answer = api.call("GET", f"/models/{model['id']}/artifact/content", headers={"range": header})
    assert (answer.status_code, len(answer.content)) == (200, 100)


# ── deployments ──────────────────────────────────────────────────────────────────────────────────────────────────────

MODEL = ("modelDeploymentConfigurationDetails", "modelConfigurationDetails")
ENVIRONMENT = ("modelDeploymentConfigurationDetails", "environmentConfigurationDetails")
CONTAINER = {"environmentConfigurationType": "OCIR_CONTAINER", "image": "i"}
SIZE = (*MODEL, "instanceConfiguration", "modelDeploymentInstanceShapeConfigDetails")


@pytest.mark.parametrize(
    ("path", "value", "status", "code", "says"),
    [
        ((*MODEL, "modelId"), NOWHERE, 400, "RelatedResourceNotAuthorizedOrNotFound", NOWHERE),
        ((*MODEL, "instanceConfiguration", "instanceShapeName"), "XL", 400, "InvalidParameter", "no shape XL"),
        (SIZE, {"ocpus": 2}, 400, "InvalidParameter", ".Flex"),
        (SIZE, {"ocpus": -1}, 400, "InvalidParameter", "ocpus"),
        ((*MODEL, "scalingPolicy", "instanceCount"), 0, 400, "InvalidParameter", "instanceCount"),
        ((*MODEL, "scalingPolicy", "instanceCount"), 1000, 400, "InvalidParameter", "at most 100"),
        (ENVIRONMENT, CONTAINER, 501, "MethodNotImplemented", "no-such-runtime"),
        (ENVIRONMENT, {**CONTAINER, "imageSignatureId": "s"}, 501, "MethodNotImplemented", "not verified"),
        (ENVIRONMENT, {**CONTAINER, "image": "--rm"}, 400, "InvalidParameter", "'--rm' is no name of an image"),
        (ENVIRONMENT, {**CONTAINER, "image": "i x"}, 400, "InvalidParameter", "'i x' is no name of an image"),
        (ENVIRONMENT, {**CONTAINER, "imageDigest": "sha256:1"}, 400, "InvalidParameter", "64 hexadecimal digits"),
        (ENVIRONMENT, {**CONTAINER, "cmd": ["a\0b"]}, 400, "InvalidParameter", "NUL"),
        (ENVIRONMENT, {**CONTAINER, "serverPort": 80}, 400, "InvalidParameter", "serverPort is 80"),
        ((*ENVIRONMENT, "environmentVariables"), {"A_": "1"}, 400, "InvalidParameter", "'A_'"),
        ((*ENVIRONMENT, "environmentVariables"), {"A": "x\0"}, 400, "InvalidParameter", "NUL"),
        ((*ENVIRONMENT, "environmentVariables"), {"A": "x" * 2048}, 400, "InvalidParameter", "2048"),
        ((*ENVIRONMENT, "environmentVariables"), {"WEB_CONCURRENCY": "0"}, 400, "InvalidParameter", "WEB_CONCURRENCY"),
        ((*ENVIRONMENT, "environmentVariables"), {"WEB_CONCURRENCY": "9" * 5000}, 400, "InvalidParameter", ""),
        (("projectId",), NOWHERE, 400, "RelatedResourceNotAuthorizedOrNotFound", NOWHERE),
    ],
)  # fmt: skip
def test_a_deployment_that_cannot_be_is_refused_before_anything_starts(
    api, fault, path: tuple[str, ...], value: object, status: int, code: str, says: str
) -> None:
    body = json.loads(json.dumps(api.deployment_details(api.model_with_artifact()["id"])))
    place = body
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    fault(api.call("POST", "/modelDeployments", body), status, code, says)
    assert api.call("GET", "/modelDeployments", compartmentId=api.compartment_id).json() == []
    assert api.call("GET", "/workRequests", compartmentId=api.compartment_id).json() == []


def test_a_flexible_instance_larger_than_any_machine_is_refused(api, fault) -> None:
    body = api.deployment_details(api.model_with_artifact()["id"])
    body["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]["instanceConfiguration"] = {
        "instanceShapeName": "VM.Standard.E4.Flex",
        "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1e308},
    }
    fault(api.call("POST", "/modelDeployments", body), 400, "InvalidParameter", "use more instances")


def test_a_model_without_an_artifact_or_switched_off_is_not_deployed(api, fault) -> None:
    model = api.model()
    fault(
        api.call("POST", "/modelDeployments", api.deployment_details(model["id"])), 409, "Conflict", "has no artifact"
    )
    api.upload(model["id"], b"x")
    api.call("POST", f"/models/{model['id']}/actions/deactivate")
    fault(api.call("POST", "/modelDeployments", api.deployment_details(model["id"])), 409, "Conflict", "is INACTIVE")


# ── what nobody expected ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_of_ours_says_where_to_look_and_nothing_of_its_inside(api, fault, caplog) -> None:
    api.services.database.close()
    with api.services.database.write() as tx:
        tx.exec_driver_sql("DROP TABLE projects")
    answer = api.call("GET", f"/projects/{api.project_id}")
    fault(answer, 500, "InternalServerError", answer.headers["opc-request-id"])
    assert "no such table" not in answer.text
    assert "no such table" in caplog.text
