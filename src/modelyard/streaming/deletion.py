"""Delete a stream: at once for those who use it; its messages go in the background."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard.errors import Conflict
from modelyard.lifecycle import STREAM_MOVES, next_state
from modelyard.resources.streaming import Stream
from modelyard.streaming import group_log, store
from modelyard.streaming.changes import UsedBy


def delete_stream(tx: sa.Connection, stream: Stream, *, used_by: UsedBy, if_match: str | None = None) -> None:
    """Delete a stream and its groups.

    Raises:
        Conflict: A deployment reads or writes it, or it is deleted already.
    """
    state = next_state(STREAM_MOVES, "delete", stream.lifecycle_state, what=f"Stream {stream.id}")
    if deployment := used_by(tx, stream.id):
        raise Conflict(
            f"Stream {stream.id} is used by deployment {deployment}: delete the deployment, or give it another stream."
        )
    store.streams.replace(tx, msgspec.structs.replace(stream, lifecycle_state=state), if_match=if_match)
    group_log.remove(tx, stream.id)
