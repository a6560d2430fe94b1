"""The streams of a STREAM_ONLY deployment: which they may be, and who uses one."""

from __future__ import annotations

import sqlalchemy as sa

from modelyard.deployments import store
from modelyard.errors import InvalidParameter, MissingParameter, RelatedResourceNotFound
from modelyard.lifecycle import STREAM_MOVES, StreamState, next_state
from modelyard.resources.deployment import (
    DeploymentMode,
    ModelDeploymentConfigurationDetails,
    StreamConfigurationDetails,
)
from modelyard.resources.routes import StreamRoute
from modelyard.streaming import store as streaming_store

MOST = 10
"""How many streams a deployment may read, and how many it may write."""


def of(configuration: ModelDeploymentConfigurationDetails) -> StreamConfigurationDetails | None:
    """Return the streams that a configuration names; None for a deployment that answers over HTTP."""
    return getattr(configuration, "stream_configuration_details", None)


def route_of(configuration: ModelDeploymentConfigurationDetails) -> StreamRoute | None:
    """Return the streams of a configuration as the routes tell them."""
    streams = of(configuration)
    if streams is None or not streams.input_stream_ids:
        return None
    return StreamRoute(inputs=streams.input_stream_ids, outputs=streams.output_stream_ids or [])


def check(tx: sa.Connection, configuration: ModelDeploymentConfigurationDetails, *, mode: DeploymentMode) -> None:
    """Raise an error unless a configuration has the streams that a deployment's mode needs.

    Raises:
        MissingParameter: A STREAM_ONLY deployment has no streams to read or to write.
        InvalidParameter: An HTTPS_ONLY deployment has streams, or the streams make no sense together.
        RelatedResourceNotFound: A stream is not there.
    """
    streams = of(configuration)
    given = _named(streams)
    if mode == "HTTPS_ONLY":
        if given:
            raise InvalidParameter(
                "streamConfigurationDetails is for deployments whose deploymentMode is STREAM_ONLY; this one is "
                "HTTPS_ONLY, and stays so: leave the streams out, or create another deployment."
            )
        return
    streams = streams or StreamConfigurationDetails()
    _check_list("inputStreamIds", streams.input_stream_ids)
    _check_list("outputStreamIds", streams.output_stream_ids)
    _check_apart(streams)
    for id in given:
        _check_active(tx, id)


def used_by(tx: sa.Connection, stream_id: str) -> str | None:
    """Return a deployment that is not deleted and reads or writes the stream with this id."""
    for deployment in store.living(tx):
        for rollout in (deployment.spec.target, deployment.spec.serving):
            streams = of(rollout.configuration) if rollout is not None else None
            if streams is not None and stream_id in {
                *(streams.input_stream_ids or ()),
                *(streams.output_stream_ids or ()),
            }:
                return deployment.noun.id
    return None


def _named(streams: StreamConfigurationDetails | None) -> list[str]:
    if streams is None:
        return []
    return [*(streams.input_stream_ids or []), *(streams.output_stream_ids or [])]


def _check_list(name: str, ids: list[str] | None) -> None:
    if not ids:
        raise MissingParameter(
            f"streamConfigurationDetails.{name} is required with STREAM_ONLY: name one stream or more."
        )
    if len(ids) > MOST:
        raise InvalidParameter(f"{name} names {len(ids)} streams; a deployment takes at most {MOST}.")
    if len(set(ids)) < len(ids):
        raise InvalidParameter(f"{name} names a stream twice.")


def _check_apart(streams: StreamConfigurationDetails) -> None:
    both = set(streams.input_stream_ids or ()) & set(streams.output_stream_ids or ())
    if both:
        raise InvalidParameter(
            f"Stream {min(both)} is an input and an output: the deployment would answer its own answers for ever."
        )


def _check_active(tx: sa.Connection, id: str) -> None:
    found = streaming_store.streams.find(tx, id)
    if found is None or found.noun.lifecycle_state is StreamState.DELETED:
        raise RelatedResourceNotFound(f"There is no stream {id}: list the streams, or create one.")
    next_state(STREAM_MOVES, "read", found.noun.lifecycle_state, what=f"Stream {id}")
