"""Uploads: the model has the whole artifact or none, and nothing is left of what failed."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from modelyard.catalog.artifacts import Upload, download_name
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import (
    Conflict,
    EtagMismatch,
    InsufficientStorage,
    InvalidatedRetryToken,
    InvalidParameter,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
)

OTHER = "ocid1.datasciencemodel.oc98.local-1.other"


def token(text: str = "t", operation: str = "create_model_artifact") -> Repeatable:
    return Repeatable(caller="user", token=text, operation=operation, request=b"")


def test_a_model_gets_the_bytes_that_came(yard) -> None:
    model = yard.model().noun
    artifact = yard.upload(model.id, b"PK bytes", file_name="m.tar.gz")
    assert artifact.digest == "sha256:" + hashlib.sha256(b"PK bytes").hexdigest()
    assert yard.download(model.id) == b"PK bytes"
    assert yard.download(model.id, start=3, stop=5) == b"by"
    assert yard.artifacts.find(model.id) == artifact
    with yard.artifacts.open(artifact.digest) as file:
        assert file.read() == b"PK bytes"
    assert download_name(artifact) == f"{model.id}.gz"


def test_an_artifact_larger_than_a_piece_comes_back_as_it_was(yard) -> None:
    data = bytes(range(251)) * 13_000
    model = yard.model().noun
    yard.upload(model.id, data)
    assert yard.download(model.id) == data


def test_a_second_artifact_is_refused_and_the_first_stays(yard) -> None:
    model = yard.model().noun
    yard.upload(model.id, b"first")
    with pytest.raises(Conflict, match="artifacts never change"):
        yard.upload(model.id, b"second")
    assert yard.download(model.id) == b"first"
    assert len(yard.blob_files) == 1


def test_of_two_uploads_at_once_one_wins_whole(yard) -> None:
    model = yard.model().noun
    bodies = [bytes([number]) * 100_000 for number in range(4)]
    begin = threading.Barrier(len(bodies))
    done: list[bytes] = []
    refused: list[bytes] = []

    def run(body: bytes) -> None:
        begin.wait(10)
        try:
            yard.upload(model.id, body)
        except Conflict:
            refused.append(body)
        else:
            done.append(body)

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(done), len(refused)) == (1, 3)
    assert yard.download(model.id) == done[0]
    assert len(yard.blob_files) == 1


def test_an_upload_that_ends_midway_leaves_nothing_and_may_be_sent_again(yard) -> None:
    model = yard.model().noun
    upload = Upload(model_id=model.id, file_name="a.zip", length=10, if_match=None, again=token())
    incoming = yard.artifacts.begin(upload)
    incoming.take(b"half")
    incoming.flush()
    incoming.abort()
    assert yard.blob_files == []
    with pytest.raises(NotFound, match="has no artifact"):
        yard.artifacts.find(model.id)
    yard.upload(model.id, b"whole", again=token())
    assert yard.download(model.id) == b"whole"


def test_an_empty_artifact_is_refused(yard) -> None:
    model = yard.model().noun
    with pytest.raises(InvalidParameter, match="empty"):
        yard.upload(model.id, b"")
    assert yard.blob_files == []


@pytest.mark.parametrize("announced", [True, False])
def test_an_artifact_over_the_limit_is_refused(yard, announced: bool) -> None:
    model = yard.model().noun
    data = b"x" * 5_000_001
    with pytest.raises(PayloadTooLarge, match="MODELYARD_ARTIFACT_LIMIT"):
        yard.upload(model.id, data, length=len(data) if announced else None)
    assert yard.blob_files == []
    yard.upload(model.id, data[1:])


def test_bytes_that_are_not_the_signed_ones_are_refused(yard) -> None:
    model = yard.model().noun
    for digest in (base64.b64encode(hashlib.sha256(b"y").digest()).decode(), "no base64!", ""):
        with pytest.raises(NotAuthenticated, match="x-content-sha256"):
            yard.upload(model.id, b"x", signed_digest=digest)
    assert yard.blob_files == []
    yard.upload(model.id, b"x", signed_digest=base64.b64encode(hashlib.sha256(b"x").digest()).decode())


def test_an_upload_needs_a_model_that_is_there(yard) -> None:
    with pytest.raises(NotFound):
        yard.upload(OTHER, b"x")
    model = yard.model().noun
    yard.catalog.models.delete(model.id, if_match=None)
    with pytest.raises(Conflict, match="is DELETED"):
        yard.upload(model.id, b"x")
    assert yard.blob_files == []


def test_an_upload_to_a_model_that_is_deleted_meanwhile_is_refused(yard) -> None:
    model = yard.model().noun
    upload = Upload(model_id=model.id, file_name="a.zip", length=1, if_match=None, again=token())
    incoming = yard.artifacts.begin(upload)
    incoming.take(b"x")
    yard.catalog.models.delete(model.id, if_match=None)
    with pytest.raises(Conflict, match="is DELETED"):
        yard.artifacts.complete(upload, incoming, signed_digest=None)
    assert yard.blob_files == []


def test_an_upload_with_another_etag_is_refused(yard) -> None:
    model = yard.model()
    with pytest.raises(EtagMismatch):
        yard.upload(model.noun.id, b"x", if_match="other")
    yard.upload(model.noun.id, b"x", if_match=model.etag)


# ── retry tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_upload_again_is_done_already(yard) -> None:
    model = yard.model().noun
    assert yard.upload(model.id, b"x", again=token()) is not None
    assert yard.upload(model.id, b"x", again=token()) is None
    assert yard.download(model.id) == b"x"


def test_a_token_that_another_request_has_taken_meanwhile_is_refused(yard) -> None:
    model = yard.model().noun
    upload = Upload(model_id=model.id, file_name="a.zip", length=1, if_match=None, again=token())
    incoming = yard.artifacts.begin(upload)
    incoming.take(b"x")
    yard.model(again=token(operation="create_model"))
    with pytest.raises(InvalidatedRetryToken):
        yard.artifacts.complete(upload, incoming, signed_digest=None)
    assert yard.blob_files == []


def test_the_same_upload_twice_at_once_is_done_once(yard) -> None:
    model = yard.model().noun
    upload = Upload(model_id=model.id, file_name="a.zip", length=1, if_match=None, again=token())
    both = [yard.artifacts.begin(upload) for _ in range(2)]
    for incoming in both:
        incoming.take(b"x")
    first, second = (yard.artifacts.complete(upload, incoming, signed_digest=None) for incoming in both)
    assert first == second == yard.artifacts.find(model.id)
    assert len(yard.blob_files) == 1


# ── deleting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_artifact_goes_with_its_model(yard) -> None:
    model = yard.model().noun
    yard.upload(model.id, b"x")
    yard.catalog.models.delete(model.id, if_match=None)
    with pytest.raises(NotFound, match="is deleted"):
        yard.artifacts.find(model.id)
    assert yard.blob_files == []


def test_bytes_that_another_model_has_too_stay(yard) -> None:
    first, second = yard.model().noun, yard.model().noun
    yard.upload(first.id, b"x")
    yard.upload(second.id, b"x")
    assert len(yard.blob_files) == 1
    yard.catalog.models.delete(first.id, if_match=None)
    assert yard.download(second.id) == b"x"


def test_a_sweep_keeps_what_models_have_and_removes_the_rest(yard) -> None:
    model = yard.model().noun
    yard.upload(model.id, b"kept")
    for data in (b"orphan", b"kept"):
        writer = yard.blobs.writer()
        writer.write(data)
        writer.finish()
        writer.publish()
    yard.blobs.writer().write(b"unfinished")
    yard.artifacts.sweep()
    assert [path.read_bytes() for path in yard.blob_files] == [b"kept"]


# ── full disks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upload_onto_a_full_disk_keeps_nothing_and_may_be_sent_again(make_yard, disk: Path) -> None:
    yard = make_yard(disk)
    model = yard.model().noun
    with pytest.raises(InsufficientStorage):
        yard.upload(model.id, b"x" * 4_900_000)
    assert yard.blob_files == []
    yard.upload(model.id, b"x" * 1000)
    assert len(yard.download(model.id)) == 1000
    yard.database.close()


def test_bytes_whose_row_finds_no_room_are_not_kept(make_yard, disk: Path, fill) -> None:
    yard = make_yard(disk, blob_folder=disk.with_name("roomy"))
    project_id = yard.project().noun.id
    models = [yard.model(project_id=project_id).noun for _ in range(30)]
    with closing(sqlite3.connect(disk / "yard.db")) as connection:  # what the log has taken would be room for rows
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    filler = fill(disk)
    uploaded = []
    with pytest.raises(InsufficientStorage):
        for number, model in enumerate(models):
            yard.upload(model.id, bytes([number]))
            uploaded.append(model)
    assert len(yard.blob_files) == len(uploaded)
    filler.unlink()
    for number, model in enumerate(models[len(uploaded) :], len(uploaded)):
        yard.upload(model.id, bytes([number]))
    assert [yard.download(model.id) for model in models] == [bytes([number]) for number in range(30)]
    yard.database.close()


def test_a_reader_whose_model_is_deleted_before_it_begins_is_told(yard) -> None:
    model_id = yard.model().noun.id
    yard.upload(model_id, b"data")
    found = yard.artifacts.find(model_id)
    yard.catalog.models.delete(model_id, if_match=None)
    with pytest.raises(NotFound, match="deleted just now"):
        next(yard.artifacts.read(found))
