"""Lists of a bucket's objects: by prefix, between two names, and folded at a delimiter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from modelyard.database.engine import Database
from modelyard.objectstore import store
from modelyard.objectstore.buckets import Buckets, id_of
from modelyard.objectstore.store import StoredObject

_LAST = 0x10FFFF


class Asked(NamedTuple):
    """Say what to list."""

    prefix: str = ""
    start: str = ""
    """The first name that may be listed."""

    end: str | None = None
    """The first name behind the list."""

    delimiter: str | None = None
    """Names are cut behind the first one after the prefix, and what is left is listed once, among the prefixes."""

    limit: int = 1000


class Listed(NamedTuple):
    """Be a page of a list; ``next`` is the name that the next one starts with."""

    objects: list[StoredObject]
    prefixes: list[str]
    next: str | None


class Listing:
    """List the objects of buckets."""

    def __init__(self, database: Database, *, buckets: Buckets) -> None:
        self._database = database
        self._buckets = buckets

    def page(self, namespace: str, bucket: str, asked: Asked) -> Listed:
        """Return a page of a bucket's objects, by name in the order of bytes."""
        objects: list[StoredObject] = []
        prefixes: list[str] = []
        with self._database.read() as tx:
            bucket_id = id_of(self._buckets.find(tx, namespace, bucket))
            for found in _found(tx, bucket_id, asked):
                if len(objects) + len(prefixes) == asked.limit:
                    return Listed(objects, prefixes, found.name)
                folded = _folded(found.name, asked)
                if folded is None:
                    objects.append(found)
                else:
                    prefixes.append(folded)
        return Listed(objects, prefixes, None)


def behind(name: str) -> str:
    """Return the least name that is greater than a name."""
    return name + "\0"


def _found(tx: sa.Connection, bucket_id: str, asked: Asked) -> Iterator[StoredObject]:
    """Yield what is asked for, and of what is folded together the first alone: the rest is not even read."""
    position = max(asked.start, asked.prefix)
    end = _earlier(asked.end, _successor(asked.prefix))
    size = asked.limit + 1
    while True:
        batch = store.object_page(tx, bucket_id, start=position, end=end, limit=size)
        skipped: str | None = None
        for found in batch:
            if skipped is not None and found.name.startswith(skipped):
                continue
            skipped = _folded(found.name, asked)
            yield found
        if len(batch) < size:
            return
        after = behind(batch[-1].name) if skipped is None else _successor(skipped)
        if after is None:
            return
        position = after


def _folded(name: str, asked: Asked) -> str | None:
    if not asked.delimiter:
        return None
    at = name.find(asked.delimiter, len(asked.prefix))
    return None if at < 0 else name[: at + len(asked.delimiter)]


def _successor(prefix: str) -> str | None:
    """Return the least name that is greater than all that begin with a prefix; None if there is none."""
    kept = prefix.rstrip(chr(_LAST))
    if not kept:
        return None
    code = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if code == 0xD800 else code)  # what lies between are no characters


def _earlier(one: str | None, other: str | None) -> str | None:
    given = [each for each in (one, other) if each is not None]
    return min(given, default=None)
