"""Warnings that point at the line of the caller, however deep the function lies that has something to say."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from pathlib import Path
from types import FrameType

_PACKAGE = f"{Path(__file__).parents[1]}{os.sep}"
_CONTEXTLIB = contextlib.__file__


def notice(sentence: str) -> None:
    """Warn of something at the line outside of this package that led to it."""
    depth, frame = 1, sys._getframe()  # noqa: SLF001 # what the warnings module itself counts by
    while frame.f_back is not None and _is_own(frame):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(sentence, stacklevel=depth)


def _is_own(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name.startswith(_PACKAGE) or name == _CONTEXTLIB  # which runs generators of this package
