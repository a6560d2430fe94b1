"""Artifacts from buckets and to them, and models that refer to objects."""

from __future__ import annotations

import base64
import hashlib
import json
import threading

import pytest
import sqlalchemy as sa

from modelyard.catalog.artifact_transfers import ArtifactTransfers
from modelyard.catalog.model_references import MOST_OBJECTS, ModelReferences
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import (
    BucketNotFound,
    Conflict,
    EtagMismatch,
    InsufficientStorage,
    InvalidParameter,
    LimitExceeded,
    MissingParameter,
    NotFound,
    ObjectNotFound,
    PayloadTooLarge,
    RelatedResourceNotFound,
)
from modelyard.lifecycle import WorkRequestState
from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.objects import Place, Put
from modelyard.objectstore.store import Headers, objects
from modelyard.resources.model import (
    ArtifactExportDetailsObjectStorage,
    ArtifactImportDetailsObjectStorage,
    OSSModelArtifactReferenceDetails,
)
from modelyard.resources.object_storage import CreateBucketDetails
from modelyard.workrequests import store as work_request_store

DATA = b"PK an artifact" * 200_000
ONCE = Repeatable(caller="user", token=None, operation="any", request=b"")


class Harbour:
    """Be a catalog with a bucket beside it."""

    def __init__(self, yard) -> None:
        self.yard = yard
        self.namespace = yard.storage.buckets.namespace
        yard.storage.buckets.create(
            self.namespace, CreateBucketDetails(name="b", compartment_id="c", versioning="Enabled"), caller="user"
        )
        self.transfers = self.restarted()
        self.references = ModelReferences(
            yard.database,
            yard.blobs,
            artifacts=yard.artifacts,
            listing=yard.storage.listing,
            clock=lambda: yard.now,
        )

    def restarted(self, **changes: object) -> ArtifactTransfers:
        return ArtifactTransfers(
            self.yard.database,
            self.yard.blobs,
            artifacts=self.yard.artifacts,
            objects=self.yard.storage.objects,
            region="local-1",
            clock=lambda: self.yard.now,
            **changes,
        )

    def put(self, name: str, data: bytes = DATA) -> None:
        put = Put(
            place=Place(self.namespace, "b", name), headers=Headers(), conditions=Conditions(None, None), announced={}
        )
        receiving = self.yard.storage.objects.begin(put)
        receiving.take(data)
        self.yard.storage.objects.complete(put, receiving)

    def get(self, name: str) -> bytes:
        stored = self.yard.storage.objects.find(Place(self.namespace, "b", name))
        return b"".join(self.yard.storage.objects.read(stored, start=0, stop=stored.size))

    def delete(self, name: str) -> None:
        self.yard.storage.objects.delete(Place(self.namespace, "b", name), if_match=None)

    def export(self, model_id: str, name: str = "a.zip", **changes: object) -> str:
        fields = {"namespace": self.namespace, "source_bucket": "b", "source_object_name": name}
        arguments = {"if_match": changes.pop("if_match", None), "again": changes.pop("again", ONCE)}
        details = ArtifactExportDetailsObjectStorage(**{**fields, **changes})
        return self.transfers.export_artifact(model_id, details, **arguments)

    def bring(self, model_id: str, name: str = "out.zip", **changes: object) -> str:
        fields = {"namespace": self.namespace, "destination_bucket": "b", "destination_object_name": name}
        details = ArtifactImportDetailsObjectStorage(**{**fields, **changes})
        return self.transfers.import_artifact(model_id, details, if_match=None)

    def state(self, request: str) -> WorkRequestState:
        with self.yard.database.read() as tx:
            return work_request_store.work_requests.find(tx, request).noun.status

    def error(self, request: str) -> str:
        with self.yard.database.read() as tx:
            [(_, error)] = work_request_store.errors(tx, request)
        return f"{error.code}: {error.message}"


@pytest.fixture
def harbour(yard) -> Harbour:
    return Harbour(yard)


