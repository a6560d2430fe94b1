"""Kill the client, or the service, at any moment of a large save or pull: the next try goes on, and nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from modelyard.artifact.archive import pack
from modelyard.artifact.archive_plan import plan_archive
from modelyard.artifact.digests import digest_of_file, digest_of_folder, digest_of_segments
from modelyard.model import loading, saving
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.resources.model import CreateModelDetails

PROGRAM = Path(__file__).with_name("killed_transfer.py")
SIZE = 2 * 1024 * 1024
KILLS = 8


def run(house: Any, verb: str, folder: Path, model_id: str, when: str) -> subprocess.CompletedProcess[str]:
    """Run the program that may be killed."""
    return subprocess.run(
        [sys.executable, str(PROGRAM), verb, str(folder), model_id, when],
        env=house.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """Ten large files and ten small ones."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "score.py").write_text("def load_model(): pass\ndef predict(data, model=None): return data\n")
    for number in range(10):
        (folder / f"layer-{number}.bin").write_bytes(os.urandom(SIZE))
        (folder / f"small-{number}.bin").write_bytes(os.urandom(3000))
    return folder


class Quiet:
    """A reporter that calls back as bytes move."""

    def __init__(self, tell: Any) -> None:
        self.tell = tell
        self.is_transfer = False

    def step(self, what: str) -> None:
        self.is_transfer = what.startswith(("uploading", "downloading"))

    def amount(self, done: int, total: int) -> None:
        if self.is_transfer:
            self.tell(done, total)

    def line(self, message: str, percent: float) -> None:
        pass


def entries(house: Any) -> set[str]:
    """Return the models that are there."""
    with house.client as client:
        found = client.list_models(client.profile.compartment_id)
        return {model.id for model in found if model.lifecycle_state == "ACTIVE"}


def test_a_client_killed_at_any_moment_of_a_save_goes_on_with_it(house, artifact, tmp_path) -> None:
    chance = random.Random(20261122)
    moments = [f"step {number}" for number in range(4)] + [f"share {chance.uniform(0, 1):.3f}" for _ in range(KILLS)]
    saved: set[str] = set()
    for number, moment in enumerate(moments):
        (artifact / "score.py").write_text(f"# {number}\n")
        killed = run(house, "save", artifact, "-", moment)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        for extra in moments[number % 3 : number % 3 + number % 2]:  # some are killed twice
            run(house, "save", artifact, "-", extra)
        done = run(house, "save", artifact, "-", "never")
        assert done.returncode == 0, done.stderr
        model_id = done.stdout.strip()
        saved.add(model_id)
        digest = digest_of_segments([segment.digest for segment in plan_archive(artifact).segments])
        with house.client as client:
            assert client.get_model_artifact_content(model_id, tmp_path / "back.zip").digest == digest
            assert digest_of_file(tmp_path / "back.zip") == pack(artifact, tmp_path / "a.zip").digest
            assert list(client.list_artifact_uploads(model_id)) == []
    assert saved <= entries(house)
    # an entry may be left of a save that was killed as it had all but said that it was done: it is whole
    with house.client as client:
        assert all(client.head_model_artifact(model_id).size > 10 * SIZE for model_id in entries(house))
    assert UnfinishedSaves(house.settings.saves).all(endpoint=house.client.profile.endpoint) == []


def test_a_client_killed_at_any_moment_of_a_pull_goes_on_with_it(house, artifact, tmp_path) -> None:
    chance = random.Random(20261122)
    model_id = run(house, "save", artifact, "-", "never").stdout.strip()
    place = tmp_path / "pulled"
    for number in range(KILLS):
        target = place / f"{number}"
        share = chance.uniform(0, 1)
        killed = run(house, "pull", target, model_id, f"share {share:.3f}")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not target.exists()
        run(house, "pull", target, model_id, f"share {chance.uniform(share, 1):.3f}")
        if not target.exists():
            done = run(house, "pull", target, model_id, "never")
            assert done.returncode == 0, done.stderr
        assert digest_of_folder(target) == digest_of_folder(artifact)
    assert sorted(path.name for path in place.iterdir()) == sorted(str(number) for number in range(KILLS))


def test_a_service_killed_at_any_moment_of_a_save_and_a_pull_is_waited_for(house, artifact, tmp_path) -> None:
    chance = random.Random(20261122)
    for number in range(3):
        (artifact / "layer-0.bin").write_bytes(os.urandom(8 * SIZE))
        share, killed = chance.uniform(0, 1), threading.Event()
        pid = house.pid_of("service")

        def kill(done: int, total: int, share=share, killed=killed, pid=pid) -> None:
            if done >= share * total and not killed.is_set():
                killed.set()
                os.kill(pid, signal.SIGKILL)

        with house.client as client:
            profile = client.profile
            details = CreateModelDetails(compartment_id=profile.compartment_id, project_id=profile.project_id)
            saves = UnfinishedSaves(house.settings.saves)
            draft = saving.Draft(source=artifact, details=details)
            saved = saving.save_artifact(client, draft, saves=saves, reporter=Quiet(kill))
            assert killed.is_set()
            assert saved.digest == digest_of_segments([segment.digest for segment in plan_archive(artifact).segments])
            killed.clear()
            pid = house.pid_of("service")
            reporter = Quiet(lambda done, total, kill=kill, pid=pid: kill(done, total, pid=pid))
            back = tmp_path / f"back-{number}"
            loading.download(client, saved.model_id, back, force_overwrite=False, reporter=reporter)
            assert killed.is_set()
        assert digest_of_folder(back) == digest_of_folder(artifact)
