"""One item of a model's metadata: a key that stays, a value that can be written as JSON."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from modelyard.errors import UsageError
from modelyard.model.metadata_names import Framework, MetadataCustomCategory, MetadataTaxonomyKeys, UseCaseType
from modelyard.resources.model import Metadata
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.profile import Auth

DESCRIPTION_LIMIT = 255
"""The most characters that a description may have."""

NOT_AVAILABLE = "NA"
"""What stands on the wire for a custom item without a value."""

_JSON_BEGINS = frozenset('[{"-0123456789tfn')
_READ_AS_SOMETHING_ELSE = ("\x85", "\u2028", "\u2029", "\ufeff")
"""What PyYAML writes as it is and reads back as a line's end or as nothing."""


class MetadataValueTooLong(UsageError):
    """A value has more characters than the catalog takes."""

    def __init__(self, key: str, length: int) -> None:
        limit = from_environ().metadata_value_limit
        super().__init__(f"The value of {key} has {length} characters; at most {limit} are allowed.")
        self.key, self.length = key, length


class MetadataDescriptionTooLong(UsageError):
    """A description has more characters than the catalog takes."""

    def __init__(self, key: str, length: int) -> None:
        super().__init__(f"The description of {key} has {length} characters; at most {DESCRIPTION_LIMIT} are allowed.")
        self.key, self.length = key, length


class ModelMetadataItem(ABC):
    """Be one item of metadata; two items are equal when their keys are, whatever the case."""

    @abstractmethod
    def to_dict(self) -> dict[str, object]:
        """Return the item as a dictionary."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the item that a dictionary describes."""

    @abstractmethod
    def validate(self) -> bool:
        """Return True, or raise ValueError where the value is not allowed for the key."""

    @property
    @abstractmethod
    def value(self) -> object:
        """The value."""

    def size(self) -> int:
        """Return how many bytes the item has as JSON."""
        return len(self.to_json().encode("utf-8"))

    def to_json(self) -> str:
        """Return the item as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_yaml(self) -> str:
        """Return the item as YAML."""
        return yaml_of(self.to_dict())

    def to_json_file(self, file_path: str, storage_options: dict[str, object] | None = None) -> None:
        """Write the value as JSON to a file, or to ``<key>.json`` in a folder.

        Args:
            file_path: A file whose name ends in ``.json``, or a folder.
            storage_options: Given to fsspec; for ``oci://bucket@namespace/item.json``, who talks to the service.
        """
        write_json(json.dumps(self.value, ensure_ascii=False), file_path, f"{self}.json", storage_options)

    def __repr__(self) -> str:
        return self.to_yaml()


class ModelTaxonomyMetadataItem(ModelMetadataItem):
    """Be one item of the taxonomy.

    Args:
        key: Its name; it never changes.
        value: Anything that JSON can hold.
        has_artifact: Whether the catalog keeps a file for it.
    """

    def __init__(self, key: str, value: object = None, has_artifact: bool = False) -> None:
        self._key = _checked_key(key)
        self._value = _checked_value(key, value)
        self.has_artifact = has_artifact

    @property
    def key(self) -> str:
        """The name of the item."""
        return self._key

    @property
    def value(self) -> object:
        """What the item says."""
        return self._value

    @value.setter
    def value(self, value: object) -> None:
        self._value = _checked_value(self._key, value)

    def update(self, value: object) -> None:
        """Change what the item says."""
        self.value = value

    def reset(self) -> None:
        """Forget what the item says."""
        self._value = None

    def validate(self) -> bool:
        """Return True, or raise ValueError for a use case or framework that has no name."""
        allowed = {MetadataTaxonomyKeys.USE_CASE_TYPE: UseCaseType, MetadataTaxonomyKeys.FRAMEWORK: Framework}
        names = allowed.get(self._key)
        if names is not None and self._value not in (None, "") and self._value not in names:
            raise UsageError(f"{self._key} is {self._value!r}; it is one of {', '.join(sorted(names.values()))}.")
        return True

    def to_dict(self) -> dict[str, object]:
        """Return the item as a dictionary."""
        return {"key": self._key, "value": self._value, "has_artifact": self.has_artifact}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the item that a dictionary describes."""
        return cls(_key_in(data), data.get("value"), bool(data.get("has_artifact")))

    def to_wire(self) -> Metadata:
        """Return the item as the catalog takes it: what is no text is written as JSON."""
        return Metadata(key=self._key, value=text_of(self._value), has_artifact=self.has_artifact)

    @classmethod
    def from_wire(cls, item: Metadata) -> Self:
        """Return the item that the catalog has."""
        return cls(item.key or "", value_of(item.value), bool(item.has_artifact))

    def __str__(self) -> str:
        return self._key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelTaxonomyMetadataItem) and self._key.lower() == other.key.lower()

    def __hash__(self) -> int:
        return hash(self._key.lower())


