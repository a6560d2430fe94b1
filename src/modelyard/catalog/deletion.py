"""Delete a model within a transaction; alone, or with its version set."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard.catalog import artifact_upload_store, store
from modelyard.catalog.changes import UsedBy
from modelyard.catalog.pinned_objects import unpin
from modelyard.errors import Conflict
from modelyard.lifecycle import MODEL_MOVES, next_state
from modelyard.objectstore import contents
from modelyard.resources.model import Model


def delete_model(tx: sa.Connection, model: Model, *, used_by: UsedBy, if_match: str | None = None) -> list[str]:
    """Mark a model as deleted and take its artifacts from it; return digests that nothing may need any more.

    Raises:
        Conflict: A deployment serves the model, or it is deleted already.
    """
    state = next_state(MODEL_MOVES, "delete", model.lifecycle_state, what=f"Model {model.id}")
    refuse_if_served(tx, model.id, "delete", used_by=used_by)
    store.models.replace(tx, msgspec.structs.replace(model, lifecycle_state=state), if_match=if_match)
    store.remove_artifact(tx, model.id)
    return [
        *contents.remove_segments(tx, model.id),
        *unpin(tx, model.id),
        *artifact_upload_store.remove_uploads(tx, model.id),
        *store.remove_metadata_artifacts(tx, model.id),
    ]


def refuse_if_served(tx: sa.Connection, id: str, verb: str, *, used_by: UsedBy) -> None:
    """Raise Conflict if a deployment serves the model."""
    if deployment := used_by(tx, id):
        raise Conflict(f"Model {id} is served by {deployment}: delete the deployment before you {verb} the model.")
