"""Where score.py must be, and what deploy says of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelyard.artifact.layout import check_layout, check_names, judge, nested_folder
from modelyard.errors import ArtifactLayoutError, RuntimeYamlError, ScorePyError


def test_a_good_artifact_is_judged_good_and_its_code_never_runs(artifact: Path) -> None:
    (artifact / "score.py").write_text((artifact / "score.py").read_text() + "\nraise SystemExit('it ran')\n")
    judgement = judge(artifact)
    assert judgement.warnings == ()
    assert judgement.runtime is not None
    assert judgement.runtime.environment is not None
    assert judgement.runtime.environment.path == f"file://{sys.prefix}"


def test_no_score_py_is_said(artifact: Path) -> None:
    (artifact / "score.py").unlink()
    with pytest.raises(ArtifactLayoutError, match=r"no score\.py at the top"):
        judge(artifact)


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArtifactLayoutError, match="is empty"):
        check_layout(tmp_path)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArtifactLayoutError, match="no folder"):
        check_layout(tmp_path / "none")


def test_an_artifact_one_folder_down_is_said_with_the_folder(artifact: Path) -> None:
    with pytest.raises(ArtifactLayoutError, match="in the folder 'artifact'"):
        check_layout(artifact.parent)
    assert nested_folder(artifact.parent) == artifact
    assert nested_folder(artifact) is None


def test_names_of_an_archive_are_judged_alike() -> None:
    check_names(["score.py", "x/y"], where="a.zip")
    with pytest.raises(ArtifactLayoutError, match=r"in the folder 'x/y' of a\.zip"):
        check_names(["x/y/score.py"], where="a.zip")


def test_without_a_runtime_yaml_the_default_environment_is_announced(artifact: Path) -> None:
    (artifact / "runtime.yaml").unlink()
    judgement = judge(artifact)
    assert judgement.runtime is None
    assert "default environment" in judgement.warnings[0]


def test_a_bad_runtime_yaml_is_refused(artifact: Path) -> None:
    (artifact / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '2.0'")
    with pytest.raises(RuntimeYamlError, match=r"2\.0"):
        judge(artifact)


@pytest.mark.parametrize(
    ("score", "match"),
    [
        ("def load_model(:", "line 1"),
        ("x = '\0'", "cannot be parsed"),
        ("\n\n  x = 1\n y = 2", "line"),
        ("(" * 100_000, "cannot be parsed"),
        ("def predict(data): ...", "no function load_model"),
        ("def load_model(): ...", "no function predict"),
        ("def load_model(): ...\nclass A:\n    def predict(data): ...", "no function predict"),
        ("def load_model(): ...\ndef predict(): ...", "no positional parameter"),
        ("def load_model(): ...\ndef predict(x): ...", "first parameter is x"),
        ("def load_model(): ...\ndef predict(*data): ...", "no positional parameter"),
        ("def load_model(): ...\ndef predict(data, key): ...", "give key a default"),
        ("def load_model(): ...\nasync def predict(data): ...", "predict is async"),
        ("def load_model(): ...\ndef predict(data, *, key): ...", "give key a default"),
    ],
)
def test_a_score_py_that_cannot_serve_is_refused_with_the_reason(artifact: Path, score: str, match: str) -> None:
    (artifact / "score.py").write_text(score)
    with pytest.raises(ScorePyError, match=match):
        judge(artifact)


@pytest.mark.parametrize(
    "score",
    [
        "def load_model(): ...\ndef predict(data, /, model=None, *, key=1, **rest): ...",
        "def load_model(): ...\ndef predict(data, model): ...",
        "load_model = lambda: 1\npredict = lambda data: data",
        "def load_model(): ...\ndef answer(data): ...\npredict = answer",
        (
            "try:\n    import fast\nexcept ImportError:\n    fast = None\nif fast:\n    def load_model(): ...\n"
            "else:\n    def load_model(): ...\n    def predict(data): ..."
        ),
        "def load_model(): ...\ndef predict(data=None): ...",
        "load_model: object = print\ndef predict(data): ...",
        "import re\nX = '\\d'\ndef load_model(): ...\ndef predict(data): ...",
    ],
)
def test_every_way_to_define_the_two_functions_is_seen(artifact: Path, score: str) -> None:
    (artifact / "score.py").write_text(score)
    assert judge(artifact).warnings == ()


@pytest.mark.parametrize(
    "score",
    [
        "from model import load_model, predict",
        "import functools\ndef load_model(): ...\npredict = functools.partial(print)",
        "from model import *",
    ],
)
def test_what_only_a_run_would_tell_is_a_warning(artifact: Path, score: str) -> None:
    (artifact / "score.py").write_text(score)
    assert judge(artifact).warnings


def test_code_for_a_newer_python_than_this_one_is_a_warning(artifact: Path) -> None:
    (artifact / "score.py").write_text("def predict(data) := syntax of the future")
    runtime = artifact / "runtime.yaml"
    version = f"'{sys.version_info[0]}.{sys.version_info[1]}'"
    runtime.write_text(runtime.read_text().replace(version, "'3.99'"))
    assert "newer" in judge(artifact).warnings[0]


@pytest.mark.parametrize(
    "score",
    ["-" * 200_000 + "1", "if a: pass\n" + "elif a: pass\n" * 20_000, "x = " + "1+" * 100_000 + "1", "#" * 2_000_000],
)
def test_code_made_to_hurt_its_reader_is_refused_or_read(artifact: Path, score: str) -> None:
    (artifact / "score.py").write_text(score)
    with pytest.raises(ScorePyError):
        judge(artifact)
