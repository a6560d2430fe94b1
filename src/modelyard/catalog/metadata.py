"""The custom and defined metadata of a model: their rules, and which items have an artifact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from modelyard.errors import InvalidParameter, LimitExceeded
from modelyard.resources.model import Metadata, Model

METADATA_LIMIT = 32_000
"""The most bytes that a model's custom and defined metadata may have together."""

MetadataKind = Literal["custom", "defined"]


_KEPT_BY_THE_CATALOG = frozenset(
    {
        "algorithm", "artifacttestresults", "deploymentconfiguration", "finetuneconfiguration", "framework",
        "frameworkversion", "hyperparameters", "license", "readme", "reports", "usecasetype",
    }
)  # fmt: skip
"""The keys of defined metadata that every model can have without naming them first, in lower case."""


class ItemKey(NamedTuple):
    """Be the place of an item in a model's metadata."""

    kind: MetadataKind
    key: str


def keys(model: Model) -> frozenset[ItemKey]:
    """Return the keys of a model's metadata."""
    return frozenset(ItemKey(kind, item.key or "") for kind, items in _lists(model) for item in items)


def with_item(model: Model, item: ItemKey) -> Model:
    """Return a model that has an item of a key: as it is if it has one, or if the key is not one of the catalog's."""
    if item in keys(model) or item.kind != "defined" or item.key.lower() not in _KEPT_BY_THE_CATALOG:
        return model
    added = [*model.defined_metadata_list, Metadata(key=item.key)]
    return msgspec.structs.replace(model, defined_metadata_list=added)


def check(model: Model) -> None:
    """Raise for metadata without keys, with a key twice, or over the limit.

    Raises:
        InvalidParameter, LimitExceeded: What is wrong.
    """
    for kind, items in _lists(model):
        counts = Counter(item.key for item in items)
        if None in counts:
            raise InvalidParameter(f"An item of the {kind} metadata has no key.")
        if twice := [str(key) for key, count in counts.items() if count > 1]:
            raise InvalidParameter(f"The {kind} metadata has the key {min(twice)!r} twice.")
    size = sum(_size(item) for _, items in _lists(model) for item in items)
    if size > METADATA_LIMIT:
        raise LimitExceeded(
            f"The custom and defined metadata have {size} bytes together; the limit is {METADATA_LIMIT}. "
            "Put large values into files of the artifact, or into artifacts of the items."
        )


def flagged(model: Model, *, with_artifact: frozenset[ItemKey]) -> Model:
    """Return a model whose items say whether they have an artifact, whatever a caller said of it."""
    return msgspec.structs.replace(
        model,
        custom_metadata_list=_flagged("custom", model.custom_metadata_list, with_artifact),
        defined_metadata_list=_flagged("defined", model.defined_metadata_list, with_artifact),
    )


def _flagged(kind: MetadataKind, items: Iterable[Metadata], with_artifact: frozenset[ItemKey]) -> list[Metadata]:
    return [
        msgspec.structs.replace(item, has_artifact=ItemKey(kind, item.key or "") in with_artifact) for item in items
    ]


def _lists(model: Model) -> tuple[tuple[MetadataKind, list[Metadata]], tuple[MetadataKind, list[Metadata]]]:
    return ("custom", model.custom_metadata_list), ("defined", model.defined_metadata_list)


def _size(item: Metadata) -> int:
    return sum(len((text or "").encode()) for text in (item.key, item.value, item.description))
