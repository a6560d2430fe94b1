"""What every store of blobs keeps to: whole or not at all, under the digest of what it is."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.objectstore.blobs import Blob, BlobStore

NOWHERE = "sha256:" + "0" * 64


def put(store: BlobStore, data: bytes) -> Blob:
    writer = store.writer()
    writer.write(data)
    blob = writer.finish()
    writer.publish()
    return blob


def read(store: BlobStore, digest: str, **part: int) -> bytes:
    return b"".join(store.read(digest, **part))


def test_a_blob_is_under_its_digest(store: BlobStore) -> None:
    blob = put(store, b"hello")
    assert blob == Blob("sha256:" + hashlib.sha256(b"hello").hexdigest(), 5)
    assert read(store, blob.digest) == b"hello"
    assert store.local_path(blob.digest).read_bytes() == b"hello"
    assert list(store.digests()) == [blob.digest]


def test_a_store_says_when_the_bytes_of_a_blob_came(store: BlobStore) -> None:
    before = datetime.now(timezone.utc)
    blob = put(store, b"hello")
    assert before - timedelta(seconds=1) <= store.written(blob.digest) <= datetime.now(timezone.utc)
    with pytest.raises(KeyError):
        store.written(NOWHERE)


@settings(max_examples=50)
@given(
    pieces=st.lists(st.binary(max_size=30), max_size=5), start=st.integers(0, 60), length=st.none() | st.integers(0, 60)
)
def test_any_part_of_a_blob_can_be_read(open_store, pieces: list[bytes], start: int, length: int | None) -> None:
    store = open_store()
    writer = store.writer()
    for piece in pieces:
        writer.write(piece)
    blob = writer.finish()
    writer.publish()
    stop = None if length is None else start + length
    assert read(store, blob.digest, start=start, stop=stop) == b"".join(pieces)[start:stop]


def test_a_large_blob_comes_in_pieces(store: BlobStore) -> None:
    data = bytes(range(256)) * 10_000
    pieces = list(store.read(put(store, data).digest))
    assert len(pieces) > 1
    assert b"".join(pieces) == data


def test_nothing_is_seen_before_it_is_published(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"x")
    blob = writer.finish()
    assert list(store.digests()) == []
    with pytest.raises(KeyError):
        store.local_path(blob.digest)
    writer.publish()
    assert list(store.digests()) == [blob.digest]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_an_aborted_blob_leaves_nothing(store: BlobStore, steps: int, tmp_path) -> None:
    writer = store.writer()
    if steps > 0:
        writer.write(b"x")
    if steps > 1:
        writer.finish()
    writer.abort()
    writer.abort()
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_aborting_what_is_published_changes_nothing(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"x")
    digest = writer.finish().digest
    writer.publish()
    writer.abort()
    assert read(store, digest) == b"x"


def test_equal_bytes_are_one_blob(store: BlobStore) -> None:
    assert put(store, b"x") == put(store, b"x")
    assert len(list(store.digests())) == 1


def test_equal_bytes_from_many_writers_at_once_are_one_blob(store: BlobStore) -> None:
    begin = threading.Barrier(6)
    digests: list[str] = []

    def run() -> None:
        begin.wait(10)
        digests.append(put(store, b"x" * 100_000).digest)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(digests) == 6
    assert list(store.digests()) == [digests[0]]
    assert len(read(store, digests[0])) == 100_000


def test_a_blob_that_is_not_there_is_a_key_error(store: BlobStore) -> None:
    with pytest.raises(KeyError):
        read(store, NOWHERE)
    with pytest.raises(KeyError):
        store.local_path(NOWHERE)
    store.delete(NOWHERE)


@pytest.mark.parametrize("digest", ["", "sha256:", "sha256:../../etc/passwd", "md5:" + "0" * 64, "sha256:" + "A" * 64])
def test_what_is_no_digest_is_no_blob(store: BlobStore, digest: str) -> None:
    with pytest.raises(KeyError):
        store.local_path(digest)
    with pytest.raises(KeyError):
        read(store, digest)


def test_a_deleted_blob_is_gone_and_may_come_again(store: BlobStore) -> None:
    digest = put(store, b"x").digest
    store.delete(digest)
    assert list(store.digests()) == []
    assert put(store, b"x").digest == digest
    assert read(store, digest) == b"x"


def test_a_reader_goes_on_while_the_blob_is_deleted(store: BlobStore) -> None:
    data = b"x" * 3_000_000
    pieces = store.read(put(store, data).digest)
    first = next(pieces)
    store.delete("sha256:" + hashlib.sha256(data).hexdigest())
    assert first + b"".join(pieces) == data


def test_blobs_outlive_the_process(open_store: Callable[[], BlobStore]) -> None:
    digest = put(open_store(), b"x").digest
    assert read(open_store(), digest) == b"x"


def test_a_sweep_removes_what_was_left_unfinished_and_nothing_else(open_store, tmp_path) -> None:
    store = open_store()
    kept = put(store, b"kept")
    for finished in (False, True):
        writer = store.writer()
        writer.write(b"left")
        if finished:
            writer.finish()
    again = open_store()
    again.sweep()
    assert list(again.digests()) == [kept.digest]
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [again.local_path(kept.digest)]
