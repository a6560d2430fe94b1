"""What predict is given and what it returns, as bytes with a content type."""

from __future__ import annotations

import json
import math
from typing import Dict

JSON_TYPE = b"application/json"


class CannotParse(ValueError):
    """A body that is not what its content type says."""


class CannotWrite(TypeError):
    """A result that JSON has no form for."""


_is_json: Dict[bytes, bool] = {}  # by content type as sent: parsing the header once is enough


def decode(content_type: bytes, body: bytes) -> object:
    """Return what predict is called with: parsed JSON, or the bytes themselves where the body is something else.

    A body with no content type is taken for JSON. NaN and Infinity, which Python's own clients write, are read.
    """
    is_json = _is_json.get(content_type)
    if is_json is None:
        is_json = _says_json(content_type)
        if len(_is_json) < 1000:
            _is_json[content_type] = is_json
    if not is_json:
        return body
    try:
        return json.loads(body)
    except RecursionError:
        raise CannotParse("The body is JSON nested too deeply.") from None
    except ValueError as error:
        raise CannotParse("The body is not valid JSON: %s." % error) from None


def encode(result: object) -> bytes:
    """Return a result as JSON; raise CannotWrite where it has no such form.

    Whatever has ``tolist()`` (numpy arrays and scalars, pandas series, tensors) is written as lists and numbers, what
    has ``isoformat()`` as text, and numbers that JSON lacks (NaN, infinities) as null, like pandas's missing values.
    """
    try:
        text = _FAST.encode(result)
    except (ValueError, TypeError, RecursionError):
        # NaN, keys that are no strings, values without a JSON form: rare, so found out on the slow way
        try:
            text = _FAST.encode(_plain(result, "The result"))
        except RecursionError:
            raise CannotWrite("predict returned something that contains itself, or is nested too deeply.") from None
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(json.loads(text)).encode()  # lone surrogates: JSON writes them as escapes


_MISSING = ("NAType", "NaTType")


def _says_json(content_type: bytes) -> bool:
    media_type = content_type.split(b";", 1)[0].strip().lower()
    return media_type in (b"", JSON_TYPE, b"text/json") or media_type.endswith(b"+json")


def _replace(value: object) -> object:
    """Return something closer to JSON than the value, or raise TypeError."""
    kind = type(value)
    if kind.__name__ in _MISSING and kind.__module__.partition(".")[0] == "pandas":
        return None
    for name in ("tolist", "isoformat"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    raise TypeError(type(value).__name__)


_FAST = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_replace)


def _plain(value: object, where: str) -> object:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key, where): _plain(item, "%s[%r]" % (where, key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, "%s[%d]" % (where, index)) for index, item in enumerate(value)]
    try:
        closer = _replace(value)
    except TypeError:
        raise CannotWrite(
            "%s is of type %s.%s, which JSON has no form for; return dicts, lists, texts and numbers from predict."
            % (where, type(value).__module__, type(value).__qualname__)
        ) from None
    return _plain(closer, where)


def _key(key: object, where: str) -> object:
    if key is None or isinstance(key, (str, bool, int)):
        return key
    if isinstance(key, float):
        return repr(key)
    try:
        return _key(_replace(key), where)
    except TypeError:
        raise CannotWrite(
            "%s has a key %r of type %s, unknown to JSON." % (where, key, type(key).__qualname__)
        ) from None
