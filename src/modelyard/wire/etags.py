"""Etags: which version of a resource a caller has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from modelyard.errors import EtagMismatch
from modelyard.resources.noun import Noun

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True)
class Stored(Generic[N]):
    """Be a noun as it stands in its table, with its etag."""

    noun: N
    etag: str


def check_etag(*, current: str, if_match: str | None) -> None:
    """Raise EtagMismatch if a caller has seen another version than the current one."""
    if if_match is not None and if_match.strip('"') not in {"*", current}:
        raise EtagMismatch(
            "The resource was changed since you read it: get it again, and repeat the change with its etag."
        )


def digest_etag(digest: str) -> str:
    """Return the etag of bytes: their digest without its prefix."""
    return digest.removeprefix("sha256:")
