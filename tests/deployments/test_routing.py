"""The routes file and the unpacked artifacts: whole, and only as new as they need to be."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path

import msgspec
import pytest

from modelyard.artifact.unpack import unpack
from modelyard.deployments.artifact_cache import ArtifactCache
from modelyard.deployments.driver import Phase, Replica
from modelyard.deployments.routing import RouteTable, Target
from modelyard.errors import UnsafeArchiveError
from modelyard.lifecycle import DeploymentState
from modelyard.objectstore.folder import FolderBlobs
from modelyard.resources.routes import Routes


def replica(id: str = "r") -> Replica:
    return Replica(
        id=id, deployment_id="d", revision_id="v", phase=Phase.READY, sockets=("/s.0", "/s.1"), headers={"h": "é"}
    )


def read(file: Path) -> Routes:
    return msgspec.json.decode(file.read_bytes(), type=Routes)


def test_the_routes_say_who_answers_and_whose_signatures_count(tmp_path: Path) -> None:
    table = RouteTable(tmp_path / "run" / "routes.json", keys={"k": "pem"})
    table.write(
        {
            "d": Target(state=DeploymentState.ACTIVE, replicas=[replica()]),
            "e": Target(state=DeploymentState.INACTIVE, replicas=[]),
        }
    )
    routes = read(tmp_path / "run" / "routes.json")
    assert routes.keys == {"k": "pem"}
    assert routes.deployments["d"].replicas[0].sockets == ["/s.0", "/s.1"]
    assert routes.deployments["d"].replicas[0].headers == {"h": "é"}
    assert (routes.deployments["e"].state, routes.deployments["e"].replicas) == (DeploymentState.INACTIVE, [])


def test_the_file_is_replaced_only_when_it_says_something_else(tmp_path: Path) -> None:
    file = tmp_path / "routes.json"
    table = RouteTable(file, keys={})
    seen = []
    for replicas in ([replica()], [replica()], [], []):
        table.write({"d": Target(state=DeploymentState.ACTIVE, replicas=replicas)})
        seen.append(file.stat().st_ino)
    assert seen[0] == seen[1]
    assert seen[1] != seen[2]
    assert seen[2] == seen[3]
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_never_sees_half_of_it(tmp_path: Path) -> None:
    file = tmp_path / "routes.json"
    table = RouteTable(file, keys={})
    table.write({})
    done = threading.Event()
    counts: set[int] = set()

    def look() -> None:
        while not done.is_set():
            counts.add(len(read(file).deployments))

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(30):
        table.write(
            {str(each): Target(state=DeploymentState.ACTIVE, replicas=[replica()] * 20) for each in range(number)}
        )
    done.set()
    thread.join(20)
    assert counts <= set(range(30))
    assert len(counts) > 0


# ── unpacked artifacts ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """Make an empty store."""
    return FolderBlobs(tmp_path / "blobs")


def put(blobs: FolderBlobs, text: str) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("score.py", text)
    writer = blobs.writer()
    writer.write(content.getvalue())
    digest = writer.finish().digest
    writer.publish()
    return digest


def test_an_artifact_is_unpacked_once_and_cannot_be_written_to(tmp_path: Path, blobs: FolderBlobs) -> None:
    cache = ArtifactCache(tmp_path / "artifacts", lambda digest, folder: unpack(blobs.local_path(digest), folder))
    digest = put(blobs, "a")
    folder = cache.folder_of(digest)
    blobs.delete(digest)
    assert cache.folder_of(digest) == folder
    assert (folder / "score.py").read_text() == "a"
    assert (folder / "score.py").stat().st_mode & 0o222 == 0


def test_one_artifact_for_many_replicas_at_once_is_unpacked_once(tmp_path: Path, blobs: FolderBlobs) -> None:
    cache = ArtifactCache(tmp_path / "artifacts", lambda digest, folder: unpack(blobs.local_path(digest), folder))
    digest = put(blobs, "a")
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(cache.folder_of(digest))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(folders) == 6
    assert len(set(folders)) == 1


def test_an_archive_that_cannot_be_unpacked_leaves_nothing(tmp_path: Path, blobs: FolderBlobs) -> None:
    cache = ArtifactCache(tmp_path / "artifacts", lambda digest, folder: unpack(blobs.local_path(digest), folder))
    writer = blobs.writer()
    writer.write(b"PK\x03\x04 and no more")
    digest = writer.finish().digest
    writer.publish()
    with pytest.raises(UnsafeArchiveError):
        cache.folder_of(digest)
    with pytest.raises(KeyError):
        cache.folder_of("sha256:" + "0" * 64)
    assert list((tmp_path / "artifacts").iterdir()) == []


def test_a_sweep_removes_what_nothing_needs_and_what_was_left_half_done(tmp_path: Path, blobs: FolderBlobs) -> None:
    cache = ArtifactCache(tmp_path / "artifacts", lambda digest, folder: unpack(blobs.local_path(digest), folder))
    kept, other = put(blobs, "a"), put(blobs, "b")
    folder = cache.folder_of(kept)
    cache.folder_of(other)
    (tmp_path / "artifacts" / ".x.123456.unpacking").mkdir()
    cache.sweep({kept})
    assert list((tmp_path / "artifacts").iterdir()) == [folder]
    assert cache.folder_of(other).is_dir()
