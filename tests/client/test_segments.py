"""Large artifacts in segments, against the service itself: only what is missing travels, and nothing is half there."""

from __future__ import annotations

import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelyard.artifact.archive import pack
from modelyard.artifact.archive_plan import plan_archive
from modelyard.artifact.digests import digest_of_file, digest_of_file_in_segments
from modelyard.artifact.segments import Segmented, SegmentedFile
from modelyard.artifact.unpack import put_in_place
from modelyard.client.artifact_download import download_file, download_folder, list_segments
from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.client.segment_upload import is_stored, send_missing, send_whole, upload_details
from modelyard.client.transport import Request, Transport
from modelyard.errors import ArtifactError, Conflict, InvalidParameter, NotFound, ServiceUnreachable, UnsafeArchiveError
from modelyard.resources.artifact_upload import ArtifactSegment, ArtifactUpload
from modelyard.resources.model import CreateModelDetails

MIB = 1 << 20


class Listening(Transport):
    """A transport that remembers what it sent, and breaks down where the test says so."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.requests: list[Request] = []
        self.answered = 0
        self.breaks_after: int | None = None
        self._lock = threading.Lock()

    def _attempt(self, request: Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            if self.breaks_after is not None and self.answered >= self.breaks_after:
                raise ServiceUnreachable("the cable is out")
        response = super()._attempt(request)
        with self._lock:
            self.answered += 1
        return response

    @property
    def sent(self) -> int:
        """How many bytes of segments were sent."""
        return sum(request.length for request in self.requests if request.method == "PUT")

    @property
    def asked(self) -> int:
        """How many bytes were asked for by ranges."""
        ranges = [(request.headers or {}).get("range", "").removeprefix("bytes=") for request in self.requests]
        return sum(int(last) - int(first) + 1 for first, last in (each.split("-") for each in ranges if each))


@pytest.fixture
def connect(service: Any) -> Iterator[Callable[[], DataScienceClient]]:
    """Makes clients, each with a transport of its own that listens."""
    made = []

    def make() -> DataScienceClient:
        profile = resolve(service.settings)
        made.append(DataScienceClient(profile, transport=Listening(profile)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Callable[[], DataScienceClient]) -> DataScienceClient:
    return connect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An artifact of 10 MiB: large files, small ones, an empty folder."""
    folder = tmp_path / "artifact"
    (folder / "weights").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "score.py").write_text("def load_model(): pass\ndef predict(data): return data\n")
    (folder / "größe.txt").write_text("some text\n" * 500)
    for number in range(40):
        (folder / f"small-{number}.bin").write_bytes(os.urandom(8000))
    for number in range(4):
        (folder / "weights" / f"{number}.bin").write_bytes(os.urandom(2 * MIB + 300_000 + number))
    return folder


def new_model(client: DataScienceClient) -> str:
    profile = client.profile
    assert profile.compartment_id
    assert profile.project_id
    details = CreateModelDetails(compartment_id=profile.compartment_id, project_id=profile.project_id)
    return client.create_model(details).id


def send(client: DataScienceClient, source: Segmented, model_id: str | None = None) -> str:
    """Save bytes in segments; return the model's id."""
    model_id = model_id or new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(source, file_name="a.zip"))
    send_missing(client, upload, source)
    client.commit_artifact_upload(model_id, upload.id)
    return model_id


def digest_in(file: Path, cut_as: Segmented) -> str:
    """The digest that bytes have which came in segments."""
    return digest_of_file_in_segments(file, [segment.size for segment in cut_as.segments])


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def requests_of(client: DataScienceClient) -> Listening:
    assert isinstance(client.transport, Listening)
    return client.transport


# ── up ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_went_in_segments_is_the_zip_that_pack_writes(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    plan = plan_archive(folder)
    told: list[tuple[int, int]] = []
    model_id = new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(plan, file_name="a.zip"))
    send_missing(client, upload, plan, progress=lambda done, total: told.append((done, total)))
    digest = client.commit_artifact_upload(model_id, upload.id)
    packed = pack(folder, tmp_path / "a.zip")
    head = client.head_model_artifact(model_id)
    assert (head.digest, head.size) == (digest_in(packed.path, plan), packed.size)
    assert digest == head.digest
    assert told[-1] == (plan.size, plan.size)
    assert is_stored(client, model_id, plan)
    assert requests_of(client).sent == plan.size


