"""The services of logging, put together."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.database.engine import Database
from modelyard.logs.changes import Clock
from modelyard.logs.ingestion import Ingestion
from modelyard.logs.log_groups import LogGroups
from modelyard.logs.named_logs import Logs
from modelyard.logs.search import Searches


@dataclass(frozen=True, kw_only=True)
class Logging:
    """Be all of logging."""

    database: Database
    tenancy_id: str
    endpoint: str
    groups: LogGroups
    logs: Logs
    ingestion: Ingestion
    searches: Searches


def logging_services(database: Database, *, tenancy_id: str, endpoint: str, clock: Clock) -> Logging:
    """Return logging over a database.

    Args:
        database: Where everything is.
        tenancy_id: The tenancy that logs are in.
        endpoint: Where clients find the service.
        clock: The time, with its zone.
    """
    return Logging(
        database=database,
        tenancy_id=tenancy_id,
        endpoint=endpoint,
        groups=LogGroups(database, clock=clock),
        logs=Logs(database, tenancy_id=tenancy_id, clock=clock),
        ingestion=Ingestion(database, clock=clock),
        searches=Searches(database),
    )