def test_an_object_becomes_an_artifact_and_an_artifact_an_object_without_another_copy_of_the_bytes(harbour) -> None:
    harbour.put("models/a.zip")
    model_id = harbour.yard.model().noun.id
    request = harbour.export(model_id, "models/a.zip")
    assert harbour.state(request) is WorkRequestState.ACCEPTED
    assert harbour.transfers.step()
    assert harbour.state(request) is WorkRequestState.SUCCEEDED
    artifact = harbour.yard.artifacts.find(model_id)
    assert (artifact.digest, artifact.file_name) == (f"sha256:{hashlib.sha256(DATA).hexdigest()}", "a.zip")
    assert harbour.yard.download(model_id) == DATA
    back = harbour.bring(model_id)
    assert harbour.transfers.step()
    assert harbour.state(back) is WorkRequestState.SUCCEEDED
    assert harbour.get("out.zip") == DATA
    stored = harbour.yard.storage.objects.find(Place(harbour.namespace, "b", "out.zip"))
    assert stored.md5 == base64.b64encode(hashlib.md5(DATA).digest()).decode()
    assert not harbour.transfers.step()
    assert len(harbour.yard.blob_files) == 1


def test_an_object_that_the_disk_has_damaged_becomes_no_artifact(harbour) -> None:
    harbour.put("a.zip")
    [path] = harbour.yard.blob_files
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"!")
    model_id = harbour.yard.model().noun.id
    request = harbour.export(model_id)
    assert harbour.transfers.step()
    assert harbour.state(request) is WorkRequestState.FAILED
    assert "it is damaged" in harbour.error(request)
    with pytest.raises(NotFound):
        harbour.yard.artifacts.find(model_id)


def test_what_was_accepted_is_what_comes_whatever_becomes_of_the_object(harbour) -> None:
    harbour.put("a.zip")
    model_id = harbour.yard.model().noun.id
    request = harbour.export(model_id)
    harbour.put("a.zip", b"other bytes")
    harbour.delete("a.zip")
    harbour.yard.catalog.sweep()
    harbour.transfers.step()
    assert harbour.state(request) is WorkRequestState.SUCCEEDED
    assert harbour.yard.download(model_id) == DATA


def test_a_transfer_that_a_killed_service_left_is_carried_out_by_the_next(harbour) -> None:
    harbour.put("a.zip")
    model_id = harbour.yard.model().noun.id
    request = harbour.export(model_id)
    harbour.delete("a.zip")
    harbour.yard.catalog.sweep()
    transfers = harbour.restarted()
    thread = threading.Thread(target=transfers.run)
    thread.start()
    try:
        while harbour.state(request) is not WorkRequestState.SUCCEEDED:
            assert thread.is_alive()
    finally:
        transfers.stop()
        thread.join(20)
    assert harbour.yard.download(model_id) == DATA


def test_a_cancelled_transfer_leaves_nothing(harbour) -> None:
    harbour.put("a.zip")
    model_id = harbour.yard.model().noun.id
    request = harbour.export(model_id)
    assert harbour.transfers.cancel(request)
    assert harbour.state(request) is WorkRequestState.CANCELED
    assert not harbour.transfers.step()
    assert not harbour.transfers.cancel(request)
    with pytest.raises(NotFound):
        harbour.yard.artifacts.find(model_id)
    harbour.delete("a.zip")
    assert harbour.yard.blob_files == []


def test_of_two_exports_for_one_model_the_second_fails_and_says_why(harbour) -> None:
    harbour.put("a.zip")
    harbour.put("b.zip", b"PK other")
    model_id = harbour.yard.model().noun.id
    first, second = harbour.export(model_id), harbour.export(model_id, "b.zip")
    while harbour.transfers.step():
        pass
    assert {harbour.state(first), harbour.state(second)} == {WorkRequestState.SUCCEEDED, WorkRequestState.FAILED}
    failed = first if harbour.state(first) is WorkRequestState.FAILED else second
    assert "artifacts never change" in harbour.error(failed)
    for name in ("a.zip", "b.zip"):
        harbour.delete(name)
    assert len(harbour.yard.blob_files) == 1


def test_an_import_into_a_bucket_that_is_gone_by_then_fails_and_leaves_nothing(harbour) -> None:
    model_id = harbour.yard.model().noun.id
    harbour.yard.upload(model_id, DATA)
    request = harbour.bring(model_id)
    harbour.yard.storage.buckets.delete(harbour.namespace, "b", if_match=None)
    assert harbour.transfers.step()
    assert harbour.state(request) is WorkRequestState.FAILED
    assert "BucketNotFound" in harbour.error(request)
    harbour.yard.catalog.models.delete(model_id, if_match=None)
    assert harbour.yard.blob_files == []


