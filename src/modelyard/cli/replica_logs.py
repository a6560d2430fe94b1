"""What the replicas of a deployment printed, as their log files on this machine have it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import NotFound

if TYPE_CHECKING:
    from modelyard.cli.context import Context

_STEP = 0.2


def print_logs(context: Context, deployment_id: str, *, lines: int) -> None:
    """Print the last lines of each replica's log, the newest replica last.

    Raises:
        NotFound: No log of it is on this machine.
    """
    from modelyard.server.logs import tail

    files = _files(context, deployment_id)
    if context.output.format == "json":
        context.output.json([{"file": str(file), "lines": tail(file, lines=lines).splitlines()} for file in files])
        return
    for file in files:
        if len(files) > 1:
            context.output.note(f"==> {file}")
        text = tail(file, lines=lines)
        if text:
            context.output.text(text)


def follow_logs(context: Context, deployment_id: str, *, lines: int) -> None:
    """Print the last lines of each replica's log, and what is added to them, until Ctrl-C.

    Raises:
        NotFound: No log of it is on this machine.
    """
    read = {file: file.stat().st_size for file in _files(context, deployment_id)}
    print_logs(context, deployment_id, lines=lines)
    while True:
        for file in _files(context, deployment_id):
            begin = read.get(file, 0)
            with file.open("rb") as log:
                if log.seek(0, 2) < begin:
                    begin = 0  # it had grown large, and was emptied
                log.seek(begin)
                added = log.read()
            read[file] = begin + len(added)
            if added:
                context.output.text(added.decode("utf-8", "replace"))
        time.sleep(_STEP)


def _files(context: Context, deployment_id: str) -> list[Path]:
    from modelyard.deployments.replica_files import log_folder

    folder = log_folder(context.settings, deployment_id)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
    if not files:
        raise NotFound(
            f"No log of this deployment is in {folder}: no replica of it was started on this machine, or "
            "MODELYARD_HOME is not the home of its service."
        )
    return files
