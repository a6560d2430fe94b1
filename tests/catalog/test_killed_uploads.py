"""Kill the service at any step of an upload: the model has no artifact or the whole artifact, and nothing is left."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.errors import NotFound

PROGRAM = Path(__file__).with_name("killed_upload.py")
DATA = bytes(range(256)) * 8192


@contextmanager
def uploads(folder: Path) -> Iterator[Callable[[str], str]]:
    """Give what makes one upload and says how it ended."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def run(how: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{how}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    with process:
        yield run


def _artifact(yard, model_id: str) -> bytes | None:
    try:
        return yard.download(model_id)
    except NotFound:
        return None


def _check(yard, model_id: str) -> bool:
    """Start again as the service does, and tell whether the model has its artifact."""
    before = _artifact(yard, model_id)
    yard.artifacts.sweep()
    after = _artifact(yard, model_id)
    assert before == after
    assert after in {None, DATA}
    assert len(yard.blob_files) == (after is not None)
    return after is not None


def test_a_service_killed_at_any_step_of_an_upload_keeps_all_or_nothing(yard) -> None:
    model = yard.model().noun
    steps = 0
    with uploads(yard.folder) as run:
        while (ended := run(f"step {steps} {model.id}")) == "killed":
            steps += 1
            if _check(yard, model.id):
                break
        assert run(f"step 0 {model.id}") == "0"  # the same upload, sent again, is done already
    # before and after each of 32 writes, the end and the publishing; then before the abort that follows the row
    assert (steps, ended) == (69, "killed")
    assert _artifact(yard, model.id) == DATA


def test_a_service_killed_at_any_moment_of_an_upload_keeps_all_or_nothing(yard) -> None:
    seeded = random.Random(20261122)
    moments = [0.0005, *(seeded.uniform(0.001, 0.04) for _ in range(24))]
    model = yard.model().noun
    endings = []
    with uploads(yard.folder) as run:
        for moment in moments:
            endings.append(run(f"after {moment} {model.id}"))
            if _check(yard, model.id):
                yard.catalog.models.delete(model.id, if_match=None)
                model = yard.model(project_id=model.project_id).noun
    assert set(endings) <= {"killed", "0"}
    assert "killed" in endings
