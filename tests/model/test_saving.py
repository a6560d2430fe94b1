"""Saves of large artifacts: interrupted at any step and gone on with, by the next call or by the command."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.artifact.archive import pack
from modelyard.artifact.archive_plan import plan_archive
from modelyard.artifact.digests import digest_of_segments
from modelyard.client.artifact_download import download_file
from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.errors import ArtifactError, Conflict, RouteNotFound, ServiceUnreachable, UsageError
from modelyard.model import saving
from modelyard.model.progress import Silence
from modelyard.model.saving import Draft, Saved
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.resources.artifact_upload import ArtifactSegment, ArtifactUpload, CreateArtifactUploadDetails
from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails, Model
from modelyard.wire.faults import error_for

MIB = 1 << 20


class Dying(DataScienceClient):
    """A client that stops in the middle: before or after the call that a test names, or at the n-th segment."""

    def __init__(self, *arguments: Any, error: BaseException | None = None) -> None:
        super().__init__(*arguments)
        self.error = error or KeyboardInterrupt()
        self.dies_before: str | None = None
        self.dies_after: str | None = None
        self.segments = 10**6
        self.sent = 0
        self._under_way = 0
        self._turn = threading.Condition()

    def _step(self, name: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        dies_before, dies_after = self.dies_before == name, self.dies_after == name
        if dies_before or dies_after:  # once: what is asked after that is answered
            self.dies_before = self.dies_after = None
        if dies_before:
            raise self.error
        result = call(*arguments, **options)
        if dies_after:
            raise self.error
        return result

    def create_model(self, details: CreateModelDetails, *, retry_token: str | None = None) -> Model:
        return self._step("create_model", super().create_model, details, retry_token=retry_token)

    def create_model_provenance(self, model_id: str, details: CreateModelProvenanceDetails) -> Any:
        return self._step("create_model_provenance", super().create_model_provenance, model_id, details)

    def create_artifact_upload(self, model_id: str, details: CreateArtifactUploadDetails) -> ArtifactUpload:
        return self._step("create_artifact_upload", super().create_artifact_upload, model_id, details)

    def put_artifact_segment(
        self, upload: ArtifactUpload, segment: ArtifactSegment, blocks: Callable[[], Iterator[bytes]]
    ) -> None:
        with self._turn:
            if self.segments <= 0:  # what has begun arrives first: how much that is would otherwise be chance
                assert self._turn.wait_for(lambda: self._under_way == 0, timeout=20)
                raise self.error
            self.segments -= 1
            self._under_way += 1
        super().put_artifact_segment(upload, segment, blocks)
        with self._turn:
            self.sent += segment.size
            self._under_way -= 1
            self._turn.notify_all()

    def commit_artifact_upload(self, model_id: str, upload_id: str) -> str | None:
        return self._step("commit_artifact_upload", super().commit_artifact_upload, model_id, upload_id)


@pytest.fixture
def client(service: Any) -> Iterator[Dying]:
    with Dying(resolve(service.settings)) as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "score.py").write_text("def load_model(): pass\ndef predict(data, model=None): return data\n")
    for number in range(4):
        (folder / f"{number}.bin").write_bytes(os.urandom(2 * MIB))
    return folder


@pytest.fixture
def saves(tmp_path: Path) -> UnfinishedSaves:
    return UnfinishedSaves(tmp_path / "saves")


@pytest.fixture
def save(client: Dying, folder: Path, saves: UnfinishedSaves) -> Callable[..., Saved]:
    profile = client.profile
    details = CreateModelDetails(
        compartment_id=str(profile.compartment_id), project_id=str(profile.project_id), display_name="large"
    )
    provenance = CreateModelProvenanceDetails(git_commit="abc")

    def run(who: DataScienceClient = client, *, is_named: bool = True, **changes: Any) -> Saved:
        wanted = msgspec.structs.replace(details, **changes)
        draft = Draft(source=folder, details=wanted, provenance=provenance, is_named=is_named)
        return saving.save_artifact(who, draft, saves=saves, reporter=Silence())

    return run


def entries(client: DataScienceClient) -> list[str]:
    found = client.list_models(str(client.profile.compartment_id))
    return [model.id for model in found if model.lifecycle_state not in {"DELETED", "DELETING"}]


def digest_of_parts(folder: Path) -> str:
    """The digest that an artifact has which went in segments."""
    return digest_of_segments([segment.digest for segment in plan_archive(folder).segments])


def test_a_large_artifact_is_saved_with_its_digest(save: Any, client: Dying, folder: Path, tmp_path: Path) -> None:
    saved = save()
    assert saved.digest == digest_of_parts(folder) == client.head_model_artifact(saved.model_id).digest
    assert client.get_model_provenance(saved.model_id).git_commit == "abc"
    assert [path.suffix for path in (tmp_path / "saves").iterdir()] == [".lock"]


STEPS = ("create_model", "create_model_provenance", "create_artifact_upload", "commit_artifact_upload")


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
def test_a_save_interrupted_at_any_step_is_gone_on_with(
    save: Any, client: Dying, service: Any, saves: UnfinishedSaves, name: str, when: str
) -> None:
    before = entries(client)
    setattr(client, when, name)
    with pytest.raises(KeyboardInterrupt):
        save()
    with Dying(resolve(service.settings)) as later:
        saved = save(later)
        if name == "commit_artifact_upload":
            assert later.sent == 0
    assert set(entries(client)) - set(before) == {saved.model_id}
    assert client.head_model_artifact(saved.model_id).digest == saved.digest
    assert client.get_model_provenance(saved.model_id).git_commit == "abc"
    assert saves.all(endpoint=client.profile.endpoint) == []


@pytest.mark.parametrize("name", STEPS[:3])
@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
def test_a_save_stopped_before_anything_was_sent_leaves_no_entry(
    save: Any, client: Dying, saves: UnfinishedSaves, name: str, when: str
) -> None:
    before = entries(client)
    setattr(client, when, name)
    with pytest.raises(KeyboardInterrupt) as stopped:
        save()
    assert entries(client) == before
    assert saves.all(endpoint=client.profile.endpoint) == []
    assert "--resume" not in str(stopped.value)


def test_an_entry_that_is_replaced_goes_however_often_that_breaks(
    save: Any, client: Dying, saves: UnfinishedSaves, folder: Path
) -> None:
    before = entries(client)
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save()
    for number, error in enumerate((ServiceUnreachable("gone."), KeyboardInterrupt(), ServiceUnreachable("gone."))):
        (folder / "score.py").write_text(f"# changed {number}\n")
        client.error, client.dies_before = error, "create_artifact_upload"
        with pytest.raises(type(error)):
            save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    assert len(left.replaces) == len(set(entries(client)) - set(before)) - 1 == 2
    client.dies_before, client.segments = None, 100
    saved = save()
    assert set(entries(client)) - set(before) == {saved.model_id}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ServiceUnreachable("the cable is out.")])
def test_what_was_sent_is_not_sent_again(
    save: Any, client: Dying, service: Any, saves: UnfinishedSaves, folder: Path, error: BaseException
) -> None:
    client.error, client.segments = error, 2
    with pytest.raises(type(error), match=f"modelyard model save --resume {folder}"):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    assert (left.source, left.model_id in entries(client)) == (str(folder), True)
    with Dying(resolve(service.settings)) as later:
        saved = save(later)
        assert saved.model_id == left.model_id
        assert 0 < later.sent <= left.size - client.sent


@pytest.mark.parametrize("status", [401, 408, 429, 503])
def test_what_the_service_refuses_for_now_keeps_what_was_sent(
    save: Any, client: Dying, service: Any, saves: UnfinishedSaves, folder: Path, status: int
) -> None:
    client.error, client.segments = error_for(status=status, code="Later", message="not now."), 2
    with pytest.raises(type(client.error), match=f"not now.*modelyard model save --resume {folder}"):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    assert left.model_id in entries(client)
    with Dying(resolve(service.settings)) as later:
        assert save(later).model_id == left.model_id
        assert 0 < later.sent <= left.size - client.sent


def test_a_made_up_name_does_not_tell_saves_apart_and_a_chosen_one_does(
    save: Any, client: Dying, saves: UnfinishedSaves
) -> None:
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save(display_name="brave-otter")
    (left,) = saves.all(endpoint=client.profile.endpoint)
    client.segments = 3
    with pytest.raises(KeyboardInterrupt):
        save(display_name="calm-heron", is_named=False)
    assert saves.all(endpoint=client.profile.endpoint) == [left]
    client.segments, client.sent = 100, 0
    saved = save(display_name="mine")
    assert saved.model_id != left.model_id
    assert client.get_model(saved.model_id).display_name == "mine"
    assert left.model_id not in entries(client)
    assert client.sent < left.size - MIB  # what the earlier one had sent was taken over


def test_files_that_changed_meanwhile_make_a_new_entry(
    save: Any, client: Dying, saves: UnfinishedSaves, folder: Path, tmp_path: Path
) -> None:
    client.segments = 3
    with pytest.raises(KeyboardInterrupt):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    (folder / "score.py").write_text("# another\n")
    client.segments = 100
    saved = save()
    assert saved.model_id != left.model_id
    assert left.model_id not in entries(client)
    assert saved.digest == digest_of_parts(folder)


class Changing(Dying):
    """A client during whose upload a file changes."""

    folder: Path

    def create_artifact_upload(self, model_id: str, details: CreateArtifactUploadDetails) -> ArtifactUpload:
        (self.folder / "2.bin").write_bytes(b"new")
        return super().create_artifact_upload(model_id, details)


def test_a_file_that_changes_during_the_save_leaves_no_entry(
    save: Any, client: Dying, saves: UnfinishedSaves, folder: Path
) -> None:
    before = entries(client)
    with Changing(client.profile) as changing, pytest.raises(ArtifactError, match=r"2\.bin changed while"):
        changing.folder = folder
        save(changing)
    assert entries(client) == before
    assert saves.all(endpoint=client.profile.endpoint) == []


def test_a_save_that_the_service_refuses_leaves_no_entry_and_nothing_to_resume(
    save: Any, client: Dying, saves: UnfinishedSaves
) -> None:
    before = entries(client)
    client.error, client.dies_before = ArtifactError("no good"), "commit_artifact_upload"
    with pytest.raises(ArtifactError, match="no good"):
        save()
    assert entries(client) == before
    assert saves.all(endpoint=client.profile.endpoint) == []


def test_an_entry_that_was_deleted_meanwhile_is_made_anew(save: Any, client: Dying, saves: UnfinishedSaves) -> None:
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    assert left.model_id is not None
    client.delete_model(left.model_id)
    client.segments = 100
    assert save().model_id in entries(client)


class Losing(Dying):
    """A client of a service whose disk loses a segment just before the commit, once or always."""

    blobs: Path
    losses = 1

    def commit_artifact_upload(self, model_id: str, upload_id: str) -> str | None:
        if self.losses:
            self.losses -= 1
            segments = self.get_artifact_upload(model_id, upload_id).segments
            next(self.blobs.rglob(segments[0].digest.removeprefix("sha256:"))).unlink()
        return super().commit_artifact_upload(model_id, upload_id)


def test_what_the_service_has_lost_is_sent_again(
    save: Any, client: Dying, service: Any, saves: UnfinishedSaves, folder: Path, tmp_path: Path
) -> None:
    with Losing(client.profile) as losing:
        losing.blobs = service.settings.blobs
        saved = save(losing)
    assert saved.digest == digest_of_parts(folder)
    assert download_file(client, saved.model_id, tmp_path / "b.zip").digest == saved.digest


def test_what_the_service_loses_again_and_again_is_said(save: Any, client: Dying, service: Any) -> None:
    with Losing(client.profile) as losing:
        losing.blobs, losing.losses = service.settings.blobs, 5
        with pytest.raises(Conflict, match="are gone from the store"):
            save(losing)


class Plain(Dying):
    """A client of a service that takes no segments."""

    def create_artifact_upload(self, model_id: str, details: CreateArtifactUploadDetails) -> ArtifactUpload:
        raise RouteNotFound("There is no operation at …/artifactUploads.")


def test_a_service_without_segments_gets_the_zip_in_one_request(
    save: Any, client: Dying, folder: Path, tmp_path: Path
) -> None:
    with Plain(client.profile) as plain:
        saved = save(plain)
    assert client.head_model_artifact(saved.model_id).digest == pack(folder, tmp_path / "a.zip").digest


def test_two_saves_of_one_folder_at_once_do_not_share_an_entry(
    save: Any, client: Dying, saves: UnfinishedSaves, folder: Path
) -> None:
    with saves.place_of(folder, endpoint=client.profile.endpoint) as mine:
        assert mine.find() is None
        saved = save()  # as if in another process: the place is taken
        assert mine.find() is None
    assert save().model_id != saved.model_id


def test_a_damaged_note_of_a_save_is_as_none(save: Any, client: Dying, saves: UnfinishedSaves, tmp_path: Path) -> None:
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save()
    for file in (tmp_path / "saves").glob("*.json"):
        file.write_bytes(file.read_bytes()[:50])
    assert saves.all(endpoint=client.profile.endpoint) == []
    client.segments = 100
    assert save().model_id in entries(client)


def test_resume_and_discard_do_what_they_say(save: Any, client: Dying, saves: UnfinishedSaves, folder: Path) -> None:
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    client.segments = 100
    assert saving.resume(client, left, saves=saves, reporter=Silence()).model_id == left.model_id
    (folder / "0.bin").write_bytes(os.urandom(2 * MIB))
    client.segments = 0
    with pytest.raises(KeyboardInterrupt):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    saving.discard(client, left, saves=saves)
    assert left.model_id not in entries(client)
    assert saves.all(endpoint=client.profile.endpoint) == []


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def interrupted(save: Any, client: Dying, service: Any, folder: Path) -> Any:
    """A save that the commands can go on with."""
    profile = client.profile
    client.segments = 1
    draft = Draft(
        source=folder,
        details=CreateModelDetails(
            compartment_id=str(profile.compartment_id), project_id=str(profile.project_id), display_name="by-command"
        ),
    )
    with pytest.raises(KeyboardInterrupt):
        saving.save_artifact(client, draft, saves=UnfinishedSaves(service.settings.saves), reporter=Silence())
    (left,) = UnfinishedSaves(service.settings.saves).all(endpoint=profile.endpoint)
    return left


def test_the_command_goes_on_with_a_save(service: Any, interrupted: Any, client: Dying) -> None:
    listed = json.loads(service.run("model", "unfinished", "--output", "json").stdout)
    assert [each["source"] for each in listed] == [interrupted.source]
    done = service.run("model", "save", "--resume")
    assert done.returncode == 0, done.stderr
    assert interrupted.model_id in done.stdout
    assert client.head_model_artifact(interrupted.model_id).size == interrupted.size
    again = service.run("model", "save", "--resume")
    assert (again.returncode, "No save was interrupted" in again.stderr) == (2, True)


def test_the_command_drops_a_save(service: Any, interrupted: Any, client: Dying) -> None:
    assert service.run("model", "discard", interrupted.source).returncode == 0
    assert interrupted.model_id not in entries(client)
    assert "No save was interrupted" in service.run("model", "unfinished").stderr


def test_the_command_saves_a_folder_and_wants_one(service: Any, folder: Path) -> None:
    done = service.run("model", "save", str(folder), "--name", "whole", "--output", "json")
    assert json.loads(done.stdout)["displayName"] == "whole"
    assert service.run("model", "save").returncode == 2


def test_a_folder_that_is_gone_is_said(service: Any, client: Dying, saves: UnfinishedSaves, save: Any,
                                       folder: Path) -> None:  # fmt: skip
    client.segments = 1
    with pytest.raises(KeyboardInterrupt):
        save()
    (left,) = saves.all(endpoint=client.profile.endpoint)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UsageError, match="no longer there"):
        saving.resume(client, left, saves=saves, reporter=Silence())
