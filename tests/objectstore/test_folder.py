"""Blobs in a folder: full disks, read-only files, and files that are not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.errors import InsufficientStorage
from modelyard.objectstore.folder import FolderBlobs


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_cannot_be_written_to(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    writer = store.writer()
    writer.write(b"x")
    digest = writer.finish().digest
    writer.publish()
    assert store.local_path(digest).stat().st_mode & 0o222 == 0


def test_files_that_are_no_blobs_are_left_alone(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    for name in ("ab/.DS_Store", "ab/.nfs0001", "ab/" + "0" * 63, "note.txt", "ab/ab" + "0" * 62 + ".bak"):
        (tmp_path / "sha256" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "sha256" / name).write_text("x")
    assert list(store.digests()) == []
    store.sweep()
    assert len(_files(tmp_path)) == 5


def test_a_full_disk_is_said_and_nothing_is_kept(small_disk: Path) -> None:
    store = FolderBlobs(small_disk)
    writer = store.writer()
    with pytest.raises(InsufficientStorage, match="free some space"):
        for _ in range(100):
            writer.write(b"x" * 100_000)
    writer.abort()
    assert _files(small_disk) == []
    small = store.writer()
    small.write(b"x" * 100_000)
    digest = small.finish().digest
    small.publish()
    assert len(b"".join(store.read(digest))) == 100_000


def test_a_file_size_limit_of_the_process_is_an_error_and_nothing_is_kept(tmp_path: Path) -> None:
    program = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from modelyard.objectstore.folder import FolderBlobs\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "writer = FolderBlobs(Path(sys.argv[1])).writer()\n"
        "try:\n"
        "    for _ in range(10):\n"
        "        writer.write(b'x' * 10_000)\n"
        "except OSError as error:\n"
        "    writer.abort()\n"
        "    print(type(error).__name__, error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, timeout=60, check=True)
    assert done.stdout.split()[0] == b"OSError"
    assert _files(tmp_path) == []
