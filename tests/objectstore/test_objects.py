"""Objects and uploads: bytes that are shared, readers that are overtaken, races, and full disks."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from modelyard.database.engine import Database
from modelyard.errors import IfNoneMatchFailed, InsufficientStorage, NotFound, ObjectNotFound, UnmatchedContentMD5
from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.contents import remove_segments
from modelyard.objectstore.folder import FolderBlobs
from modelyard.objectstore.objects import Objects, Place
from modelyard.objectstore.references import is_used, remove_unused, used_digests
from modelyard.objectstore.rest import bodies
from modelyard.objectstore.rest.bodies import ReadObject
from modelyard.objectstore.store import StoredObject
from modelyard.resources.object_storage import CreatePreauthenticatedRequestDetails
from modelyard.wire.operation import Call

BIG = bytes(range(256)) * 10_000


def test_equal_objects_share_their_bytes_until_the_last_is_gone(shed) -> None:
    shed.put("a", b"same")
    shed.put("b", b"same")
    assert len(shed.blob_files) == 1
    shed.storage.objects.delete(shed.place("a"), if_match=None)
    assert shed.read("b") == b"same"
    shed.storage.objects.delete(shed.place("b"), if_match=None)
    assert shed.blob_files == []


def test_a_reader_goes_on_while_its_object_is_written_over(shed) -> None:
    upload_id = shed.begin("x")
    etags = {number: shed.part("x", upload_id, number, bytes([number]) * 10).etag for number in range(1, 4)}
    stored = shed.commit("x", upload_id, etags)
    pieces = shed.storage.objects.read(stored, start=0, stop=stored.size)
    first = next(pieces)
    shed.put("x", b"new")
    assert first + b"".join(pieces) == b"\1" * 10 + b"\2" * 10 + b"\3" * 10
    assert len(shed.blob_files) == 1
    assert shed.read("x") == b"new"


def test_a_reader_that_comes_too_late_is_told(shed) -> None:
    stored = shed.put("x", b"old")
    shed.put("x", b"new")
    with pytest.raises(ObjectNotFound, match="read it again"):
        next(shed.storage.objects.read(stored, start=0, stop=3))


def test_a_blob_that_comes_again_while_it_is_held_stays(store: BlobStore) -> None:
    def put() -> str:
        writer = store.writer()
        writer.write(b"x")
        digest = writer.finish().digest
        writer.publish()
        return digest

    digest = put()
    with store.hold([digest]), store.hold([digest, digest]):
        store.delete(digest)
        assert b"".join(store.read(digest)) == b"x"
        put()
    assert b"".join(store.read(digest)) == b"x"
    with store.hold([digest]):
        store.delete(digest)
    assert list(store.digests()) == []


def test_wrong_bytes_leave_nothing(shed) -> None:
    shed.put("x", b"kept")
    announced = {"content-md5": base64.b64encode(bytes(16)).decode()}
    with pytest.raises(UnmatchedContentMD5):
        shed.put("x", BIG, announced=announced)
    assert shed.read("x") == b"kept"
    assert len(shed.blob_files) == 1


def test_a_sweep_leaves_what_objects_and_parts_have(shed) -> None:
    shed.put("x", b"object")
    upload_id = shed.begin("y")
    etag = shed.part("y", upload_id, 1, b"part").etag
    writer = shed.blobs.writer()
    writer.write(b"orphan")
    writer.finish()
    writer.publish()
    shed.sweep()
    assert shed.read("x") == b"object"
    shed.commit("y", upload_id, {1: etag})
    assert shed.read("y") == b"part"
    with shed.database.read() as tx:
        assert used_digests(tx) == set(shed.blobs.digests())
        assert all(is_used(tx, digest) for digest in shed.blobs.digests())


def test_of_two_uploads_that_race_for_a_name_one_wins(shed) -> None:
    for _ in range(5):
        outcomes: list[str] = []
        begin = threading.Barrier(2)

        def race(body: bytes, begin: threading.Barrier = begin, outcomes: list[str] = outcomes) -> None:
            begin.wait(10)
            try:
                shed.put("x", body, Conditions(None, "*"))
            except IfNoneMatchFailed:
                outcomes.append("lost")
            else:
                outcomes.append("won")

        threads = [threading.Thread(target=race, args=(body,)) for body in (b"1", b"2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["lost", "won"]
        assert len(shed.blob_files) == 1
        shed.storage.objects.delete(shed.place("x"), if_match=None)


def test_a_full_disk_is_said_and_nothing_is_kept(make_shed, small_disk, tmp_path) -> None:
    shed = make_shed(tmp_path, FolderBlobs(small_disk))
    shed.bucket()
    with pytest.raises(InsufficientStorage):
        shed.put("x", BIG)
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []
    shed.put("x", b"small")
    assert shed.read("x") == b"small"
    shed.close()


def test_a_time_without_a_zone_is_utc(shed) -> None:
    soon = shed.now + timedelta(seconds=10)
    details = CreatePreauthenticatedRequestDetails(
        name="p", object_name="x", access_type="ObjectRead", time_expires=soon.replace(tzinfo=None)
    )
    assert shed.storage.preauthenticated.create(shed.namespace, "b", details).time_expires == soon


def test_an_address_is_over_when_its_time_is(shed) -> None:
    requests = shed.storage.preauthenticated
    details = CreatePreauthenticatedRequestDetails(
        name="p", object_name="x", access_type="ObjectRead", time_expires=shed.now + timedelta(seconds=10)
    )
    token = requests.create(shed.namespace, "b", details).access_uri.split("/")[2]
    requests.check(token, shed.namespace, "b", "x", action="read")
    shed.pass_time(seconds=10)
    with pytest.raises(NotFound, match="expired"):
        requests.check(token, shed.namespace, "b", "x", action="read")
    assert token not in (shed.folder / "yard.db").read_bytes().decode("latin-1")


class Overtaken(Objects):
    """Objects of which somebody else changes one right after it was found for the first time."""

    then: Callable[[], object] | None = None

    def find(self, place: Place, *, version_id: str | None = None) -> StoredObject:
        found = super().find(place, version_id=version_id)
        then, self.then = self.then, None
        if then is not None:
            then()
        return found


@pytest.fixture
def get(shed) -> Callable[[Callable[[], object]], bytes]:
    """Give what answers a GET of x, while something is done to it, and returns the bytes of the answer."""

    def answer(then: Callable[[], object]) -> bytes:
        objects = Overtaken(shed.database, shed.blobs, buckets=shed.storage.buckets, clock=lambda: shed.now)
        objects.then = then
        call = Call(path={}, query=ReadObject(), headers={}, caller="user", request_id="r")
        reply = bodies.get(objects, call, shed.place("x"))
        assert reply.content is not None
        return b"".join(reply.content.open())

    return answer


def test_a_get_that_a_put_overtakes_answers_with_what_is_there_then(shed, get) -> None:
    shed.put("x", b"old")
    assert get(lambda: shed.put("x", b"newer")) == b"newer"


def test_a_get_that_a_delete_overtakes_says_that_it_is_gone_before_it_sends_anything(shed, get) -> None:
    shed.put("x", b"old")
    with pytest.raises(ObjectNotFound):
        get(lambda: shed.storage.objects.delete(shed.place("x"), if_match=None))


def test_a_get_of_an_object_whose_bytes_the_disk_has_lost_ends(shed, get) -> None:
    shed.put("x", b"old")
    with pytest.raises(ObjectNotFound):
        get(lambda: shed.blob_files[0].unlink())


def test_bytes_that_cannot_be_removed_now_make_no_failure_of_what_is_done(shed) -> None:
    stored = shed.put("x", b"data")
    digest = f"sha256:{shed.blob_files[0].name}"
    busy, impatient = Database(shed.folder / "yard.db"), Database(shed.folder / "yard.db", patience=0.05)
    with shed.database.write() as tx:
        remove_segments(tx, stored.content_id)
    with busy.write():
        remove_unused(impatient, shed.blobs, digest)
    assert len(shed.blob_files) == 1
    remove_unused(impatient, shed.blobs, digest)
    assert shed.blob_files == []
    busy.close()
    impatient.close()
