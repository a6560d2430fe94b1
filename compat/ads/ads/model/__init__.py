"""The names of modelyard.model, imported when they are asked for."""

from typing import TYPE_CHECKING

import modelyard.model as _names

if TYPE_CHECKING:
    from modelyard.model import *  # noqa: F403

__all__ = _names.__all__


def __getattr__(name: str) -> object:
    return getattr(_names, name)


def __dir__() -> list[str]:
    return sorted(__all__)
