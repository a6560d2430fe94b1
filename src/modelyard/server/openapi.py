"""The OpenAPI document of the whole service, made of the route table and the nouns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from modelyard import __version__
from modelyard.resources.noun import CHECKED_LATER, Noun, ObjectName
from modelyard.server.links import PARAMETER, followers
from modelyard.wire.operation import Operation
from modelyard.wire.paging import ListQuery

Document = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"

_SERVICES = {
    "": "object_storage",
    "/20160918": "identity",
    "/20180409": "resource_search",
    "/20180418": "streaming",
    "/20190101": "data_science",
    "/20190909": "logging_search",
    "/20200531": "logging",
    "/20200831": "logging_ingestion",
}
"""The official SDK's name of the service below each base path."""

_SOME_TEXT: Document = {"type": "string", "minLength": 1}
_IN_PATHS: Mapping[str, Document] = {"object_name": msgspec.json.schema(ObjectName)}

DESCRIPTION = """\
The wire format of OCI: the official clients speak it unmodified. Requests are signed as those clients sign them;
`modelyard up` makes the key and writes the profile that they read.
"""


class Fault(Noun, frozen=True, kw_only=True):
    """Be an error: a code for programs, and a sentence for people."""

    code: str
    message: str


def document(table: Sequence[Operation], *, endpoint: str) -> Document:
    """Return the OpenAPI 3.1 document of a route table.

    Args:
        table: The operations.
        endpoint: Where clients find the service.
    """
    nouns = {noun for row in table for noun in (row.query, row.request, row.response) if noun is not None}
    ordered: list[type[Noun]] = sorted({*nouns, Fault}, key=lambda noun: f"{noun.__module__}.{noun.__qualname__}")
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    _complete(components)
    references = dict(zip(ordered, schemas, strict=True))
    names = _names(table)
    paths: dict[str, Document] = {}
    for row in table:
        item = paths.setdefault(_path(row), {})
        item[row.method.lower()] = {
            "operationId": names[_key(row)],
            "summary": row.summary,
            "tags": [_service(row)],
            **_request(row, references, components),
            "responses": _responses(row, references, links=_links(row, table, names)),
            **({} if row.is_signed else {"security": []}),
        }
    paths["/{model_deployment_id}/predict"] = {"post": _predict(references)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "modelyard", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": endpoint}],
        "security": [{"signature": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": 'Signature version="1",keyId="tenancy/user/fingerprint",algorithm="rsa-sha256",…',
                }
            },
        },
    }


def _predict(references: Mapping[type[Noun], Document]) -> Document:
    """Return the one operation that is not in the table, since the gateway answers it."""
    anything: Document = {"content": {"application/json": {"schema": {}}, "application/octet-stream": {}}}
    return {
        "operationId": "predict",
        "summary": "Predict: send what the model takes, get what it says.",
        "tags": ["model_deployment"],
        "parameters": [{"name": "model_deployment_id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {**anything, "required": True},
        "responses": {
            "200": {"description": "What predict() of score.py returned.", "content": {"application/json": {}}},
            "default": _fault(references, "A fault, of the service or of the model."),
        },
    }


def _key(row: Operation) -> tuple[str, str]:
    return row.method, _path(row)


def _names(table: Sequence[Operation]) -> dict[tuple[str, str], str]:
    """Return each operation's own name, with its service's before it where two services have it."""
    times = Counter(row.name for row in table)
    return {_key(row): row.name if times[row.name] == 1 else f"{_service(row)}_{row.name}" for row in table}


def _links(row: Operation, table: Sequence[Operation], names: Mapping[tuple[str, str], str]) -> Document:
    found = {names[_key(target)]: parameters for target, parameters in followers(row, table)}
    return {name: {"operationId": name, "parameters": parameters} for name, parameters in found.items()}


def _complete(components: Document) -> None:
    """Add what the nouns say of themselves that their types do not."""
    for noun in _nouns_below(Noun):
        schema = components.get(noun.__name__)
        if schema is None:
            continue
        for name in noun.also_required:
            schema["required"].append(name)
            schema["properties"][name] = {**_without_null(schema["properties"][name]), CHECKED_LATER: True}
        schema.update(noun.schema_rules)


def _nouns_below(noun: type[Noun]) -> Iterator[type[Noun]]:
    for each in noun.__subclasses__():
        yield each
        yield from _nouns_below(each)


def _path(row: Operation) -> str:
    return (row.base_path + PARAMETER.sub(r"{\1}", row.path)) or "/"


def _service(row: Operation) -> str:
    return _SERVICES.get(row.base_path, row.base_path.strip("/"))


def _request(row: Operation, references: Mapping[type[Noun], Document], components: Document) -> Document:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATHS.get(name, _SOME_TEXT)}
        for name in PARAMETER.findall(row.path)
    ]
    if row.query is not None:
        parameters += _query(references[row.query], components)
    parameters += _headers(row)
    body: Document = {}
    if row.request is not None:
        body = {"content": {"application/json": {"schema": references[row.request]}}, "required": True}
    elif row.stream_handler is not None:
        data = {"type": "string", "format": "binary"} | ({"minLength": 1} if row.needs_bytes else {})
        body = {"content": {"application/octet-stream": {"schema": data}}, "required": row.needs_bytes}
    return {"parameters": parameters, **({"requestBody": body} if body else {})}


