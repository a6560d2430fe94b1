"""The OpenAPI document says what the service does, and so does its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from modelyard.deployments.shapes import SHAPES
from modelyard.server.app import operations


@pytest.fixture
def document(api) -> Any:
    """The document, fetched unsigned."""
    answer = api.send("GET", "http://localhost/documents/openapi.json", None, {})
    assert answer.status_code == 200
    return answer.json()


def test_every_operation_is_in_the_document(api, document):
    table = {(row.base_path + re.sub(r":path}", "}", row.path), row.method.lower()) for row in operations(api.services)}
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    predict = ("/{model_deployment_id}/predict", "post")  # the gateway's, and in no table
    assert described == {predict} | {row for row in table if not row[0].startswith("/documents")}


def test_every_name_in_the_document_is_said_once(document):
    names = [each["operationId"] for item in document["paths"].values() for each in item.values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document):
    text = msgspec.json.encode(document).decode()
    for name in set(re.findall(r"#/components/schemas/([A-Za-z0-9_.]+)", text)):
        assert name in document["components"]["schemas"], name


def test_every_parameter_of_a_path_is_described(document):
    for path, item in document["paths"].items():
        for each in item.values():
            described = {one["name"] for one in each["parameters"] if one["in"] == "path"}
            assert described == set(re.findall(r"{(\w+)}", path)), path


def test_every_link_leads_to_an_operation_that_takes_what_it_gives(document):
    taken = {
        each["operationId"]: {one["name"] for one in each["parameters"]}
        for item in document["paths"].values()
        for each in item.values()
    }
    assert len(list(links(document))) > 300
    for _, link in links(document):
        assert link["parameters"].keys() <= taken[link["operationId"]], link


def links(document: Any) -> Iterator[tuple[str, Any]]:
    for item in document["paths"].values():
        for each in item.values():
            for response in each["responses"].values():
                yield from ((each["operationId"], link) for link in response.get("links", {}).values())


@pytest.mark.parametrize(
    ("source", "target", "parameters"),
    [
        ("create_model", "get_model", {"model_id": "$response.body#/id"}),
        ("list_models", "delete_model", {"model_id": "$response.body#/0/id"}),
        ("create_model", "get_project", {"project_id": "$response.body#/projectId"}),
        ("get_namespace", "create_bucket", {"namespace_name": "$response.body"}),
        (
            "create_multipart_upload",
            "commit_multipart_upload",
            {
                "namespace_name": "$request.path.namespace_name",
                "bucket_name": "$request.path.bucket_name",
                "object_name": "$response.body#/object",
                "uploadId": "$response.body#/uploadId",
            },
        ),
        (
            "create_cursor",
            "get_messages",
            {"stream_id": "$request.path.stream_id", "cursor": "$response.body#/value"},
        ),
        ("create_log_group", "get_logging_work_request", {"work_request_id": "$response.header.opc-work-request-id"}),
    ],
)
def test_an_answer_leads_to_where_its_ids_are_taken(document, source, target, parameters):
    found = [link["parameters"] for name, link in links(document) if (name, link["operationId"]) == (source, target)]
    assert found == [parameters]


def test_required_parameters_of_a_list_are_required_in_the_document(document):
    (compartment,) = [
        one for one in document["paths"]["/20190101/models"]["get"]["parameters"] if one["name"] == "compartmentId"
    ]
    assert compartment["required"] is True


def test_the_page_loads_nothing_from_elsewhere(api):
    answer: httpx.Response = api.send("GET", "http://localhost/documents/index.html", None, {})
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", answer.text)


def test_a_501_is_in_the_document_where_one_can_be_answered_and_nowhere_else(document):
    answers = {each["operationId"]: each["responses"] for item in document["paths"].values() for each in item.values()}
    assert "keys of a vault" in answers["create_bucket"]["501"]["description"]
    assert "501" not in answers["create_project"]
    assert all("503" in each for name, each in answers.items() if name != "predict")


def test_what_the_service_checks_itself_is_in_the_document(document):
    schemas = document["components"]["schemas"]
    assert schemas["Metadata"]["required"] == ["key"]
    assert schemas["CreateBucketDetails"]["properties"]["name"]["pattern"] == "^[A-Za-z0-9_.-]{1,256}$"
    assert schemas["InstanceConfiguration"]["properties"]["instanceShapeName"]["enum"] == [each.name for each in SHAPES]
    assert [each["required"] for each in schemas["CreateStreamDetails"]["anyOf"]] == [
        ["compartmentId"],
        ["streamPoolId"],
    ]


def test_what_the_nouns_ask_for_is_of_fields_that_they_have(document):
    for name, schema in document["components"]["schemas"].items():
        assert set(schema.get("required", ())) <= schema.get("properties", {}).keys(), name


def test_every_time_in_the_document_is_one(document):
    model = document["components"]["schemas"]["Model"]["properties"]
    assert model["timeCreated"] == {"type": "string", "format": "date-time"}
