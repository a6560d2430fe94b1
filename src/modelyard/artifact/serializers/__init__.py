"""How trained models become files and models again."""

from modelyard.artifact.serializers.facts import FACTS_OF_FILES
from modelyard.artifact.serializers.registry import SERIALIZERS, serializer_named
from modelyard.artifact.serializers.serializer import Extent, Given, Serializer, Written

__all__ = ["FACTS_OF_FILES", "SERIALIZERS", "Extent", "Given", "Serializer", "Written", "serializer_named"]