def _query(reference: Document, components: Document) -> list[Document]:
    schema = components[reference["$ref"].rpartition("/")[2]]
    required = set(schema.get("required", ()))
    return [
        _queried(name, _without_null(each), is_required=name in required) for name, each in schema["properties"].items()
    ]


def _queried(name: str, schema: Document, *, is_required: bool) -> Document:
    """Return a query parameter: one that is empty counts as left out."""
    if is_required:
        least = {"minLength": 1} if schema.get("type") == "string" else {}
        return {"name": name, "in": "query", "required": True, "schema": {**schema, **least}}
    return {"name": name, "in": "query", "required": False, "allowEmptyValue": True, "schema": schema}


def _without_null(schema: Document) -> Document:
    """Return a schema of text in a URL, which cannot be null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return choices[0] if len(choices) == 1 else {name: each for name, each in schema.items() if name != "default"}


def _headers(row: Operation) -> Iterable[Document]:
    if row.method in {"PUT", "DELETE"} or "/actions/" in row.path:
        yield _header("if-match", {"type": "string"})
    if row.method == "POST":
        yield _header("opc-retry-token", {"type": "string", "minLength": 1, "maxLength": 64})


def _header(name: str, schema: Document) -> Document:
    return {"name": name, "in": "header", "required": False, "schema": schema}


def _responses(row: Operation, references: Mapping[type[Noun], Document], *, links: Document) -> Document:
    answer: Document = {"description": row.summary, "headers": _answer_headers(row)}
    if row.response is not None:
        one = references[row.response]
        schema = {"type": "array", "items": one} if row.is_list else one
        answer["content"] = {"application/json": {"schema": schema}}
    if links:
        answer["links"] = links
    faults = {"4XX": "What is asked for is wrong, not allowed, not there, or not possible now."}
    if row.not_implemented:
        faults["501"] = f"Not implemented: {row.not_implemented}"
    faults["503"] = "The service is away for a moment: ask again."
    said = {status: _fault(references, description) for status, description in faults.items()}
    return {str(row.status): answer, **said}


def _fault(references: Mapping[type[Noun], Document], description: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": references[Fault]}}}


def _answer_headers(row: Operation) -> Document:
    names = ["opc-request-id"]
    if row.is_list and row.query is not None and issubclass(row.query, ListQuery):
        names.append("opc-next-page")
    elif row.response is not None:
        names.append("etag")
    if row.status == 202:
        names.append("opc-work-request-id")
    return {name: {"schema": {"type": "string"}} for name in names}
