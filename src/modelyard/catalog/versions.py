"""A model's place in a version set: its number, given by the service, and its label, given by the caller."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from modelyard.catalog import lookup, store
from modelyard.errors import Conflict
from modelyard.lifecycle import ModelState
from modelyard.resources.model import Model

FIELDS = frozenset({"model_version_set_id", "version_label"})
"""The fields of a model that this file sets."""


def placed(tx: sa.Connection, model: Model, *, version_set_id: str | None, label: str | None) -> Model:
    """Return a model in a version set, under a label; what is None stays as it is.

    A model that joins a set gets the set's next number; a number is never given twice.

    Raises:
        RelatedResourceNotFound: There is no such version set.
        Conflict: Another model of the set has the label.
    """
    if version_set_id is None and label is None:
        return model
    if version_set_id is not None and version_set_id != model.model_version_set_id:
        version_set = lookup.related_version_set(tx, version_set_id)
        model = msgspec.structs.replace(
            model,
            model_version_set_id=version_set.id,
            model_version_set_name=version_set.name,
            version_id=store.next_version(tx, version_set.id),
        )
    if label is not None:
        model = msgspec.structs.replace(model, version_label=label)
    _refuse_label_of_another(tx, model)
    return model


def _refuse_label_of_another(tx: sa.Connection, model: Model) -> None:
    if model.model_version_set_id is None or model.version_label is None:
        return
    columns = store.models.table.c
    other = tx.execute(
        sa.select(columns.id)
        .where(
            columns.model_version_set_id == model.model_version_set_id,
            columns.version_label == model.version_label,
            columns.lifecycle_state != str(ModelState.DELETED),
            columns.id != model.id,
        )
        .limit(1)
    ).scalar()
    if other is not None:
        raise Conflict(
            f"The label {model.version_label!r} is that of model {other} in version set "
            f"{model.model_version_set_name!r}: choose another label."
        )
