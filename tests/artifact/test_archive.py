"""The zip of an artifact: complete, deterministic, and honest about what it leaves out."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.artifact.archive import pack
from modelyard.artifact.digests import digest_of_bytes, digest_of_file, digest_of_folder
from modelyard.artifact.unpack import list_members, unpack
from modelyard.errors import ArtifactError, UnsafeArchiveError

_PART = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0:", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)
NAMES = st.lists(_PART.filter(lambda part: part not in {".", ".."}), min_size=1, max_size=3).map("/".join)
FOLDERS = st.dictionaries(NAMES, st.binary(max_size=300) | st.just(b"a,b\n" * 5000), max_size=8)


def _write(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """Write as many of the files as one folder can hold; return those."""
    folder.mkdir()
    written: dict[str, bytes] = {}
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except OSError:  # a name that is a folder already
            continue
        written[name] = content
    return written


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FOLDERS)
def test_what_is_packed_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    base = tmp_path_factory.mktemp("round")
    files = {name: content for name, content in files.items() if name != ".model-ignore"}
    written = _write(base / "a", files)
    try:
        packed = pack(base / "a", base / "a.zip")
    except UnsafeArchiveError:  # names that some file system takes for one
        folded = [name.casefold() for name in written]
        assert len(set(folded)) < len(folded) or not all(name.isascii() for name in written) or _parts_clash(written)
        return
    made = unpack(packed.path, base / "b")
    assert made.files == packed.files == list_members(packed.path)
    assert {name: (base / "b" / name).read_bytes() for name in made.files} == written
    assert digest_of_folder(base / "a") == digest_of_folder(base / "b")
    assert packed.digest == digest_of_file(packed.path)


def _parts_clash(names: dict[str, bytes]) -> bool:
    prefixes = {"/".join(name.split("/")[:end]) for name in names for end in range(1, len(name.split("/")) + 1)}
    return len({prefix.casefold() for prefix in prefixes}) < len(prefixes)


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    files = {"score.py": b"x = 1\n" * 100, "b/model.bin": os.urandom(5000), "a.txt": b"a"}
    _write(tmp_path / "one", files)
    _write(tmp_path / "two", dict(reversed(files.items())))
    (tmp_path / "two" / "score.py").chmod(0o755)
    os.utime(tmp_path / "two" / "a.txt", (1, 1))
    one, two = pack(tmp_path / "one", tmp_path / "1.zip"), pack(tmp_path / "two", tmp_path / "2.zip")
    assert one.digest == two.digest
    assert one.path.read_bytes() == two.path.read_bytes()


def test_text_is_compressed_and_random_bytes_are_stored(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"score.py": b"x = 1\n" * 100, "model.bin": os.urandom(5000), "empty": b""})
    with zipfile.ZipFile(pack(tmp_path / "a", tmp_path / "a.zip").path) as archive:
        methods = {entry.filename: entry.compress_type for entry in archive.infolist()}
        assert archive.testzip() is None
    assert methods["score.py"] == zipfile.ZIP_DEFLATED
    assert methods["model.bin"] == methods["empty"] == zipfile.ZIP_STORED


def test_the_place_of_the_folder_does_not_matter_to_what_is_left_out(tmp_path: Path) -> None:
    files = {"score.py": b"", "variables.json": b"{}", "library.py": b"", "parts.csv": b"", "lib/x.so": b""}
    place = tmp_path / "var" / "build" / "lib" / "env"
    place.parent.mkdir(parents=True)
    _write(place, {**files, ".model-ignore": b"__pycache__/\nvar/\nbuild/\nenv/\n*.log\n"})
    packed = pack(place, tmp_path / "a.zip")
    assert set(packed.files) == {*files, ".model-ignore"}
    assert packed.left_out == ()


def test_what_is_left_out_is_said_with_the_line_that_did_it(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"score.py": b"", ".model-ignore": b"*.log\ndata/\n", "x.log": b"", "data/big.csv": b""})
    packed = pack(tmp_path / "a", tmp_path / "a.zip")
    assert [(left.name, left.pattern) for left in packed.left_out] == [("data/", "data/"), ("x.log", "*.log")]
    assert packed.files == (".model-ignore", "score.py")


def test_links_are_packed_as_what_they_lead_to(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"score.py": b""})
    (tmp_path / "blob").write_bytes(b"weights")
    (tmp_path / "a" / "model.bin").symlink_to(tmp_path / "blob")
    pack(tmp_path / "a", tmp_path / "a.zip")
    unpack(tmp_path / "a.zip", tmp_path / "b")
    assert (tmp_path / "b" / "model.bin").read_bytes() == b"weights"
    assert not (tmp_path / "b" / "model.bin").is_symlink()


def test_empty_folders_survive(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"score.py": b""})
    (tmp_path / "a" / "cache" / "inner").mkdir(parents=True)
    pack(tmp_path / "a", tmp_path / "a.zip")
    unpack(tmp_path / "a.zip", tmp_path / "b")
    assert (tmp_path / "b" / "cache" / "inner").is_dir()


@pytest.mark.parametrize("kind", ["loop", "dangling", "fifo"])
def test_what_no_archive_can_hold_is_refused_and_leaves_no_file(tmp_path: Path, kind: str) -> None:
    _write(tmp_path / "a", {"score.py": b""})
    if kind == "fifo":
        os.mkfifo(tmp_path / "a" / "pipe")
    else:
        (tmp_path / "a" / "link").symlink_to(tmp_path / "a" if kind == "loop" else tmp_path / "nothing")
    with pytest.raises(ArtifactError):
        pack(tmp_path / "a", tmp_path / "a.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no folder"):
        pack(tmp_path / "none", tmp_path / "a.zip")


def test_two_names_that_differ_in_case_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"Model.bin": b"1", "model.bin": b"2"})
    if len(list((tmp_path / "a").iterdir())) < 2:
        pytest.skip("this file system folds case")
    with pytest.raises(UnsafeArchiveError, match="Rename one"):
        pack(tmp_path / "a", tmp_path / "a.zip")


def test_digests_are_of_contents_and_names(tmp_path: Path) -> None:
    _write(tmp_path / "a", {"x": b"1"})
    _write(tmp_path / "b", {"y": b"1"})
    assert digest_of_file(tmp_path / "a" / "x") == digest_of_bytes(b"1")
    assert digest_of_folder(tmp_path / "a") != digest_of_folder(tmp_path / "b")
