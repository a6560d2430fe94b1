"""Tell the gateway who answers: one file, replaced whole, and only when it changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from modelyard.deployments.driver import Replica
from modelyard.lifecycle import DeploymentState
from modelyard.resources.routes import DeploymentRoute, ReplicaRoute, Routes, StreamRoute


@dataclass(frozen=True, kw_only=True)
class Target:
    """Be where the traffic of a deployment goes."""

    state: DeploymentState
    replicas: Sequence[Replica] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """What a request may call a model → its OCID; empty where there is one."""

    default_model_id: str | None = None
    access_log_id: str | None = None
    """The log that gets a line for each request."""

    streams: StreamRoute | None = None
    """The streams of a STREAM_ONLY deployment."""


class RouteTable:
    """Write the routes.

    Args:
        file: The file that the gateway reads.
        keys: The public keys in PEM that may sign predictions, by key id.
        issuers: The public keys in PEM whose word is taken for session tokens.
    """

    def __init__(self, file: Path, *, keys: Mapping[str, str], issuers: Sequence[str] = ()) -> None:
        self._file = file
        self._keys = dict(keys)
        self._issuers = list(issuers)
        self._written = b""

    def write(self, targets: Mapping[str, Target]) -> None:
        """Make the file say who answers; without effect if it says so already."""
        deployments = {
            id: DeploymentRoute(
                state=target.state,
                replicas=[_route(replica) for replica in target.replicas],
                models=dict(target.models),
                default_model_id=target.default_model_id,
                access_log_id=target.access_log_id,
                streams=target.streams,
            )
            for id, target in targets.items()
        }
        content = msgspec.json.encode(Routes(keys=self._keys, issuers=self._issuers, deployments=deployments))
        if content == self._written:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)
        self._written = content


def _route(replica: Replica) -> ReplicaRoute:
    return ReplicaRoute(
        id=replica.id, sockets=list(replica.sockets), headers=replica.headers, model_id=replica.model_id
    )
