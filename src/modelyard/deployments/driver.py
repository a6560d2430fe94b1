"""Where replicas run: a driver of three verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import msgspec

from modelyard.deployments.spec import Revision


class Phase(str, Enum):
    """Say how a replica stands."""

    STARTING = "STARTING"
    READY = "READY"
    FAILED = "FAILED"
    """The artifact or the model cannot be served: it says why, and starting it again says the same."""

    DRAINING = "DRAINING"
    GONE = "GONE"
    """It died without a word."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Be why a replica is not ready: a code for programs, and a text for people (the model's own traceback)."""

    code: str
    message: str


class ReplicaRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Be a replica that is wanted."""

    id: str
    deployment_id: str
    revision: Revision


@dataclass(frozen=True, kw_only=True)
class Replica:
    """Be a replica as its driver sees it; times in seconds since the epoch."""

    id: str
    deployment_id: str
    revision_id: str
    phase: Phase
    model_id: str = ""
    sockets: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    """Response headers that say what made a prediction."""

    problem: Problem | None = None
    ended: float | None = None
    """When it was seen FAILED or GONE first."""

    notes: tuple[str, ...] = ()
    """Sentences for the work request's log, warnings among them."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Be what a replica has used so far, and holds now."""

    cpu_seconds: float
    memory: int
    """In bytes."""


class Driver(Protocol):
    """Run replicas. No verb waits: what comes of it is seen in ``list``."""

    def start(self, request: ReplicaRequest) -> None:
        """Begin to run a replica; one that cannot be run is listed as FAILED."""

    def stop(self, replica_id: str) -> None:
        """Let a replica drain and end, then forget it; forget one that has ended. Asking again does no harm."""

    def list(self) -> list[Replica]:
        """Return every replica that runs, and those that ended and were not forgotten, whoever started them."""

    def usage(self) -> Mapping[str, Usage]:
        """Return what each replica uses, by its id; those of which nothing is known are left out."""
