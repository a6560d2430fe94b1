"""The folder beside a download's target: whose it is, and what of others it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.client.work_folder import work_folder


class Gone(Exception):
    """The user has left."""


def begin_and_leave(target: Path, key: str) -> Path:
    """Begin a download and leave it half done; return its folder."""
    with pytest.raises(Gone), work_folder(target, key) as folder:
        (folder / "half").write_bytes(b"half of it")
        raise Gone
    return folder


@pytest.mark.parametrize(("one", "other"), [("model", "model.zip"), ("model.tar", "model.tar.gz"), ("[a]", "[a].zip")])
def test_a_target_leaves_alone_what_another_has_whose_name_goes_on_behind_a_dot(
    tmp_path: Path, one: str, other: str
) -> None:
    left = begin_and_leave(tmp_path / other, "k1")
    with work_folder(tmp_path / one, "k2"):
        assert (left / "half").read_bytes() == b"half of it"
    with work_folder(tmp_path / other, "k1") as found:
        assert (found, (found / "half").exists()) == (left, True)
    assert list(tmp_path.iterdir()) == []


def test_what_another_key_has_left_for_the_same_target_goes(tmp_path: Path) -> None:
    left = begin_and_leave(tmp_path / "model.zip", "k1")
    with work_folder(tmp_path / "model.zip", "k2"):
        assert not left.exists()


def test_two_at_once_have_a_folder_each(tmp_path: Path) -> None:
    with work_folder(tmp_path / "a", "k") as first, work_folder(tmp_path / "a", "k") as second:
        assert first != second
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a" * 255, "模" * 85])
def test_a_name_that_leaves_no_room_behind_it_has_a_folder_that_is_found_again(tmp_path: Path, name: str) -> None:
    left = begin_and_leave(tmp_path / name, "k1")
    other = begin_and_leave(tmp_path / (name[:-1] + "b"), "k1")
    assert left != other
    with work_folder(tmp_path / name, "k1") as found:
        assert found == left
    assert other.exists()
