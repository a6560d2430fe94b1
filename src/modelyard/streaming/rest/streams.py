"""The REST operations of streams."""

from __future__ import annotations

from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import StreamState
from modelyard.resources.noun import Identifier
from modelyard.resources.streaming import (
    ChangeStreamCompartmentDetails,
    CreateStreamDetails,
    Stream,
    StreamSummary,
    UpdateStreamDetails,
)
from modelyard.streaming import streams
from modelyard.streaming.rest.lists import SortBy, by_field
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import many, nothing, one


class ListStreams(ListQuery, frozen=True, kw_only=True):
    """Be what streams are listed by: their compartment or their pool, and more."""

    compartment_id: Identifier | None = None
    stream_pool_id: Identifier | None = None
    id: str | None = None
    name: str | None = None
    lifecycle_state: StreamState | None = None
    sort_by: SortBy | None = None


class Streams:
    """Answer for streams."""

    def __init__(self, service: streams.Streams) -> None:
        self._streams = service

    @operation("POST", "/streams", request=CreateStreamDetails, response=Stream)
    def create_stream(self, call: Call) -> Reply:
        """Create a stream."""
        details = call.body_as(CreateStreamDetails)
        return one(self._streams.create(details, again=Repeatable.of(call, "create_stream")))

    @operation("GET", "/streams", query=ListStreams, response=StreamSummary, is_list=True)
    def list_streams(self, call: Call) -> Reply:
        """List the streams of a compartment or of a pool."""
        query = by_field(call.query_as(ListStreams))
        return many(query, self._streams.list(query, filters_of(query)), StreamSummary)

    @operation("GET", "/streams/{stream_id}", response=Stream)
    def get_stream(self, call: Call) -> Reply:
        """Get a stream."""
        return one(self._streams.get(_id(call)))

    @operation("PUT", "/streams/{stream_id}", request=UpdateStreamDetails, response=Stream)
    def update_stream(self, call: Call) -> Reply:
        """Change a stream's pool or tags."""
        return one(self._streams.update(_id(call), call.body_as(UpdateStreamDetails), if_match=call.if_match))

    @operation(
        "POST",
        "/streams/{stream_id}/actions/changeCompartment",
        request=ChangeStreamCompartmentDetails,
        status=204,
    )
    def change_stream_compartment(self, call: Call) -> Reply:
        """Put a stream into the default pool of another compartment."""
        to = call.body_as(ChangeStreamCompartmentDetails).compartment_id
        return nothing(etag=self._streams.change_compartment(_id(call), to, if_match=call.if_match))

    @operation("DELETE", "/streams/{stream_id}", status=204)
    def delete_stream(self, call: Call) -> Reply:
        """Delete a stream with its messages."""
        self._streams.delete(_id(call), if_match=call.if_match)
        return nothing()


def _id(call: Call) -> str:
    return call.path["stream_id"]
