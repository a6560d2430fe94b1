"""The life of a replica: load, start the workers, keep them, drain them; and the state file that tells of it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from typing import Callable, NoReturn, Optional, Sequence

from . import state as states
from .failure import Failure, died, failure_of, how_ended
from .loading import Loaded, load, time_limit, unload
from .ping import Ping
from .pool import DeadWorker, Pool
from .sharing import can_be_forked
from .spec import ContainerSpec, ReplicaSpec
from .wakeups import Wakeups

_TICK = 1.0
_BACKLOG = 128
_FORKED_ANSWER_WITHIN = 30.0


class Replica:
    """Serve one replica from the first state it tells to the last.

    Args:
        spec: What is wanted.
        start_over: Called where copies forked from the loaded model do not live: replaces this process by one whose
            workers load their own.
    """

    def __init__(self, spec: ReplicaSpec, *, start_over: Callable[[], object]) -> None:
        self._spec = spec
        self._start_over = start_over
        self._lock = states.hold_lock(states.lock_path(spec.state_file))
        self._pool: Optional[Pool] = None
        self._began = time.monotonic()
        self._state = states.ReplicaState(
            state=states.STARTING,
            pid=os.getpid(),
            process_start=states.process_start(),
            workers=(),
            error=None,
            time=time.time(),
            load_seconds=0.0,
        )
        self._tell(states.STARTING)
        self._owner = _take_stdin() if spec.stop_with_stdin else None
        self._listeners = [_listen(path) for path in spec.sockets]

    def run(self) -> NoReturn:
        """Load, serve until told to stop, drain, and end the process."""
        signal.signal(signal.SIGTERM, self._stop_loading)
        loaded = self._load() if self._spec.share_memory else None
        pool = Pool(self._spec, self._listeners, loaded)
        self._pool = pool
        wakeups = Wakeups()
        if self._owner is not None:
            wakeups.watch_owner(self._owner)
        self._start_workers(pool, wakeups)
        seconds = round(time.monotonic() - self._began, 4)
        self._state = self._state._replace(load_seconds=seconds, group=loaded.group if loaded is not None else None)
        self._tell(states.READY)
        self._keep_workers(pool, wakeups, loaded)
        self._drain(pool, wakeups)
        if loaded is not None:
            unload(loaded)
        self._mention(states.STOPPED)
        self._leave(0)

    def _load(self) -> Loaded:
        loaded = self._load_model() if self._spec.container is None else self._start_container(self._spec.container)
        gc.collect()
        gc.freeze()  # a collection in a worker would touch, and so copy, the pages that all share
        return loaded

    def _load_model(self) -> Loaded:
        with time_limit(self._spec.load_timeout, self._load_timed_out):
            try:
                loaded = load(self._spec.artifact_dir, self._spec.model_dir)
            except BaseException as error:  # also SystemExit: whatever keeps the model from loading is its failure
                self._fail(failure_of(error))
        if not can_be_forked():
            self._load_apart("the model's framework cannot be forked")
        return loaded

    def _start_container(self, container: ContainerSpec) -> Loaded:
        from .container import start  # not for models: what it imports is theirs to shadow

        try:
            return start(container, self._spec)
        except Exception as error:
            self._fail(failure_of(error))

    def _start_workers(self, pool: Pool, wakeups: Wakeups) -> None:
        """Fork the workers and wait until each has answered a ping."""
        sharing = self._spec.share_memory
        until = time.monotonic() + (_FORKED_ANSWER_WITHIN if sharing else self._spec.load_timeout)
        pool.fork_missing()
        pings = [Ping(path) for path in self._spec.sockets]
        for ping in pings:
            wakeups.watch(ping.sock, ping)
        while pings:
            answered = [ping for ping in wakeups.wait(_TICK) if _answered(ping)]
            for ping in answered:
                wakeups.forget(ping.sock)
                ping.sock.close()
                pings.remove(ping)
            dead = pool.reap()
            if wakeups.stop_asked:
                pool.kill()
                self._stop_loading()
            if (dead or time.monotonic() > until) and pings:
                self._give_up_start(pool, dead[0] if dead else None)
            pool.fork_missing()  # what could not be forked before

    def _give_up_start(self, pool: Pool, dead: Optional[DeadWorker]) -> NoReturn:
        pool.kill()
        if self._spec.share_memory and self._spec.container is None:
            self._load_apart("copies forked from the loaded model do not live")
        if dead is None:
            message = "The workers did not load the model within %g seconds." % self._spec.load_timeout
            self._fail(Failure("TimeoutError", message, message + "\n"))
        self._fail(dead.failure or died(how_ended(dead.status)))

    def _load_apart(self, reason: str) -> None:
        """Start over, as a process whose workers load a model each."""
        sys.stderr.write("modelyard replica: %s; each loads its own\n" % reason)
        sys.stderr.flush()
        os.set_inheritable(self._lock, True)  # the lock is the process's, and it goes on under another program
        if self._owner is not None:
            os.dup2(self._owner, 0)
        self._start_over()

    def _keep_workers(self, pool: Pool, wakeups: Wakeups, loaded: Optional[Loaded]) -> None:
        """Replace workers that die and kill those that hang, until told to stop."""
        while not wakeups.stop_asked:
            pause = pool.seconds_to_next_fork()
            wakeups.wait(_TICK if pause is None else min(pause, _TICK))
            for worker in pool.reap():
                sys.stderr.write("modelyard replica: worker %d died (%s)\n" % (worker.pid, how_ended(worker.status)))
            pool.kill_hung()
            failure = loaded.ended() if loaded is not None else None
            if failure is not None:
                self._die(pool, failure)
            if not wakeups.stop_asked and pool.fork_missing():
                self._mention(states.READY)

    def _die(self, pool: Pool, failure: Failure) -> NoReturn:
        """End, for another replica to be started in its place: what its workers answer with has ended."""
        sys.stderr.write(failure.traceback)
        _unlink(self._spec.sockets)
        pool.kill()
        self._mention(states.DIED, failure)
        self._leave(1)

    def _drain(self, pool: Pool, wakeups: Wakeups) -> None:
        """Give up the sockets and wait until the workers have answered what they were asked."""
        self._mention(states.DRAINING)
        _unlink(self._spec.sockets)
        pool.let_go()
        until = time.monotonic() + self._spec.drain_timeout + _TICK
        while pool.workers and time.monotonic() < until:
            wakeups.wait(_TICK)
            pool.kill_hung()
            pool.reap()
        pool.kill()

    def _tell(self, state: str, error: Optional[Failure] = None) -> None:
        workers = self._pool.workers if self._pool else ()
        self._state = self._state._replace(state=state, workers=workers, error=error, time=time.time())
        states.write_state(self._spec.state_file, self._state)

    def _mention(self, state: str, error: Optional[Failure] = None) -> None:
        """Tell a state where that can be: on a full disk the requests count, and what is told is not waited for."""
        try:
            self._tell(state, error)
        except OSError as why:
            sys.stderr.write("modelyard replica: the state %s could not be written: %s\n" % (state, why))

    def _fail(self, error: Failure) -> NoReturn:
        sys.stderr.write(error.traceback)
        self._mention(states.FAILED, error)
        self._leave(1)

    def _stop_loading(self, *_: object) -> NoReturn:
        """End at once: nobody has been served yet."""
        self._mention(states.STOPPED)
        self._leave(0)

    def _load_timed_out(self, stack: str) -> None:
        message = "load_model() took longer than %g seconds." % self._spec.load_timeout
        text = "Where it was then (most recent call last):\n%sTimeoutError: %s\n" % (stack, message)
        sys.stderr.write(text)
        _unlink(self._spec.sockets)
        self._mention(states.FAILED, Failure("TimeoutError", message, text))

    def _leave(self, status: int) -> NoReturn:
        """End the process without waiting for threads that the model's code started."""
        _unlink(self._spec.sockets)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


def _listen(path: str) -> socket.socket:
    _unlink([path])
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(path)
    os.chmod(path, 0o600)
    sock.listen(_BACKLOG)
    return sock


def _unlink(paths: Sequence[str]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _take_stdin() -> int:
    """Keep standard input, whose end says that the owner has gone, from the model's code."""
    kept = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return kept


def _answered(ping: Ping) -> bool:
    try:
        return ping.answered()
    except OSError:  # its worker died: told by its end, not by this
        return False
