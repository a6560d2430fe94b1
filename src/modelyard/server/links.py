"""What can follow an operation: OpenAPI links, from where an id is said to where it is taken, by the route table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from modelyard.resources.noun import Noun, wire_name
from modelyard.wire.operation import Operation

PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
"""A parameter in a path of the route table."""


def followers(row: Operation, table: Sequence[Operation]) -> Iterator[tuple[Operation, dict[str, str]]]:
    """Return the operations that can follow one, each with its parameters as OpenAPI's runtime expressions."""
    for target in table:
        if target.base_path != row.base_path or target is row:
            continue
        parameters = (
            _of_a_member(row, target)
            or _of_a_reference(row, target)
            or _of_a_cursor(row, target)
            or _of_what_was_sent(row, target)
            or _of_a_work_request(row, target)
        )
        if parameters:
            yield target, parameters


def _of_a_member(row: Operation, target: Operation) -> dict[str, str]:
    """``POST /models`` and ``GET /models`` say the ``{model_id}`` of the paths below ``/models/{model_id}``."""
    if not target.path.startswith(f"{row.path}/{{") or not _says_members(row):
        return {}
    said = _said(row)
    own, *deeper = PARAMETER.findall(target.path.removeprefix(row.path))
    field = next((name for name in _names_in_a_noun(own) if name in said), None)
    if field is None:
        return {}
    required = _required_query(target)
    queried = {name: said[name] for name in required if name in said}
    is_deeper = any(name != _chosen_name(target) for name in deeper) or (required and not queried)
    return {} if is_deeper else {**_of_the_request(row, target), own: said[field], **queried}


def _of_a_reference(row: Operation, target: Operation) -> dict[str, str]:
    """A model's ``projectId`` is the ``{project_id}`` of ``GET /projects/{project_id}``."""
    names = PARAMETER.findall(target.path)
    if target.method != "GET" or len(names) != 1 or not target.path.endswith("}") or not _says_members(row):
        return {}
    expression = _said(row).get(wire_name(names[0]))
    return {names[0]: expression} if expression else {}


def _of_a_cursor(row: Operation, target: Operation) -> dict[str, str]:
    """A noun that is a value is what the parameter of its name takes: a ``Cursor`` is ``?cursor=``."""
    name = row.response.__name__.lower() if row.response is not None else ""
    if name not in _required_query(target) or "value" not in _said(row):
        return {}
    return {**_of_the_request(row, target), name: _said(row)["value"]}


def _of_what_was_sent(row: Operation, target: Operation) -> dict[str, str]:
    """What was sent to a path is read and deleted there, or below it."""
    is_there = target.path == row.path or target.path.startswith(f"{row.path}/")
    if row.stream_handler is None or not is_there:
        return {}
    queried = set(_required_query(row)) & set(_required_query(target))
    return {**_of_the_request(row, target), **{name: f"$request.query.{name}" for name in sorted(queried)}}


def _of_a_work_request(row: Operation, target: Operation) -> dict[str, str]:
    """An answer that only promises names the work request in a header."""
    if row.status != 202 or target.method != "GET" or PARAMETER.findall(target.path) != ["work_request_id"]:
        return {}
    return {"work_request_id": "$response.header.opc-work-request-id"}


def _says_members(row: Operation) -> bool:
    """Tell whether an operation makes or lists what its path is a collection of."""
    return row.is_list or _is_a_name(row) or (row.method == "POST" and "/actions/" not in row.path)


def _is_a_name(row: Operation) -> bool:
    """Tell whether the answer is text without fields: the namespace."""
    return row.method == "GET" and row.response is None and not PARAMETER.search(row.path)


def _chosen_name(row: Operation) -> str | None:
    """Return the last parameter of a path that bytes are sent to: whoever sends them chooses it."""
    return PARAMETER.findall(row.path)[-1] if row.stream_handler else None


def _said(row: Operation) -> dict[str, str]:
    """Return where the answer says its fields, of a list those of the first row."""
    if _is_a_name(row):
        return {"name": "$response.body"}
    start = "$response.body#/0/" if row.is_list else "$response.body#/"
    return {field.encode_name: start + field.encode_name for field in _fields(row.response)}


def _names_in_a_noun(parameter: str) -> list[str]:
    """Return what fields call a parameter: ``bucket_name`` is ``bucketName``, ``bucket`` or ``name``."""
    thing, _, kind = parameter.rpartition("_")
    return [wire_name(parameter), wire_name(thing), kind] if thing else [parameter]


def _required_query(row: Operation) -> list[str]:
    return [field.encode_name for field in _fields(row.query) if field.required]


def _fields(noun: type[Noun] | None) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(noun) if noun is not None else ()


def _of_the_request(row: Operation, target: Operation) -> dict[str, str]:
    """Return the parameters that both paths begin with."""
    shared = set(PARAMETER.findall(row.path)) & set(PARAMETER.findall(target.path))
    return {name: f"$request.path.{name}" for name in PARAMETER.findall(row.path) if name in shared}
