"""Log ingestion: entries on their way into a log."""

from __future__ import annotations

from typing import Annotated

import msgspec

from modelyard.resources.noun import GivenMoment, Noun, documented

MOST_ENTRIES = 10_000
"""How many entries one request may bring."""

MOST_BATCHES = 1000
"""How many batches they may come in."""

ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class LogEntry(Noun, frozen=True, kw_only=True):
    """Be an entry: text, or JSON as text."""

    data: str
    id: ShortText
    time: GivenMoment | None = None


class LogEntryBatch(Noun, frozen=True, kw_only=True):
    """Be entries of one source and type."""

    entries: Annotated[list[LogEntry], msgspec.Meta(min_length=1, max_length=MOST_ENTRIES)]
    source: ShortText
    type: ShortText
    subject: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    defaultlogentrytime: GivenMoment


class PutLogsDetails(Noun, frozen=True, kw_only=True):
    """Be entries for a log."""

    specversion: Annotated[str, documented({"const": "1.0"})]
    log_entry_batches: Annotated[list[LogEntryBatch], msgspec.Meta(min_length=1, max_length=MOST_BATCHES)]
