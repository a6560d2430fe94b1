"""A replica of one worker that belongs to this process: how an artifact is tried before it is deployed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from modelyard.errors import ConfigurationError, ModelLoadError, ServiceUnavailable
from modelyard.serving.environ import replica_environ
from modelyard.serving import frames
from modelyard.serving import state as states
from modelyard.serving.failure import died, how_ended
from modelyard.serving.spec import ReplicaSpec, write_spec
from modelyard.settings import inherited_environ

if TYPE_CHECKING:
    from typing_extensions import Self

SERVER = Path(__file__).with_name("server.py")

_LONGEST_FOLDER = 70  # a Unix socket's whole path may have 104 bytes (macOS), 108 on Linux
_POLL = 0.01
_STOP_WITHIN = 5.0


class Answer(NamedTuple):
    """Be what the endpoint would answer: an HTTP status, a content type and a body."""

    status: int
    content_type: str
    body: bytes


class ModelSession:
    """Load an artifact in a server of its own, the same that a deployment starts, and ask it for predictions.

    Leave it as a context manager, or call close(): nothing of it stays behind, also where the interpreter ends first.

    Args:
        artifact_dir: The folder with score.py.
        python: The interpreter of the model's environment.
        environ: Environment variables on top of what a replica inherits.
        load_timeout: How long the model may take to load, in seconds.
        predict_timeout: How long a prediction may take, in seconds.

    Raises:
        ModelLoadError: The model did not load; the message is its own traceback.
    """

    def __init__(
        self,
        artifact_dir: str | os.PathLike[str],
        *,
        python: str | os.PathLike[str],
        environ: Mapping[str, str] | None = None,
        load_timeout: float = 600.0,
        predict_timeout: float = 60.0,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="modelyard-", dir=_short_folder()))
        self._predict_timeout = predict_timeout
        self._connection: _Connection | None = None
        self._spec = ReplicaSpec(
            replica_id="session",
            artifact_dir=os.fspath(artifact_dir),
            sockets=(str(self._folder / "w"),),
            state_file=str(self._folder / "state.json"),
            predict_timeout=predict_timeout,
            load_timeout=load_timeout,
            drain_timeout=1.0,
            stop_with_stdin=True,
        )
        try:
            self._process = _start(self._folder, self._spec, python=os.fspath(python), environ=environ or {})
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._close = weakref.finalize(self, _stop, self._process, self._folder)
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def log(self) -> str:
        """What the model's code has printed so far, tracebacks of failed predictions among it."""
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / "log").read_text("utf-8", "replace")
        return ""

    def predict(self, body: bytes, content_type: str = "application/json") -> Answer:
        """Return what the endpoint would answer to this body; raise ServiceUnavailable if the worker died over it."""
        if not self._close.alive:
            raise ServiceUnavailable("The session is closed.")
        try:
            if self._connection is None:
                self._connection = _Connection(self._spec.sockets[0], timeout=self._predict_timeout + _STOP_WITHIN)
            return self._connection.ask(body, content_type)
        except OSError as error:
            self._disconnect()
            printed = self.log[-4000:].strip()
            said = f"what it printed:\n{printed}" if printed else "it printed nothing."
            raise ServiceUnavailable(f"The worker died while it answered ({error}); {said}") from error

    def close(self) -> None:
        """Stop the server and remove its files; closing twice is harmless."""
        self._disconnect()
        self._close()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _wait_until_ready(self) -> None:
        while True:
            ended = self._process.poll()
            state = states.read_state(self._spec.state_file)
            if state is not None and state.state == states.READY:
                return
            if ended is not None:
                raise _load_error(state, ended, self.log)
            time.sleep(_POLL)


class _Connection:
    """One connection to a worker, for one request at a time."""

    def __init__(self, path: str, *, timeout: float) -> None:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(timeout)
        self._sock.connect(path)
        self._decoder = frames.Decoder()
        self._asked = 0

    def ask(self, body: bytes, content_type: str) -> Answer:
        self._asked += 1
        request = frames.Frame(
            frames.PREDICT, self._asked, content_type=content_type.encode("latin-1", "replace"), body=body
        )
        self._sock.sendall(frames.encode(request))
        while True:
            data = self._sock.recv(1 << 18)
            if not data:
                raise ConnectionResetError("it closed the connection")
            for frame in self._decoder.feed(data):
                if frame.kind == frames.ANSWER and frame.id == self._asked:
                    return Answer(frame.number, frame.content_type.decode("latin-1"), frame.body)

    def close(self) -> None:
        self._sock.close()


def _short_folder() -> str | None:
    """Return where temporary folders go if the usual place makes the path of a socket too long."""
    return "/tmp" if len(tempfile.gettempdir()) > _LONGEST_FOLDER else None


def _start(folder: Path, spec: ReplicaSpec, *, python: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    spec_file = folder / "spec.json"
    write_spec(str(spec_file), spec)
    with (folder / "log").open("wb") as log:
        try:
            return subprocess.Popen(
                [python, "-X", "faulthandler", str(SERVER), str(spec_file)],
                stdin=subprocess.PIPE,  # its end tells the server that we have gone, even by SIGKILL
                stdout=log,
                stderr=subprocess.STDOUT,
                env=replica_environ(inherited_environ(), environ),
                start_new_session=True,  # Ctrl-C is for us: we stop it in order
            )
        except OSError as error:
            raise ConfigurationError(f"The interpreter {python} cannot be started: {error}.") from error


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.terminate()
    try:
        process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        # its workers are in its session, and so is what the model's code started
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)


def _load_error(state: states.ReplicaState | None, returncode: int, log: str) -> ModelLoadError:
    if state is not None and state.error is not None:
        return ModelLoadError(state.error.traceback.strip())
    return ModelLoadError(died(how_ended(-returncode if returncode < 0 else returncode << 8), log).traceback.strip())
