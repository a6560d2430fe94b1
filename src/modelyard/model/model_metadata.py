"""A model's metadata: taxonomy, custom items and provenance."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.metadata import MetadataItem
from modelyard.errors import ChangesNotCommitted, UsageError
from modelyard.model.metadata_items import (
    MetadataDescriptionTooLong,
    MetadataValueTooLong,
    ModelCustomMetadataItem,
    ModelMetadataItem,
    ModelTaxonomyMetadataItem,
    write_json,
    yaml_of,
)
from modelyard.model.metadata_names import (
    Framework,
    MetadataCustomCategory,
    MetadataCustomKeys,
    MetadataCustomPrintColumns,
    MetadataTaxonomyKeys,
    MetadataTaxonomyPrintColumns,
    UseCaseType,
)
from modelyard.model.notebook_view import table_of, view
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.resources.model import Metadata

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self

__all__ = [
    "ChangesNotCommitted",
    "Framework",
    "MetadataCustomCategory",
    "MetadataCustomKeys",
    "MetadataCustomPrintColumns",
    "MetadataDescriptionTooLong",
    "MetadataSizeTooLarge",
    "MetadataTaxonomyKeys",
    "MetadataTaxonomyPrintColumns",
    "MetadataValueTooLong",
    "ModelCustomMetadata",
    "ModelCustomMetadataItem",
    "ModelMetadata",
    "ModelMetadataItem",
    "ModelProvenanceMetadata",
    "ModelTaxonomyMetadata",
    "ModelTaxonomyMetadataItem",
    "UseCaseType",
]

SIZE_LIMIT = 32_000
"""The most bytes that taxonomy and custom metadata may have together, as JSON in UTF-8."""

I = TypeVar("I", bound=ModelTaxonomyMetadataItem)  # noqa: E741 (an item)

_NOTHING = object()


class MetadataSizeTooLarge(UsageError):
    """The metadata is larger than the catalog takes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The metadata has {size} bytes; taxonomy and custom metadata have at most {SIZE_LIMIT}.")


