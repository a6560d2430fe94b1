"""The conditions of the wire's query languages: what each compares is its own, how they are joined is one thing."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar, Union

from modelyard.wire.query_words import WordReader

L = TypeVar("L")
"""What a language compares: a condition without parts."""


@dataclass(frozen=True)
class Both(Generic[L]):
    """Be conditions that hold all."""

    parts: tuple[Tree[L], ...]


@dataclass(frozen=True)
class Either(Generic[L]):
    """Be conditions of which one holds."""

    parts: tuple[Tree[L], ...]


Tree = Union[L, Both[L], Either[L]]
"""A condition: one comparison, or several that are joined."""


class ConditionReader(WordReader, Generic[L]):
    """Take conditions: comparisons with ``and``, ``or``, their symbols, and parentheses."""

    @abstractmethod
    def comparison(self) -> L:
        """Take one comparison."""

    def condition(self) -> Tree[L]:
        """Take a condition, as far as it goes."""
        parts = [self._both()]
        while self.take("or") or self.take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def part(self) -> Tree[L]:
        """Take one comparison, or a condition in parentheses."""
        if not self.take("("):
            return self.comparison()
        self.deeper()
        condition = self.condition()
        if not self.take(")"):
            self.fail("a closing parenthesis")
        self.back()
        return condition

    def _both(self) -> Tree[L]:
        parts = [self.part()]
        while self.take("and") or self.take("&&"):
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))
