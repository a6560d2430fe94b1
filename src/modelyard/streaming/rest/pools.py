"""The REST operations of stream pools."""

from __future__ import annotations

from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import StreamPoolState
from modelyard.resources.noun import Identifier
from modelyard.resources.streaming import (
    ChangeStreamPoolCompartmentDetails,
    CreateStreamPoolDetails,
    StreamPool,
    StreamPoolSummary,
    UpdateStreamPoolDetails,
)
from modelyard.streaming import pools
from modelyard.streaming.rest.lists import SortBy, by_field
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.replies import many, nothing, one


class ListStreamPools(ListQuery, frozen=True, kw_only=True):
    """Be what stream pools are listed by."""

    compartment_id: Identifier
    id: str | None = None
    name: str | None = None
    lifecycle_state: StreamPoolState | None = None
    sort_by: SortBy | None = None


class Pools:
    """Answer for stream pools."""

    def __init__(self, service: pools.Pools) -> None:
        self._pools = service

    @operation(
        "POST",
        "/streampools",
        request=CreateStreamPoolDetails,
        response=StreamPool,
        not_implemented="keys of a vault, private networks and Kafka clients.",
    )
    def create_stream_pool(self, call: Call) -> Reply:
        """Create a stream pool."""
        details = call.body_as(CreateStreamPoolDetails)
        return one(self._pools.create(details, again=Repeatable.of(call, "create_stream_pool")))

    @operation("GET", "/streampools", query=ListStreamPools, response=StreamPoolSummary, is_list=True)
    def list_stream_pools(self, call: Call) -> Reply:
        """List the stream pools of a compartment."""
        query = by_field(call.query_as(ListStreamPools))
        return many(query, self._pools.list(query, filters_of(query)), StreamPoolSummary)

    @operation("GET", "/streampools/{stream_pool_id}", response=StreamPool)
    def get_stream_pool(self, call: Call) -> Reply:
        """Get a stream pool."""
        return one(self._pools.get(_id(call)))

    @operation(
        "PUT",
        "/streampools/{stream_pool_id}",
        request=UpdateStreamPoolDetails,
        response=StreamPool,
        not_implemented="keys of a vault, and Kafka clients.",
    )
    def update_stream_pool(self, call: Call) -> Reply:
        """Change a stream pool's name or tags."""
        return one(self._pools.update(_id(call), call.body_as(UpdateStreamPoolDetails), if_match=call.if_match))

    @operation(
        "POST",
        "/streampools/{stream_pool_id}/actions/changeCompartment",
        request=ChangeStreamPoolCompartmentDetails,
        status=204,
    )
    def change_stream_pool_compartment(self, call: Call) -> Reply:
        """Put a stream pool and its streams into another compartment."""
        to = call.body_as(ChangeStreamPoolCompartmentDetails).compartment_id
        return nothing(etag=self._pools.change_compartment(_id(call), to, if_match=call.if_match))

    @operation("DELETE", "/streampools/{stream_pool_id}", status=204)
    def delete_stream_pool(self, call: Call) -> Reply:
        """Delete a stream pool with its streams."""
        self._pools.delete(_id(call), if_match=call.if_match)
        return nothing()


def _id(call: Call) -> str:
    return call.path["stream_pool_id"]
