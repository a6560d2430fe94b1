"""The operations on streams and their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from modelyard.client.endpoint import Endpoint, decode, decode_list
from modelyard.client.transport import Answer, Request, new_retry_token
from modelyard.resources.noun import Noun, wire_name
from modelyard.resources.streaming import (
    CreateCursorDetails,
    CreateStreamDetails,
    Cursor,
    Message,
    PutMessagesDetails,
    PutMessagesResult,
    Stream,
    StreamSummary,
)
from modelyard.wire.codec import encode

BASE_PATH = "/20180418"


@dataclass(frozen=True, kw_only=True)
class ReadMessages:
    """Be messages, and the cursor to read on by."""

    messages: list[Message]
    next_cursor: str


class StreamOperations:
    """Be the operations on streams; a message's key and value are base64."""

    _endpoint: Endpoint

    def create_stream(self, details: CreateStreamDetails) -> Stream:
        """Create a stream."""
        return decode(self._stream_call("POST", body=details, retry_token=new_retry_token()), Stream)

    def get_stream(self, stream_id: str) -> Stream:
        """Return a stream; a deleted one too."""
        return decode(self._stream_call("GET", stream_id), Stream)

    def list_streams(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        name: str | None = None,
        lifecycle_state: str | None = None,
        sort_by: Literal["NAME", "TIMECREATED"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[StreamSummary]:
        """Give every stream of a compartment that fits; ``limit`` is the size of a page."""
        asked = {
            "compartment_id": compartment_id,
            "id": id,
            "name": name,
            "lifecycle_state": lifecycle_state,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        query = {wire_name(field): str(value) for field, value in asked.items() if value is not None}
        while True:
            answer = self._stream_call("GET", query=query)
            yield from decode_list(answer, StreamSummary)
            token = answer.headers.get("opc-next-page")
            if not token:
                return
            query["page"] = token

    def delete_stream(self, stream_id: str) -> None:
        """Delete a stream with its messages."""
        self._stream_call("DELETE", stream_id)

    def put_messages(self, stream_id: str, details: PutMessagesDetails) -> PutMessagesResult:
        """Put messages into a stream; the result says of each where it is, or why it is not kept."""
        return decode(self._stream_call("POST", stream_id, "messages", body=details), PutMessagesResult)

    def create_cursor(self, stream_id: str, details: CreateCursorDetails) -> str:
        """Return a cursor at a place in a partition."""
        return decode(self._stream_call("POST", stream_id, "cursors", body=details), Cursor).value

    def get_messages(self, stream_id: str, cursor: str, *, limit: int | None = None) -> ReadMessages:
        """Return the messages from a cursor on, none where there is nothing new yet."""
        query = {"cursor": cursor, **({"limit": str(limit)} if limit is not None else {})}
        answer = self._stream_call("GET", stream_id, "messages", query=query)
        following = answer.headers.get("opc-next-cursor", cursor)
        return ReadMessages(messages=decode_list(answer, Message), next_cursor=following)

    def _stream_call(
        self,
        method: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        body: Noun | None = None,
        retry_token: str | None = None,
    ) -> Answer:
        return self._endpoint.transport.send(
            Request(
                method=method,
                path="/".join([BASE_PATH, "streams", *(quote(part, safe="") for part in path)]),
                query=query,
                body=encode(body) if body is not None else None,
                retry_token=retry_token,
            )
        )
