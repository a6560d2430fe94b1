"""The page of every REST operation and noun, from the route table."""

from __future__ import annotations

import tempfile
import types
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from generators.markdown import first_sentence, table
from modelyard.objectstore import rest as object_storage
from modelyard.resources.noun import Noun
from modelyard.server.app import BASE_PATH, operations
from modelyard.server.installation import Installation
from modelyard.server.services import assemble
from modelyard.settings import Settings
from modelyard.wire.operation import Operation

HEAD = f"""\
# The REST API

The wire format is that of OCI: the official clients speak it unmodified. Every path below, but those of predict and of
other services, begins with `{BASE_PATH}`. Every request is signed ([how](#signatures)), but those that come by a
pre-authenticated address, `/p/…`. Every answer has `opc-request-id`; a single resource has `etag`, and an update or
delete takes it as `if-match`; an operation that goes on after its answer has `opc-work-request-id`; a create takes
`opc-retry-token`, and the same token makes the same resource once; a list has `opc-next-page` where there is more. A
fault is `{{"code": …, "message": …}}`: [errors.md](errors.md) lists them all. [lifecycle.md](lifecycle.md) says what
may be asked in which state. A running service describes itself: `/documents/openapi.json` for programs (OpenAPI 3.1),
`/documents/index.html` for people; neither needs a signature.
"""

PREDICT = """\
## predict

| operation | request | answer |
|---|---|---|
| `predict` | `POST /{model_deployment_id}/predict` | 200 and what `predict()` of score.py returned |

The gateway answers it. The body is what the model takes: JSON is parsed, any other content type arrives as bytes. The
answer has the headers `modelyard-model` (the model's OCID), `modelyard-artifact` (the digest of the artifact),
`modelyard-environment` (the environment that the model runs in) and, where it is known, `modelyard-git-commit`.

## Signatures

Requests are signed as OCI's clients sign them: `Authorization: Signature version="1",keyId="tenancy/user/fingerprint",
algorithm="rsa-sha256",headers="date (request-target) host …",signature="…"`; a request with a body signs
`content-length content-type x-content-sha256` too. Uploads of artifacts, objects and parts sign no digest of their
bodies, as in the official clients. The date may be five minutes off. `modelyard up` makes the key and writes the config
file that every client reads.
"""


def page() -> str:
    """Return the page."""
    rows = route_table()
    parts = [HEAD.strip()]
    for name, group in groupby(rows, _heading):
        operations_of = list(group)
        cells = (
            (
                f"`{one.name}`",
                f"`{one.method} {_path(one)}`",
                ", ".join(f"`{each}`" for each in _query(one)),
                _linked(one.request) or ("bytes" if one.stream_handler else ""),
                f"{one.status} {_answer(one)}".strip(),
                one.summary,
            )
            for one in operations_of
        )
        parts += [f"## {name}", table(("operation", "request", "query", "body", "answer", "meaning"), cells)]
    parts += [PREDICT.strip(), "## Nouns", *(_noun(noun) for noun in nouns(rows))]
    return "\n\n".join(parts)


def _path(operation: Operation) -> str:
    base_path = "" if operation.base_path == BASE_PATH else operation.base_path
    return base_path + operation.path.replace(":path}", "}")


def _heading(operation: Operation) -> str:
    return "object storage" if operation.base_path == object_storage.BASE_PATH else operation.path.split("/")[1]


def route_table() -> list[Operation]:
    """Return the service's route table, over an empty home that is gone when it is returned."""
    nobody = dict.fromkeys(Installation.__dataclass_fields__, "")
    with tempfile.TemporaryDirectory() as home:
        services = assemble(
            Settings(home=Path(home)),
            Installation(**nobody),
            clock=lambda: datetime.now(timezone.utc),
            wake=lambda: None,
        )
        services.database.close()
        return operations(services)


def nouns(rows: Iterable[Operation]) -> list[type[Noun]]:
    """Return every noun that an operation takes or answers, and every noun in them, by name."""
    found: dict[str, type[Noun]] = {}
    todo = [noun for row in rows for hint in (row.request, row.response) for noun in _nouns_in(hint)]
    while todo:
        noun = todo.pop()
        if noun.__name__ in found:
            continue
        found[noun.__name__] = noun
        todo += [each for hint in get_type_hints(noun).values() for each in _nouns_in(hint)]
    return [found[name] for name in sorted(found)]


def _nouns_in(hint: Any) -> Iterator[type[Noun]]:
    if isinstance(hint, type) and issubclass(hint, Noun):
        yield hint
    for part in get_args(hint):
        yield from _nouns_in(part)


def _query(operation: Operation) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(operation.query)] if operation.query else []


def _answer(operation: Operation) -> str:
    if operation.response is None:
        return "bytes" if operation.method == "GET" else ""
    return f"list of {_linked(operation.response)}" if operation.is_list else _linked(operation.response)


def _linked(hint: Any) -> str:
    """Return links to a noun, or to each of those that a body may be."""
    return " or ".join(f"[{noun.__name__}](#{noun.__name__.lower()})" for noun in _nouns_in(hint))


def _noun(noun: type[Noun]) -> str:
    hints = get_type_hints(noun, include_extras=True)
    rows = [
        (f"`{field.encode_name}`", _type(hints[field.name]), "yes" if field.required else "")
        for field in msgspec.structs.fields(noun)
    ]
    tag = noun.__struct_config__
    if tag.tag_field:
        rows.insert(0, (f"`{tag.tag_field}`", f"`{tag.tag}`", "yes"))
    return f"### {noun.__name__}\n\n{first_sentence(noun)}\n\n{table(('field', 'type', 'required'), rows)}"


def _type(hint: Any) -> str:
    """Return a type in the words of JSON."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(parts[0])
    if origin in {Union, types.UnionType}:
        return " or ".join(_type(part) for part in parts if part is not type(None))
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is list or origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"object of {_type(parts[1])}"
    if isinstance(hint, type) and issubclass(hint, Noun):
        return _linked(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{each.value}`" for each in hint)
    return _WORDS.get(hint, "any")


_WORDS: dict[Any, str] = {
    str: "string", int: "integer", float: "number", bool: "boolean", datetime: "time (RFC 3339, UTC)",
}  # fmt: skip
