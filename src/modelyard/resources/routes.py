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

    model_id: str = ""
    """The model that it has loaded; asked for where its deployment has several."""


class StreamRoute(Noun, frozen=True, kw_only=True):
    """Be the streams of a deployment that answers messages, and no requests."""

    inputs: list[str]
    outputs: list[str]


class DeploymentRoute(Noun, frozen=True, kw_only=True):
    """Be a deployment and the replicas that answer for it."""

    state: DeploymentState
    replicas: list[ReplicaRoute] = []
    models: dict[str, str] = {}
    """What a request may call a model → the model's OCID; empty where there is one model, and requests name none."""

    default_model_id: str | None = None
    """The model for requests that name none; None if they have to."""

    access_log_id: str | None = None
    """The log that gets a line for each request; None where no log does."""

    streams: StreamRoute | None = None
    """The streams of a STREAM_ONLY deployment; None for one that answers over HTTP."""


class Routes(Noun, frozen=True, kw_only=True):
    """Be all that a gateway needs to answer predictions without the service."""

    keys: dict[str, str] = {}
    """Public keys in PEM, by the key id that a signature names."""

    issuers: list[str] = []
    """Public keys in PEM whose word is taken for session tokens."""

    deployments: dict[str, DeploymentRoute] = {}
