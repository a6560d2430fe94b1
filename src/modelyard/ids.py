"""Mint and parse OCIDs: ``ocid1.<type>.<realm>.<region>.<unique>``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

REALM = "oc98"
REGION = "local-1"

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_UNIQUE_LENGTH = 60
_HEXADECIMAL = "0123456789abcdef"
_PATTERN = re.compile(
    r"ocid1\.(?P<type>[a-z0-9-]+)\.(?P<realm>[a-z0-9]+)\.(?P<region>[a-z0-9-]*)\.(?P<unique>[a-z0-9]+)"
)


_choose: ContextVar[Callable[[str], str] | None] = ContextVar("choose", default=None)


class Ocid(NamedTuple):
    """Be an OCID in its parts."""

    type: str
    realm: str
    region: str
    unique: str


def mint(resource_type: str) -> str:
    """Return a new OCID of a type, such as ``datasciencemodel``; its last part is 300 random bits."""
    choose = _choose.get() or _choose_in_secret()
    unique = "".join(choose(_ALPHABET) for _ in range(_UNIQUE_LENGTH))
    return f"ocid1.{resource_type}.{REALM}.{REGION}.{unique}"


def unguessable(letters: int = 32) -> str:
    """Return hexadecimal letters that nobody guesses, 4 random bits each: what is named so had no such name before."""
    choose = _choose.get()
    if choose is not None:
        return "".join(choose(_HEXADECIMAL) for _ in range(letters))
    import secrets  # which loads half of the standard library: those who parse need none of it

    return secrets.token_hex((letters + 1) // 2)[:letters]


@contextmanager
def chosen_by(choose: Callable[[str], str]) -> Iterator[None]:
    """Make ids of letters that a function chooses, here and in what is called from here: the same each time."""
    token = _choose.set(choose)
    try:
        yield
    finally:
        _choose.reset(token)


def _choose_in_secret() -> Callable[[str], str]:
    import secrets

    return secrets.choice


def parse(text: str) -> Ocid | None:
    """Return the parts of an OCID, or None where the text is none."""
    match = _PATTERN.fullmatch(text)
    return Ocid(**match.groupdict()) if match else None


def is_ocid(text: str, resource_type: str | None = None) -> bool:
    """Tell whether the text is an OCID, of the given type where one is given."""
    parts = parse(text)
    return parts is not None and (resource_type is None or parts.type == resource_type)


COMPARTMENT = "compartment"
TENANCY = "tenancy"
USER = "user"
PROJECT = "datascienceproject"
MODEL = "datasciencemodel"
MODEL_VERSION_SET = "datasciencemodelversionset"
MODEL_GROUP = "datasciencemodelgroup"
MODEL_GROUP_VERSION_HISTORY = "datasciencemodelgroupversionhistory"
MODEL_DEPLOYMENT = "datasciencemodeldeployment"
WORK_REQUEST = "datascienceworkrequest"
BUCKET = "bucket"
OBJECT_STORAGE_WORK_REQUEST = "coreservicesworkrequest"
STREAM_POOL = "streampool"
STREAM = "stream"
LOG_GROUP = "loggroup"
LOG = "log"
LOGGING_WORK_REQUEST = "logworkrequest"
