"""The zip of an artifact: the same bytes for the same files, written with constant memory."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from modelyard.artifact.archive_plan import plan_archive
from modelyard.artifact.folder_files import LeftOut


@dataclass(frozen=True)
class Packed:
    """Be an archive that was written."""

    path: Path
    digest: str
    size: int
    files: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    """What .model-ignore kept out, to be said to the user."""


def pack(folder: Path, target: Path) -> Packed:
    """Write the zip of a folder; the target appears when it is whole, in place of what was there."""
    plan = plan_archive(folder)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    state = hashlib.sha256()
    try:
        with partial.open("xb") as file:
            for block in plan.read_all():
                state.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return Packed(
        path=target,
        digest=f"sha256:{state.hexdigest()}",
        size=plan.size,
        files=plan.files,
        left_out=plan.left_out,
    )
