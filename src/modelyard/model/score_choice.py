"""Which score.py reads a model's file: by the name of a framework and the file's suffix."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from modelyard.errors import UsageError
from modelyard.model.failures import SerializeInputNotImplementedError

_AFFIXES = re.compile(r"^score[-_.]?|(\.txt|\.jinja2?|_new)$")
_SHORT = {"": "generic", "pkl": "generic", "sklearn": "scikit-learn", "scikit_learn": "scikit-learn"}
_OF_SUFFIX = {
    ".pkl": "cloudpickle",
    ".joblib": "joblib",
    ".skops": "skops",
    ".onnx": "onnx",
    ".json": "xgboost",
    ".ubj": "xgboost_ubj",
    ".pt": "torchscript",
}


def score_py_for(
    template: str, model_file_name: str, *, use_torch_script: bool | None = None, data_deserializer: str | None = None
) -> str:
    """Return the text of a score.py.

    Args:
        template: The name of a framework, or of the reference's template for it.
        model_file_name: The name of the model's file.
        use_torch_script: Whether it is TorchScript.
        data_deserializer: How data is sent.

    Raises:
        UsageError: There is no such score.py, or none that reads such a file.
    """
    from modelyard.artifact import score_py
    from modelyard.artifact.score_blocks import blocks_named
    from modelyard.artifact.serializers import SERIALIZERS, serializer_named

    if data_deserializer not in (None, "json"):
        raise SerializeInputNotImplementedError(
            f"score.py reads json, not {data_deserializer!r}: that loses nothing, and runs no code."
        )
    short = _AFFIXES.sub("", _AFFIXES.sub("", template))
    blocks = blocks_named(_SHORT.get(short, short))
    if template.removesuffix(".jinja2") == "score_generic":
        return score_py.render_without_model(blocks, model_file_name=model_file_name)
    suffix = PurePosixPath(model_file_name).suffix
    usual = {".txt": short, **_OF_SUFFIX}.get(suffix, "")
    name = "torchscript" if use_torch_script else usual
    if name not in SERIALIZERS:
        known = ", ".join(sorted(suffix for suffix, each in _OF_SUFFIX.items() if each in SERIALIZERS))
        raise UsageError(
            f"No score.py reads {model_file_name!r} by its suffix; there is one for {known}. The template "
            "'score_generic' leaves load_model() to you."
        )
    return score_py.render(blocks, model_file_name=model_file_name, load_block=serializer_named(name).load_block)
