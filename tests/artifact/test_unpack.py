"""Archives of strangers: whatever they hold, nothing leaves the folder and nothing half stays."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.artifact.archive_members import Limits
from modelyard.artifact.unpack import list_members, remove_leftovers, unpack, unpack_over
from modelyard.errors import FileAlreadyExists, UnsafeArchiveError

PACKED = ["w:gz", "w:bz2", "w:xz"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in" / "archive"


def _zip(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def _refuses(archive: Path, match: str, *, limits: Limits | None = None) -> None:
    folder = archive.parent.parent / "out" / "artifact"
    folder.parent.mkdir(exist_ok=True)
    with pytest.raises(UnsafeArchiveError, match=match):
        unpack(archive, folder, limits=limits)
    assert list(folder.parent.iterdir()) == [], "something half stayed"
    assert not (archive.parent.parent / "evil").exists()


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../evil", "leads out"),
        ("a/../../evil", "leads out"),
        ("/evil", "absolute"),
        ("C:evil", "absolute"),
        ("c:/evil", "absolute"),
        ("a\\..\\evil", "backslash"),
        ("a//b", "empty"),
        ("./a", "empty or '.'"),
        ("a\nb", "character"),
        ("x" * 300, "too long"),
    ],
)
def test_a_name_that_is_unsafe_is_refused_in_a_zip_and_in_a_tar(archive: Path, name: str, match: str) -> None:
    _refuses(_zip(archive, ("score.py", b""), (name, b"evil")), match)
    if name == "./a":  # what `tar -C folder .` writes
        return
    with tarfile.open(archive, "w") as file:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        file.addfile(entry, io.BytesIO(b"evil"))
    _refuses(archive, match)


def test_a_nul_in_a_name_is_refused(archive: Path) -> None:
    _zip(archive, ("aXb", b""))
    archive.write_bytes(archive.read_bytes().replace(b"aXb", b"a\0b"))
    _refuses(archive, "character")


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (("a", "A"), "one name"),
        (("straße", "STRASSE"), "one name"),
        (("caf\u00e9", "cafe\u0301"), "one name"),
        (("d/x", "D/y"), "one name"),
        (("a", "a/b"), "as a file and as a folder"),
        (("a/b", "a"), "as a file and as a folder"),
        (("a/", "a/b", "a"), "as a file and as a folder|twice"),
    ],
)
def test_names_that_collide_are_refused(archive: Path, names: tuple[str, ...], match: str) -> None:
    _refuses(_zip(archive, *((name, b"") for name in names)), match)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(archive: Path) -> None:
    _refuses(_zip(archive, ("score.py", b"good"), ("score.py", b"evil")), "twice")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_a_zip_with_a_link_or_device_is_refused(archive: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    _refuses(_zip(archive, (entry, b"/etc/passwd")), "only files and folders")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_a_tar_with_a_link_or_device_is_refused(archive: Path, kind: bytes) -> None:
    with tarfile.open(archive, "w") as file:
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        file.addfile(entry)
    _refuses(archive, "only files and folders|cannot be read")


def _patched(archive: Path, *, local: bool, offset: int, value: bytes) -> Path:
    """Overwrite bytes of the first member's own header, or of its entry in the directory."""
    content = bytearray(archive.read_bytes())
    start = content.index(b"PK\x03\x04" if local else b"PK\x01\x02") + offset
    content[start : start + len(value)] = value
    archive.write_bytes(bytes(content))
    return archive


@pytest.mark.parametrize(
    ("local", "offset", "value", "match"),
    [
        (True, 30, b"evil.py!", "is called 'evil.py!'"),
        (True, 14, b"\1\2\3\4", "do not agree"),
        (True, 18, struct.pack("<L", 1), "do not agree"),
        (True, 22, struct.pack("<L", 1), "do not agree"),
        (True, 8, struct.pack("<H", 8), "do not agree"),
        (True, 0, b"XXXX", "zip|tar"),
        (False, 24, struct.pack("<L", 999), "two different sizes"),
        (False, 42, struct.pack("<L", 7), "no header"),
        (False, 10, struct.pack("<H", 12), "method 12"),
        (False, 8, struct.pack("<H", 1), "encrypted"),
        (False, 8, struct.pack("<H", 0x20), "feature"),
        (True, 6, struct.pack("<H", 1), "do not agree"),
    ],
)
def test_a_header_that_lies_is_refused(archive: Path, local: bool, offset: int, value: bytes, match: str) -> None:
    _refuses(_patched(_zip(archive, ("score.py", b"hello")), local=local, offset=offset, value=value), match)


