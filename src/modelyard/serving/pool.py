"""The workers of a replica: forked, replaced when they die, killed when they hang."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import List, NamedTuple, NoReturn, Optional, Tuple

from .answering import Answering
from .failure import Failure, failure_of
from .held import HeldSince
from .loading import Loaded, load, unload
from .spec import ReplicaSpec
from .state import WorkerState
from .worker import Worker

_GRACE = 1.0  # on top of predict_timeout: the gateway has told its client by then
_LONGEST_REPORT = 1 << 15  # fits a pipe, so that a worker which dies never waits for a reader
_LIVED = 1.0  # a worker that died younger than this is started again more slowly
_SLOWEST_RESTART = 5.0


class DeadWorker(NamedTuple):
    """Be a worker that has ended: its wait status, and what it reported if it could not load."""

    pid: int
    status: int
    failure: Optional[Failure]


class Slot:
    """Be one worker's place: its listening socket, and the process that has it now."""

    def __init__(self, index: int, listener: socket.socket) -> None:
        self.index = index
        self.listener = listener
        self.pid: Optional[int] = None
        self.report = -1  # a pipe in which a worker tells why it could not load
        self.forks = 0
        self.forked_at = 0.0
        self.short_lives = 0
        self.fork_again_at = 0.0
        self.doomed = False


class Pool:
    """Keep one worker in each place.

    Args:
        spec: The replica.
        listeners: One listening socket for each worker.
        loaded: The model that all share; with None each worker loads, and lets go of, its own.
    """

    def __init__(self, spec: ReplicaSpec, listeners: List[socket.socket], loaded: Optional[Loaded]) -> None:
        self._spec = spec
        self._shared = loaded
        self._held = HeldSince(len(listeners))
        self._slots = [Slot(index, listener) for index, listener in enumerate(listeners)]
        # Made after the model was loaded: whatever its code forked cannot hold the other end open.
        self._lifeline, self._lifeline_held = os.pipe()

    @property
    def workers(self) -> Tuple[WorkerState, ...]:
        """The workers there are."""
        return tuple(WorkerState(slot.pid, slot.forks - 1) for slot in self._slots if slot.pid is not None)

    def fork_missing(self) -> bool:
        """Fork a worker into every empty place whose time has come; tell whether any was."""
        due = [slot for slot in self._slots if slot.pid is None and time.monotonic() >= slot.fork_again_at]
        for slot in due:
            self._fork(slot)
        return bool(due)

    def seconds_to_next_fork(self) -> Optional[float]:
        """Return how long until an empty place is to be filled, or None where there is none."""
        waits = [slot.fork_again_at - time.monotonic() for slot in self._slots if slot.pid is None]
        return max(0.0, min(waits)) if waits else None

    def reap(self) -> List[DeadWorker]:
        """Return the workers that have died since the last call."""
        dead = []
        for slot in self._slots:
            if slot.pid is None:
                continue
            # never waitpid(-1): children that the model's own code started are its own
            pid, status = os.waitpid(slot.pid, os.WNOHANG)
            if pid:
                dead.append(DeadWorker(pid, status, self._bury(slot)))
        return dead

    def kill_hung(self) -> None:
        """Kill workers that hold a request for longer than a prediction may take; they dump where they are first."""
        for slot in self._slots:
            if slot.pid is None:
                continue
            held = self._held.seconds(slot.index)
            if held is None or held < self._spec.predict_timeout + _GRACE:
                slot.doomed = False
            elif not slot.doomed:
                slot.doomed = True  # killed at the next look, when the dump is written
                _signal(slot.pid, signal.SIGUSR2)
            else:
                sys.stderr.write(
                    "modelyard replica: worker %d killed: its request took over %g seconds\n"
                    % (slot.pid, self._spec.predict_timeout)
                )
                _signal(slot.pid, signal.SIGKILL)

    def let_go(self) -> None:
        """Tell all workers to drain, by letting go of the lifeline, and give up their sockets."""
        for slot in self._slots:
            slot.listener.close()
        os.close(self._lifeline_held)

    def kill(self) -> None:
        """End all workers at once."""
        for slot in self._slots:
            if slot.pid is not None:
                _signal(slot.pid, signal.SIGKILL)
                os.waitpid(slot.pid, 0)
                self._bury(slot)

    def _bury(self, slot: Slot) -> Optional[Failure]:
        report = b""
        with contextlib.suppress(OSError):
            # what the model's code forked may hold the pipe open: read only what is there
            if select.select([slot.report], [], [], 0)[0]:
                report = os.read(slot.report, 2 * _LONGEST_REPORT)
        os.close(slot.report)
        self._held.end(slot.index)
        slot.pid = None
        slot.doomed = False
        slot.short_lives = slot.short_lives + 1 if time.monotonic() - slot.forked_at < _LIVED else 0
        pause = min(0.1 * 2.0 ** min(slot.short_lives - 1, 10), _SLOWEST_RESTART) if slot.short_lives else 0.0
        slot.fork_again_at = time.monotonic() + pause
        return Failure(**json.loads(report.decode())) if report else None

    def _fork(self, slot: Slot) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pid, report, report_end = _forked_with_pipe()
        except OSError as error:  # too little memory, or too many processes or descriptors: those that live go on
            slot.fork_again_at = time.monotonic() + _SLOWEST_RESTART
            sys.stderr.write("modelyard replica: no worker could be started, it is tried again: %s\n" % error)
            return
        if pid == 0:
            os.close(report)
            self._be_worker(slot, report_end)
        os.close(report_end)
        slot.pid, slot.report = pid, report
        slot.forks += 1
        slot.forked_at = time.monotonic()

    def _be_worker(self, slot: Slot, report: int) -> NoReturn:
        """Be the worker, in the forked copy, until the process ends."""
        status = 1
        try:
            _reset_signals()
            os.close(self._lifeline_held)
            for other in self._slots:
                if other is not slot:
                    other.listener.close()
            loaded = self._shared or load(self._spec.artifact_dir, self._spec.model_dir)
            self._worker(slot, loaded.answering).run()
            if self._shared is None:
                unload(loaded)
            status = 0
        except BaseException as error:
            traceback.print_exc()
            _report(report, failure_of(error))
        finally:
            # not sys.exit(): the copy must not run what the original registered for its own end
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(status)

    def _worker(self, slot: Slot, answering: Answering) -> Worker:
        return Worker(
            answering=answering,
            listener=slot.listener,
            lifeline=self._lifeline,
            drain_timeout=self._spec.drain_timeout,
            begin=lambda: self._held.begin(slot.index),
            end=lambda: self._held.end(slot.index),
        )


def _report(pipe: int, failure: Failure) -> None:
    """Tell of a failure; shortened until it fits, however many bytes a letter takes."""
    most, report = _LONGEST_REPORT, b""
    while not report or len(report) > _LONGEST_REPORT:
        most //= 2
        short = Failure(failure.type[:most], failure.message[:most], failure.traceback[-most:])
        report = json.dumps(short._asdict()).encode()
    os.write(pipe, report)


def _forked_with_pipe() -> Tuple[int, int, int]:
    """Fork; return the pid, which is 0 in the copy, and the ends of a pipe between the two."""
    end, other_end = os.pipe()
    try:
        return os.fork(), end, other_end
    except OSError:
        os.close(end)
        os.close(other_end)
        raise


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGINT):
        # the server alone is told to stop, and tells its workers; a handler, since programs started inherit SIG_IGN
        signal.signal(number, lambda *_: None)
    faulthandler.register(signal.SIGUSR2)
