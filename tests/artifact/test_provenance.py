"""Where the code comes from: with git, without git, and with things that are not committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modelyard.artifact.provenance import check_committed, describe_code
from modelyard.errors import ChangesNotCommitted


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text("x = 1\n")
    _git(folder, "init", "-q", "-b", "trunk")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_repository_is_described(repository: Path) -> None:
    _git(repository, "remote", "add", "other", "https://example.org/other.git")
    _git(repository, "remote", "add", "origin", "https://me:secret@example.org/a.git")
    code = describe_code(script=repository / "src" / "train.py", training_id="run-1", start=Path("/"))
    assert code.repository_url == "https://example.org/a.git"
    assert code.git_branch == "trunk"
    assert code.git_commit == _git(repository, "rev-parse", "HEAD")
    assert (code.script_dir, code.training_script, code.training_id) == ("src", "train.py", "run-1")
    assert code.uncommitted == ()
    check_committed(code)


def test_without_a_remote_the_folder_is_the_url(repository: Path) -> None:
    assert describe_code(start=repository / "src").repository_url == repository.resolve().as_uri()


def test_outside_a_repository_nothing_else_is_lost(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    code = describe_code(script=tmp_path / "train.py", training_id="run-1", artifact_dir=tmp_path / "a", start=tmp_path)
    assert code.git_commit is None
    assert (code.training_script, code.training_id, code.artifact_dir) == ("train.py", "run-1", str(tmp_path / "a"))
    assert code.script_dir == str(tmp_path.resolve())
    check_committed(code)


def test_a_repository_without_a_commit_warns(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "-b", "trunk")
    code = describe_code(start=tmp_path, training_id="run-1")
    assert (code.git_branch, code.git_commit, code.training_id) == ("trunk", None, "run-1")
    assert "No commit" in code.warnings[0]


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    _git(repository, "checkout", "-q", "--detach")
    code = describe_code(start=repository)
    assert code.git_branch is None
    assert code.git_commit


@pytest.mark.parametrize("change", ["edited", "untracked", "renamed"])
def test_what_is_not_committed_is_named(repository: Path, change: str) -> None:
    script = repository / "src" / "train.py"
    artifact = repository / "artifact"
    artifact.mkdir()
    if change == "edited":
        script.write_text("x = 2\n")
        expected = "src/train.py"
    elif change == "untracked":
        (artifact / "score.py").write_text("")
        expected = "artifact/score.py"
    else:
        _git(repository, "mv", "src/train.py", "src/näw train.py")
        script = repository / "src" / "näw train.py"
        expected = "src/näw train.py"
    code = describe_code(script=script, artifact_dir=artifact, start=repository)
    assert expected in code.uncommitted
    with pytest.raises(ChangesNotCommitted, match=r"train|score"):
        check_committed(code)


def test_changes_elsewhere_do_not_matter(repository: Path) -> None:
    (repository / "notes.txt").write_text("")
    assert describe_code(script=repository / "src" / "train.py", start=repository).uncommitted == ()


def test_a_missing_script_is_said_and_the_rest_is_kept(tmp_path: Path) -> None:
    code = describe_code(script=tmp_path / "none.py", training_id="run-1", start=tmp_path)
    assert "no training script" in code.warnings[0]
    assert code.training_id == "run-1"
    assert code.training_script is None


def test_without_git_on_the_path_nothing_breaks(repository: Path) -> None:
    program = (
        "from pathlib import Path; from modelyard.artifact.provenance import describe_code;"
        f"print(describe_code(start=Path({str(repository)!r}), training_id='run-1'))"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PATH": ""}, capture_output=True, text=True, check=True
    )
    assert "training_id='run-1'" in done.stdout
    assert "git_commit=None" in done.stdout
