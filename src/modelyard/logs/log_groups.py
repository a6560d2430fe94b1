"""Log groups: the rules."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard import ids
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict
from modelyard.logs import lookup, store
from modelyard.logs.changes import Clock, done
from modelyard.resources.logging import CreateLogGroupDetails, LogGroup, UpdateLogGroupDetails
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored, check_etag
from modelyard.wire.paging import Filters, ListQuery, Page


class LogGroups:
    """Keep log groups.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, details: CreateLogGroupDetails, *, again: Repeatable) -> str:
        """Create a log group without logs; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            if earlier := again.earlier(tx, now):
                return earlier
            _refuse_name_of_another(tx, details.display_name, compartment_id=details.compartment_id)
            group = LogGroup(
                id=ids.mint(ids.LOG_GROUP),
                compartment_id=details.compartment_id,
                display_name=details.display_name,
                description=details.description,
                lifecycle_state="ACTIVE",
                defined_tags=details.defined_tags or {},
                freeform_tags=details.freeform_tags or {},
                time_created=now,
                time_last_modified=now,
            )
            store.log_groups.add(tx, group)
            request = done(tx, "CREATE_LOG_GROUP", group.id, compartment_id=group.compartment_id, now=now)
            again.remember(tx, request, now)
            return request

    def get(self, id: str) -> Stored[LogGroup]:
        """Return a log group."""
        with self._database.read() as tx:
            return lookup.log_group(tx, id)

    def list(self, query: ListQuery, filters: Filters) -> Page[LogGroup]:
        """Return a page of log groups."""
        with self._database.read() as tx:
            return store.log_groups.page(tx, query, filters)

    def update(self, id: str, details: UpdateLogGroupDetails, *, if_match: str | None) -> str:
        """Change what the details name; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            group = lookup.log_group(tx, id).noun
            if details.display_name not in {None, group.display_name}:
                _refuse_name_of_another(tx, details.display_name or "", compartment_id=group.compartment_id)
            changed = msgspec.structs.replace(group, time_last_modified=now, **given(details))
            store.log_groups.replace(tx, changed, if_match=if_match)
            return done(tx, "UPDATE_LOG_GROUP", id, compartment_id=group.compartment_id, now=now)

    def change_compartment(self, id: str, compartment_id: str, *, if_match: str | None) -> str:
        """Put a log group into another compartment, its logs with it; return the work request."""
        now = self._clock()
        with self._database.write() as tx:
            group = lookup.log_group(tx, id).noun
            if compartment_id != group.compartment_id:
                _refuse_name_of_another(tx, group.display_name, compartment_id=compartment_id)
            moved = msgspec.structs.replace(group, compartment_id=compartment_id, time_last_modified=now)
            store.log_groups.replace(tx, moved, if_match=if_match)
            for log in store.logs.where(tx, store.logs.table.c.log_group_id == id):
                store.logs.replace(tx, msgspec.structs.replace(log, compartment_id=compartment_id))
            return done(tx, "MOVE_LOG_GROUP", id, compartment_id=compartment_id, now=now)

    def delete(self, id: str, *, if_match: str | None) -> str:
        """Delete a log group; return the work request.

        Raises:
            Conflict: It has logs.
        """
        now = self._clock()
        with self._database.write() as tx:
            stored = lookup.log_group(tx, id)
            check_etag(current=stored.etag, if_match=if_match)
            logs = store.logs.where(tx, store.logs.table.c.log_group_id == id)
            if logs:
                raise Conflict(
                    f"Log group {id} still has {len(logs)} log(s), {logs[0].id} among them: delete or move them first."
                )
            store.remove_log_group(tx, id)
            return done(tx, "DELETE_LOG_GROUP", id, compartment_id=stored.noun.compartment_id, now=now)


def _refuse_name_of_another(tx: sa.Connection, name: str, *, compartment_id: str) -> None:
    table = store.log_groups.table.c
    other = tx.execute(
        sa.select(table.id).where(table.compartment_id == compartment_id, table.display_name == name).limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(f"The compartment has a log group {name!r} already, {other}: use it, or choose another name.")
