"""The names of modelyard.model.framework.embedding_onnx_model."""

from modelyard.model.framework.embedding_onnx_model import *  # noqa: F403
