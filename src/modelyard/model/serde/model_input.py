"""How data is sent to a model: as JSON that loses nothing, or in a way of one's own."""

from __future__ import annotations

from modelyard.model.failures import SerializeInputNotImplementedError
from modelyard.model.serde.common import SERDE
from modelyard.model.serde.names import ModelInputSerializerType, SparkModelInputSerializerType

__all__ = [
    "JsonModelInputSerializer",
    "ModelInputSerializer",
    "ModelInputSerializerFactory",
    "ModelInputSerializerType",
    "SparkModelInputSerializerType",
]


class ModelInputSerializer(SERDE):
    """Be a way to send data; derive from it for one of your own."""


class JsonModelInputSerializer(ModelInputSerializer):
    """Send data as JSON in which DataFrames, arrays, dates and the like come back as they were.

    Example:
        >>> JsonModelInputSerializer().serialize((1, 2))["data_type"]
        'modelyard'
    """

    name = ModelInputSerializerType.JSON

    def serialize(self, data: object) -> object:
        """Return data as what JSON holds."""
        from modelyard.artifact import payload

        return payload.encode(data)

    def deserialize(self, data: object) -> object:
        """Return the data as score.py reads it from a request."""
        from modelyard.artifact import score_py

        read: dict[str, object] = {"__name__": "score", "__file__": "score.py"}
        exec(score_py.render_without_model(), read)  # noqa: S102 # our own text: the very lines that will read it
        deserialize = read["deserialize"]
        assert callable(deserialize)
        return deserialize(data, "")


class ModelInputSerializerFactory:
    """Make serializers of data by their names."""

    @classmethod
    def get(cls, name: str | SERDE = ModelInputSerializerType.JSON) -> SERDE:
        """Return the serializer of a name; one of one's own stays what it is.

        Raises:
            NotImplementedError: Data is not sent this way.
        """
        if isinstance(name, SERDE):
            return name
        if name != ModelInputSerializerType.JSON:
            raise SerializeInputNotImplementedError(
                f"Data is sent as json, not as {name!r}: that loses nothing, and runs no code."
            )
        return JsonModelInputSerializer()
