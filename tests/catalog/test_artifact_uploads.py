"""Uploads in segments: what is sent, what need not be, and what is left when they end."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.catalog.artifact_uploads import SegmentPlace
from modelyard.catalog.artifacts import Artifacts, Upload
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, EtagMismatch, InvalidParameter, NotFound, PayloadTooLarge
from modelyard.resources.artifact_upload import ArtifactSegment, ArtifactUpload, CreateArtifactUploadDetails

ONE, TWO, THREE = b"one" * 100_000, b"two" * 7, b"3" * 1_500_000


def digest_of(*segments: bytes) -> str:
    """The digest of bytes; of several segments the digest of their digests, and how many there are."""
    digests = [hashlib.sha256(segment) for segment in segments]
    if len(digests) == 1:
        return f"sha256:{digests[0].hexdigest()}"
    both = hashlib.sha256(b"".join(digest.digest() for digest in digests))
    return f"sha256:{both.hexdigest()}-{len(digests)}"


def once(token: str | None = None, operation: str = "any") -> Repeatable:
    return Repeatable(caller="user", token=token, operation=operation, request=b"")


def begin(yard, model_id: str, *segments: bytes, **changes: object) -> ArtifactUpload:
    named = [ArtifactSegment(digest=digest_of(data), size=len(data)) for data in segments]
    details = CreateArtifactUploadDetails(segments=named)
    return yard.catalog.artifact_uploads.create(model_id, details, **{"if_match": None, "again": once(), **changes})


def send(yard, upload: ArtifactUpload, data: bytes, *, digest: str | None = None) -> bool:
    """Send a segment; tell whether its bytes were wanted."""
    uploads = yard.catalog.artifact_uploads
    place = SegmentPlace(upload.model_id, upload.id, digest or digest_of(data))
    incoming = uploads.begin_segment(place)
    if incoming is None:
        return False
    try:
        for start in range(0, len(data), 400_000):
            if incoming.take(data[start : start + 400_000]):
                incoming.flush()
    except BaseException:
        incoming.abort()
        raise
    uploads.complete_segment(place, incoming)
    return True


def commit(yard, upload: ArtifactUpload, **changes: object):
    return yard.catalog.artifact_uploads.commit(
        upload.model_id, upload.id, **{"if_match": None, "again": once(), **changes}
    )


def missing(upload: ArtifactUpload) -> list[str]:
    return [segment.digest for segment in upload.missing]


def test_segments_sent_in_any_order_are_an_artifact_of_their_bytes_end_to_end(yard) -> None:
    model_id = yard.model().noun.id
    upload = begin(yard, model_id, ONE, TWO, THREE)
    assert missing(upload) == [digest_of(ONE), digest_of(TWO), digest_of(THREE)]
    for data in (THREE, ONE, TWO):
        assert send(yard, upload, data)
    artifact = commit(yard, upload)
    assert artifact == yard.artifacts.find(model_id)
    assert artifact.digest == digest_of(ONE, TWO, THREE)
    assert artifact.size == len(ONE + TWO + THREE)
    assert yard.download(model_id) == ONE + TWO + THREE
    assert yard.download(model_id, start=299_990, stop=300_030) == (ONE + TWO + THREE)[299_990:300_030]
    assert [segment.digest for segment in yard.artifacts.segments(artifact)] == missing(upload)
    assert len(yard.blob_files) == 3


def test_what_another_artifact_has_need_not_be_sent(yard) -> None:
    first = begin(yard, yard.model().noun.id, ONE, TWO, THREE)
    for data in (ONE, TWO, THREE):
        send(yard, first, data)
    commit(yard, first)
    second = begin(yard, yard.model().noun.id, ONE, b"changed", THREE)
    assert missing(second) == [digest_of(b"changed")]
    send(yard, second, b"changed")
    assert commit(yard, second).digest == digest_of(ONE, b"changed", THREE)
    yard.catalog.models.delete(first.model_id, if_match=None)
    assert yard.download(second.model_id) == ONE + b"changed" + THREE
    assert len(yard.blob_files) == 3


def test_a_segment_that_comes_several_times_in_an_artifact_is_sent_once(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO, ONE, TWO, ONE)
    assert missing(upload) == [digest_of(ONE), digest_of(TWO)]
    assert send(yard, upload, ONE)
    assert not send(yard, upload, ONE)
    assert send(yard, upload, TWO)
    commit(yard, upload)
    assert yard.download(upload.model_id) == ONE + TWO + ONE + TWO + ONE


def test_an_upload_is_taken_up_by_what_is_missing(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, TWO)
    yard.catalog.sweep()  # as a restart does
    again = yard.catalog.artifact_uploads.get(upload.model_id, upload.id)
    assert missing(again) == [digest_of(ONE)]
    assert yard.catalog.artifact_uploads.list(upload.model_id) == [again]
    send(yard, again, ONE)
    assert commit(yard, again).digest == digest_of(ONE, TWO)
    assert yard.catalog.artifact_uploads.list(upload.model_id) == []


def test_a_commit_with_segments_missing_is_refused_and_keeps_what_came(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, ONE)
    with pytest.raises(Conflict, match="1 segments of the upload are missing"):
        commit(yard, upload)
    with pytest.raises(NotFound):
        yard.artifacts.find(upload.model_id)
    send(yard, upload, TWO)
    commit(yard, upload)


def test_other_bytes_than_announced_are_refused_and_leave_nothing(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE)
    with pytest.raises(InvalidParameter, match="came as the segment"):
        send(yard, upload, b"x" * len(ONE), digest=digest_of(ONE))
    with pytest.raises(InvalidParameter, match="More than the 300000 bytes"):
        send(yard, upload, b"x" * 1_500_000, digest=digest_of(ONE))
    with pytest.raises(NotFound, match="has no segment"):
        send(yard, upload, TWO)
    assert yard.blob_files == []
    assert missing(yard.catalog.artifact_uploads.get(upload.model_id, upload.id)) == [digest_of(ONE)]


def test_a_segment_whose_size_is_wrong_is_refused(yard) -> None:
    model_id = yard.model().noun.id
    yard.upload(yard.model().noun.id, ONE)
    create = yard.catalog.artifact_uploads.create
    wrong = ArtifactSegment(digest=digest_of(ONE), size=5)
    for segments in ([wrong], [wrong, ArtifactSegment(digest=digest_of(ONE), size=6)]):
        with pytest.raises(InvalidParameter):
            create(model_id, CreateArtifactUploadDetails(segments=segments), if_match=None, again=once())
    assert yard.catalog.artifact_uploads.list(model_id) == []


def test_an_aborted_upload_leaves_nothing_but_what_others_have(yard) -> None:
    kept = begin(yard, yard.model().noun.id, ONE)
    send(yard, kept, ONE)
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, TWO)
    yard.catalog.artifact_uploads.abort(upload.model_id, upload.id)
    assert len(yard.blob_files) == 1
    commit(yard, kept)
    for ask in (lambda: send(yard, upload, TWO), lambda: commit(yard, upload)):
        with pytest.raises(NotFound, match="There is no upload"):
            ask()


def test_a_deleted_model_takes_its_uploads_with_it(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, ONE)
    yard.catalog.models.delete(upload.model_id, if_match=None)
    assert yard.blob_files == []
    with pytest.raises(NotFound):
        send(yard, upload, TWO)


def test_an_upload_that_nobody_comes_back_to_is_dropped_after_a_week(yard) -> None:
    old = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, old, ONE)
    for path in yard.blob_files:  # the files know the time of the disk, the yard has its own
        os.utime(path, (yard.now.timestamp(), yard.now.timestamp()))
    yard.now += timedelta(days=6, hours=23)
    young = begin(yard, yard.model().noun.id, TWO)
    yard.catalog.sweep()
    assert missing(yard.catalog.artifact_uploads.get(old.model_id, old.id)) == [digest_of(TWO)]
    yard.now += timedelta(hours=2)
    yard.catalog.sweep()
    with pytest.raises(NotFound, match="7 days"):
        yard.catalog.artifact_uploads.get(old.model_id, old.id)
    assert yard.catalog.artifact_uploads.get(young.model_id, young.id)
    assert yard.blob_files == []


def test_an_upload_that_goes_on_is_kept_however_long_ago_it_began(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO, THREE)
    for data in (ONE, TWO):
        send(yard, upload, data)
        for path in yard.blob_files:  # the files know the time of the disk, the yard has its own
            os.utime(path, (yard.now.timestamp(), yard.now.timestamp()))
        yard.now += timedelta(days=6)
        yard.catalog.sweep()
    assert missing(yard.catalog.artifact_uploads.get(upload.model_id, upload.id)) == [digest_of(THREE)]
    yard.now += timedelta(days=2)
    yard.catalog.sweep()
    with pytest.raises(NotFound, match="7 days"):
        yard.catalog.artifact_uploads.get(upload.model_id, upload.id)


def test_of_two_uploads_for_one_model_one_becomes_its_artifact(yard) -> None:
    model_id = yard.model().noun.id
    first, second = begin(yard, model_id, ONE), begin(yard, model_id, TWO)
    send(yard, first, ONE)
    send(yard, second, TWO)
    ends: list[str] = []

    def end(upload: ArtifactUpload) -> None:
        try:
            ends.append(commit(yard, upload).digest)
        except Conflict:
            ends.append("refused")

    threads = [threading.Thread(target=end, args=(upload,)) for upload in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(ends) == "refused"
    assert max(ends) == yard.artifacts.find(model_id).digest
    assert digest_of(yard.download(model_id)) == yard.artifacts.find(model_id).digest


def test_a_model_with_its_artifact_takes_no_upload(yard) -> None:
    model_id = yard.model().noun.id
    upload = begin(yard, model_id, ONE)
    yard.upload(model_id, b"PK")
    with pytest.raises(Conflict, match="never change"):
        begin(yard, model_id, ONE)
    send(yard, upload, ONE)
    with pytest.raises(Conflict, match="never change"):
        commit(yard, upload)
    assert yard.download(model_id) == b"PK"


def test_etags_sizes_and_repeated_requests_are_as_with_a_plain_upload(yard) -> None:
    model = yard.model()
    with pytest.raises(EtagMismatch):
        begin(yard, model.noun.id, ONE, if_match="other")
    with pytest.raises(PayloadTooLarge):
        begin(yard, model.noun.id, *[bytes([number]) * 1_000_000 for number in range(120)])
    upload = begin(yard, model.noun.id, ONE, if_match=model.etag, again=once("create", "create"))
    assert begin(yard, model.noun.id, ONE, again=once("create", "create")).id == upload.id
    send(yard, upload, ONE)
    first = commit(yard, upload, again=once("commit", "commit"))
    assert commit(yard, upload, again=once("commit", "commit")) == first


def test_bytes_that_are_lost_before_the_commit_make_no_artifact(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, TWO)
    send(yard, upload, ONE)
    other = begin(yard, yard.model().noun.id, ONE, TWO, THREE)
    yard.blobs.delete(digest_of(TWO))
    send(yard, other, THREE)
    with pytest.raises(Conflict, match=f"{digest_of(TWO)} among them: send the segments again"):
        commit(yard, other)
    with pytest.raises(NotFound):
        yard.artifacts.find(other.model_id)
    assert missing(yard.catalog.artifact_uploads.get(other.model_id, other.id)) == [digest_of(TWO)]
    assert send(yard, other, TWO)
    assert commit(yard, other).digest == digest_of(ONE, TWO, THREE)
    assert yard.download(other.model_id) == ONE + TWO + THREE
    assert commit(yard, upload).digest == digest_of(ONE, TWO)  # what is here again is here for all


def test_bytes_that_are_lost_after_they_all_came_make_no_artifact_either(yard) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO, ONE)
    send(yard, upload, ONE)
    send(yard, upload, TWO)
    yard.blobs.delete(digest_of(ONE))
    with pytest.raises(Conflict, match=digest_of(ONE)):
        commit(yard, upload)
    assert send(yard, upload, ONE)
    commit(yard, upload)
    assert yard.download(upload.model_id) == ONE + TWO + ONE


def test_what_is_too_large_for_one_request_comes_in_segments(yard) -> None:
    artifacts = Artifacts(
        yard.database, yard.blobs, objects=yard.storage.objects, limit=None, upload_limit=10, clock=lambda: yard.now
    )
    model_id = yard.model().noun.id
    with pytest.raises(PayloadTooLarge, match="more than 10 bytes, the limit for one request"):
        artifacts.begin(Upload(model_id=model_id, file_name="a.zip", length=11, if_match=None, again=once()))
    upload = begin(yard, model_id, ONE)
    send(yard, upload, ONE)
    assert commit(yard, upload).size == len(ONE)


def test_an_archive_of_segments_is_read_as_one_file(yard) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("score.py", "def predict(data): ...")
        archive.writestr("weights.bin", THREE)
    data = content.getvalue()
    pieces = [data[start : start + 333_333] for start in range(0, len(data), 333_333)]
    upload = begin(yard, yard.model().noun.id, *pieces)
    for piece in pieces:
        send(yard, upload, piece)
    artifact = commit(yard, upload)
    with yard.artifacts.open(artifact.digest) as file, zipfile.ZipFile(file) as archive:
        assert archive.read("weights.bin") == THREE
        assert archive.testzip() is None
    with pytest.raises(KeyError), yard.artifacts.open("sha256:" + "0" * 64):
        pass


@settings(max_examples=20)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=12), st.randoms())
def test_any_pieces_in_any_order_read_back_at_any_place(make_yard, tmp_path_factory, pieces, random) -> None:
    yard = make_yard(tmp_path_factory.mktemp("yard"))
    try:
        upload = begin(yard, yard.model().noun.id, *pieces)
        order = list(dict.fromkeys(pieces))
        random.shuffle(order)
        for piece in order:
            assert send(yard, upload, piece)
        whole = b"".join(pieces)
        artifact = commit(yard, upload)
        assert artifact.digest == digest_of(*pieces)
        start = random.randint(0, len(whole))
        stop = random.randint(start, len(whole))
        assert yard.download(upload.model_id, start=start, stop=stop) == whole[start:stop]
        with yard.artifacts.open(artifact.digest) as file:
            file.seek(start)
            assert file.read(stop - start) == whole[start:stop]
    finally:
        yard.database.close()


@pytest.mark.parametrize("attempt", range(5))
def test_a_commit_its_repetition_and_an_abort_at_once_leave_the_artifact_or_nothing(yard, attempt: int) -> None:
    upload = begin(yard, yard.model().noun.id, ONE, TWO)
    send(yard, upload, ONE)
    send(yard, upload, TWO)
    again = once("t", "commit")
    digests: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except NotFound:
            digests.append("refused")

    def commit_it() -> None:
        digests.append(commit(yard, upload, again=again).digest)

    def abort_it() -> None:
        yard.catalog.artifact_uploads.abort(upload.model_id, upload.id)

    threads = [threading.Thread(target=run, args=(act,)) for act in (commit_it, abort_it, commit_it)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if digest_of(ONE, TWO) in digests:
        assert sorted(digests) == ["refused", digest_of(ONE, TWO), digest_of(ONE, TWO)]
        assert yard.download(upload.model_id) == ONE + TWO
    else:
        assert digests == ["refused", "refused"]
        assert yard.blob_files == []
