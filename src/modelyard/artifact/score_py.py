"""score.py, written for a trained model: plain Python that needs the model's framework and nothing of modelyard."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from string import Template

from modelyard._version import __version__
from modelyard.artifact.serializers import Serializer
from modelyard.errors import UsageError

_TEMPLATE = Path(__file__).parent / "templates" / "score.py.txt"
_LOAD = """
path = os.path.join(artifact_dir, model_file_name)
if not os.path.exists(path):
    raise FileNotFoundError("The artifact has no file {}; load_model() looks for it.".format(model_file_name))
"""
_NO_LOAD = """
raise NotImplementedError("load_model() in score.py is yours to write: return the object that predict() uses.")
"""


@dataclass(frozen=True)
class Framework:
    """Be what score.py does differently for one framework: the bodies of three functions."""

    name: str
    pre_block: str
    predict_block: str
    post_block: str
    answer: str = '{"prediction": [...]}'


GENERIC = Framework(
    name="a model of any kind",
    pre_block="return deserialize(data, input_schema_path)",
    predict_block='return {"prediction": post_inference(model.predict(features))}',
    post_block="""
if hasattr(yhat, "to_numpy"):  # a DataFrame or Series
    yhat = yhat.to_numpy()
return yhat.tolist() if hasattr(yhat, "tolist") else yhat
""",
)

SKLEARN = Framework(
    name="scikit-learn",
    pre_block="""
features = deserialize(data, input_schema_path)
if isinstance(features, dict):
    import pandas as pd

    return pd.DataFrame(features)
return features
""",
    predict_block='return {"prediction": post_inference(model.predict(features))}',
    post_block="return yhat.tolist()",
)

FRAMEWORKS = {"generic": GENERIC, "scikit-learn": SKLEARN}


def render(framework: str, *, model_file_name: str, serializer: Serializer) -> str:
    """Return the text of a score.py that loads the model file and predicts."""
    return _render(framework, model_file_name, load=_LOAD.lstrip("\n") + serializer.load_block)


def render_without_model(framework: str = "generic", *, model_file_name: str = "") -> str:
    """Return the text of a score.py whose load_model is left to its author."""
    return _render(framework, model_file_name, load=_NO_LOAD)


def _render(framework: str, model_file_name: str, *, load: str) -> str:
    blocks = FRAMEWORKS.get(framework)
    if blocks is None:
        raise UsageError(f"There is no score.py for {framework!r}; there is for {', '.join(sorted(FRAMEWORKS))}.")
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        version=__version__,
        framework=blocks.name,
        model_name=json.dumps(model_file_name),
        answer=blocks.answer,
        load_block=_indented(load),
        pre_block=_indented(blocks.pre_block),
        predict_block=_indented(blocks.predict_block),
        post_block=_indented(blocks.post_block),
    )


def _indented(block: str) -> str:
    return textwrap.indent(block.strip("\n"), "    ")
