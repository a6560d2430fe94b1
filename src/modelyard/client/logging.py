"""The operations on log groups and logs, and the search in these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import quote

from modelyard.client.endpoint import decode, decode_list, work_request_of
from modelyard.client.transport import Answer, Request, Transport, new_retry_token
from modelyard.resources.log_search import SearchLogsDetails, SearchResponse
from modelyard.resources.logging import (
    CreateLogDetails,
    CreateLogGroupDetails,
    LoggingWorkRequest,
    LogGroupSummary,
    LogSummary,
)
from modelyard.resources.noun import Noun
from modelyard.wire.codec import encode

N = TypeVar("N", bound=Noun)

_LOGGING = "/20200531"
_SEARCH = "/20190909/search"


class LoggingClient:
    """Talk to the logging of a service.

    Args:
        transport: What sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_log_group(self, details: CreateLogGroupDetails) -> str:
        """Create a log group; return its OCID."""
        return self._made(self._create(f"{_LOGGING}/logGroups", details))

    def list_log_groups(self, compartment_id: str) -> Iterator[LogGroupSummary]:
        """Give every log group of a compartment, the newest first."""
        return self._pages(LogGroupSummary, f"{_LOGGING}/logGroups", compartmentId=compartment_id)

    def create_log(self, log_group_id: str, details: CreateLogDetails) -> str:
        """Create a log in a group; return its OCID."""
        return self._made(self._create(_logs(log_group_id), details))

    def list_logs(self, log_group_id: str) -> Iterator[LogSummary]:
        """Give every log of a group, the newest first."""
        return self._pages(LogSummary, _logs(log_group_id))

    def search_logs(self, details: SearchLogsDetails, *, limit: int) -> SearchResponse:
        """Return what a query finds first."""
        request = Request(method="POST", path=_SEARCH, query={"limit": str(limit)}, body=encode(details))
        return decode(self._transport.send(request), SearchResponse)

    def _create(self, path: str, details: Noun) -> Answer:
        return self._transport.send(
            Request(method="POST", path=path, body=encode(details), retry_token=new_retry_token())
        )

    def _made(self, answer: Answer) -> str:
        """Return the OCID of what a work request made: it is made by the time that it is told."""
        path = f"{_LOGGING}/workRequests/{quote(work_request_of(answer), safe='')}"
        request = decode(self._transport.send(Request(method="GET", path=path)), LoggingWorkRequest)
        return request.resources[0].identifier

    def _pages(self, noun: type[N], path: str, **query: str) -> Iterator[N]:
        while True:
            answer = self._transport.send(Request(method="GET", path=path, query=query))
            yield from decode_list(answer, noun)
            token = answer.headers.get("opc-next-page")
            if not token:
                return
            query["page"] = token


def _logs(log_group_id: str) -> str:
    return f"{_LOGGING}/logGroups/{quote(log_group_id, safe='')}/logs"