def test_a_request_for_what_cannot_be_is_refused_at_once(harbour) -> None:
    harbour.put("a.zip")
    harbour.put("empty", b"")
    harbour.put("large", b"x" * 5_000_001)
    model = harbour.yard.model()
    model_id = model.noun.id
    refusals = (
        (ObjectNotFound, {"name": "none"}),
        (InvalidParameter, {"name": "empty"}),
        (PayloadTooLarge, {"name": "large"}),
        (BucketNotFound, {"source_bucket": "none"}),
        (MissingParameter, {"source_bucket": None}),
        (InvalidParameter, {"source_region": "elsewhere-1"}),
        (EtagMismatch, {"if_match": "other"}),
    )
    for error, change in refusals:
        with pytest.raises(error):
            harbour.export(model_id, **change)
    with pytest.raises(NotFound):
        harbour.bring(model_id)
    with pytest.raises(NotFound):
        harbour.export("ocid1.datasciencemodel.oc98.local-1.none")
    harbour.yard.upload(model_id, b"PK")
    with pytest.raises(Conflict):
        harbour.export(model_id)
    with pytest.raises(InvalidParameter):
        harbour.bring(model_id, "a\0b")
    assert not harbour.transfers.step()


def test_a_repeated_export_is_one(harbour) -> None:
    harbour.put("a.zip")
    model_id = harbour.yard.model().noun.id
    again = Repeatable(caller="user", token="t", operation="export", request=b"")
    assert harbour.export(model_id, again=again) == harbour.export(model_id, again=again)


# ── models by reference ──────────────────────────────────────────────────────────────────────────────────────────────


def refer(harbour, model_id: str, prefix: str = "models/one/") -> str:
    reference = OSSModelArtifactReferenceDetails(namespace=harbour.namespace, bucket_name="b", prefix=prefix)
    return harbour.references.register(model_id, [reference], if_match=None, again=ONCE)


def test_a_model_by_reference_is_its_objects_as_they_were(harbour, tmp_path) -> None:
    harbour.put("models/one/", b"")
    harbour.put("models/one/score.py", b"def predict(data): ...")
    harbour.put("models/one/weights/w.bin", DATA)
    harbour.put("models/one/empty", b"")
    model_id = harbour.yard.model().noun.id
    request = refer(harbour, model_id)
    assert harbour.state(request) is WorkRequestState.SUCCEEDED
    assert harbour.yard.catalog.models.get(model_id).noun.is_model_by_reference
    description = json.loads(harbour.yard.download(model_id))
    assert [each["name"] for each in description["models"][0]["objects"]] == [
        "models/one/empty",
        "models/one/score.py",
        "models/one/weights/w.bin",
    ]
    harbour.put("models/one/score.py", b"changed")
    harbour.delete("models/one/weights/w.bin")
    harbour.yard.catalog.sweep()
    folder = tmp_path / "unpacked"
    harbour.yard.artifacts.unpack(harbour.yard.artifacts.find(model_id).digest, folder)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == {"score.py": b"def predict(data): ...", "weights/w.bin": DATA, "empty": b""}
    harbour.yard.catalog.models.delete(model_id, if_match=None)
    for name in ("", "score.py", "empty"):
        harbour.delete(f"models/one/{name}")
    assert harbour.yard.blob_files == []


def test_a_description_that_is_uploaded_refers_as_well(harbour) -> None:
    harbour.put("m/score.py", b"x")
    first, second = (harbour.yard.model().noun.id for _ in range(2))
    refer(harbour, first, "m/")
    description = harbour.yard.download(first)
    harbour.yard.upload(second, description, file_name=f"{second}.json")
    assert harbour.yard.catalog.models.get(second).noun.is_model_by_reference
    plain = harbour.yard.model().noun.id
    harbour.yard.upload(plain, b'{"any": "json"}', file_name="a.json")
    assert not harbour.yard.catalog.models.get(plain).noun.is_model_by_reference


def test_a_description_of_what_is_not_there_is_refused_and_leaves_nothing(harbour) -> None:
    harbour.put("m/score.py", b"x")
    model_id = harbour.yard.model().noun.id
    refer(harbour, model_id, "m/")
    good = json.loads(harbour.yard.download(model_id))
    kept = len(harbour.yard.blob_files)
    changes = (
        (RelatedResourceNotFound, ("name", "m/other.py")),
        (RelatedResourceNotFound, ("version", "older")),
        (InvalidParameter, ("sizeInBytes", 2)),
        (InvalidParameter, ("sizeInBytes", "many")),
        (InvalidParameter, ("name", "elsewhere/score.py")),
    )
    for error, (field, value) in changes:
        described = json.loads(json.dumps(good))
        described["models"][0]["objects"][0][field] = value
        other = harbour.yard.model().noun.id
        with pytest.raises(error):
            harbour.yard.upload(other, json.dumps(described).encode(), file_name="a.json")
        with pytest.raises(NotFound):
            harbour.yard.artifacts.find(other)
        assert len(harbour.yard.blob_files) == kept


