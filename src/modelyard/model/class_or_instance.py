"""Methods that are called on a class with an id, or on an instance that knows its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Concatenate, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class class_or_instance(Generic[P, R]):  # noqa: N801 (a decorator)
    """Give a function the class or the instance that it is called on as its first argument."""

    def __init__(self, function: Callable[Concatenate[T, P], R]) -> None:
        self._function: Callable[..., R] = function
        seen = inspect.signature(function)
        self._seen = seen.replace(parameters=list(seen.parameters.values())[1:])
        self.__doc__ = function.__doc__

    def __get__(self, instance: object | None, owner: type) -> Callable[P, R]:
        target = owner if instance is None else instance

        @functools.wraps(self._function)
        def bound(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._function(target, *args, **kwargs)

        del bound.__wrapped__  # its signature has one parameter more
        bound.__signature__ = self._seen  # type: ignore[attr-defined]
        return bound
