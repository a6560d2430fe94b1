"""The zip that is never written: cut so that little changes, the same bytes as the one that is, and honest."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.artifact import crc32
from modelyard.artifact.archive import pack
from modelyard.artifact.archive_layout import Grain, Member, Piece, Run, grain_of, lay_out
from modelyard.artifact.archive_plan import ArchivePlan, plan_archive
from modelyard.artifact.segments import SegmentedFile
from modelyard.artifact.unpack import unpack
from modelyard.artifact.zip_headers import Entry, directory_end, directory_entry, local_header
from modelyard.errors import ArtifactError
from modelyard.resources.artifact_upload import LARGEST_SEGMENT, MOST_SEGMENTS

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

NAMES = st.text(st.characters(codec="utf-8", categories=("Ll", "Nd", "Lo")), min_size=1, max_size=8)
SIZES = st.sampled_from([0, 1, 700, 64 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 600 * KIB, 2 * MIB])
CONTENTS = st.builds(lambda size, word: (word * (size // len(word) + 1))[:size], SIZES, st.binary(min_size=1))


def bytes_of(plan: ArchivePlan) -> bytes:
    return b"".join(plan.read_all())


@settings(max_examples=40)
@given(files=st.dictionaries(st.tuples(NAMES, NAMES), CONTENTS, max_size=8), empty=st.sets(NAMES, max_size=3))
def test_a_plan_is_the_zip_segment_by_segment(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, str], bytes], empty: set[str]
) -> None:
    base = tmp_path_factory.mktemp("plan")
    folder = base / "a"
    for (part, name), content in files.items():
        (folder / "f" / part.casefold()).mkdir(parents=True, exist_ok=True)
        (folder / "f" / part.casefold() / name.casefold()).write_bytes(content)
    for name in empty:
        (folder / "e" / name.casefold()).mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    plan = plan_archive(folder)
    whole = bytes_of(plan)
    packed = pack(folder, base / "a.zip")
    assert packed.path.read_bytes() == whole
    assert (packed.size, packed.digest) == (len(whole), f"sha256:{hashlib.sha256(whole).hexdigest()}")
    place = 0
    for segment in plan.segments:
        assert segment.start == place
        own = whole[place : place + segment.size]
        assert segment.digest == f"sha256:{hashlib.sha256(own).hexdigest()}"
        place += segment.size
    assert place == plan.size == len(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
    unpack(base / "a.zip", base / "b")
    tree = {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    assert tree == {path.relative_to(base / "b"): path.is_file() and path.read_bytes() for path in
                    (base / "b").rglob("*")}  # fmt: skip


@given(sizes=st.lists(st.integers(0, 3 * MIB), max_size=200))
def test_every_byte_is_in_one_part_and_none_is_too_large(sizes: list[int]) -> None:
    members = [Member(f"{number:05}", size) for number, size in enumerate(sizes)]
    grain = Grain(run=256 * KIB, piece=MIB)
    headers: list[int] = []
    seen = dict.fromkeys(range(len(members)), 0)
    for part in lay_out(members, grain):
        if isinstance(part, Piece):
            assert part.offset == seen[part.member]
            assert part.size <= grain.piece
            seen[part.member] += part.size
        else:
            inside = [members[number].size for number in part.members if members[number].size < grain.run]
            assert sum(inside) <= grain.run
            headers += part.members
            for number in part.members:
                seen[number] += members[number].size if members[number].size < grain.run else 0
    assert headers == list(range(len(members)))
    assert [seen[number] for number in range(len(members))] == sizes


@pytest.mark.parametrize(
    ("count", "size"),
    [(100_000, 0), (100_000, 10 * KIB), (100_000, 256 * KIB), (99_999, 2 * MIB), (2000, 130 * MIB), (1, 1000 * GIB)],
)
def test_no_folder_makes_more_or_larger_segments_than_an_upload_may_have(count: int, size: int) -> None:
    members = [Member(f"layer-{number}.bin", size) for number in range(count)]
    grain = grain_of(count * size)
    parts = list(lay_out(members, grain))
    directory = count * 70 // MIB + 2
    assert len(parts) + directory <= MOST_SEGMENTS
    largest_run = max((sum(members[number].size for number in part.members if size < grain.run)
                       for part in parts if isinstance(part, Run)), default=0)  # fmt: skip
    assert max(largest_run + 100 * KIB * 50, grain.piece) <= 2 * LARGEST_SEGMENT
    assert all(part.size <= LARGEST_SEGMENT for part in parts if isinstance(part, Piece))


def _many(folder: Path) -> None:
    folder.mkdir()
    for number in range(1500):
        (folder / f"part-{number}.txt").write_bytes(hashlib.sha512(b"%d" % number).digest() * 64)
    (folder / "weights.bin").write_bytes(os.urandom(3 * MIB))


@pytest.mark.parametrize("change", ["edit", "grow", "add", "remove"])
def test_a_small_file_that_changes_changes_its_own_run_and_the_directory(tmp_path: Path, change: str) -> None:
    _many(tmp_path / "a")
    before = plan_archive(tmp_path / "a")
    file = tmp_path / "a" / "part-700.txt"
    if change == "edit":
        file.write_bytes(b"!" * 4096)
    elif change == "grow":
        file.write_bytes(file.read_bytes() * 3)
    elif change == "add":
        (tmp_path / "a" / "part-7000.txt").write_bytes(os.urandom(3000))
    else:
        file.unlink()
    after = plan_archive(tmp_path / "a")
    known = {segment.digest for segment in before.segments}
    fresh = [segment for segment in after.segments if segment.digest not in known]
    assert len(after.segments) > 20
    assert 1 <= len(fresh) <= 4  # the run, sometimes its neighbour, and the directory
    assert sum(segment.size for segment in fresh) < 700 * KIB


def test_two_plans_of_one_content_are_one(tmp_path: Path) -> None:
    _many(tmp_path / "a")
    one = plan_archive(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    for path in (tmp_path / "b").iterdir():
        os.utime(path, (1, 1))
    assert plan_archive(tmp_path / "b").segments == one.segments


@pytest.mark.parametrize("name", ["small.txt", "large.bin"])
@pytest.mark.parametrize("how", ["edit", "cut", "grow", "replace"])
def test_a_file_that_changes_before_it_is_sent_is_noticed(tmp_path: Path, name: str, how: str) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "small.txt").write_bytes(b"some text\n" * 50)
    (folder / "large.bin").write_bytes(os.urandom(MIB))
    plan = plan_archive(folder)
    content = (folder / name).read_bytes()
    changed = {"edit": content[:-1] + b"!", "cut": content[:-9], "grow": content + b"!", "replace": content}[how]
    (tmp_path / "new").write_bytes(changed)
    os.utime(tmp_path / "new", ns=(0, 0))
    (tmp_path / "new").replace(folder / name)
    with pytest.raises(ArtifactError, match=f"{name} changed while"):
        bytes_of(plan)


def test_what_is_left_out_is_not_in_the_plan(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "score.py").write_text("")
    (folder / "big.log").write_bytes(b"x" * MIB)
    (folder / ".model-ignore").write_text("*.log\n")
    plan = plan_archive(folder)
    assert plan.files == (".model-ignore", "score.py")
    assert [left.name for left in plan.left_out] == ["big.log"]


def test_progress_reaches_all_the_bytes(tmp_path: Path) -> None:
    _many(tmp_path / "a")
    told: list[tuple[int, int]] = []
    plan_archive(tmp_path / "a", progress=lambda done, total: told.append((done, total)))
    size = sum(path.stat().st_size for path in (tmp_path / "a").iterdir())
    assert max(told) <= (size, size)
    assert max(told)[0] > 0.9 * size


def test_a_file_over_four_gigabytes_has_zip64_headers(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    size = 4 * GIB + 5
    with (folder / "a.bin").open("wb") as file:
        file.truncate(size)
    (folder / "b.txt").write_text("behind it")
    plan = plan_archive(folder)
    with (tmp_path / "headers.zip").open("w+b") as file:  # with a hole where the large file is, all zeros as it is
        file.truncate(plan.size)
        for number, segment in enumerate(plan.segments):
            if segment.size < MIB:
                file.seek(segment.start)
                file.writelines(plan.read(number))
        with zipfile.ZipFile(file) as archive:
            large, small = archive.infolist()
            assert (large.file_size, large.compress_size, small.header_offset > 4 * GIB) == (size, size, True)
            assert archive.read(small) == b"behind it"
            with archive.open(large) as source:
                assert source.read(MIB) == bytes(MIB)
    zeros = 0
    for block in [MIB] * (4 * KIB) + [5]:
        zeros = zlib.crc32(bytes(block), zeros)
    assert zeros == large.CRC


@pytest.mark.parametrize("count", [0, 1, 65_534, 65_535, 70_000])
def test_a_directory_of_any_length_is_read(count: int) -> None:
    entries = [Entry(f"f/{number}/", 0, 0, 0, is_deflated=False) for number in range(count)]
    heads, lines, place = [], [], 0
    for entry in entries:
        lines.append(directory_entry(entry, place))
        heads.append(local_header(entry))
        place += len(heads[-1])
    directory = b"".join(lines)
    whole = b"".join(heads) + directory + directory_end(members=count, offset=place, size=len(directory))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.namelist() == [entry.name for entry in entries]


@given(first=st.binary(max_size=5000), second=st.binary(max_size=5000))
def test_the_crc_of_two_parts_is_that_of_the_whole(first: bytes, second: bytes) -> None:
    combined = crc32.combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert combined == zlib.crc32(first + second)


def test_a_file_is_cut_at_fixed_places(tmp_path: Path) -> None:
    content = os.urandom(MIB) * 70
    (tmp_path / "a.zip").write_bytes(content)
    source = SegmentedFile(tmp_path / "a.zip")
    assert [segment.size for segment in source.segments] == [32 * MIB, 32 * MIB, 6 * MIB]
    assert b"".join(block for number in range(3) for block in source.read(number)) == content
    (tmp_path / "a.zip").write_bytes(content[:-1])
    with pytest.raises(ArtifactError, match="changed while"):
        list(source.read(0))
