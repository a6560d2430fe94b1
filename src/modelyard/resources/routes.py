"""Routes: what the service tells the gateway. Written whole to one file; the gateway goes on with the last it read."""

from __future__ import annotations

from modelyard.lifecycle import DeploymentState
from modelyard.resources.noun import Noun


class ReplicaRoute(Noun, frozen=True, kw_only=True):
    """Be a replica that may be given requests: one socket for each of its workers."""

    id: str
    sockets: list[str]
    headers: dict[str, str] = {}
    """Response headers that say what made a prediction: model, artifact digest, environment, commit."""


class DeploymentRoute(Noun, frozen=True, kw_only=True):
    """Be a deployment and the replicas that answer for it."""

    state: DeploymentState
    replicas: list[ReplicaRoute] = []


class Routes(Noun, frozen=True, kw_only=True):
    """Be all that a gateway needs to answer predictions without the service."""

    keys: dict[str, str] = {}
    """Public keys in PEM, by the key id that a signature names."""

    deployments: dict[str, DeploymentRoute] = {}