class ModelMetadata(ABC, Generic[I]):
    """Be a collection of items, found by key whatever its case, in the order they were added."""

    def __init__(self, items: Iterable[I] = ()) -> None:
        self._items: dict[str, I] = {item.key.lower(): item for item in items}

    def get(self, key: str, value: object = _NOTHING) -> I | object:
        """Return an item, or ``value`` where there is none.

        Raises:
            ValueError: The key is empty, or there is no such item and no ``value``.
        """
        if not key:
            raise UsageError("A key of metadata is empty.")
        found = self._items.get(key.lower(), value)
        if found is _NOTHING:
            raise UsageError(f"There is no metadata {key!r}, only {', '.join(self.keys) or 'none at all'}.")
        return found

    def __getitem__(self, key: str) -> I:
        self.get(key)
        return self._items[key.lower()]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[I]:
        return iter(self._items.values())

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order they were added."""
        return tuple(item.key for item in self._items.values())

    def reset(self) -> None:
        """Forget what every item says."""
        for item in self:
            item.reset()

    def size(self) -> int:
        """Return how many bytes the metadata has as JSON."""
        return len(self.to_json().encode("utf-8"))

    def validate(self) -> bool:
        """Return True, or raise ValueError for the first item that is not allowed."""
        for item in self:
            item.validate()
        return True

    def validate_size(self) -> bool:
        """Return True, or raise MetadataSizeTooLarge."""
        if self.size() > SIZE_LIMIT:
            raise MetadataSizeTooLarge(self.size())
        return True

    def to_dict(self) -> dict[str, list[dict[str, object]]]:
        """Return the metadata as a dictionary."""
        return {"data": [item.to_dict() for item in self]}

    def to_json(self) -> str:
        """Return the metadata as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_yaml(self) -> str:
        """Return the metadata as YAML."""
        return yaml_of(self.to_dict())

    def to_json_file(self, file_path: str, storage_options: dict[str, object] | None = None) -> None:
        """Write the metadata as JSON to a file, or to ``<class name>.json`` in a folder."""
        write_json(self.to_json(), file_path, f"{type(self).__name__}.json", storage_options)

    @classmethod
    @abstractmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the metadata that a dictionary describes."""

    @abstractmethod
    def to_dataframe(self) -> pd.DataFrame:
        """Return the metadata as a table."""

    def to_wire(self) -> list[Metadata]:
        """Return the metadata as the catalog takes it."""
        return [item.to_wire() for item in self]

    def __repr__(self) -> str:
        return self.to_yaml()

    def _repr_html_(self) -> str:
        rows = [list(item.to_dict().values()) for item in self]
        columns = list(next(iter(self)).to_dict()) if self._items else []
        return view(type(self).__name__, {}, table_of(columns, rows))


class ModelTaxonomyMetadata(ModelMetadata[ModelTaxonomyMetadataItem]):
    """Be what kind of model this is: use case, framework, version, algorithm, hyperparameters, test results."""

    def __init__(self, items: Iterable[ModelTaxonomyMetadataItem] = ()) -> None:
        super().__init__(ModelTaxonomyMetadataItem(key) for key in MetadataTaxonomyKeys.values())
        self._items |= {item.key.lower(): item for item in items}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the metadata that a dictionary describes."""
        return cls(ModelTaxonomyMetadataItem.from_dict(item) for item in _rows(data))

    @classmethod
    def from_wire(cls, items: Iterable[Metadata]) -> Self:
        """Return the metadata that the catalog has."""
        return cls(ModelTaxonomyMetadataItem.from_wire(item) for item in items if item.key)

    def facts(self) -> EstimatorFacts:
        """Return what is known of an estimator."""
        text = {
            key: str(item.value) if isinstance(item.value, str | int | float) else None
            for key, item in self._items.items()
        }
        hyperparameters = self[MetadataTaxonomyKeys.HYPERPARAMETERS].value
        return EstimatorFacts(
            framework=text["framework"],
            framework_version=text["frameworkversion"],
            algorithm=text["algorithm"],
            hyperparameters=hyperparameters if isinstance(hyperparameters, dict) else None,
        )

    def describe(self, facts: EstimatorFacts, *, with_hyperparameters: bool) -> None:
        """Fill in what is known of an estimator."""
        self[MetadataTaxonomyKeys.FRAMEWORK].update(facts.framework)
        self[MetadataTaxonomyKeys.FRAMEWORK_VERSION].update(facts.framework_version)
        self[MetadataTaxonomyKeys.ALGORITHM].update(facts.algorithm)
        self[MetadataTaxonomyKeys.HYPERPARAMETERS].update(facts.hyperparameters if with_hyperparameters else None)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the metadata as a table."""
        import pandas as pd

        return pd.DataFrame(
            [[item.key, item.value] for item in self], columns=pd.Index(MetadataTaxonomyPrintColumns.values())
        )


class ModelCustomMetadata(ModelMetadata[ModelCustomMetadataItem]):
    """Be what the user wants to say of a model."""

    def add(
        self,
        key: str,
        value: object,
        description: str = "",
        category: str = MetadataCustomCategory.OTHER,
        replace: bool = False,
    ) -> None:
        """Add an item.

        Raises:
            TypeError: The key or the description is no text.
            ValueError: The key or value is empty, the value has no JSON form, the category is unknown, or there is such
                an item and ``replace`` was not given.
            MetadataValueTooLong: The value is too long.
            MetadataDescriptionTooLong: The description is too long.
        """
        if value is None or (isinstance(value, str) and not value):
            raise UsageError(f"The value of {key} is empty.")
        item = ModelCustomMetadataItem(key, value, description, category)
        item.validate()
        if not replace and key.lower() in self._items:
            raise UsageError(f"There is metadata {key!r} already: pass replace=True to write over it.")
        self._items[key.lower()] = item

    def take(self, items: Iterable[MetadataItem]) -> None:
        """Fill in what is known of an artifact; items of those names are written over."""
        for item in items:
            known = ModelCustomMetadataItem(item.key, item.value, item.description, item.category)
            self._items[item.key.lower()] = known

    def remove(self, key: str) -> None:
        """Remove an item; nothing happens where there is none."""
        self._items.pop(key.lower(), None)

    def clear(self) -> None:
        """Remove every item."""
        self._items.clear()

    def isempty(self) -> bool:
        """Tell whether there is no item."""
        return not self._items

    def set_training_data(self, path: str, data_size: str | None = None) -> None:
        """Say where the training data is, and how large."""
        self._set_data(MetadataCustomKeys.TRAINING_DATASET, MetadataCustomKeys.TRAINING_DATASET_SIZE, path, data_size)

    def set_validation_data(self, path: str, data_size: str | None = None) -> None:
        """Say where the validation data is, and how large."""
        self._set_data(
            MetadataCustomKeys.VALIDATION_DATASET, MetadataCustomKeys.VALIDATION_DATASET_SIZE, path, data_size
        )

    def _set_data(self, path_key: str, size_key: str, path: str, data_size: str | None) -> None:
        category = MetadataCustomCategory.TRAINING_AND_VALIDATION_DATASETS
        self.add(path_key, path, category=category, replace=True)
        if data_size is not None:
            self.add(size_key, data_size, category=category, replace=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the metadata that a dictionary describes."""
        return cls(ModelCustomMetadataItem.from_dict(item) for item in _rows(data))

    @classmethod
    def from_wire(cls, items: Iterable[Metadata]) -> Self:
        """Return the metadata that the catalog has."""
        return cls(ModelCustomMetadataItem.from_wire(item) for item in items if item.key)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the metadata as a table."""
        import pandas as pd

        return pd.DataFrame(
            [[item.key, item.value, item.description, item.category] for item in self],
            columns=pd.Index(MetadataCustomPrintColumns.values()),
        )


def validate_together(taxonomy: ModelTaxonomyMetadata, custom: ModelCustomMetadata) -> None:
    """Raise ValueError where an item is not allowed, or both together are larger than the catalog takes."""
    taxonomy.validate()
    custom.validate()
    size = taxonomy.size() + custom.size()
    if size > SIZE_LIMIT:
        raise MetadataSizeTooLarge(size)


def _rows(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    rows = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError("Metadata as a dictionary has the form {'data': [{'key': …, 'value': …}, …]}.")
    return rows
