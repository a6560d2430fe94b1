"""Reading files that grow, and are emptied meanwhile."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.logs.emptying import empty, settle
from modelyard.logs.reading import LONGEST_LINE, PIECE, Reading, kept_beside, read_piece, skip_to_end, split


def read_all(path: Path, reading: Reading, *, is_complete: bool = False) -> tuple[list[str], Reading]:
    lines: list[str] = []
    while True:
        piece = read_piece(path, reading, is_complete=is_complete)
        lines += piece.lines
        if piece.reading == reading:
            return lines, reading
        reading = piece.reading


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line and b"\r" not in line)), st.data())
def test_lines_are_whole_however_they_come(lines: list[bytes], data: st.DataObject) -> None:
    text = b"".join(line + b"\n" for line in lines)
    found: list[str] = []
    start = end = 0
    while start < len(text):
        end = data.draw(st.integers(min(len(text), max(end, start) + 1), len(text)))
        new, used, is_in_line = split(text[start:end], is_in_line=False, at_end=end == len(text))
        assert not is_in_line
        found += new
        start += used
    assert found == [line.decode("utf-8", "replace") for line in lines]


@given(st.integers(0, 3 * PIECE), st.integers(0, 40))
def test_a_huge_line_is_cut_and_says_so(size: int, rest: int) -> None:
    text = b"a" * size + b"\n" + b"b" * rest + b"\n"
    found: list[str] = []
    start, is_in_line = 0, False
    while start < len(text):
        new, used, is_in_line = split(text[start : start + PIECE], is_in_line=is_in_line, at_end=False)
        assert used
        found += new
        start += used
    first, second = found
    assert second == "b" * rest
    assert len(first) <= LONGEST_LINE + 100
    assert first == "a" * size or "[cut here" in first


def test_an_end_without_a_newline_waits_for_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntw")
    lines, reading = read_all(path, Reading())
    assert lines == ["one"]
    with path.open("ab") as file:
        file.write(b"o\nthree")
    lines, reading = read_all(path, reading)
    assert lines == ["two"]
    assert read_all(path, reading, is_complete=True)[0] == ["three"]


def test_a_file_that_was_emptied_is_read_on_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntwo\n")
    lines, reading = read_all(path, Reading())
    with path.open("ab", buffering=0) as writer:
        writer.write(b"three\n")
        assert empty(path)
        assert kept_beside(path).read_bytes() == b"one\ntwo\nthree\n"
        writer.write(b"four\n" * 10)  # longer than what was read before
        lines, reading = read_all(path, reading)
        assert lines == ["three", *["four"] * 10]
        assert empty(path)
        writer.write(b"five\n")
    assert read_all(path, reading)[0] == ["five"]
    assert path.stat().st_size == 5


def test_equal_lines_do_not_hide_that_a_file_was_emptied(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    line = b"the same every time\n"
    reading = Reading()
    for _ in range(3):
        with path.open("ab", buffering=0) as writer:
            writer.write(line * 100)
            lines, reading = read_all(path, reading)
            assert len(lines) == 100
            writer.write(line * 10)
            assert empty(path)
            writer.write(line * 300)  # while nobody reads: beyond where the reading was
            lines, reading = read_all(path, reading)
            assert len(lines) == 310


@pytest.mark.parametrize("is_emptied", [False, True])
def test_a_kill_while_a_file_is_emptied_doubles_and_loses_nothing(tmp_path: Path, is_emptied: bool) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntwo\n")
    _, reading = read_all(path, Reading())
    with path.open("ab", buffering=0) as writer:
        writer.write(b"three\n")
        shutil.copy(path, tmp_path / "x.log.emptying")
        if is_emptied:
            os.truncate(path, 0)
        writer.write(b"four\n")
        settle(path)
        assert read_all(path, reading)[0] == ["three", "four"]
    assert {each.name for each in tmp_path.iterdir()} == ({"x.log", "x.log.1"} if is_emptied else {"x.log"})


def test_a_full_disk_keeps_the_file_and_nothing_half_beside_it(small_disk: Path) -> None:
    path = small_disk / "x.log"
    path.write_bytes(b"a line\n" * 100_000)
    with pytest.raises(OSError, match="No space left"):
        empty(path)
    assert [each.name for each in small_disk.iterdir()] == ["x.log"]
    assert path.stat().st_size == 700_000


def test_a_file_that_others_emptied_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\ntwo\n")
    _, reading = read_all(path, Reading())
    path.write_bytes(b"1\n")
    assert read_all(path, reading)[0] == ["1"]


def test_what_cannot_be_kept_up_with_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"one\n" + b"x" * 100)
    piece = skip_to_end(path, Reading())
    assert "104 bytes are left out" in piece.lines[0]
    with path.open("ab") as file:
        file.write(b"the same line\nthe next\n")
    assert read_all(path, piece.reading)[0] == ["the next"]


@pytest.mark.parametrize("text", [b"a\r\nb\n", b"a\nb\n"])
def test_both_ends_of_lines_are_known(text: bytes) -> None:
    assert split(text, is_in_line=False, at_end=False)[0] == ["a", "b"]
