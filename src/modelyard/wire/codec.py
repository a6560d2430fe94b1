"""Nouns to JSON and back; what does not fit is an error that names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from modelyard.errors import CannotParseRequest, InvalidParameter, MissingParameter
from modelyard.resources.noun import Noun

_NO_MOMENT = "Invalid RFC3339 encoded datetime"
_MOMENT = "no moment in RFC 3339: write it like 2026-01-31T12:00:00Z, which is UTC, or with another zone, like +02:00"

N = TypeVar("N", bound=Noun)

_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`(?: - at `\$(?P<path>[^`]*)`)?")
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<key>key in )?\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


def encode(value: object) -> bytes:
    """Return a noun, or a list of nouns, as JSON."""
    return msgspec.json.encode(value)


def decode(body: bytes, noun: type[N]) -> N:
    """Return the noun that a request's body is.

    Raises:
        CannotParseRequest: The body is not JSON.
        MissingParameter: A required field is absent.
        InvalidParameter: A field has a value that is not allowed.
    """
    try:
        return _decoded(body, noun)
    except msgspec.ValidationError as error:
        raise _explain(error, where="body") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotParseRequest(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise CannotParseRequest("The body is nested too deeply.") from None


def decode_query(query: Mapping[str, str], noun: type[N]) -> N:
    """Return the noun that a request's query parameters are; empty parameters count as absent.

    Raises:
        MissingParameter: A required parameter is absent.
        InvalidParameter: A parameter has a value that is not allowed.
    """
    said = {name: value for name, value in query.items() if value != ""}
    try:
        decoded = msgspec.convert(said, noun, strict=False)
    except msgspec.ValidationError as error:
        raise _explain(error, where="query") from None
    for field in msgspec.structs.fields(noun):  # msgspec takes the text null for nothing, where text is not allowed
        if field.encode_name in said and getattr(decoded, field.name) is None:
            raise InvalidParameter(f"{field.encode_name} is {said[field.encode_name]!r}: leave out what has no value.")
    return decoded


def _decoded(body: bytes, noun: type[N]) -> N:
    try:
        return msgspec.json.decode(body, type=noun)
    except msgspec.ValidationError as error:
        if "got `float`" not in str(error):
            raise
    # JSON has no integers: 24.0 is one where one is wanted
    return msgspec.convert(_with_whole_numbers(msgspec.json.decode(body)), noun)


def _with_whole_numbers(value: object) -> object:
    if isinstance(value, dict):
        return {name: _with_whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _explain(error: msgspec.ValidationError, *, where: str) -> InvalidParameter | MissingParameter:
    text = str(error)
    if missing := _MISSING.fullmatch(text):
        path = (missing["path"] or "").lstrip(".")
        name = f"{path}.{missing['name']}" if path else missing["name"]
        return MissingParameter(f"{name} is required and missing from the {where}.")
    place = _PLACE.match(text)
    assert place is not None
    what = place["what"].replace("`", "").replace(_NO_MOMENT, _MOMENT)
    return InvalidParameter(f"{place['path'] or f'The {where}'}: {what[:1].lower()}{what[1:]}.")
