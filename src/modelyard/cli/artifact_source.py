"""What a user gives as an artifact, a folder or an archive of one: as a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.errors import UnsafeArchiveError, UsageError


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
            try:
                unpack(source, folder)
            except UnsafeArchiveError as error:
                raise UnsafeArchiveError(f"{source}: {error.message}") from error
            yield folder
    else:
        raise UsageError(f"There is no folder or archive {source}.")