class ModelCustomMetadataItem(ModelTaxonomyMetadataItem):
    """Be one item of custom metadata.

    Args:
        key: Its name; it never changes.
        value: Anything that JSON can hold.
        description: What it means, in at most 255 characters.
        category: One of :class:`MetadataCustomCategory`.
        has_artifact: Whether the catalog keeps a file for it.
    """

    def __init__(
        self,
        key: str,
        value: object = None,
        description: str | None = None,
        category: str | None = None,
        has_artifact: bool = False,
    ) -> None:
        super().__init__(key, value, has_artifact)
        self.description = description
        self.category = category

    @property
    def description(self) -> str | None:
        """What the item means."""
        return self._description

    @description.setter
    def description(self, description: str | None) -> None:
        if description is not None and not isinstance(description, str):
            raise TypeError(f"The description of {self.key} is a {type(description).__name__}; it must be text.")
        if description is not None and len(description) > DESCRIPTION_LIMIT:
            raise MetadataDescriptionTooLong(self.key, len(description))
        self._description = description

    @property
    def category(self) -> str | None:
        """The group that the item belongs to."""
        return self._category

    @category.setter
    def category(self, category: str | None) -> None:
        if category not in (None, "") and category not in MetadataCustomCategory:
            allowed = ", ".join(MetadataCustomCategory.values())
            raise UsageError(f"The category of {self.key} is {category!r}; it is one of {allowed}.")
        self._category = category

    def update(self, value: object, description: str | None = None, category: str | None = None) -> None:
        """Change what the item says; what is not given stays."""
        self.value = value
        if description is not None:
            self.description = description
        if category is not None:
            self.category = category

    def reset(self) -> None:
        """Forget all but the key."""
        super().reset()
        self.description = None
        self.category = None

    def validate(self) -> bool:
        """Return True, or raise ValueError for a value or description that is too long."""
        text = text_of(self.value) or ""
        if len(text) > from_environ().metadata_value_limit:
            raise MetadataValueTooLong(self.key, len(text))
        return True

    def to_dict(self) -> dict[str, object]:
        """Return the item as a dictionary."""
        return {
            "key": self.key,
            "value": self.value,
            "description": self.description,
            "category": self.category,
            "has_artifact": self.has_artifact,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the item that a dictionary describes."""
        description, category = data.get("description"), data.get("category")
        return cls(
            _key_in(data),
            data.get("value"),
            str(description) if description is not None else None,
            str(category) if category is not None else None,
            bool(data.get("has_artifact")),
        )

    def to_wire(self) -> Metadata:
        """Return the item as the catalog takes it, where a custom item has a value and a category."""
        return Metadata(
            key=self.key,
            value=text_of(self.value) or NOT_AVAILABLE,
            description=self.description or None,
            category=self.category or MetadataCustomCategory.OTHER,
            has_artifact=self.has_artifact,
        )

    @classmethod
    def from_wire(cls, item: Metadata) -> Self:
        """Return the item that the catalog has."""
        category = item.category if item.category in MetadataCustomCategory else MetadataCustomCategory.OTHER
        return cls(item.key or "", value_of(item.value), item.description, category, bool(item.has_artifact))


def text_of(value: object) -> str | None:
    """Return a value as the wire has it: text as it is, unless it reads as something else, and the rest as JSON."""
    if value is None or (isinstance(value, str) and value_of(value) == value):
        return value
    return json.dumps(value, ensure_ascii=False)


def value_of(text: str | None) -> object:
    """Return the value that a text on the wire stands for: that of the JSON it is, or else the text itself.

    A number counts as one where JSON would write it so: a version such as ``1.10`` stays a text.
    """
    if not text or text[0] not in _JSON_BEGINS:
        return text
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, int | float) and (json.dumps(value) != text or not math.isfinite(value)):
        return text
    return value


def yaml_of(value: object) -> str:
    """Return a value as YAML with sorted keys, the same on every run."""
    import yaml

    text = str(yaml.safe_dump(value, sort_keys=True, allow_unicode=True))
    if any(mark in text for mark in _READ_AS_SOMETHING_ELSE):
        text = str(yaml.safe_dump(value, sort_keys=True, allow_unicode=False))
    return text


def write_json(text: str, path: str, default_name: str, storage_options: dict[str, object] | None) -> None:
    """Write text to a file or folder: of this machine, of a bucket, or of what fsspec reaches.

    Raises:
        MissingDependency: Nothing installed here reaches such an address.
    """
    from modelyard.model.places import is_local, local_path, place_of

    if not path:
        raise UsageError("file_path is empty: give a file or a folder.")
    is_folder = not path.endswith(".json") or (is_local(path) and local_path(path).is_dir())
    address = f"{path.rstrip('/')}/{default_name}" if is_folder else path
    options = storage_options or {}
    auth: Auth | None = cast("Auth", options) if options and path.startswith("oci://") else None
    place_of(address, auth=auth, storage_options=options).write(text.encode("utf-8"))


def _key_in(data: Mapping[str, object]) -> str:
    key = data.get("key")
    if not isinstance(key, str):
        raise UsageError(f"An item of metadata needs a key; this one is {dict(data)!r}.")
    return key


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A key of metadata is text, not a {type(key).__name__}.")
    if not key.strip():
        raise UsageError("A key of metadata is empty.")
    return key


def _checked_value(key: str, value: object) -> object:
    try:
        return json.loads(json.dumps(_without_nan(value)))
    except (TypeError, ValueError) as error:
        raise UsageError(f"The value of {key} cannot be written as JSON: {error}.") from None


def _without_nan(value: object) -> object:
    """Return a value as JSON holds it: numpy's as Python's, what is no number as null."""
    plain = getattr(value, "tolist", None)
    if callable(plain):  # of numpy's scalars and arrays, and of pandas' columns
        return _without_nan(plain())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value
