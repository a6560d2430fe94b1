"""How a worker answers a prediction: by the model's own ``predict``, with JSON on both sides where it can be."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Callable, Tuple

from . import codec
from .failure import one_line

Answer = Tuple[int, bytes, bytes]
"""An HTTP status, a content type and a body."""

Answering = Callable[[bytes, bytes], Answer]
"""From a content type and a body to the answer; raises nothing."""


def answers_of(predict: Callable[[object], object], artifact_dir: str) -> Answering:
    """Return how a model answers.

    Args:
        predict: The model's predict.
        artifact_dir: The folder that places in error messages are relative to.
    """

    def answer(content_type: bytes, body: bytes) -> Answer:
        try:
            data = codec.decode(content_type, body)
        except codec.CannotParse as error:
            return fault(400, "CannotParseRequest", str(error))
        try:
            return 200, codec.JSON_TYPE, codec.encode(predict(data))
        except codec.CannotWrite as error:
            log(str(error))
            return fault(500, "PredictionFailed", str(error))
        except BaseException as error:  # a model that calls sys.exit() must not take its worker with it
            traceback.print_exc()
            sys.stderr.flush()
            return fault(500, "PredictionFailed", one_line(error, artifact_dir))

    return answer


def fault(status: int, code: str, message: str) -> Answer:
    """Return an answer that tells an error, as the wire does."""
    body = json.dumps({"code": code, "message": message}, ensure_ascii=False).encode("utf-8", "replace")
    return status, codec.JSON_TYPE, body


def log(event: str, **fields: object) -> None:
    """Write a line about this worker into the replica's log."""
    text = "".join(" %s=%s" % (name, value) for name, value in fields.items())
    sys.stderr.write("modelyard worker %d: %s%s\n" % (os.getpid(), event, text))
    sys.stderr.flush()
