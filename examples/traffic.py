"""Clients that keep predicting, over kept and over new connections, and count what comes back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from modelyard.client.connecting import connect
from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import Profile
from modelyard.client.retries import NEVER
from modelyard.client.transport import Transport

if TYPE_CHECKING:
    from typing_extensions import Self

KEPT = 2
NEW = 1
"""How many clients keep their connection, and how many make a new one for each request."""

PAUSE = 0.005
"""How long a client waits between two requests, in seconds: the demo leaves a small machine some air."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Be a request, and the right answer of each model that may get it."""

    body: bytes
    answers: Mapping[str, object]
    """By the model's OCID."""


class Traffic:
    """Ask a deployment from several threads until told to stop.

    No request is sent twice: whatever goes wrong counts as a failure, and so does a wrong answer.

    Args:
        url: The deployment's address.
        questions: What is asked, over and over.
    """

    def __init__(self, url: str, questions: Sequence[Question]) -> None:
        self._url = url
        self._questions = questions
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.by_model: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = 0.0

    @property
    def count(self) -> int:
        """How many requests have been answered rightly."""
        return self.by_model.total()

    def __enter__(self) -> Self:
        with connect() as client:
            profile = client.profile
        runs = [self._over_one_connection] * KEPT + [self._over_new_connections] * NEW
        self._threads = [threading.Thread(target=run, args=(profile,), daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def go_on(self, seconds: float, tell: Callable[[str], None]) -> None:
        """Let it run for a while, and tell meanwhile how it goes."""
        until = time.monotonic() + seconds
        while not self._stopped.wait(min(seconds, 0.1)) and time.monotonic() < until:
            tell(str(self))
        tell(str(self))

    def __str__(self) -> str:
        return f"{self.count} predictions, {len(self.failures)} failed"

    def _over_one_connection(self, profile: Profile) -> None:
        with _client(profile) as client:
            while not self._stopped.wait(PAUSE):
                self._ask(client)

    def _over_new_connections(self, profile: Profile) -> None:
        while not self._stopped.wait(PAUSE):
            with _client(profile) as client:
                self._ask(client)

    def _ask(self, client: DataScienceClient) -> None:
        question = self._questions[self.count % len(self._questions)]
        began = time.perf_counter()
        try:
            answer = client.predict(self._url, question.body)
            model = answer.headers["modelyard-model"]
            predicted = msgspec.json.decode(answer.body)["prediction"]
            wrong = "" if predicted == question.answers[model] else f"{predicted} is a wrong answer of {model}"
        except Exception as error:  # a client that counts failures lets none end it
            model, wrong = "", f"{type(error).__name__}: {error}"
        with self._lock:
            self.slowest = max(self.slowest, time.perf_counter() - began)
            if wrong:
                self.failures.append(wrong)
            else:
                self.by_model[model] += 1


def _client(profile: Profile) -> DataScienceClient:
    return DataScienceClient(profile, transport=Transport(profile, retries=NEVER))
