"""What a serializer of one's own derives from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Serializer(ABC):
    """Turn something into what can be kept or sent."""

    @abstractmethod
    def serialize(self, *args: Any, **kwargs: Any) -> Any:  # a subclass says what it takes
        """Return, or write, what can be kept or sent."""


class Deserializer(ABC):
    """Turn what was kept or sent back."""

    @abstractmethod
    def deserialize(self, *args: Any, **kwargs: Any) -> Any:  # a subclass says what it takes
        """Return what there was at first."""


class SERDE(Serializer, Deserializer):
    """Be a serializer with its way back; derive from it for one of your own.

    For models: ``serialize(estimator, model_path)`` writes the file, or returns its bytes; ``deserialize(model_path)``
    reads it. For data: ``serialize(data)`` returns bytes, or what JSON holds; ``deserialize(data)`` is its way back.

    Example:
        >>> class Upper(SERDE):
        ...     name = "upper"
        ...     def serialize(self, data):
        ...         return data.upper()
        ...     def deserialize(self, data):
        ...         return data.lower()
    """

    name: str = ""
    """What it is called in messages and metadata."""

    model_file_suffix: str = ""
    """The suffix of the model's file, without its dot."""

    load_block: str = ""
    """The lines of score.py that return the model of ``path``; without them load_model() is left to its author."""
