"""The answer to bytes that are no request."""

from __future__ import annotations

from modelyard.errors import WireError
from modelyard.gateway.answers import Answers
from modelyard.gateway.exchange import Client


class Rejection:
    """Be the answer to what was no request."""

    def __init__(self, error: WireError, client: Client, answers: Answers) -> None:
        self._error = error
        self._client = client
        self._answers = answers

    def begin(self) -> None:
        """Answer, and close."""
        self._client.write(self._answers.fault(self._error, client_id=None, close=True))
        self._client.finish(close=True)

    def feed(self, data: bytes) -> None:
        """Do nothing: it has no body."""

    def complete(self) -> None:
        """Do nothing: it has no body."""

    def abandon(self) -> None:
        """Do nothing: nothing is under way."""

    def pause(self) -> None:
        """Do nothing: the answer is one piece."""

    def resume(self) -> None:
        """Do nothing: the answer is one piece."""
