"""How trained models become files and models again."""

from modelyard.artifact.serializers.registry import SERIALIZERS, Serializer, serializer_named

__all__ = ["SERIALIZERS", "Serializer", "serializer_named"]