def test_content_that_does_not_fit_its_checksum_is_refused(archive: Path) -> None:
    _zip(archive, ("score.py", b"hello"))
    archive.write_bytes(archive.read_bytes().replace(b"hello", b"hellO"))
    _refuses(archive, "damaged")


def test_a_deflated_member_that_is_longer_or_shorter_than_it_says_is_refused(archive: Path) -> None:
    for said in (10, 4000):
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("score.py", b"x" * 1000)
        _patched(archive, local=True, offset=22, value=struct.pack("<L", said))
        _patched(archive, local=False, offset=24, value=struct.pack("<L", said))
        _refuses(archive, "damaged|header says")


def test_members_that_share_their_bytes_are_refused(archive: Path) -> None:
    """The densest bombs list one member's bytes many times."""
    _zip(archive, ("aaaa", b"x" * 100), ("bbbb", b"y" * 100))
    content = archive.read_bytes()
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    patched = bytearray(content)
    patched[second + 42 : second + 46] = struct.pack("<L", 0)
    patched[second + 46 : second + 50] = b"cccc"
    archive.write_bytes(bytes(patched))
    _refuses(archive, "overlaps")


def test_too_many_files_too_many_bytes_and_too_high_a_ratio_are_refused(archive: Path) -> None:
    _zip(archive, *((f"f{number}", b"0" * 100) for number in range(20)))
    _refuses(archive, "more than 10 files", limits=Limits(files=10))
    _refuses(archive, "more than 1000 bytes", limits=Limits(size=1000))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", b"\0" * 3_000_000)
    _refuses(archive, "times as many", limits=Limits(ratio=100, ratio_from=1_000_000))
    for mode in PACKED:
        with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload] # one of the modes
            entry = tarfile.TarInfo("bomb")
            entry.size = 3_000_000
            tar.addfile(entry, io.BytesIO(b"\0" * entry.size))
        _refuses(archive, "times as many", limits=Limits(ratio=100, ratio_from=1_000_000))


def test_zeros_behind_the_last_file_are_not_unpacked_without_end(archive: Path) -> None:
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        archive.write_bytes(pack(b"\0" * (70 * 1024 * 1024)))
        _refuses(archive, "more than 64 MiB|cannot be read")


def test_what_asks_for_too_much_memory_is_refused(archive: Path) -> None:
    with tarfile.open(archive, "w:xz", preset=0) as file:
        file.addfile(tarfile.TarInfo("a"), io.BytesIO())
    content = bytearray(archive.read_bytes())
    assert content[12:16] == b"\x02\x00\x21\x01"  # the header of a block with LZMA2
    content[16] = 36  # a dictionary of 1 GiB
    content[20:24] = struct.pack("<L", zlib.crc32(content[12:20]))
    archive.write_bytes(content)
    _refuses(archive, "too much memory")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_header_of_absurd_length_is_refused_before_it_is_read(archive: Path, mode: str) -> None:
    with tarfile.open(archive, mode, format=tarfile.PAX_FORMAT) as file:  # type: ignore[call-overload]
        entry = tarfile.TarInfo("x" * 300)
        entry.pax_headers = {"comment": "y" * (5 * 1024 * 1024)}
        file.addfile(entry)
    _refuses(archive, "header of")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"PK\x03\x04",
        b"no archive at all" * 100,
        b"\x1f\x8b\x08",
        b"PK\x05\x06",
        b"BZh",
        b"BZhell is not bzip2",
        b"\xfd7zXZ\0",
        b"\xfd7zXZ\0 and nothing more",
        bz2.compress(b"no tar"),
        lzma.compress(b"no tar"),
    ],
)
def test_what_is_no_archive_is_refused(archive: Path, content: bytes) -> None:
    archive.write_bytes(content)
    _refuses(archive, "cannot be read|damaged")


@pytest.mark.parametrize("mode", ["w:bz2", "w:xz"])
def test_packed_tars_that_end_early_or_are_damaged_are_refused(archive: Path, mode: str) -> None:
    with tarfile.open(archive, mode) as file:  # type: ignore[call-overload] # one of the modes
        entry = tarfile.TarInfo("score.py")
        entry.size = 50_000
        file.addfile(entry, io.BytesIO(random.Random(1).randbytes(entry.size)))
    whole = archive.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-3], whole + b"rubbish", whole[:20000] + b"other" + whole[20005:]):
        archive.write_bytes(damaged)
        _refuses(archive, "cannot be read|damaged")


