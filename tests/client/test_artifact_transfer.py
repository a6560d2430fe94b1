"""Artifacts to and from the service."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from modelyard import errors
from modelyard.client.artifact_transfer import download, upload

CONTENT = bytes(range(256)) * 20_000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
HEADERS = {"modelyard-artifact-digest": DIGEST, "content-disposition": "attachment; filename=m.zip"}


def test_an_upload_arrives_whole_and_tells_how_far_it_is(
    script: Any, make_transport: Any, say: Any, tmp_path: Path
) -> None:
    script.answers = [say(204)]
    file = tmp_path / "artifact.zip"
    file.write_bytes(CONTENT)
    told: list[tuple[int, int]] = []
    upload(
        make_transport(script.endpoint),
        model_id="m",
        file=file,
        file_name="a.zip",
        progress=lambda done, total: told.append((done, total)),
    )
    seen = script.seen[0]
    assert seen.body == CONTENT
    assert seen.headers["content-disposition"] == 'attachment; filename="a.zip"'
    assert "x-content-sha256" not in seen.headers
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_an_upload_that_breaks_is_sent_again_from_its_beginning(
    script: Any, make_transport: Any, say: Any, hang_up: Any, tmp_path: Path
) -> None:
    script.answers = [hang_up, say(204)]
    file = tmp_path / "artifact.zip"
    file.write_bytes(b"some bytes")
    upload(make_transport(script.endpoint), model_id="m", file=file, file_name="a.zip")
    assert [seen.body for seen in script.seen] == [b"some bytes"] * 2


def test_a_download_is_checked_and_named(script: Any, make_transport: Any, say: Any, tmp_path: Path) -> None:
    script.answers = [say(200, CONTENT, HEADERS)]
    head = download(make_transport(script.endpoint), model_id="m", file=tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    assert (head.size, head.digest, head.file_name) == (len(CONTENT), DIGEST, "m.zip")


def test_a_download_that_breaks_goes_on_where_it_broke(
    script: Any, make_transport: Any, say: Any, tmp_path: Path
) -> None:
    def rest(seen: Any) -> Any:
        start = int(seen.headers["range"].removeprefix("bytes=").rstrip("-"))
        return say(206, CONTENT[start:], HEADERS)

    script.answers = [say(200, CONTENT, HEADERS, 3_000_000), rest]
    told: list[int] = []
    download(
        make_transport(script.endpoint),
        model_id="m",
        file=tmp_path / "a.zip",
        progress=lambda done, total: told.append(done),
    )
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    assert told == sorted(told)
    assert len(script.seen) == 2


def test_a_download_of_other_bytes_leaves_what_was_there(
    script: Any, make_transport: Any, say: Any, tmp_path: Path
) -> None:
    script.answers = [say(200, CONTENT[:-1] + b"!", HEADERS)]
    (tmp_path / "a.zip").write_bytes(b"old")
    with pytest.raises(errors.UnsafeArchiveError, match="Nothing was kept"):
        download(make_transport(script.endpoint), model_id="m", file=tmp_path / "a.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert (tmp_path / "a.zip").read_bytes() == b"old"


def test_a_download_that_never_ends_gives_up_and_leaves_nothing(
    script: Any, make_transport: Any, say: Any, tmp_path: Path
) -> None:
    script.answers = [say(200, CONTENT, HEADERS, 10), lambda seen: say(206, b"x" * 100, HEADERS, 10)]
    with pytest.raises(errors.ServiceUnreachable):
        download(make_transport(script.endpoint), model_id="m", file=tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []
