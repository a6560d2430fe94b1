"""Kill the service at any moment of uploads, commits and deletes: what was acknowledged is there, all or nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from modelyard.errors import ObjectNotFound
from modelyard.objectstore.listing import Asked

PROGRAM = Path(__file__).with_name("killed_commit.py")
OBJECTS = {"first": b"first" * 50_000, "committed": b"".join(bytes([number]) * 100_000 for number in (1, 2, 3))}


def _content(shed, name: str) -> bytes | None:
    try:
        return shed.read(name)
    except ObjectNotFound:
        return None


def _check(shed, said: list[str]) -> None:
    """Hold what is there against what was acknowledged, after a start as the service does it."""
    shed.sweep()
    for name, whole in OBJECTS.items():
        told = [line for line in said if line.endswith(f" {name}")]
        content = _content(shed, name)
        assert content in {None, whole}
        if told and told[-1] == f"put {name}":
            assert content == whole
    uploads = shed.storage.uploads.list_uploads(shed.namespace, "b", start="", limit=1000)
    for upload in uploads:
        shed.storage.uploads.abort(shed.place(upload.name), upload.id)
    for found in shed.storage.listing.page(shed.namespace, "b", Asked()).objects:
        shed.storage.objects.delete(shed.place(found.name), if_match=None)
    assert shed.blob_files == []  # all space is given back


def test_a_service_killed_at_any_moment_loses_nothing_and_serves_nothing_half(shed) -> None:
    seeded = random.Random(20261122)
    steps: set[str] = set()
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(shed.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(20):
            process.stdin.write(f"{seeded.uniform(0.02, 0.25)}\n")
            process.stdin.flush()
            said = []
            while (line := process.stdout.readline().strip()) != "killed":
                assert line, "the program ended by itself"
                said.append(line)
            steps.update(said)
            _check(shed, said)
    assert "put committed" in steps
