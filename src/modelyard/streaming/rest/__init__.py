"""The REST operations of streaming."""

from __future__ import annotations

from modelyard.streaming.rest.groups import Groups
from modelyard.streaming.rest.messages import Messages
from modelyard.streaming.rest.pools import Pools
from modelyard.streaming.rest.streams import Streams
from modelyard.streaming.service import Streaming
from modelyard.wire.operation import Operation, operations_of

BASE_PATH = "/20180418"


def operations(streaming: Streaming) -> list[Operation]:
    """Return streaming's rows of the route table."""
    handlers = (
        Pools(streaming.pools),
        Streams(streaming.streams),
        Messages(streaming.messages),
        Groups(streaming.groups),
    )
    return [row for each in handlers for row in operations_of(each, base_path=BASE_PATH)]
