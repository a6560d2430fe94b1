"""Digests of contents that are still coming: what is known of them, and what is not kept when they go."""

from __future__ import annotations

import hashlib
import threading

import pytest

from modelyard.catalog.running_digest import RunningDigests
from modelyard.objectstore.contents import Contents, Segment, add_segments, remove_segments


@pytest.fixture
def digests(yard) -> RunningDigests:
    return RunningDigests(Contents(yard.database, yard.blobs))


def add(yard, content_id: str, start: int, data: bytes) -> None:
    writer = yard.blobs.writer()
    writer.write(data)
    blob = writer.finish()
    writer.publish()
    with yard.database.write() as tx:
        add_segments(tx, content_id, [Segment(start, blob.size, blob.digest)])


def test_a_digest_is_that_of_all_bytes_in_whatever_order_they_came(yard, digests: RunningDigests) -> None:
    for start, data in ((3, b"two"), (0, b"one"), (6, b"three")):
        add(yard, "a", start, data)
        digests.advance("a")
    assert digests.finish("a", size=11) == f"sha256:{hashlib.sha256(b'onetwothree').hexdigest()}"
    assert digests.known == frozenset()


def test_a_gap_is_no_digest(yard, digests: RunningDigests) -> None:
    add(yard, "a", 3, b"two")
    with pytest.raises(KeyError):
        digests.finish("a", size=6)


def test_contents_that_went_without_a_word_are_forgotten_with_the_next(yard, digests: RunningDigests) -> None:
    for id in ("gone", "stays"):
        add(yard, id, 0, b"bytes")
        digests.advance(id)
    with yard.database.write() as tx:
        remove_segments(tx, "gone")
    add(yard, "new", 0, b"others")
    digests.advance("new")
    assert digests.known == {"stays", "new"}


def test_many_contents_at_once_each_have_their_digest(yard, digests: RunningDigests) -> None:
    found: dict[str, str] = {}

    def run(id: str) -> None:
        add(yard, id, 0, id.encode())
        digests.advance(id)
        found[id] = digests.finish(id, size=len(id))

    threads = [threading.Thread(target=run, args=(f"content {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {f"content {n}": f"sha256:{hashlib.sha256(f'content {n}'.encode()).hexdigest()}" for n in range(6)}
