"""Find log groups and logs, and say which is not there."""

from __future__ import annotations

import sqlalchemy as sa

from modelyard.errors import NotFound, RelatedResourceNotFound
from modelyard.logs import store
from modelyard.resources.deployment import CategoryLogDetails
from modelyard.resources.logging import Log, LogGroup
from modelyard.wire.etags import Stored


def log_group(tx: sa.Connection, id: str) -> Stored[LogGroup]:
    """Return a log group; raise NotFound where there is none."""
    found = store.log_groups.find(tx, id)
    if found is None:
        raise NotFound(f"There is no log group {id}.")
    return found


def log_group_in(tx: sa.Connection, id: str, *, compartment_id: str) -> LogGroup:
    """Return a log group of a compartment; raise NotFound where there is none."""
    group = log_group(tx, id).noun
    if group.compartment_id != compartment_id:
        raise NotFound(f"There is no log group {id} in compartment {compartment_id}.")
    return group


def log(tx: sa.Connection, id: str, *, log_group_id: str | None = None) -> Stored[Log]:
    """Return a log, in the given group where one is given; raise NotFound where there is none."""
    found = store.logs.find(tx, id)
    if found is None or log_group_id not in {None, found.noun.log_group_id}:
        where = f" in log group {log_group_id}" if log_group_id else ""
        raise NotFound(f"There is no log {id}{where}.")
    return found


def check_category_logs(tx: sa.Connection, details: CategoryLogDetails | None) -> None:
    """Raise RelatedResourceNotFound where a log that a deployment is to write is not there."""
    named = {"access": details.access, "predict": details.predict} if details else {}
    for category, wanted in named.items():
        if wanted is None:
            continue
        found = store.logs.find(tx, wanted.log_id)
        if found is None or found.noun.log_group_id != wanted.log_group_id:
            raise RelatedResourceNotFound(
                f"categoryLogDetails.{category} names log {wanted.log_id} in log group {wanted.log_group_id}, "
                "and there is none: create it, or name another."
            )