def test_several_streams_behind_each_other_are_one_tar(archive: Path, tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo("score.py")
        entry.size = 600_000
        content = random.Random(1).randbytes(entry.size)
        tar.addfile(entry, io.BytesIO(content))
    plain = file.getvalue()
    for number, pack in enumerate((bz2.compress, lzma.compress)):  # as programs write them that pack in parallel
        archive.write_bytes(pack(plain[:300_000]) + pack(plain[300_000:]))
        made = unpack(archive, tmp_path / str(number))
        assert (made.folder / "score.py").read_bytes() == content


def test_a_gzip_that_ends_early_or_is_damaged_is_refused(archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as file:
        entry = tarfile.TarInfo("score.py")
        entry.size = 5000
        file.addfile(entry, io.BytesIO(bytes(range(250)) * 20))
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    _refuses(archive, "cannot be read|damaged")
    archive.write_bytes(whole[:-8] + struct.pack("<LL", zlib.crc32(b"other"), 10240))
    _refuses(archive, "cannot be read|damaged")


@pytest.mark.parametrize("mode", ["w", *PACKED])
def test_a_tar_unpacks_also_when_its_names_begin_with_a_dot(archive: Path, tmp_path: Path, mode: str) -> None:
    (tmp_path / "a" / "sub").mkdir(parents=True)
    (tmp_path / "a" / "score.py").write_text("x = 1\n")
    (tmp_path / "a" / "sub" / "m.bin").write_bytes(b"\1\2")
    with tarfile.open(archive, mode) as file:  # type: ignore[call-overload] # one of the modes
        file.add(tmp_path / "a", arcname=".")
    made = unpack(archive, tmp_path / "b")
    assert made.files == ("score.py", "sub/m.bin") == list_members(archive)
    assert made.size == 8
    assert (tmp_path / "b" / "sub" / "m.bin").read_bytes() == b"\1\2"


def test_a_zip_with_sizes_behind_the_content_unpacks(archive: Path, tmp_path: Path) -> None:
    class Stream(io.RawIOBase):
        def __init__(self, file: io.BufferedWriter) -> None:
            self.file = file

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return self.file.write(data)

    with archive.open("wb") as raw, zipfile.ZipFile(Stream(raw), "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("score.py", b"x" * 1000)
    assert unpack(archive, tmp_path / "b").size == 1000


def test_a_folder_that_has_files_is_not_touched(archive: Path, tmp_path: Path) -> None:
    _zip(archive, ("score.py", b"new"))
    (tmp_path / "b").mkdir()
    unpack(archive, tmp_path / "b")
    (tmp_path / "b" / "mine").write_text("keep")
    with pytest.raises(FileAlreadyExists):
        unpack(archive, tmp_path / "b")
    assert (tmp_path / "b" / "mine").read_text() == "keep"


def test_overwriting_replaces_all_of_it_and_only_when_the_archive_is_good(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "old").write_text("keep")
    _zip(archive, ("../evil", b""))
    with pytest.raises(UnsafeArchiveError):
        unpack_over(archive, folder)
    assert (folder / "old").read_text() == "keep"
    _zip(archive, ("score.py", b"new"))
    assert unpack_over(archive, folder).folder == folder
    assert [path.name for path in folder.iterdir()] == ["score.py"]
    assert {path.name for path in tmp_path.iterdir()} == {"in", "b"}


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".a.0123456789ab.unpacking" / "x").mkdir(parents=True)
    (tmp_path / ".other").mkdir()
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".other"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), value=st.binary(min_size=1, max_size=4), packed=st.sampled_from(["", *PACKED]))
def test_a_damaged_archive_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: bytes, packed: str
) -> None:
    base = tmp_path_factory.mktemp("damaged")
    archive = _tar(base / "archive", packed) if packed else _two_files(base / "archive")
    content = bytearray(archive.read_bytes())
    place %= len(content)
    content[place : place + len(value)] = value
    archive.write_bytes(bytes(content))
    try:
        unpack(archive, base / "out" / "artifact")
    except UnsafeArchiveError:
        assert list((base / "out").iterdir()) == []
    assert {path.name for path in base.iterdir()} == {"archive", "out"}


def _two_files(path: Path) -> Path:
    return _zip(path, ("score.py", b"hello"), ("sub/model.bin", b"\0" * 50))


def _tar(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload] # one of the modes
        entry = tarfile.TarInfo("score.py")
        entry.size = 5
        file.addfile(entry, io.BytesIO(b"hello"))
    return path
