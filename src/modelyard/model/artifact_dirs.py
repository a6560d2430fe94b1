"""What `artifact_dir` may be: a folder of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from modelyard.errors import UsageError
from modelyard.model.places import is_local, local_path


def folder_of(artifact_dir: str | os.PathLike[str]) -> Path:
    """Return the folder of this machine that a name stands for, whatever the working directory becomes.

    Raises:
        UsageError: It is an address elsewhere, no name at all, or relative to a working directory that is gone.
    """
    if not isinstance(artifact_dir, str | os.PathLike):
        raise UsageError(f"artifact_dir is {artifact_dir!r}, a {type(artifact_dir).__name__}; it takes a path.")
    name = os.fspath(artifact_dir)
    if not name:
        raise UsageError("artifact_dir is empty: name a folder for the artifact.")
    if not is_local(name):
        raise UsageError(
            f"artifact_dir is {name!r}; it takes a folder of this machine. upload_artifact() brings it elsewhere."
        )
    if "\0" in name:
        raise UsageError(f"artifact_dir is {name!r}; no path has a NUL in it.")
    try:
        return local_path(name).absolute()
    except FileNotFoundError:
        raise UsageError(
            f"artifact_dir is {name!r}, and the working directory that it is relative to is gone: os.chdir() into one "
            "that is there, or give the whole path."
        ) from None
