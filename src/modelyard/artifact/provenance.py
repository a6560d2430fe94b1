"""Where a model's code comes from: asked of git where there is git, and kept as far as it goes where there is none."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.errors import ChangesNotCommitted

_GIT_SECONDS = 20.0


@dataclass(frozen=True)
class TrainingCode:
    """Be the origin of a model; None stands for what is not known."""

    repository_url: str | None = None
    git_branch: str | None = None
    git_commit: str | None = None
    script_dir: str | None = None
    training_script: str | None = None
    training_id: str | None = None
    artifact_dir: str | None = None
    uncommitted: tuple[str, ...] = ()
    """Of the script and the artifact's folder, the files that differ from the commit or are unknown to git."""

    warnings: tuple[str, ...] = ()


def describe_code(
    *, script: Path | None = None, training_id: str | None = None, artifact_dir: Path | None = None, start: Path
) -> TrainingCode:
    """Describe the code that trained; git is looked for upwards from the script, or from the start without one."""
    if script is not None and not script.is_file():
        return _without_git(None, training_id, artifact_dir, f"There is no training script {script}.")
    root = _git(script.resolve().parent if script else start, "rev-parse", "--show-toplevel")
    if root is None:
        return _without_git(script, training_id, artifact_dir, "")
    top = Path(root)
    commit = _git(top, "rev-parse", "--verify", "HEAD")
    known = [
        path for path in (script, artifact_dir) if path is not None and path.resolve().is_relative_to(top.resolve())
    ]
    return TrainingCode(
        repository_url=_repository_url(top),
        git_branch=_git(top, "symbolic-ref", "--short", "-q", "HEAD"),
        git_commit=commit,
        script_dir=_relative(script.resolve().parent, top) if script else None,
        training_script=script.name if script else None,
        training_id=training_id,
        artifact_dir=str(artifact_dir) if artifact_dir else None,
        uncommitted=uncommitted(top, known),
        warnings=() if commit else (f"No commit found in {top}: the model's code cannot be traced.",),
    )


def check_committed(code: TrainingCode) -> None:
    """Raise ChangesNotCommitted when the script or the artifact's folder differs from the commit."""
    if code.uncommitted:
        files = ", ".join(code.uncommitted[:5]) + (", …" if len(code.uncommitted) > 5 else "")
        raise ChangesNotCommitted(f"These files are not committed: {files}. Commit them, or ignore pending changes.")


def uncommitted(repository: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the files at or below the paths that differ from the commit or are unknown to git."""
    if not paths:
        return ()
    absolute = [str(path.resolve()) for path in paths]
    said = _git(
        repository, "--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *absolute
    )
    names: list[str] = []
    entries = iter((said or "").split("\0"))
    for entry in entries:
        if entry:
            names.append(entry[3:])
            if entry[0] in "RC":  # a rename: its old name follows
                next(entries, None)
    return tuple(sorted(names))


def _without_git(script: Path | None, training_id: str | None, artifact_dir: Path | None, said: str) -> TrainingCode:
    return TrainingCode(
        script_dir=str(script.resolve().parent) if script else None,
        training_script=script.name if script else None,
        training_id=training_id,
        artifact_dir=str(artifact_dir) if artifact_dir else None,
        warnings=(said,) if said else (),
    )


def _repository_url(top: Path) -> str:
    remotes = (_git(top, "remote") or "").split()
    if not remotes:
        return top.as_uri()
    url = _git(top, "remote", "get-url", "origin" if "origin" in remotes else remotes[0]) or top.as_uri()
    return re.sub(r"(?<=//)[^/@]*@", "", url) if "://" in url else url  # no user or token of a person


def _relative(folder: Path, top: Path) -> str:
    inside = top.resolve()
    return folder.relative_to(inside).as_posix() if folder.is_relative_to(inside) else str(folder)


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git says; None where there is no git, no repository or no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return done.stdout.decode("utf-8", "replace").rstrip("\n") or None