def test_only_what_the_service_does_not_have_is_sent(connect: Any, client: DataScienceClient, folder: Path) -> None:
    send(client, plan_archive(folder))
    (folder / "small-7.bin").write_bytes(os.urandom(8100))
    again = connect()
    plan = plan_archive(folder)
    model_id = send(again, plan)
    assert is_stored(again, model_id, plan)
    assert requests_of(again).sent < 400_000


def test_an_upload_goes_on_where_it_broke(connect: Any, client: DataScienceClient, folder: Path) -> None:
    plan = plan_archive(folder)
    model_id = new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(plan, file_name="a.zip"))
    requests_of(client).breaks_after = requests_of(client).answered + 2
    with pytest.raises(ServiceUnreachable, match="cable"):
        send_missing(client, upload, plan)
    later = connect()
    assert [each.id for each in later.list_artifact_uploads(model_id)] == [upload.id]
    rest = later.get_artifact_upload(model_id, upload.id)
    assert 0 < len(rest.missing) < len(upload.missing)
    with pytest.raises(Conflict, match="missing"):
        later.commit_artifact_upload(model_id, upload.id)
    told: list[int] = []
    send_missing(later, rest, plan, progress=lambda done, total: told.append(done))
    later.commit_artifact_upload(model_id, upload.id)
    assert requests_of(later).sent == sum(segment.size for segment in rest.missing)
    assert told[0] == plan.size - requests_of(later).sent
    assert is_stored(later, model_id, plan)


def test_equal_segments_are_sent_once(client: DataScienceClient, tmp_path: Path) -> None:
    folder = tmp_path / "twins"
    folder.mkdir()
    same = os.urandom(3 * MIB)
    for name in ("a.bin", "b.bin"):
        (folder / name).write_bytes(same)
    plan = plan_archive(folder)
    assert is_stored(client, send(client, plan), plan)
    assert requests_of(client).sent < 4 * MIB


def test_a_file_that_changes_while_it_is_sent_is_said(client: DataScienceClient, folder: Path) -> None:
    plan = plan_archive(folder)
    model_id = new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(plan, file_name="a.zip"))
    (folder / "weights" / "2.bin").write_bytes(b"new")
    with pytest.raises(ArtifactError, match=r"2\.bin changed while it was archived"):
        send_missing(client, upload, plan)


def test_bytes_with_another_digest_are_refused(client: DataScienceClient, folder: Path) -> None:
    plan = plan_archive(folder)
    model_id = new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(plan, file_name="a.zip"))
    first = plan.segments[0]
    wrong = b"x" * first.size
    with pytest.raises(InvalidParameter):
        client.put_artifact_segment(
            upload, ArtifactSegment(digest=first.digest, size=first.size), lambda: iter([wrong])
        )
    assert first.digest in {each.digest for each in client.get_artifact_upload(model_id, upload.id).missing}


def test_an_aborted_upload_is_gone(client: DataScienceClient, folder: Path) -> None:
    model_id = new_model(client)
    upload = client.create_artifact_upload(model_id, upload_details(plan_archive(folder), file_name="a.zip"))
    client.abort_artifact_upload(model_id, upload.id)
    assert list(client.list_artifact_uploads(model_id)) == []
    with pytest.raises(NotFound):
        client.get_artifact_upload(model_id, upload.id)


def test_any_artifact_goes_in_one_request_too(client: DataScienceClient, folder: Path, tmp_path: Path) -> None:
    model_id = new_model(client)
    digest = send_whole(client, model_id, plan_archive(folder), file_name="a.zip")
    assert digest == pack(folder, tmp_path / "a.zip").digest == client.head_model_artifact(model_id).digest


# ── down ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_artifact_comes_into_a_folder_and_into_a_file(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    model_id = send(client, plan_archive(folder))
    told: list[tuple[int, int]] = []
    place = tmp_path / "into"
    assert download_folder(
        client, model_id, place / "f", put=put_in_place, progress=lambda done, total: told.append((done, total))
    )
    assert tree(place / "f") == tree(folder)
    head = download_file(client, model_id, place / "a.zip")
    assert (place / "a.zip").read_bytes() == pack(folder, tmp_path / "b.zip").path.read_bytes()
    assert digest_in(place / "a.zip", plan_archive(folder)) == head.digest
    assert sorted(path.name for path in place.iterdir()) == ["a.zip", "f"]
    assert told[-1] == (head.size, head.size)


