"""Lines as entries: of the access log, and of what models print."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelyard.logs.spool import AccessLine
from modelyard.logs.store import Entry

ACCESS = "modelyard.modeldeployment.access"
PREDICT = "modelyard.modeldeployment.predict"
"""The types of entries; their last words are the categories."""


@dataclass(frozen=True, kw_only=True)
class PrintedFile:
    """Be a file that a replica prints to."""

    path: Path
    deployment_id: str
    replica_id: str
    log_id: str | None
    """Where its lines go; None where they go nowhere."""

    is_complete: bool
    """Whether the replica has ended."""


def access_entries(lines: Sequence[str], *, now: int) -> Iterator[Entry]:
    """Yield the entries of access lines; what is none, since its writer was killed within it, is left out."""
    for text in lines:
        try:
            line = msgspec.json.decode(text, type=AccessLine)
        except msgspec.DecodeError:
            continue
        yield Entry(
            log_id=line.log_id,
            time=line.time,
            ingested=now,
            id=str(uuid.uuid4()),
            source=line.deployment_id,
            type=ACCESS,
            subject=line.replica_id or None,
            data=_access_data(line),
        )


def printed_entries(file: PrintedFile, lines: Sequence[str], *, first: int) -> list[Entry]:
    """Return the entries of lines that a replica printed, a microsecond apart from the given time on."""
    assert file.log_id is not None
    return [
        Entry(
            log_id=file.log_id,
            time=time,
            ingested=first,
            id=str(uuid.uuid4()),
            source=file.deployment_id,
            type=PREDICT,
            subject=file.replica_id,
            data=msgspec.json.encode({"message": line, "replicaId": file.replica_id}),
        )
        for time, line in enumerate(lines, first)
    ]


def _access_data(line: AccessLine) -> bytes:
    return msgspec.json.encode(
        {
            "message": (
                f'{line.client_address or "-"} "{line.method} {line.path}" {line.status} {line.response_bytes} '
                f"{line.latency_ms:.1f}ms"
            ),
            "method": line.method,
            "path": line.path,
            "status": line.status,
            "requestBytes": line.request_bytes,
            "responseBytes": line.response_bytes,
            "latencyMs": line.latency_ms,
            "opcRequestId": line.request_id,
            "clientAddress": line.client_address,
            "userId": line.user_id or None,
            "modelId": line.model_id or None,
            "replicaId": line.replica_id or None,
        }
    )
