"""The environment that trains, and the interpreter that serves."""

from __future__ import annotations

import platform
import re
import sys
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from modelyard.artifact.environment_lock import describe_environment, lock_of
from modelyard.artifact.interpreters import checked_interpreter, interpreter_of, python_version_of
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.errors import EnvironmentNotFound


def _installed(folder: Path, name: str, version: str, direct_url: str | None = None) -> Distribution:
    place = folder / f"{name}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if direct_url:
        (place / "direct_url.json").write_text(direct_url)
    return PathDistribution(place)


def test_this_environment_is_described() -> None:
    lock = describe_environment()
    assert lock.python_version == platform.python_version()
    assert lock.path == Path(sys.prefix).as_uri()
    assert re.fullmatch(r"py3\d+-[0-9a-f]{12}", lock.slug)
    assert any(package.name == "pytest" for package in lock.packages)
    assert lock == describe_environment()


def test_it_can_serve(tmp_path: Path) -> None:
    environment = describe_environment().to_inference()
    assert environment.type == "published"
    python = checked_interpreter(environment)
    assert python_version_of(python) == platform.python_version()


def test_requirements_are_pinned_sorted_and_keep_local_places_to_themselves(tmp_path: Path) -> None:
    installed = [
        _installed(tmp_path, "Zeta_Lib", "2.0"),
        _installed(tmp_path, "alpha", "1.0"),
        _installed(tmp_path, "mine", "0.1", '{"url": "file:///home/me/mine", "dir_info": {"editable": true}}'),
        _installed(tmp_path, "fork", "3", '{"url": "https://me:token@example.org/fork.whl", "archive_info": {}}'),
        _installed(tmp_path, "odd", "4", "not json"),
        _installed(tmp_path / "later", "alpha", "9.9"),
    ]
    lock = lock_of(installed, python_version="3.12.1", prefix="/env")
    lines = lock.requirements().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["alpha==1.0", "zeta-lib==2.0"]
    text = "\n".join(lines)
    assert "# mine==0.1 was installed from an editable folder" in text
    assert "https://example.org/fork.whl" in text
    assert "token" not in text
    assert "/home/me" not in text
    assert lock.digest in text


def test_the_digest_is_of_what_is_installed_and_not_of_where(tmp_path: Path) -> None:
    one = [_installed(tmp_path / "1", "a", "1"), _installed(tmp_path / "1", "b", "1")]
    two = [_installed(tmp_path / "2", "b", "1"), _installed(tmp_path / "2", "a", "1")]
    lock = lock_of(one, python_version="3.12.1", prefix="/x")
    assert lock.digest == lock_of(two, python_version="3.12.1", prefix="/y").digest
    assert lock.digest != lock_of(two, python_version="3.12.2", prefix="/y").digest
    assert lock.digest != lock_of(one[:1], python_version="3.12.1", prefix="/x").digest


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("oci://bucket@namespace/env.tar.gz", "pack"),
        ("service_pack/cpu/General/1.0/x", "pack"),
        ("file:///no/such/prefix", "no environment /no/such/prefix"),
    ],
)
def test_an_environment_that_is_not_here_is_said_with_what_to_do(path: str, match: str) -> None:
    with pytest.raises(EnvironmentNotFound, match=match):
        interpreter_of(path)


def test_a_folder_without_python_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotFound, match="no bin/python"):
        interpreter_of(tmp_path.as_uri())


def test_a_python_that_does_not_start_is_said(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(EnvironmentNotFound, match="broken"):
        checked_interpreter(InferenceEnvironment(path=tmp_path.as_uri(), python_version="3.12"))
    python.chmod(0o644)
    with pytest.raises(EnvironmentNotFound, match="does not start"):
        checked_interpreter(InferenceEnvironment(path=tmp_path.as_uri(), python_version="3.12"))


def test_another_python_than_the_stated_one_is_said() -> None:
    path = Path(sys.prefix).as_uri()
    with pytest.raises(EnvironmentNotFound, match=r"asks for 3\.6"):
        checked_interpreter(InferenceEnvironment(path=path, python_version="3.6"))
    assert checked_interpreter(InferenceEnvironment(path=path, python_version=""))


def test_a_path_with_a_space_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "my env" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    assert interpreter_of(folder.parent.as_uri()) == folder / "python"
    assert interpreter_of(f"file://{folder.parent}") == folder / "python"
