"""score.py, written for a trained model: plain Python that needs the model's framework and nothing of modelyard."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from string import Template

from modelyard._version import __version__
from modelyard.artifact.score_blocks import Blocks, blocks_named

_TEMPLATES = Path(__file__).parent / "templates"
_LOAD = """
path = os.path.join(artifact_dir, model_file_name)
if not os.path.exists(path):
    raise FileNotFoundError("The artifact has no file {}; load_model() looks for it.".format(model_file_name))
"""
_NO_LOAD = """
raise NotImplementedError("load_model() in score.py is yours to write: return the object that predict() uses.")
"""


def render(framework: str | Blocks, *, model_file_name: str, load_block: str) -> str:
    """Return the text of a score.py that loads the model and predicts.

    Args:
        framework: The blocks, or the name of a framework that has some.
        model_file_name: The model's file or folder in the artifact; "" where the model is the whole artifact.
        load_block: The lines that return the model of ``path``.

    Raises:
        UsageError: There are no blocks of this name.
    """
    return _render(framework, model_file_name, load=_LOAD.lstrip("\n") + load_block)


def render_without_model(framework: str | Blocks = "generic", *, model_file_name: str = "") -> str:
    """Return the text of a score.py whose load_model is left to its author."""
    return _render(framework, model_file_name, load=_NO_LOAD)


def _render(framework: str | Blocks, model_file_name: str, *, load: str) -> str:
    blocks = blocks_named(framework) if isinstance(framework, str) else framework
    return Template(_text("score.py.txt")).substitute(
        version=__version__,
        framework=blocks.name,
        model_name=json.dumps(model_file_name),
        answer=blocks.answer,
        top_block=_block(blocks.top_block),
        load_block=_indented(load),
        pre_block=_indented(blocks.pre_block),
        inference_block=_indented(blocks.inference_block),
        post_block=_indented(blocks.post_block),
        answer_block=_indented(blocks.answer_block),
        joins=blocks.joins_requests,
        joining=(blocks.joining or _text("joining.py.txt")).strip("\n"),
    )


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _block(lines: str) -> str:
    stripped = lines.strip("\n")
    return f"{stripped}\n" if stripped else ""


def _indented(block: str) -> str:
    return textwrap.indent(block.strip("\n"), "    ")
