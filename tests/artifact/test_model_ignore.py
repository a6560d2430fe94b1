"""Ignore rules mean what they mean in .gitignore."""

from __future__ import annotations

import pytest

from modelyard.artifact.model_ignore import DEFAULT_TEXT, parse_rules
from modelyard.errors import ArtifactError


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("*.log", ["a.log", "d/e/a.log", ".log"], ["a.logs", "log"]),
        ("/a.txt", ["a.txt"], ["d/a.txt"]),
        ("d/*.csv", ["d/x.csv"], ["e/d/x.csv", "d/e/x.csv"]),
        ("**/d/x", ["d/x", "a/b/d/x"], ["ad/x"]),
        ("a/**/b", ["a/b", "a/x/y/b"], ["a", "b"]),
        ("d/**", ["d/x", "d/e/x"], ["d", "e/d/x"]),
        ("file?.py", ["file1.py"], ["file.py", "file12.py"]),
        ("*.py[cod]", ["a.pyc", "a.pyo"], ["a.py", "a.pyx"]),
        ("[!a]x", ["bx"], ["ax"]),
        ("\\#x", ["#x"], ["x"]),
        ("a.b", ["a.b"], ["aXb"]),
        ("lib", ["lib", "x/lib"], ["library.py", "mylib"]),
    ],
)
def test_a_pattern_fits(pattern: str, fits: list[str], does_not: list[str]) -> None:
    rules = parse_rules(pattern)
    assert [name for name in [*fits, *does_not] if rules.match_file(name)] == fits


def test_a_pattern_for_folders_leaves_files_alone() -> None:
    rules = parse_rules("build/")
    assert rules.match_file("build") is None
    assert rules.match_folder("x/build") == "build/"


def test_the_last_line_that_fits_decides() -> None:
    rules = parse_rules("*.csv\n!keep.csv\n")
    assert rules.match_file("keep.csv") is None
    assert rules.match_file("other.csv") == "*.csv"


def test_comments_and_empty_lines_mean_nothing() -> None:
    assert parse_rules("# a\n\n   \n/\n!\n").rules == ()


def test_the_default_leaves_code_and_data_alone() -> None:
    rules = parse_rules(DEFAULT_TEXT)
    names = ["score.py", "lib/x.so", "build/model.bin", "variables.json", "logs_sample.json", "environment.yaml"]
    assert [name for name in names if rules.match_file(name)] == []
    assert rules.match_folder("a/__pycache__") == "__pycache__/"


def test_a_pattern_that_cannot_be_read_is_said() -> None:
    with pytest.raises(ArtifactError, match=r"\[z-a\]"):
        parse_rules("[z-a]")
