"""How far each file was read, in the database."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from modelyard.logs.reading import Reading
from modelyard.logs.store import readings


def all_of(tx: sa.Connection) -> dict[str, Reading]:
    """Return how far each file was read."""
    return {row.file: _reading(row) for row in tx.execute(sa.select(readings))}


def files_by_deployment(tx: sa.Connection) -> dict[str, str]:
    """Return the files that replicas wrote and that were read, each with its deployment."""
    query = sa.select(readings.c.file, readings.c.deployment_id).where(readings.c.deployment_id.is_not(None))
    return {row.file: row.deployment_id for row in tx.execute(query)}


def keep(tx: sa.Connection, file: str, reading: Reading, *, deployment_id: str | None) -> None:
    """Keep how far a file was read."""
    values = {
        "read_to": reading.read_to,
        "mark": bytes([len(reading.beside)]) + reading.beside + reading.mark,
        "is_in_line": reading.is_in_line,
        "deployment_id": deployment_id,
    }
    statement = insert(readings).values(file=file, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[readings.c.file], set_=values))


def forget(tx: sa.Connection, files: Iterable[str]) -> None:
    """Forget files that are gone."""
    for file in files:
        tx.execute(readings.delete().where(readings.c.file == file))


def _reading(row: sa.Row[tuple[object, ...]]) -> Reading:
    """Return a reading; its mark stands behind what lay beside the file, and the length of that."""
    begin = 1 + row.mark[0] if row.mark else 0
    return Reading(row.read_to, row.mark[begin:], row.is_in_line, row.mark[1:begin])
