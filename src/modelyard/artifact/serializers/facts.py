"""The custom metadata in which serializers tell of the file that they wrote."""

from __future__ import annotations

CLASS_FILES = "ModelClassFiles"
"""The files of the model's own classes."""

DIFFERENCE = "OnnxDifference"
"""How far the ONNX model's answers are from the original's."""

TRUSTED = "SkopsTrustedTypes"
"""The types in the file that skops does not vouch for."""

FACTS_OF_FILES = (CLASS_FILES, DIFFERENCE, TRUSTED)
"""All of them."""
