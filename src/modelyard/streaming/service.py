"""Streaming in one object: what the routes need."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.database.engine import Database
from modelyard.streaming.arrivals import Arrivals
from modelyard.streaming.changes import Clock, UsedBy
from modelyard.streaming.groups import Groups
from modelyard.streaming.messages import Messages
from modelyard.streaming.pools import Pools
from modelyard.streaming.streams import Streams


@dataclass(frozen=True, kw_only=True)
class Streaming:
    """Be the services of streaming."""

    pools: Pools
    streams: Streams
    messages: Messages
    groups: Groups
    arrivals: Arrivals


def streaming(database: Database, *, endpoint: str, clock: Clock, used_by: UsedBy) -> Streaming:
    """Return the services over a database.

    Args:
        database: Where rows are.
        endpoint: Where clients find the service.
        clock: The time, with its zone.
        used_by: Tells which deployment uses a stream.
    """
    groups = Groups(database, clock=clock)
    arrivals = Arrivals()
    return Streaming(
        pools=Pools(database, clock=clock, used_by=used_by),
        streams=Streams(database, endpoint=endpoint, clock=clock, used_by=used_by),
        messages=Messages(database, groups, clock=clock, arrivals=arrivals),
        groups=groups,
        arrivals=arrivals,
    )
