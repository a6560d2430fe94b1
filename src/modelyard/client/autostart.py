"""Start the service of this machine when a client needs it, nothing is configured and nothing runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.client.profile import Installation, read_installation
from modelyard.client.reachability import is_listening
from modelyard.errors import ServiceUnreachable
from modelyard.settings import Settings

_DEADLINE = 90.0
_PAUSE = 0.05


def ensure_running(settings: Settings, *, tell: Callable[[str], None] | None = None) -> Installation:
    """Return the home's installation, once its service listens; start it where it does not.

    Args:
        settings: The environment, without an endpoint.
        tell: Takes the one line that says what is done; by default it goes to stderr.

    Raises:
        ServiceUnreachable: Starting it is forbidden, or did not work.
    """
    running = _running(settings)
    if running is not None:
        return running
    if not settings.autostart:
        raise ServiceUnreachable(
            f"No service runs for {settings.home}, and MODELYARD_AUTOSTART forbids to start one: run `modelyard up`."
        )
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is in it is nobody else's to read
    settings.run.mkdir(mode=0o700, exist_ok=True, parents=True)
    with _alone(settings.run / "autostart.lock"):
        return _running(settings) or _start(settings, tell or _to_stderr)


def _running(settings: Settings) -> Installation | None:
    """Return the installation of a home whose own service listens; another's may have its port by now."""
    installation = read_installation(settings)
    if installation is None or not _is_held(settings.home / "lock"):
        return None
    return installation if is_listening(installation.endpoint) else None


def _is_held(lock_file: Path) -> bool:
    import fcntl

    try:
        with lock_file.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _start(settings: Settings, tell: Callable[[str], None]) -> Installation:
    tell(f"modelyard: no service is running; starting one in the background (state in {settings.home}).")
    settings.logs.mkdir(parents=True, exist_ok=True)
    log = settings.logs / "autostart.log"
    with log.open("wb") as output:
        # The command inherits everything but the home, which a caller may have set in code.
        started = subprocess.Popen(
            [sys.executable, "-m", "modelyard", "up", "--detach"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "MODELYARD_HOME": str(settings.home)},
        )
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        ended = started.poll()
        running = _running(settings) if ended in {None, 0} else None
        if running is not None and ended is not None:
            return running
        if ended:
            raise ServiceUnreachable(f"The service did not start: {_end_of(log)}\nRun `modelyard up` to see more.")
        time.sleep(_PAUSE)
    started.terminate()
    started.wait()
    raise ServiceUnreachable(f"The service does not answer after {_DEADLINE:.0f} s: see {log}, or run `modelyard up`.")


def _end_of(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-5:]) or "it said nothing."


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _alone(lock_file: Path) -> Iterator[None]:
    import fcntl

    with lock_file.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
