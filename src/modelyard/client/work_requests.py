"""The operations on work requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelyard.client.endpoint import Endpoint
from modelyard.resources.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry, WorkRequestSummary


class WorkRequestOperations:
    """Be the operations on work requests."""

    _endpoint: Endpoint

    def get_work_request(self, work_request_id: str) -> WorkRequest:
        """Return a work request."""
        return self._endpoint.get(WorkRequest, "workRequests", work_request_id)

    def list_work_requests(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        resource_id: str | None = None,
        operation_type: str | None = None,
        status: str | None = None,
        sort_by: Literal["operationType", "status", "timeAccepted"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[WorkRequestSummary]:
        """Give every work request of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "id": id,
            "resource_id": resource_id,
            "operation_type": operation_type,
            "status": status,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(WorkRequestSummary, "workRequests", query=query)

    def list_work_request_logs(self, work_request_id: str) -> Iterator[WorkRequestLogEntry]:
        """Give every line of what a work request did so far."""
        return self._endpoint.pages(WorkRequestLogEntry, "workRequests", work_request_id, "logs", query={})

    def list_work_request_errors(self, work_request_id: str) -> Iterator[WorkRequestError]:
        """Give every reason why a work request failed."""
        return self._endpoint.pages(WorkRequestError, "workRequests", work_request_id, "errors", query={})

    def cancel_work_request(self, work_request_id: str, *, if_match: str | None = None) -> None:
        """Ask a work request to stop."""
        self._endpoint.delete("workRequests", work_request_id, if_match=if_match)
