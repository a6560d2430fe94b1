"""Tell the gateway who answers: one file, replaced whole, and only when it changes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from modelyard.deployments.driver import Replica
from modelyard.lifecycle import DeploymentState
from modelyard.resources.routes import DeploymentRoute, ReplicaRoute, Routes

Targets = Mapping[str, tuple[DeploymentState, Sequence[Replica]]]
"""Deployment → its state and the replicas that get its traffic."""


class RouteTable:
    """Write the routes.

    Args:
        file: The file that the gateway reads.
        keys: The public keys in PEM that may sign predictions, by key id.
    """

    def __init__(self, file: Path, *, keys: Mapping[str, str]) -> None:
        self._file = file
        self._keys = dict(keys)
        self._written = b""

    def write(self, targets: Targets) -> None:
        """Make the file say who answers; without effect if it says so already."""
        deployments = {
            id: DeploymentRoute(state=state, replicas=[_route(replica) for replica in replicas])
            for id, (state, replicas) in targets.items()
        }
        content = msgspec.json.encode(Routes(keys=self._keys, deployments=deployments))
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
    return ReplicaRoute(id=replica.id, sockets=list(replica.sockets), headers=replica.headers)
