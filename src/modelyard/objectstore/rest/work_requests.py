"""Work requests of object storage: copies, done by the time they are told."""

from __future__ import annotations

from typing import Literal

from modelyard.objectstore.copying import Copies
from modelyard.objectstore.rest.pages import PageQuery
from modelyard.resources.noun import Identifier
from modelyard.resources.object_storage import StorageWorkRequest, StorageWorkRequestSummary
from modelyard.resources.work_request import WorkRequestError, WorkRequestLogEntry
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery
from modelyard.wire.replies import many, one

_ONE = "/workRequests/{work_request_id}"


class ListStorageWorkRequests(ListQuery, frozen=True, kw_only=True):
    """Be what work requests of object storage are listed by."""

    compartment_id: Identifier
    private_endpoint_name: str | None = None
    sort_by: Literal["timeAccepted", "operationType", "status"] | None = None


class WorkRequestOperations:
    """Answer for work requests of object storage."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies

    @operation("GET", "/workRequests", query=ListStorageWorkRequests, response=StorageWorkRequestSummary, is_list=True)
    def list_storage_work_requests(self, call: Call) -> Reply:
        """List the work requests of object storage in a compartment."""
        query = call.query_as(ListStorageWorkRequests)
        filters = {"compartment_id": query.compartment_id}
        return many(query, self._copies.list_work_requests(query, filters), StorageWorkRequestSummary)

    @operation("GET", _ONE, response=StorageWorkRequest)
    def get_storage_work_request(self, call: Call) -> Reply:
        """Get how an operation of object storage stands."""
        return one(self._copies.get_work_request(call.path["work_request_id"]))

    @operation("DELETE", _ONE, status=202)
    def cancel_storage_work_request(self, call: Call) -> Reply:
        """Cancel an operation of object storage, where it can be."""
        self._copies.cancel_work_request(call.path["work_request_id"])
        return Reply(status=202)

    @operation("GET", f"{_ONE}/logs", query=PageQuery, response=WorkRequestLogEntry, is_list=True)
    def list_storage_work_request_logs(self, call: Call) -> Reply:
        """List what an operation of object storage did."""
        request = self._copies.get_work_request(call.path["work_request_id"]).noun
        entry = WorkRequestLogEntry(
            message="The object is copied.", timestamp=request.time_finished or request.time_accepted
        )
        return Reply(body=[entry])

    @operation("GET", f"{_ONE}/errors", query=PageQuery, response=WorkRequestError, is_list=True)
    def list_storage_work_request_errors(self, call: Call) -> Reply:
        """List why an operation of object storage failed: none does once it is accepted."""
        self._copies.get_work_request(call.path["work_request_id"])
        return Reply(body=[])
