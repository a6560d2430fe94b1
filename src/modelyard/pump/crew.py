"""The workers of one deployment, asked for one prediction after another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from modelyard.errors import ServiceUnavailable, WireError
from modelyard.gateway.endpoint import Endpoint, Worker
from modelyard.gateway.workers import WorkerLink
from modelyard.resources.routes import ReplicaRoute
from modelyard.serving.frames import Frame

MOST_IN_FLIGHT = 64
"""How many messages of a deployment are in the hands of its workers, or wait for one, at the same time."""

ATTEMPTS = 3
"""How many workers a message may take with it before it is answered with an error: else it would do so for ever."""


class _Question:
    """Be a call that a coroutine waits for; it has no deadline, since it may wait for a worker for as long as it takes.

    A worker that does not come back from it is killed by its replica after the time that a prediction may take.
    """

    def __init__(self, body: bytes) -> None:
        self.fields: Mapping[str, str] = {}
        self.content_type = b""  # a message has none: it is JSON
        self.deadline_ms = 0
        self.body = body
        self.over = self.given = False
        self.answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

    def answer(self, frame: Frame, worker: Worker) -> None:  # noqa: ARG002 - whoever it was
        """Take the worker's answer."""
        self.over = True
        self.answered.set_result(frame)

    def fail(self, error: WireError) -> None:
        """Take the news that the worker has ended."""
        self.over = True
        self.answered.set_exception(error)


class Crew:
    """Predict with the workers that the routes name, whoever of them is free."""

    def __init__(self) -> None:
        self._endpoint = Endpoint()
        self._links: dict[str, WorkerLink] = {}
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)

    def follow(self, replicas: Sequence[ReplicaRoute]) -> None:
        """Use the workers of these replicas from now on, and of no others; those still answer what they hold."""
        wanted: Mapping[str, ReplicaRoute] = {path: replica for replica in replicas for path in replica.sockets}
        for path in wanted.keys() - self._links.keys():
            self._links[path] = WorkerLink(self._endpoint, path, wanted[path].headers, replica_id=wanted[path].id)
        for path in self._links.keys() - wanted.keys():
            self._links.pop(path).retire()

    async def predict(self, body: bytes) -> Frame:
        """Return the answer to a body, however long it takes until a worker is there.

        Raises:
            ServiceUnavailable: So many workers ended while they held it that it must be the reason.
        """
        async with self._room:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return await self._ask(body)
                except ServiceUnavailable:
                    if attempt == ATTEMPTS:
                        raise
            raise AssertionError("not reached")

    async def _ask(self, body: bytes) -> Frame:
        question = _Question(body)
        try:
            self._endpoint.submit(question)
            return await question.answered
        finally:
            question.over = True  # where nobody waits any more