def test_objects_whose_names_no_files_can_have_are_no_model(harbour) -> None:
    harbour.put("m/../score.py", b"x")
    with pytest.raises(InvalidParameter, match="leads out of its folder"):
        refer(harbour, harbour.yard.model().noun.id, "m/")
    with pytest.raises(InvalidParameter, match="no object"):
        refer(harbour, harbour.yard.model().noun.id, "none/")
    assert len(harbour.yard.blob_files) == 1


def test_a_model_whose_description_finds_no_room_on_the_disk_gets_none(make_yard, disk, fill, tmp_path) -> None:
    harbour = Harbour(make_yard(tmp_path, blob_folder=disk))
    try:
        harbour.put("m/score.py", b"x")
        model_id = harbour.yard.model().noun.id
        kept = harbour.yard.blob_files
        filler = fill(disk)
        with pytest.raises(InsufficientStorage, match="free some space"):
            refer(harbour, model_id, "m/")
        filler.unlink()
        assert harbour.yard.blob_files == kept
        with pytest.raises(NotFound):
            harbour.yard.artifacts.find(model_id)
        assert harbour.state(refer(harbour, model_id, "m/")) is WorkRequestState.SUCCEEDED
    finally:
        harbour.yard.database.close()


def test_what_only_stands_for_folders_is_looked_at_to_an_end(harbour) -> None:
    harbour.put("m/0/", b"")
    with harbour.yard.database.write() as tx:
        one = tx.execute(sa.select(objects)).mappings().one()
        tx.execute(objects.insert(), [{**one, "name": f"m/{number}/"} for number in range(1, 2 * MOST_OBJECTS + 1)])
    with pytest.raises(LimitExceeded, match="longer prefixes"):
        refer(harbour, harbour.yard.model().noun.id, "m/")
    with pytest.raises(InvalidParameter, match="no object"):
        refer(harbour, harbour.yard.model().noun.id, "m/1")  # some of them alone are not too many


def test_what_only_looks_like_a_description_is_refused_and_holds_nothing_up(harbour) -> None:
    strange = {
        "nested": b"[" * 200_000,
        "not a number": b'{"type": "modelOSSReferenceDescription", "version": NaN}',
        "wide": '{"type": "modelOSSReferenceDescription"}'.encode("utf-16"),
    }
    harbour.put("good.zip")
    for name, data in strange.items():
        harbour.put(f"{name}.json", data)
        request = harbour.export(harbour.yard.model().noun.id, f"{name}.json")
        assert harbour.transfers.step()
        assert harbour.state(request) in {WorkRequestState.FAILED, WorkRequestState.SUCCEEDED}
    last = harbour.export(harbour.yard.model().noun.id, "good.zip")
    assert harbour.transfers.step()
    assert harbour.state(last) is WorkRequestState.SUCCEEDED


def test_a_transfer_whose_bytes_are_lost_fails_and_holds_nothing_up(harbour) -> None:
    harbour.put("lost.zip", b"PK lost")
    harbour.put("good.zip")
    lost = harbour.export(harbour.yard.model().noun.id, "lost.zip")
    good = harbour.export(harbour.yard.model().noun.id, "good.zip")
    harbour.yard.blobs.delete(f"sha256:{hashlib.sha256(b'PK lost').hexdigest()}")
    while harbour.transfers.step():
        pass
    assert harbour.state(lost) is WorkRequestState.FAILED
    assert harbour.state(good) is WorkRequestState.SUCCEEDED


class Overtaken(threading.Event):
    """An event that is cleared just after somebody else has stopped the one who waits for it."""

    transfers: ArtifactTransfers

    def clear(self) -> None:
        self.transfers.stop()
        super().clear()


def test_transfers_that_are_stopped_just_before_they_look_for_work_end(harbour) -> None:
    news = Overtaken()
    news.transfers = harbour.restarted(news=news)
    thread = threading.Thread(target=news.transfers.run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_transfers_that_are_stopped_while_they_wait_for_work_end(harbour) -> None:
    thread = threading.Thread(target=harbour.transfers.run, daemon=True)
    thread.start()
    harbour.transfers.stop()
    thread.join(10)
    assert not thread.is_alive()
