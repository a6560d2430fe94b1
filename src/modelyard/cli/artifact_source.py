"""What a user gives as an artifact, a folder or an archive of one: as a folder, and as a zip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.errors import UsageError


@contextmanager
def as_folder(source: Path) -> Iterator[Path]:
    """Give the folder itself, or a temporary one with what is in the archive.

    Raises:
        UsageError: There is nothing by that name.
        UnsafeArchiveError: The archive would write elsewhere, or is none.
    """
    from modelyard.artifact.unpack import unpack

    if source.is_dir():
        yield source
    elif source.is_file():
        with tempfile.TemporaryDirectory(prefix="modelyard-") as scratch:
            folder = Path(scratch) / "artifact"
            unpack(source, folder)
            yield folder
    else:
        raise UsageError(f"There is no folder or archive {source}.")


@contextmanager
def as_archive(source: Path) -> Iterator[Path]:
    """Give the archive itself, or a temporary zip of the folder.

    Raises:
        UsageError: There is nothing by that name.
    """
    from modelyard.artifact.archive import pack

    if source.is_file():
        yield source
    elif source.is_dir():
        with tempfile.TemporaryDirectory(prefix="modelyard-") as scratch:
            yield pack(source, Path(scratch) / f"{source.resolve().name or 'artifact'}.zip").path
    else:
        raise UsageError(f"There is no folder or archive {source}.")
