"""Sockets beside homes whose paths are long: they go with their homes, and nobody else's go with them."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.errors import ConfigurationError
from modelyard.server import socket_folder
from modelyard.settings import Settings, from_environ


@pytest.fixture
def settings() -> Iterator[Settings]:
    """Of a home whose path is too long for sockets in it."""
    above = Path(tempfile.mkdtemp(prefix="yard-"))
    home = above / ("long" * 30)
    home.mkdir()
    settings = Settings(home=home)
    yield settings
    shutil.rmtree(above, ignore_errors=True)
    shutil.rmtree(settings.sockets, ignore_errors=True)


def _leave_socket(settings: Settings, name: str = "service") -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(settings.sockets / name))


def test_the_folder_of_a_home_that_is_gone_is_removed_by_the_next_start_of_another(settings: Settings) -> None:
    with socket_folder.held(settings):
        _leave_socket(settings)
    shutil.rmtree(settings.home)
    socket_folder.sweep(replace(settings, home=settings.home.parent / ("other" * 30)))
    assert not settings.sockets.exists()


def test_the_folder_of_a_home_that_is_there_stays(settings: Settings) -> None:
    with socket_folder.held(settings):
        _leave_socket(settings)
    socket_folder.sweep(settings)
    assert (settings.sockets / "service").exists()


def test_a_folder_that_somebody_starts_to_use_stays(settings: Settings) -> None:
    with socket_folder.held(settings):
        shutil.rmtree(settings.home)
        socket_folder.sweep(settings)
        socket_folder.remove(settings)
        assert settings.sockets.exists()


def test_a_folder_in_which_a_process_listens_stays_whole(settings: Settings) -> None:
    with socket_folder.held(settings):
        _leave_socket(settings)
    shutil.rmtree(settings.home)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(settings.sockets / "replica.0"))
        listener.listen()
        before = sorted(settings.sockets.iterdir())
        socket_folder.sweep(settings)
        socket_folder.remove(settings)
        assert sorted(settings.sockets.iterdir()) == before


def test_a_folder_with_anything_but_sockets_stays_whole(settings: Settings) -> None:
    with socket_folder.held(settings):
        _leave_socket(settings)
        (settings.sockets / "file").touch()
    shutil.rmtree(settings.home)
    before = sorted(settings.sockets.iterdir())
    socket_folder.sweep(settings)
    socket_folder.remove(settings)
    assert sorted(settings.sockets.iterdir()) == before


def test_a_link_in_the_place_of_a_folder_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "home").symlink_to(tmp_path / "gone")
    settings.sockets.symlink_to(tmp_path)
    try:
        socket_folder.sweep(settings)
        socket_folder.remove(settings)
        assert (tmp_path / "home").is_symlink()
        with pytest.raises(ConfigurationError, match="not a folder of yours alone"), socket_folder.held(settings):
            pass
    finally:
        settings.sockets.unlink()


def test_sockets_in_the_home_stay_there(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="yard-", dir="/tmp") as short:
        settings = Settings(home=Path(short))
        with socket_folder.held(settings):
            _leave_socket(settings)
        socket_folder.remove(settings)
        assert [path.name for path in settings.sockets.iterdir()] == ["service"]


def test_down_leaves_no_folder_behind_and_the_next_start_makes_it_anew(yard: Any, answers: Any) -> None:
    home = yard.home / ("long" * 30)
    yard.environ["MODELYARD_HOME"] = str(home)
    for _ in range(2):
        assert yard.run("up", "--detach", MODELYARD_PORT="0").returncode == 0
        assert yard.settings.sockets.parent == Path("/tmp")
        assert answers(yard.endpoint)
        assert yard.run("down").returncode == 0
        assert not yard.settings.sockets.exists()


def test_replicas_that_are_to_go_on_keep_their_sockets(yard: Any, artifact: Path, wait_until: Any) -> None:
    home = yard.home / ("long" * 30)
    yard.environ["MODELYARD_HOME"] = str(home)
    assert yard.run("up", "--detach", MODELYARD_PORT="0").returncode == 0
    assert yard.run("model", "create", artifact, "--name", "double").returncode == 0
    assert yard.run("deployment", "create", "--model", "double", "--name", "d").returncode == 0
    replicas = yard.replica_pids()
    assert yard.run("down", "--keep-replicas").returncode == 0
    # with another temporary folder, as in another session of the user's
    assert yard.run("up", "--detach", TMPDIR=str(yard.home)).returncode == 0
    wait_until(lambda: yard.run("deployment", "predict", "d", "[1]").stdout == '{"prediction": [2]}\n')
    assert yard.replica_pids() == replicas
    assert yard.run("down").returncode == 0
    assert not yard.settings.sockets.exists()


def test_a_home_whose_letters_have_several_bytes_has_sockets_with_short_paths(yard: Any, answers: Any) -> None:
    yard.environ["MODELYARD_HOME"] = str(yard.home / ("é" * 40))
    assert yard.run("up", "--detach", MODELYARD_PORT="0").returncode == 0
    assert answers(yard.endpoint)
    assert yard.run("down").returncode == 0
    assert len(os.fsencode(from_environ(yard.environ).sockets)) < 80
