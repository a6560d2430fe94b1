"""The REST operations of logging, log search and log ingestion, a file for each noun."""

from __future__ import annotations

from modelyard.logs.rest.entries import IngestionOperations, SearchOperations
from modelyard.logs.rest.log_groups import LogGroupOperations
from modelyard.logs.rest.logs import LogOperations
from modelyard.logs.rest.registry import RegistryOperations
from modelyard.logs.rest.work_requests import WorkRequestOperations
from modelyard.logs.service import Logging
from modelyard.wire.operation import Operation, operations_of

BASE_PATH = "/20200531"
SEARCH_BASE_PATH = "/20190909"
INGESTION_BASE_PATH = "/20200831"


def operations(logging: Logging) -> list[Operation]:
    """Return logging's rows of the route table."""
    handlers = (
        LogGroupOperations(logging.groups, tenancy_id=logging.tenancy_id),
        LogOperations(logging.logs),
        WorkRequestOperations(logging.database),
        RegistryOperations(tenancy_id=logging.tenancy_id, endpoint=logging.endpoint),
    )
    return [
        *(row for each in handlers for row in operations_of(each, base_path=BASE_PATH)),
        *operations_of(SearchOperations(logging.searches), base_path=SEARCH_BASE_PATH),
        *operations_of(IngestionOperations(logging.ingestion), base_path=INGESTION_BASE_PATH),
    ]
