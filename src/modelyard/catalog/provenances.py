"""Where models come from: the rules."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard.catalog import lookup, store
from modelyard.catalog.changes import Clock
from modelyard.database.engine import Database
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, NotFound
from modelyard.lifecycle import MODEL_MOVES, next_state
from modelyard.resources.model import ModelProvenance
from modelyard.resources.noun import given
from modelyard.wire.etags import Stored, check_etag


class Provenances:
    """Keep where models come from.

    Args:
        database: Where rows are.
        clock: The time, with its zone.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, model_id: str, provenance: ModelProvenance, *, again: Repeatable) -> Stored[ModelProvenance]:
        """Give a model its provenance, once."""
        now = self._clock()
        with self._database.write() as tx:
            is_done = again.earlier(tx, now) is not None
            found = store.find_provenance(tx, model_id)
            if found is not None and is_done:
                return Stored(found[0], _etag(found[1]))
            _check_model(tx, model_id)
            if found is not None:
                raise Conflict(f"Model {model_id} has a provenance already: update it.")
            store.put_provenance(tx, model_id, provenance, version=1)
            again.remember(tx, model_id, now)
            return Stored(provenance, _etag(1))

    def get(self, model_id: str) -> Stored[ModelProvenance]:
        """Return a model's provenance."""
        with self._database.read() as tx:
            lookup.get(tx, store.models, model_id, kind="model")
            provenance, version = _find(tx, model_id)
        return Stored(provenance, _etag(version))

    def update(self, model_id: str, details: ModelProvenance, *, if_match: str | None) -> Stored[ModelProvenance]:
        """Change what the details name."""
        with self._database.write() as tx:
            _check_model(tx, model_id)
            provenance, version = _find(tx, model_id)
            check_etag(current=_etag(version), if_match=if_match)
            changed = msgspec.structs.replace(provenance, **given(details))
            store.put_provenance(tx, model_id, changed, version=version + 1)
            return Stored(changed, _etag(version + 1))


def _check_model(tx: sa.Connection, model_id: str) -> None:
    model = lookup.get(tx, store.models, model_id, kind="model").noun
    next_state(MODEL_MOVES, "update", model.lifecycle_state, what=f"Model {model_id}")


def _find(tx: sa.Connection, model_id: str) -> tuple[ModelProvenance, int]:
    found = store.find_provenance(tx, model_id)
    if found is None:
        raise NotFound(f"Model {model_id} has no provenance: create it.")
    return found


def _etag(version: int) -> str:
    return f"provenance-{version}"
