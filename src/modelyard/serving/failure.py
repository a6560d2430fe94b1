"""What an exception of the model looks like to those who did not see it happen: text, without our own frames."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from types import FrameType, TracebackType
from typing import NamedTuple, Optional

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Failure(NamedTuple):
    """Be an exception as text: its type's name, its message, and the traceback from the model's own code on."""

    type: str
    message: str
    traceback: str


def failure_of(error: BaseException) -> Failure:
    """Return an exception as text, its traceback beginning in the model's own code."""
    lines = traceback.format_exception(type(error), error, _from_model_on(error.__traceback__))
    return Failure(type(error).__name__, _message(error), "".join(lines))


def one_line(error: BaseException, artifact_dir: str) -> str:
    """Return ``ValueError: what it says (score.py, line 12 in predict)``: the innermost place in the artifact."""
    text = "%s: %s" % (type(error).__name__, _message(error)) if _message(error) else type(error).__name__
    frames = traceback.extract_tb(_from_model_on(error.__traceback__))
    if not frames:
        return text
    inside = [frame for frame in frames if frame.filename.startswith(artifact_dir + os.sep)]
    place = (inside or frames)[-1]
    name = os.path.relpath(place.filename, artifact_dir) if inside else place.filename
    return "%s (%s, line %s in %s)" % (text, name, place.lineno, place.name)


def stack_of(frame: FrameType) -> str:
    """Return where a running frame is, as a traceback's lines from the model's own code on."""
    places = traceback.StackSummary.extract(traceback.walk_stack(frame))
    places.reverse()
    while places and _is_ours(places[0].filename):
        del places[0]
    return "".join(places.format())


def how_ended(status: int) -> str:
    """Return how a process ended, from its wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return "killed by %s" % signal.Signals(number).name
        return "killed by signal %d" % number
    return "exit status %d" % os.WEXITSTATUS(status)


def died(how: str, log: str = "") -> Failure:
    """Return what is known of a process that ended without a Python exception."""
    message = (
        "The process ended (%s), without a Python exception: os._exit(), a crash in native code, "
        "or too little memory." % how
    )
    return Failure("ProcessDied", message, message + "\n" + log)


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "the code ended the process with sys.exit(%s)" % ("" if error.code is None else repr(error.code))
    try:
        return str(error)
    except Exception:  # an exception whose own __str__ fails is still to be told
        return "(its message cannot be shown)"


def _from_model_on(frame: Optional[TracebackType]) -> Optional[TracebackType]:
    while frame is not None and _is_ours(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    return frame


def _is_ours(filename: str) -> bool:
    return os.path.abspath(filename).startswith(_OWN_FOLDER) or filename.startswith("<frozen importlib")
