"""Who talks to the service where no ``auth=`` says so: what the process, or the code around a call, has chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from modelyard.client.profile import Auth

MakeAuth: TypeAlias = Callable[[], Auth]
"""Makes the dictionary when it is needed: keys and tokens are read then, and not before."""

_of_process: list[MakeAuth] = []
_of_context: ContextVar[MakeAuth | None] = ContextVar("modelyard_auth", default=None)


def chosen() -> Auth | None:
    """Return what was chosen; None where nothing was, and the environment and the home decide."""
    make = _of_context.get() or (_of_process[-1] if _of_process else None)
    return make() if make else None


def choose(make: MakeAuth | None) -> None:
    """Choose for the whole process; None takes the choice back."""
    _of_process[:] = [make] if make else []


@contextmanager
def chosen_here(make: MakeAuth) -> Iterator[None]:
    """Choose for what is called in a ``with`` block, in its thread or task alone."""
    before = _of_context.set(make)
    try:
        yield
    finally:
        _of_context.reset(before)
