"""Logs: the rules. What is written into one is entries.py's."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, MissingParameter
from modelyard.logs import lookup, store
from modelyard.logs.changes import Clock, done
from modelyard.resources.logging import (
    Configuration,
    CreateLogDetails,
    Log,
    LoggingState,
    UpdateConfigurationDetails,
    UpdateLogDetails,
)
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.paging import Filters, ListQuery, Page

RETENTION = 30
"""For how many days entries are kept, unless a log says otherwise."""


class Logs:
    """Keep logs.

    Args:
        database: Where rows are.
        tenancy_id: The tenancy that they are in.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, tenancy_id: str, clock: Clock) -> None:
        self._database = database
        self._tenancy_id = tenancy_id
        self._clock = clock

    def create(self, log_group_id: str, details: CreateLogDetails, *, again: Repeatable) -> str:
        """Create a log without entries; return the work request."""
        if details.log_type == "SERVICE" and details.configuration is None:
            raise MissingParameter(
                "configuration is required of a log whose logType is SERVICE; a CUSTOM log has none."
            )
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return earlier
            group = lookup.log_group(tx, log_group_id).noun
            _refuse_name_of_another(tx, details.display_name, log_group_id=log_group_id)
            is_enabled = details.is_enabled is not False
            log = Log(
                id=ids.mint(ids.LOG),
                tenancy_id=self._tenancy_id,
                log_group_id=log_group_id,
                display_name=details.display_name,
                is_enabled=is_enabled,
                lifecycle_state=_state(is_enabled=is_enabled),
                log_type=details.log_type,
                configuration=details.configuration,
                defined_tags=details.defined_tags or {},
                freeform_tags=details.freeform_tags or {},
                time_created=now,
                time_last_modified=now,
                retention_duration=details.retention_duration or RETENTION,
                compartment_id=group.compartment_id,
            )
            store.logs.add(tx, log)
            request = done(tx, "CREATE_LOG", log.id, compartment_id=log.compartment_id, now=now)
            again.remember(tx, request, now)
            return request

    def get(self, log_group_id: str, id: str) -> Stored[Log]:
        """Return a log of a group."""
        with self._database.read() as tx:
            return lookup.log(tx, id, log_group_id=log_group_id)

    def list(self, log_group_id: str, query: ListQuery, filters: Filters) -> Page[Log]:
        """Return a page of the logs of a group.

        Args:
            log_group_id: The group.
            query: Which page, in which order.
            filters: Columns, and ``source_service`` and ``source_resource`` of the configuration.
        """
        columns = dict(filters)
        wanted = [store.logs.table.c.log_group_id == log_group_id]
        for name, field in (("source_service", "service"), ("source_resource", "resource")):
            value = columns.pop(name, None)
            if value is not None:
                record = sa.cast(store.logs.table.c.record, sa.Text)
                wanted.append(sa.func.json_extract(record, f"$.configuration.source.{field}") == value)
        with self._database.read() as tx:
            lookup.log_group(tx, log_group_id)
            return store.logs.page(tx, query, columns, *wanted)

    def update(self, log_group_id: str, id: str, details: UpdateLogDetails, *, if_match: str | None) -> str:
        """Change what the details name; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            log = lookup.log(tx, id, log_group_id=log_group_id).noun
            if details.display_name not in {None, log.display_name}:
                _refuse_name_of_another(tx, details.display_name or "", log_group_id=log_group_id)
            changes = given(details)
            changes["configuration"] = _merged(log.configuration, details.configuration)
            if details.is_enabled is not None:
                changes["lifecycle_state"] = _state(is_enabled=details.is_enabled)
            changed = msgspec.structs.replace(log, time_last_modified=now, **changes)
            store.logs.replace(tx, changed, if_match=if_match)
            return done(tx, "UPDATE_LOG", id, compartment_id=log.compartment_id, now=now)

    def change_log_group(self, log_group_id: str, id: str, to: str, *, if_match: str | None) -> str:
        """Put a log into another log group, and its compartment; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            log = lookup.log(tx, id, log_group_id=log_group_id).noun
            group = lookup.log_group(tx, to).noun
            if to != log_group_id:
                _refuse_name_of_another(tx, log.display_name, log_group_id=to)
            moved = msgspec.structs.replace(
                log, log_group_id=to, compartment_id=group.compartment_id, time_last_modified=now
            )
            store.logs.replace(tx, moved, if_match=if_match)
            return done(tx, "MOVE_LOG", id, compartment_id=group.compartment_id, now=now)

    def delete(self, log_group_id: str, id: str, *, if_match: str | None) -> str:
        """Delete a log; its entries are found no more, and are removed one batch after another. Return the request."""
        now = self._clock()
        with self._database.write() as tx:
            stored = lookup.log(tx, id, log_group_id=log_group_id)
            check_etag(current=stored.etag, if_match=if_match)
            store.remove_log(tx, id)
            return done(tx, "DELETE_LOG", id, compartment_id=stored.noun.compartment_id, now=now)


def _state(*, is_enabled: bool) -> LoggingState:
    return "ACTIVE" if is_enabled else "INACTIVE"


def _merged(before: Configuration | None, change: UpdateConfigurationDetails | None) -> Configuration | None:
    if before is None or change is None:
        return before
    source = before.source
    if change.source is not None and change.source.parameters is not None:
        source = msgspec.structs.replace(source, parameters=change.source.parameters)
    return msgspec.structs.replace(before, source=source, archiving=change.archiving or before.archiving)


def _refuse_name_of_another(tx: sa.Connection, name: str, *, log_group_id: str) -> None:
    table = store.logs.table.c
    other = tx.execute(
        sa.select(table.id).where(table.log_group_id == log_group_id, table.display_name == name).limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(f"The log group has a log {name!r} already, {other}: use it, or choose another name.")