def test_segments_come_in_one_request_too_and_are_checked(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    model_id = send(client, plan_archive(folder))
    head = client.get_model_artifact_content(model_id, tmp_path / "a.zip")
    assert head == client.head_model_artifact(model_id)
    assert (tmp_path / "a.zip").read_bytes() == pack(folder, tmp_path / "b.zip").path.read_bytes()


class Gone(Exception):
    """The user has left."""


def _stop_after(share: float) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done > share * total:
            raise Gone

    return progress


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_download_goes_on_where_it_broke(
    connect: Any, client: DataScienceClient, folder: Path, tmp_path: Path, share: float, what: str
) -> None:
    model_id = send(client, plan_archive(folder))
    size = client.head_model_artifact(model_id).size
    place = tmp_path / "into"

    def download(who: DataScienceClient, progress: Any = None) -> None:
        if what == "folder":
            download_folder(who, model_id, place / "f", put=put_in_place, progress=progress)
        else:
            download_file(who, model_id, place / "f", progress=progress)

    with pytest.raises(Gone, match=r"kept in .*\.downloading: the same call goes on"):
        download(client, _stop_after(share))
    assert not (place / "f").exists()
    again = connect()
    download(again)
    assert requests_of(again).asked <= size - share * size + 3 * MIB
    if what == "folder":
        assert tree(place / "f") == tree(folder)
    else:
        assert digest_of_file(place / "f") == pack(folder, tmp_path / "a.zip").digest
    assert [path.name for path in place.iterdir()] == ["f"]


def test_what_an_earlier_try_left_is_checked_before_it_is_believed(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    model_id = send(client, plan_archive(folder))
    place = tmp_path / "into"
    with pytest.raises(Gone):
        download_folder(client, model_id, place / "f", put=put_in_place, progress=_stop_after(0.8))
    for path in place.glob(".f.*/content/weights/*"):
        with path.open("r+b") as file:
            file.seek(1000)
            file.write(b"power went, bytes went")
    with next(place.glob(".f.*/journal")).open("ab") as journal:
        journal.write(b"torn\n12")
    download_folder(client, model_id, place / "f", put=put_in_place)
    assert tree(place / "f") == tree(folder)


def test_what_an_earlier_try_of_another_artifact_left_goes(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    one = send(client, plan_archive(folder))
    (folder / "score.py").write_text("# another\n")
    other = send(client, plan_archive(folder))
    place = tmp_path / "into"
    with pytest.raises(Gone):
        download_folder(client, one, place / "f", put=put_in_place, progress=_stop_after(0.5))
    assert len(list(place.iterdir())) == 1
    download_folder(client, other, place / "f", put=put_in_place)
    assert [path.name for path in place.iterdir()] == ["f"]
    assert tree(place / "f") == tree(folder)


def test_two_downloads_to_one_place_do_not_meet(client: DataScienceClient, folder: Path, tmp_path: Path) -> None:
    model_id = send(client, plan_archive(folder))
    file = tmp_path / "into" / "a.zip"
    threads = [threading.Thread(target=download_file, args=(client, model_id, file)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digest_of_file(file) == pack(folder, tmp_path / "a.zip").digest
    assert [path.name for path in file.parent.iterdir()] == ["a.zip"]


def _zip(path: Path, members: list[tuple[str, bytes, int]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, method in members:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return path


def test_a_zip_of_another_maker_is_unpacked_as_well(client: DataScienceClient, tmp_path: Path) -> None:
    large = os.urandom(MIB) * 36  # over the end of the first segment
    text = b"a,b\n" * 900_000
    members = [
        ("m/score.py", b"x = 1\n", zipfile.ZIP_STORED),
        ("m/large.bin", large, zipfile.ZIP_STORED),
        ("m/table.csv", text, zipfile.ZIP_DEFLATED),
        ("m/other.bin", os.urandom(2 * MIB), zipfile.ZIP_STORED),
    ]
    model_id = send(client, SegmentedFile(_zip(tmp_path / "a.zip", members)))
    assert download_folder(client, model_id, tmp_path / "f", put=put_in_place)
    # the folder around it is taken off
    assert tree(tmp_path / "f") == {name.removeprefix("m/"): content for name, content, _ in members}


@pytest.mark.parametrize("name", ["../outside.bin", "/outside.bin", "a/../../outside.bin", "C:/outside.bin"])
def test_a_zip_that_would_write_elsewhere_writes_nothing(client: DataScienceClient, tmp_path: Path, name: str) -> None:
    members = [(name, os.urandom(5 * MIB), zipfile.ZIP_STORED), ("score.py", b"", zipfile.ZIP_STORED)]
    model_id = send(client, SegmentedFile(_zip(tmp_path / "a.zip", members)))
    place = tmp_path / "deep" / "into"
    with pytest.raises(UnsafeArchiveError, match="outside"):
        download_folder(client, model_id, place / "f", put=put_in_place)
    assert list((tmp_path / "deep").rglob("*")) == [place]


def test_a_zip_with_a_wrong_checksum_is_refused(client: DataScienceClient, tmp_path: Path) -> None:
    content = os.urandom(5 * MIB)
    file = _zip(tmp_path / "a.zip", [("large.bin", content, zipfile.ZIP_STORED)])
    raw = bytearray(file.read_bytes())
    raw[raw.index(content[:64]) + 70] ^= 1
    file.write_bytes(raw)
    model_id = send(client, SegmentedFile(file))
    with pytest.raises(UnsafeArchiveError, match="damaged"):
        download_folder(client, model_id, tmp_path / "into" / "f", put=put_in_place)
    assert list((tmp_path / "into").iterdir()) == []


def test_a_tar_is_left_to_the_plain_way(client: DataScienceClient, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("score.py")
        entry.size = 5 * MIB
        archive.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    model_id = send(client, SegmentedFile(tmp_path / "a.tar"))
    assert not download_folder(client, model_id, tmp_path / "into" / "f", put=put_in_place)
    assert list((tmp_path / "into").iterdir()) == []


def test_a_small_artifact_or_none_is_left_to_the_plain_way(client: DataScienceClient, tmp_path: Path) -> None:
    model_id = new_model(client)
    assert list_segments(client, model_id) is None
    (tmp_path / "a.zip").write_bytes(b"small")
    send_whole(client, model_id, SegmentedFile(tmp_path / "a.zip"), file_name="a.zip")
    assert list_segments(client, model_id) is None


class Lying(DataScienceClient):
    """A client that is told wrong digests."""

    def list_artifact_segments(self, model_id: str) -> Any:
        import msgspec

        first, *rest = super().list_artifact_segments(model_id)
        return [msgspec.structs.replace(first, digest=f"sha256:{'0' * 64}"), *rest]


def test_bytes_that_are_not_what_the_service_says_are_not_kept(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    model_id = send(client, plan_archive(folder))
    place = tmp_path / "into"
    with Lying(client.profile) as told_wrong, pytest.raises(UnsafeArchiveError, match="Download it again"):
        download_folder(told_wrong, model_id, place / "f", put=put_in_place)
    assert list(place.iterdir()) == []


class Whole(DataScienceClient):
    """A client of a service that has one digest over all bytes of an artifact."""

    digest = ""

    def head_model_artifact(self, model_id: str) -> Any:
        return replace(super().head_model_artifact(model_id), digest=self.digest)


def test_a_file_is_checked_by_whichever_digest_the_service_has(
    client: DataScienceClient, folder: Path, tmp_path: Path
) -> None:
    model_id = send(client, plan_archive(folder))
    with Whole(client.profile) as told:
        told.digest = pack(folder, tmp_path / "a.zip").digest
        assert download_file(told, model_id, tmp_path / "b.zip").digest == told.digest
        told.digest = f"sha256:{'0' * 64}"
        with pytest.raises(UnsafeArchiveError, match="Nothing was kept"):
            download_file(told, model_id, tmp_path / "c.zip")
        told.digest += "-7"
        with pytest.raises(UnsafeArchiveError, match="Nothing was kept"):
            download_file(told, model_id, tmp_path / "c.zip")
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["a.zip", "b.zip"]


def test_uploads_are_nouns_on_both_sides(client: DataScienceClient, folder: Path) -> None:
    model_id = new_model(client)
    plan = plan_archive(folder)
    upload = client.create_artifact_upload(model_id, upload_details(plan, file_name="a.zip"))
    assert isinstance(upload, ArtifactUpload)
    assert (upload.size, len(upload.segments)) == (plan.size, len(plan.segments))
    assert client.get_artifact_upload(model_id, upload.id) == upload
