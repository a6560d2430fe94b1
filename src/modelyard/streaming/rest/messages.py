"""The REST operations of messages and of cursors in partitions."""

from __future__ import annotations

from typing import Annotated

import msgspec

from modelyard.resources.noun import Noun
from modelyard.resources.streaming import (
    CreateCursorDetails,
    Cursor,
    Message,
    PutMessagesDetails,
    PutMessagesResult,
)
from modelyard.streaming import cursors, messages
from modelyard.streaming.messages import MOST_AT_ONCE
from modelyard.wire.operation import Call, Reply, operation


class GetMessages(Noun, frozen=True, kw_only=True):
    """Be which messages are wanted, and how many at most."""

    cursor: Annotated[str, msgspec.Meta(max_length=cursors.LONGEST)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE


class Messages:
    """Answer for messages."""

    def __init__(self, service: messages.Messages) -> None:
        self._messages = service

    @operation(
        "POST",
        "/streams/{stream_id}/messages",
        request=PutMessagesDetails,
        response=PutMessagesResult,
        is_body_signed=False,
    )
    def put_messages(self, call: Call) -> Reply:
        """Put messages into a stream."""
        return Reply(body=self._messages.put(_id(call), call.body_as(PutMessagesDetails).messages))

    @operation("POST", "/streams/{stream_id}/cursors", request=CreateCursorDetails, response=Cursor)
    def create_cursor(self, call: Call) -> Reply:
        """Create a cursor in one partition of a stream."""
        return Reply(body=Cursor(value=self._messages.cursor(_id(call), call.body_as(CreateCursorDetails))))

    @operation("GET", "/streams/{stream_id}/messages", query=GetMessages, response=Message, is_list=True)
    def get_messages(self, call: Call) -> Reply:
        """Get messages from a cursor on; `opc-next-cursor` says where to read on."""
        query = call.query_as(GetMessages)
        answer = self._messages.get(_id(call), query.cursor, limit=query.limit)
        return Reply(body=list(answer.messages), headers={"opc-next-cursor": answer.cursor})


def _id(call: Call) -> str:
    return call.path["stream_id"]
