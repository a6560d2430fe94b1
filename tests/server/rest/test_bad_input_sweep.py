"""Every field of every operation, asked wrongly: what is refused names the field, and nothing is left behind.

The fields and what they may be come from the OpenAPI document, so that a new operation is swept from its first day.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from modelyard.database.engine import metadata
from modelyard.resources.noun import CHECKED_LATER
from modelyard.server.app import build_app, operations
from modelyard.server.openapi import document

Schema = dict[str, Any]

DEPTH = 6
VERY_LONG = "x" * 20_000
REFUSALS = {"InvalidParameter", "MissingParameter"}
#: a value of each type of JSON, for where another is wanted
OF_TYPE: dict[str, object] = {"string": "x", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
#: for each form that a text must have, one that has it
#: Texts of which one fits each pattern.
OF_FORM = ("x", f"sha256:{0:064}", "eA==", "tags", "PT3M", "name", "approximateCount", "ocid1.subnet.oc98.local-1.a")

TIME = "2030-01-01T00:00:00Z"


def is_time(name: str) -> bool:
    """Tell whether a field is a time, by its name: times are text to the document."""
    return name.startswith("time") or name.endswith("time")


class Answer(NamedTuple):
    """An answer, without its headers."""

    status: int
    body: bytes

    def fault(self) -> tuple[str, str]:
        """Return the code and the message."""
        said = json.loads(self.body)
        return said["code"], said["message"]


class Wrong(NamedTuple):
    """A body or query that has one thing wrong, the field that has it, and what is wrong with it."""

    asked: Any
    where: str
    what: str


@dataclass
class Service:
    """The service as an app, called without sockets and signatures: thousands of requests in seconds."""

    app: Any
    services: Any
    document: Schema
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def ask(self, method: str, path: str, body: bytes = b"", query: str = "") -> Answer:
        """Send a request."""
        return self.loop.run_until_complete(self._ask(method, path, body, query))

    async def _ask(self, method: str, path: str, body: bytes, query: str) -> Answer:
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")],
        }  # fmt: skip
        status, pieces = 0, []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            pieces.append(message.get("body", b""))

        await self.app(scope, receive, send)
        return Answer(status, b"".join(pieces))

    def rows(self) -> dict[str, int]:
        """Count the rows of every table."""
        with self.services.database.read() as tx:
            return {
                name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items()
            }


@pytest.fixture
def service(api) -> Iterator[Service]:
    """The app without signatures, and its document."""
    table = operations(api.services)
    app = build_app(table, verifier=None, user_id=api.installation.user_id)
    service = Service(app, api.services, document(table, endpoint="http://yard.test"))
    yield service
    service.loop.run_until_complete(service.loop.shutdown_default_executor())
    service.loop.close()


class Sweep:
    """What may be wrong with a value, by its schema."""

    def __init__(self, components: Schema) -> None:
        self.components = components

    def choices(self, schema: Schema) -> list[Schema]:
        """Return what a value may be, references followed."""
        if "$ref" in schema:
            return self.choices(self.components[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema and "properties" not in schema:
            return [choice for part in schema["anyOf"] for choice in self.choices(part)]
        return [schema]

    def example(self, schema: Schema) -> Any:
        """Return a small value that fits."""
        first = self.choices(schema)[0]
        if "enum" in first:
            return first["enum"][0]
        if "const" in first:
            return first["const"]
        kind = first.get("type")
        if kind == "object":
            required = {name: first["properties"][name] for name in first.get("required", ())}
            return {name: TIME if is_time(name) else self.example(inner) for name, inner in required.items()}
        if kind == "array":
            return [self.example(first["items"])] * first.get("minItems", 0)
        if "pattern" in first:
            return next(text for text in OF_FORM if re.search(first["pattern"], text))
        if kind == "string":
            return "x" * first.get("minLength", 1)
        if kind in {"integer", "number"}:
            return first.get("minimum", 1)
        return True if kind == "boolean" else "x"

    def wrong(self, schema: Schema, *, where: str = "", depth: int = 0) -> Iterator[Wrong]:
        """Yield wrong values; where it is an object or array, also those with one thing wrong inside."""
        choices = self.choices(schema)
        kinds = {str(choice.get("type", "enum" if "enum" in choice else "any")) for choice in choices}
        if "any" in kinds:
            return
        for kind, value in OF_TYPE.items():
            fits = kind in kinds or (kind == "integer" and "number" in kinds) or (kind == "string" and "enum" in kinds)
            if not fits:
                yield Wrong(value, where, f"a {kind}")
        if "null" not in kinds and not schema.get(CHECKED_LATER):
            yield Wrong(None, where, "null")
        if is_time(where):
            yield Wrong("yesterday", where, "no time")
        for choice in choices:
            yield from self._out_of_bounds(choice, where, only=len(kinds - {"null"}) == 1)
            if depth < DEPTH:
                yield from self._inside(choice, where, depth + 1)

    def _out_of_bounds(self, schema: Schema, where: str, *, only: bool) -> Iterator[Wrong]:
        if schema.get(CHECKED_LATER):
            return  # other things may be found wrong first
        if "maxLength" in schema:
            yield Wrong("x" * (schema["maxLength"] + 1), where, "too long")
        if schema.get("minLength") and only:
            yield Wrong("", where, "empty")
        if "maximum" in schema:
            yield Wrong(schema["maximum"] + 1, where, "too large")
        if "minimum" in schema:
            yield Wrong(schema["minimum"] - 1, where, "too small")
        if schema.get("minItems") and only:
            yield Wrong([], where, "empty")
        if "pattern" in schema and only:
            yield Wrong("\N{PILE OF POO}", where, "not of its form")
        if "enum" in schema and only:
            yield Wrong("NO_SUCH_WORD", where, "none of the words")

    def _inside(self, schema: Schema, where: str, depth: int) -> Iterator[Wrong]:
        properties = {} if schema.get(CHECKED_LATER) else schema.get("properties", {})
        whole = self.example(schema) if properties else {}
        for name, inner in properties.items():
            if len(inner.get("enum", ())) == 1:
                continue  # the tag, by which another class is chosen
            if name in schema.get("required", ()) and not inner.get(CHECKED_LATER):
                yield Wrong({each: value for each, value in whole.items() if each != name}, name, "missing")
            for wrong in self.wrong(inner, where=name, depth=depth):
                yield Wrong({**whole, name: wrong.asked}, wrong.where, wrong.what)
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            for wrong in self.wrong(values, where=where, depth=depth):
                yield Wrong({"key": wrong.asked}, wrong.where, wrong.what)
        if isinstance(schema.get("items"), dict):
            for wrong in self.wrong(schema["items"], where=where, depth=depth):
                yield Wrong([wrong.asked], wrong.where, wrong.what)


class Described(NamedTuple):
    """An operation of the document."""

    name: str
    method: str
    path: str
    about: Schema

    @property
    def body(self) -> Schema | None:
        """The schema of its JSON body."""
        content = self.about.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema") if self.name != "predict" else None

    @property
    def query(self) -> list[Schema]:
        """The parameters in its query."""
        return [each for each in self.about["parameters"] if each["in"] == "query"]


def described(service: Service) -> list[Described]:
    """Return every operation, with something in each place of its path."""
    return [
        Described(about["operationId"], method.upper(), path.replace("{", "x").replace("}", ""), about)
        for path, item in service.document["paths"].items()
        for method, about in item.items()
        if not path.startswith("/documents")
    ]


def required_query(sweep: Sweep, operation: Described) -> dict[str, Any]:
    return {each["name"]: sweep.example(each["schema"]) for each in operation.query if each["required"]}


def test_every_field_of_every_body_that_is_wrong_is_named_and_leaves_nothing(service):
    sweep = Sweep(service.document["components"]["schemas"])
    before = service.rows()
    count, problems = 0, []
    for operation in described(service):
        if operation.body is None:
            continue
        query = urlencode(required_query(sweep, operation))
        for wrong in sweep.wrong(operation.body):
            answer = service.ask(operation.method, operation.path, json.dumps(wrong.asked).encode(), query)
            count += 1
            if answer.status != 400 or answer.fault()[0] not in REFUSALS or wrong.where not in answer.fault()[1]:
                said = f"{answer.status} {answer.body[:200]!r}"
                problems.append(f"{operation.name}: {wrong.where} is {wrong.what}: {said}")
    assert not problems, f"{len(problems)} of {count}:\n" + "\n".join(problems[:60])
    assert count > 500
    assert service.rows() == before


def test_no_field_of_any_body_makes_the_service_stumble(service):
    """Whatever a schema lets pass, null, unknown or very long, is taken or refused, and never a failure of ours."""
    sweep = Sweep(service.document["components"]["schemas"])
    problems = []
    for operation in described(service):
        if operation.body is None:
            continue
        query = urlencode(required_query(sweep, operation))
        for choice in sweep.choices(operation.body):
            whole = sweep.example(choice)
            odd = [{**whole, "noSuchField": {"deep": [1]}}, {**whole, "": None}]
            for name in choice.get("properties", {}):
                odd += [{**whole, name: value} for value in (None, VERY_LONG, "a\0b", "\N{PILE OF POO}" * 300, 1e308)]
            for body in odd:
                answer = service.ask(operation.method, operation.path, json.dumps(body).encode(), query)
                if answer.status >= 500 and answer.status != 501:
                    problems.append(f"{operation.name}: {str(body)[:200]}: {answer.status}")
    assert not problems, "\n".join(problems)


def test_every_query_parameter_that_is_wrong_is_named(service):
    sweep = Sweep(service.document["components"]["schemas"])
    problems = []
    for operation in described(service):
        required = required_query(sweep, operation)
        for parameter in operation.query:
            name, schema = parameter["name"], parameter["schema"]
            asked = [
                (wrong.asked, wrong.what)
                for wrong in sweep.wrong(schema)
                if wrong.what in {"too long", "too large", "too small", "none of the words", "no time"}
            ]
            kinds = {choice.get("type") for choice in sweep.choices(schema)}
            if kinds <= {"integer", "number"}:
                asked += [("many", "a string"), ("9" * 5000, "a very large number")]
            for value, what in asked:
                query = urlencode({**required, name: value})
                answer = service.ask(operation.method, operation.path, b"{}", query)
                if answer.status != 400 or name not in answer.fault()[1]:
                    problems.append(f"{operation.name}: {name} is {what}: {answer.status} {answer.body[:200]!r}")
            twice = urlencode([*required.items(), (name, "1"), (name, "2")])
            if service.ask(operation.method, operation.path, b"{}", twice).status != 400:
                problems.append(f"{operation.name}: {name} is given twice, and that is taken")
        for missing in required:
            query = urlencode({name: value for name, value in required.items() if name != missing})
            answer = service.ask(operation.method, operation.path, b"{}", query)
            if answer.status != 400 or missing not in answer.fault()[1]:
                problems.append(f"{operation.name}: {missing} is missing: {answer.status} {answer.body[:200]!r}")
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems[:60])


@pytest.mark.parametrize("token", ["x", "%00", "gA", "k6NhYmOjeHl6o2lkMQ", "A" * 4096, "A" * 5000, "../..", "é"])
def test_every_list_refuses_a_page_of_no_list(service, token: str):
    sweep = Sweep(service.document["components"]["schemas"])
    problems = []
    for operation in described(service):
        if not any(each["name"] == "page" for each in operation.query):
            continue
        query = urlencode({**required_query(sweep, operation), "page": token})
        answer = service.ask(operation.method, operation.path, b'{"type": "FreeText", "text": "x"}', query)
        if answer.status not in {400, 404}:
            problems.append(f"{operation.name}: {answer.status} {answer.body[:200]!r}")
    assert not problems, "\n".join(problems)
