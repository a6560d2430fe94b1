"""The disk is full: what cannot be kept is refused, what serves goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from modelyard.errors import InsufficientStorage, ModelyardError, NotFound
from modelyard.resources.model import CreateModelDetails
from modelyard.server.installation import load

SIZE = 24 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine lets nobody mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def cramped(small_disk, house_in):
    """A service whose home is on that disk."""
    with house_in(small_disk / "home") as house:
        yield house


def fill(disk: Path) -> Path:
    """Leave no byte on a disk."""
    file = disk / "ballast"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    for size in (1 << 20, 1 << 12, 1):
        with contextlib.suppress(OSError):
            while os.write(descriptor, b"\0" * size):
                pass
    os.close(descriptor)
    return file


def test_an_upload_to_a_full_disk_is_refused_and_leaves_nothing(cramped, load_on_house, tmp_path):
    made = load(cramped.settings)
    deployment = cramped.deploy(cramped.save(factor=2))
    large = tmp_path / "large.zip"
    large.write_bytes(os.urandom(SIZE))
    details = CreateModelDetails(compartment_id=made.compartment_id, project_id=made.project_id)
    with load_on_house(cramped, deployment, 2) as traffic, cramped.client as client:
        model = client.create_model(details)
        with pytest.raises(InsufficientStorage, match="free some space"):
            client.create_model_artifact(model.id, large)
        assert list((cramped.settings.blobs / "unfinished").iterdir()) == []
        with pytest.raises(NotFound):
            client.head_model_artifact(model.id)
        traffic.wait_for(20)
    assert traffic.failures == []
    small = tmp_path / "small.zip"
    small.write_bytes(b"PK small")
    with cramped.client as client:
        client.create_model_artifact(model.id, small)


def test_with_no_byte_left_reads_and_predictions_go_on_and_writes_are_refused(cramped, small_disk, load_on_house):
    made = load(cramped.settings)
    deployment = cramped.deploy(cramped.save(factor=2))
    ballast = fill(small_disk)
    details = CreateModelDetails(compartment_id=made.compartment_id, project_id=made.project_id)
    with load_on_house(cramped, deployment, 2) as traffic, cramped.client as client:
        with pytest.raises(ModelyardError) as caught:
            for _ in range(50):  # the database may have room in pages that it holds
                client.create_model(details)
        assert caught.value.status == InsufficientStorage.status
        assert client.get_model_deployment(deployment).lifecycle_state == "ACTIVE"
        traffic.wait_for(20)
    assert traffic.failures == []
    ballast.unlink()
    with cramped.client as client:
        assert client.create_model(details).lifecycle_state == "ACTIVE"
