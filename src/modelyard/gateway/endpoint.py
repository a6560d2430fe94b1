"""One deployment: its idle workers, and the calls that wait for one, first come first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Protocol

from modelyard.errors import Conflict, ServiceUnavailable, TooManyRequests, WireError
from modelyard.lifecycle import DeploymentState
from modelyard.serving.frames import Frame

LONGEST_QUEUE = 10_000

_GONE = frozenset({DeploymentState.DELETING, DeploymentState.DELETED})
_COMING = frozenset({DeploymentState.CREATING, DeploymentState.UPDATING})


class Call(Protocol):
    """Be a prediction that is wanted; ``over`` once nobody waits for it any more."""

    over: bool
    given: bool
    """Whether a worker has it."""

    fields: Mapping[str, str]
    """The headers of the request."""

    content_type: bytes
    body: bytes
    deadline_ms: int

    def answer(self, frame: Frame, worker: Worker) -> None:
        """Pass the worker's answer on."""

    def fail(self, error: WireError) -> None:
        """Say that there will be no answer."""


class Worker(Protocol):
    """Be a connected worker; it is given one call at a time."""

    replica_id: str
    model_id: str
    """The model that it has loaded; empty where that is not known."""

    def give(self, call: Call) -> None:
        """Send a call."""

    def head(self, status: int, content_type: bytes) -> bytes:
        """Return an answer's head up to the line of its length."""


class Endpoint:
    """Hand calls to workers as these become idle."""

    def __init__(self) -> None:
        self.state = DeploymentState.CREATING
        self.refusal: WireError | None = None
        """Why no prediction can be had in this state; None where one can, now or in a moment."""

        self.connected = 0
        """How many workers have greeted and not left."""

        self.empty_since = 0.0
        """The monotonic time when the last worker left, or the endpoint was made."""

        self._idle: list[Worker] = []
        self._queue: deque[Call] = deque()

    def follow(self, state: DeploymentState, *, replicas: int) -> None:
        """Take over what the routes say; calls that wait in vain are told so."""
        self.state = state
        self.refusal = _refusal(state, replicas)
        if self.refusal is not None:
            self.fail_all(self.refusal)

    def refuse(self, error: WireError) -> None:
        """Answer every call with an error, whatever the state."""
        self.refusal = error
        self.fail_all(error)

    @property
    def waiting(self) -> int:
        """How many calls wait, those that nobody waits for any more among them."""
        return len(self._queue)

    def submit(self, call: Call) -> None:
        """Give a call to an idle worker, or let it wait for one; raise TooManyRequests where too many wait."""
        if self._idle:
            # the one that was idle for the shortest time: its memory is the warmest
            self._idle.pop().give(call)
            return
        if len(self._queue) >= LONGEST_QUEUE:
            self._queue = deque(waiting for waiting in self._queue if not waiting.over)
        if len(self._queue) >= LONGEST_QUEUE:
            raise TooManyRequests(f"{LONGEST_QUEUE} requests wait for this deployment already; send more slowly.")
        self._queue.append(call)

    def next_call(self) -> Call | None:
        """Return the next call that somebody still waits for."""
        queue = self._queue
        while queue:
            call = queue.popleft()
            if not call.over:
                return call
        return None

    def idle(self, worker: Worker) -> None:
        """Give a worker that has nothing to do the next call, if there is one."""
        call = self.next_call()
        if call is None:
            self._idle.append(worker)
        else:
            worker.give(call)

    def gone(self, worker: Worker) -> None:
        """Give this worker nothing more."""
        if worker in self._idle:
            self._idle.remove(worker)

    def fail_all(self, error: WireError) -> None:
        """Say to every call that waits that there will be no answer."""
        while (call := self.next_call()) is not None:
            call.fail(error)


def _refusal(state: DeploymentState, replicas: int) -> WireError | None:
    if state in _GONE:
        return Conflict(f"The deployment is {state}: deploy the model again and predict there.")
    if state is DeploymentState.INACTIVE:
        return Conflict("The deployment is INACTIVE: activate it, then predict.")
    if state is DeploymentState.FAILED:
        return Conflict("The deployment is FAILED: the errors of its last work request say why; update or delete it.")
    if state in _COMING and not replicas:
        return ServiceUnavailable(f"The deployment is {state} and has no replica yet; try again in a moment.")
    return None
