"""The logs of a deployment: their entries, searched, and as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.model.failures import LogNotConfiguredError
from modelyard.resources.deployment import LogDetails

if TYPE_CHECKING:
    from modelyard.client.transport import Transport

LONGEST = timedelta(days=14)
"""How far back one search looks."""


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """Be an entry of a log."""

    id: str
    time: datetime
    type: str
    """``access`` or ``predict``."""

    message: str
    data: dict[str, object]
    """All that the entry says."""

    def __str__(self) -> str:
        return f"{self.time:%Y-%m-%d %H:%M:%S} {self.message}"


class DeploymentLogs:
    """Be one or both logs of a deployment.

    Args:
        transport: What sends the requests.
        source: The OCID of the deployment.
        compartment_id: The compartment of the logs.
        logs: Which logs.
    """

    def __init__(self, transport: Transport, *, source: str, compartment_id: str, logs: Sequence[LogDetails]) -> None:
        self._transport = transport
        self._source = source
        self._compartment_id = compartment_id
        self.logs = tuple(logs)

    def search(
        self,
        *,
        time_start: datetime | None = None,
        time_end: datetime | None = None,
        limit: int = 100,
        log_filter: str | None = None,
        newest_first: bool = True,
    ) -> list[LogEntry]:
        """Return entries.

        Args:
            time_start: Those from then on; by default of the last fourteen days.
            time_end: Those until then; by default until now.
            limit: How many at most.
            log_filter: A condition of the query language: ``data.status >= 500``.
            newest_first: Whether the newest come first.

        Raises:
            ValueError: The limit is none, or the times are in the wrong order.
            InvalidParameter: The condition is none.
        """
        from modelyard.client.logging import LoggingClient
        from modelyard.resources.log_search import SearchLogsDetails

        end = time_end or datetime.now(timezone.utc)
        start = time_start or end - LONGEST
        if limit < 1 or start > end:
            raise UsageError(f"There is nothing between {start} and {end} with limit={limit}: ask for more.")
        details = SearchLogsDetails(
            time_start=_text_of(start),
            time_end=_text_of(end),
            search_query=self._query(log_filter, "desc" if newest_first else "asc"),
        )
        found = LoggingClient(self._transport).search_logs(details, limit=limit).results
        return [_entry(each.data) for each in found]

    def tail(self, limit: int = 100, *, log_filter: str | None = None) -> list[LogEntry]:
        """Return the newest entries, in the order in which they came."""
        return self.search(limit=limit, log_filter=log_filter)[::-1]

    def head(self, limit: int = 100, *, log_filter: str | None = None) -> list[LogEntry]:
        """Return the oldest entries, in the order in which they came."""
        return self.search(limit=limit, log_filter=log_filter, newest_first=False)

    def stream(
        self,
        *,
        interval: float = 3,
        stop_condition: Callable[[], bool] | None = None,
        time_start: datetime | None = None,
        log_filter: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[LogEntry]:
        """Yield entries as they come, each once.

        Args:
            interval: How long to wait between two looks, in seconds.
            stop_condition: Tells whether to stop; what came until then is yielded.
            time_start: Those from then on; by default from now on.
            log_filter: A condition of the query language.
            sleep: What waits.
        """
        start = time_start or datetime.now(timezone.utc)
        told: set[str] = set()
        while True:
            is_over = stop_condition is not None and stop_condition()
            found = self.search(time_start=start, limit=1000, log_filter=log_filter, newest_first=False)
            fresh = [entry for entry in found if entry.id not in told]
            yield from fresh
            told |= {entry.id for entry in fresh}
            if fresh:
                start = fresh[-1].time  # entries of the same moment may still come
            if is_over and not fresh:
                return
            sleep(interval if not fresh else 0)

    def _query(self, log_filter: str | None, order: str) -> str:
        places = ", ".join(f'"{self._compartment_id}/{log.log_group_id}/{log.log_id}"' for log in self.logs)
        condition = f" | where {log_filter}" if log_filter else ""
        return f"search {places} | where source = '{self._source}'{condition} | sort by datetime {order}"


def logs_named(log_type: str | None, *, access: LogDetails | None, predict: LogDetails | None) -> list[LogDetails]:
    """Return the logs of a type; both for None.

    Raises:
        LogNotConfiguredError: The deployment writes no such log.
        UsageError: There is no such type.
    """
    among = {"access": access, "predict": predict}
    if log_type is not None and log_type not in among:
        raise UsageError(f"log_type is {log_type!r}; a deployment writes access and predict logs.")
    asked = [log for kind, log in among.items() if log is not None and log_type in (None, kind)]
    if not asked:
        what = f"{log_type} log" if log_type else "log"
        raise LogNotConfiguredError(
            f"The deployment writes no {what}: say one by with_access_log() or with_predict_log() of its "
            "infrastructure, and update it."
        )
    return list(dict.fromkeys(asked))


def _entry(data: dict[str, object]) -> LogEntry:
    content = data["logContent"]
    assert isinstance(content, dict)
    said = content["data"]
    return LogEntry(
        id=str(content["id"]),
        time=datetime.fromisoformat(str(content["time"]).replace("Z", "+00:00")),
        type=str(content["type"]).rpartition(".")[2],
        message=str(said.get("message", said)),
        data=said,
    )


def _text_of(moment: datetime) -> str:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
    return aware.isoformat()
