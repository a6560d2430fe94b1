"""The collector: what gateways and replicas write into files becomes entries, each once.

Entries and how far their file was read are one transaction, so that a service that is killed goes on where it was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from modelyard.database.engine import Database
from modelyard.database.records import microseconds
from modelyard.logs import readings, spool, store
from modelyard.logs.changes import Clock
from modelyard.logs.emptying import empty, settle
from modelyard.logs.lines import PrintedFile, access_entries, printed_entries
from modelyard.logs.reading import PIECE, Piece, Reading, read_piece, skip_to_end
from modelyard.logs.store import Entry

log = logging.getLogger(__name__)

INTERVAL = 0.5
"""How long to wait between two looks, in seconds."""

PAUSE_AFTER_FAILURE = 5.0
"""The same after a look that failed: a full disk, say, will hardly have room at once."""

PIECES_AT_ONCE = 4
"""How many pieces of one file are read before the others have their turn."""

MOST_BEHIND = 64 * 1024 * 1024
"""How many bytes a file may be ahead of its reading, before some are left out."""

PRINTED_LIMIT = 10 * 1024 * 1024
"""How large a replica's log file may grow before it is emptied, in bytes."""


class Collector:
    """Read what is written, forever.

    Args:
        database: Where the entries go.
        home: The folder that the files are below.
        spool_folder: Where gateways write access lines.
        printed: Gives the files that replicas print to.
        clock: The time, with its zone.
        limit: How large such a file may grow.
    """

    def __init__(
        self,
        database: Database,
        *,
        home: Path,
        spool_folder: Path,
        printed: Callable[[], Sequence[PrintedFile]],
        clock: Clock,
        limit: int = PRINTED_LIMIT,
    ) -> None:
        self._database = database
        self._home = home
        self._spool_folder = spool_folder
        self._printed = printed
        self._clock = clock
        self._limit = limit
        self._last = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let ``run`` return after the look that it is at."""
        self._stopped.set()

    def run(self) -> None:
        """Collect until ``stop``; whatever goes wrong in one look is tried again in the next."""
        while not self._stopped.is_set():
            try:
                pause = INTERVAL if self.step() else 0.0
            except Exception:
                log.exception("a look at what is to be logged failed; it is tried again")
                pause = PAUSE_AFTER_FAILURE
            self._stopped.wait(pause)

    def step(self) -> bool:
        """Take one look at every file; return whether all was read."""
        with self._database.read() as tx:
            known = readings.all_of(tx)
        settled = True
        spooled = spool.files(self._spool_folder)
        for path in spooled:
            settled &= self._try(self._collect_access, path, known.get(self._key(path), Reading()))
        printed = self._printed()
        for file in printed:
            settled &= self._try(self._collect_printed, file, known.get(self._key(file.path), Reading()))
        gone = known.keys() - {self._key(path) for path in (*spooled, *(file.path for file in printed))}
        if gone:
            with self._database.write() as tx:
                readings.forget(tx, gone)
        return settled

    def _try(self, collect: Callable[..., bool], file: Path | PrintedFile, reading: Reading) -> bool:
        """Collect from a file; one in trouble does not hold up the others."""
        try:
            return collect(file, reading)
        except FileNotFoundError:
            return True
        except OSError:
            log.exception("file=%s could not be read; it is tried again", file)
            return True

    # ── access ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _collect_access(self, path: Path, reading: Reading) -> bool:
        is_complete = spool.is_complete(path)
        for _ in range(PIECES_AT_ONCE):
            piece = read_piece(path, reading, is_complete=is_complete)
            if piece.reading != reading:
                self._keep(path, piece, access_entries(piece.lines, now=self._now()))
            if not piece.left and is_complete:
                path.unlink()  # before its reading: one without a file does no harm, a file without one is read again
                return True
            if piece.reading == reading or not piece.left:
                return True
            reading = piece.reading
        return False

    # ── what models print ────────────────────────────────────────────────────────────────────────────────────────────

    def _collect_printed(self, file: PrintedFile, reading: Reading) -> bool:
        if file.log_id is None:
            self._empty_large(file)
            return True
        settle(file.path)
        for _ in range(PIECES_AT_ONCE):
            if file.path.stat().st_size - reading.read_to > MOST_BEHIND:
                piece = skip_to_end(file.path, reading)
            else:
                piece = read_piece(file.path, reading, is_complete=file.is_complete)
            if piece.reading != reading:
                self._keep(file.path, piece, self._printed_entries(file, piece), deployment_id=file.deployment_id)
            if not piece.is_kept and piece.left < PIECE:
                self._empty_large(file)  # what it has by then beyond the reading is read beside it
            if piece.reading == reading or not piece.left:
                return True
            reading = piece.reading
        return False

    def _empty_large(self, file: PrintedFile) -> None:
        if not file.is_complete and file.path.stat().st_size > self._limit:
            empty(file.path)

    def _printed_entries(self, file: PrintedFile, piece: Piece) -> list[Entry]:
        # each a microsecond later than the one before, so that lines that are read at once keep their order
        first = max(self._now(), self._last + 1)
        entries = printed_entries(file, piece.lines, first=first)
        self._last = first + len(entries)
        return entries

    # ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, path: Path, piece: Piece, entries: Iterable[Entry], *, deployment_id: str | None = None) -> None:
        found = list(entries)
        with self._database.write() as tx:
            taking = store.taking(tx, {entry.log_id for entry in found})
            store.add_entries(tx, (entry for entry in found if entry.log_id in taking))
            readings.keep(tx, self._key(path), piece.reading, deployment_id=deployment_id)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()

    def _now(self) -> int:
        return microseconds(self._clock())
