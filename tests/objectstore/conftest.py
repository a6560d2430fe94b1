"""Every implementation of the store of blobs, small disks, and object storage over a real database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelyard.objectstore.blobs import BlobStore
from modelyard.objectstore.folder import FolderBlobs

sys.path.insert(0, str(Path(__file__).parent))  # the program that is killed imports it too, and has no fixtures
from shed import Shed

STORES: dict[str, Callable[[Path], BlobStore]] = {"folder": FolderBlobs}


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], BlobStore]:
    """Open the store; again and again, over the same bytes."""
    return lambda: STORES[request.param](tmp_path / "blobs")


@pytest.fixture
def store(open_store: Callable[[], BlobStore]) -> BlobStore:
    """Open an empty store."""
    return open_store()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a megabyte; where that is not allowed, skip."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root mounts disks")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def shed(tmp_path: Path) -> Iterator[Shed]:
    """Make object storage with a bucket named b."""
    made = Shed(tmp_path)
    made.bucket()
    yield made
    made.close()


@pytest.fixture(scope="session")
def make_shed() -> type[Shed]:
    """Give what makes object storage, for those who make several."""
    return Shed
