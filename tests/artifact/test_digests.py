"""Digests: of bytes, of files, and of bytes that come in segments."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.artifact.digests import (
    digest_of_bytes,
    digest_of_file,
    digest_of_file_in_segments,
    digest_of_segments,
    is_composite,
)


def test_the_digest_of_several_segments_is_the_one_that_s3_gives_an_object_of_several_parts() -> None:
    parts = [b"one", b"two", b"three"]
    whole = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    digest = digest_of_segments([digest_of_bytes(part) for part in parts])
    assert digest == f"sha256:{whole}-3"
    assert is_composite(digest)


def test_the_digest_of_one_segment_is_that_of_its_bytes() -> None:
    digest = digest_of_segments([digest_of_bytes(b"one")])
    assert digest == digest_of_bytes(b"one")
    assert not is_composite(digest)


def test_no_segments_have_no_digest() -> None:
    with pytest.raises(ValueError, match="without a segment"):
        digest_of_segments([])


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8))
def test_a_file_has_the_digest_of_its_segments(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    file = tmp_path_factory.mktemp("files") / "f"
    file.write_bytes(b"".join(parts))
    sizes = [len(part) for part in parts]
    assert digest_of_file_in_segments(file, sizes) == digest_of_segments([digest_of_bytes(part) for part in parts])
    assert digest_of_file(file) == digest_of_bytes(file.read_bytes())


@pytest.mark.parametrize("sizes", [[3, 3], [3, 5], [7]])
def test_a_file_of_another_size_than_its_segments_is_refused(tmp_path: Path, sizes: list[int]) -> None:
    (tmp_path / "f").write_bytes(b"onetwo" if sum(sizes) > 6 else b"onetwo!")
    with pytest.raises(ValueError, match="has not the"):
        digest_of_file_in_segments(tmp_path / "f", sizes)
