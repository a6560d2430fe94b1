"""What the command line does and says where nothing runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    return {"MODELYARD_HOME": str(tmp_path / "home")}


def test_a_command_that_needs_a_service_says_how_to_start_one(command_line: Any, nowhere: dict[str, str]) -> None:
    said = command_line.failure("model", "list", **nowhere)
    assert "Run `modelyard up`" in said


def test_nobody_answering_is_an_error_that_names_the_endpoint(
    command_line: Any, nowhere: dict[str, str], cli: Any
) -> None:
    config = str(cli.home / "oci" / "config")
    said = cli.failure("model", "list", MODELYARD_ENDPOINT="http://127.0.0.1:9", OCI_CONFIG_FILE=config, **nowhere)
    assert "Nobody answers at http://127.0.0.1:9" in said
    assert "modelyard up --detach" in said


def test_env_without_a_first_start_says_what_to_do(command_line: Any, nowhere: dict[str, str]) -> None:
    assert "run `modelyard up`" in command_line.failure("env", **nowhere)


def test_a_setting_that_makes_no_sense_is_named_with_its_value(command_line: Any) -> None:
    assert "MODELYARD_PORT is 'http'" in command_line.failure("status", MODELYARD_PORT="http")


def test_status_where_nothing_runs_says_so_and_ends_with_3(command_line: Any, nowhere: dict[str, str]) -> None:
    done = command_line.run("status", "--output", "json", **nowhere)
    assert done.returncode == 3
    assert '"STOPPED"' in done.stdout


def test_down_where_nothing_runs_is_no_error(command_line: Any, nowhere: dict[str, str]) -> None:
    assert "Nothing was running" in command_line.text("down", **nowhere)


def test_an_artifact_is_judged_without_a_service(command_line: Any, artifact: Path, nowhere: dict[str, str]) -> None:
    assert "can be deployed" in command_line.text("artifact", "check", artifact, **nowhere)


@pytest.mark.parametrize(
    ("score_py", "said"),
    [
        (None, "There is no score.py"),
        ("def predict(data: return 1", "score.py"),
        ("def load_model(): pass\ndef predict(x): pass\n", "data"),
    ],
)
def test_a_bad_artifact_is_told_with_its_reason(
    command_line: Any, tmp_path: Path, score_py: str | None, said: str
) -> None:
    (tmp_path / "README.md").write_text("x")
    if score_py is not None:
        (tmp_path / "score.py").write_text(score_py)
    assert said in command_line.failure("artifact", "check", tmp_path)


def test_a_file_that_is_no_archive_is_named(command_line: Any, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("x")
    said = command_line.failure("artifact", "check", tmp_path / "score.py")
    assert f"error: {tmp_path / 'score.py'}: This is no zip" in said
    assert "hint: Give a folder with score.py at its top" in said


def test_introspection_shows_every_test_and_fails_where_one_does(
    command_line: Any, artifact: Path, tmp_path: Path
) -> None:
    assert "Failed" not in command_line.text("artifact", "introspect", artifact)
    (tmp_path / "score.py").write_text("x")
    done = command_line.run("artifact", "introspect", tmp_path)
    assert done.returncode == 1
    assert "failed" in done.stderr
    assert isinstance(command_line.json("artifact", "introspect", artifact), dict)


def test_an_artifact_is_tried_with_the_worker_that_would_serve_it(command_line: Any, artifact: Path) -> None:
    answer = command_line.json("artifact", "run", artifact, "[1, 2]")
    assert answer["prediction"] == [2, 4]


def test_an_archive_is_tried_like_its_folder(command_line: Any, artifact: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "double"), "zip", artifact)
    assert '"prediction": [2]' in command_line.text("artifact", "run", archive, "-", stdin="[1]")


def test_trying_a_model_that_does_not_load_shows_its_own_traceback(command_line: Any, broken_artifact: Path) -> None:
    said = command_line.failure("artifact", "run", broken_artifact, "[1]")
    assert "error: RuntimeError: the weights are gone" in said
    assert 'score.py", line' in said


def test_trying_data_that_the_model_chokes_on_shows_what_it_raised(command_line: Any, artifact: Path) -> None:
    said = command_line.failure("artifact", "run", artifact, '[{"a": 1}]')
    assert "TypeError" in said
    assert "What the model printed" in said
