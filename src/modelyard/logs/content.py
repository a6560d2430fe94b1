"""An entry as a search shows it, and the values of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Union

import msgspec

from modelyard.logs.moments import written
from modelyard.logs.store import Entry
from modelyard.resources.logging import Log

Json = Union[str, int, float, bool, None, list["Json"], dict[str, "Json"]]
Content = Mapping[str, Json]
"""What an entry is under ``logContent``."""

MOMENTS = frozenset({"datetime", "time", "oracle.ingestedtime"})
"""The fields that are moments."""

_PREFIX = "logcontent."


def content_of(entry: Entry, log: Log) -> dict[str, Json]:
    """Return an entry as it is under ``logContent``."""
    return {
        "data": msgspec.json.decode(entry.data),
        "id": entry.id,
        "oracle": {
            "compartmentid": log.compartment_id,
            "ingestedtime": written(entry.ingested),
            "loggroupid": log.log_group_id,
            "logid": log.id,
            "tenantid": log.tenancy_id,
        },
        "source": entry.source,
        "specversion": "1.0",
        "subject": entry.subject or "",
        "time": written(entry.time),
        "type": entry.type,
    }


def canonical(field: str) -> str:
    """Return a field's name without ``logContent.``; letters of either case are the same but in ``data.``."""
    name = field[len(_PREFIX) :] if field.lower().startswith(_PREFIX) else field
    first, dot, rest = name.partition(".")
    first = first.lower()
    return first + dot + (rest if first == "data" else rest.lower())


def value_of(content: Content, field: str) -> Json:
    """Return the value of a field, by its canonical name; None where there is none."""
    if field == "logcontent":
        return dict(content)
    if field == "datetime":
        return content["time"]
    return _at(dict(content), field)


def text_of(value: Json) -> str:
    """Return a value as the text that a query compares: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def texts_in(value: Json) -> Iterator[str]:
    """Yield the text of every value in a value, and of every name."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from texts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)
    elif value is not None:
        yield text_of(value)


def _at(node: Json, path: str) -> Json:
    """Return what is at a path of names; a name may have dots in it."""
    if not isinstance(node, dict):
        return None
    if path in node:
        return node[path]
    end = path.find(".")
    while end >= 0:
        if path[:end] in node:
            return _at(node[path[:end]], path[end + 1 :])
        end = path.find(".", end + 1)
    return None
