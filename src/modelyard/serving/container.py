"""A container that answers in place of a score.py: started, found healthy, stopped; all of it through its runtime."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from typing import Dict, List, Optional, Sequence

from .failure import Failure, failure_of
from .forwarding import Forwarder, status_of
from .loading import Loaded
from .spec import ContainerSpec, ReplicaSpec

ARTIFACT = "/opt/ds/model/deployed_model"
"""Where a container finds the artifact, read-only."""

_KEEPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keeper.py")
_HEALTH = "/health"
_HEALTHY = 200
_HEALTH_WITHIN = 5.0
_SHORTEST_PAUSE = 0.05
_LONGEST_PAUSE = 0.5
_COMMAND_WITHIN = 60.0
_STOP_GRACE = 5  # whole seconds that a container has between SIGTERM and SIGKILL
_UNLOAD_WITHIN = 30.0
_TAIL = 8192
_OF_THE_RUNTIME = 125  # the exit status by which podman and docker say that they, not the container, have failed
_NO_COMMAND = frozenset((126, 127))
_KILLED = 137
_READ_BY_RUNTIMES = (
    *("ALL_PROXY", "BUILDAH", "CONTAINER", "DBUS_", "DOCKER_", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "LD_", "NO_PROXY"),
    *("NOTIFY_", "PATH", "PODMAN", "REGISTRY_AUTH", "SSH_", "SSL_CERT_", "STORAGE_", "TMPDIR", "XDG_"),
)
"""What the names of variables begin with that would change what a runtime does, if it had them itself."""


class ContainerFailed(Exception):
    """A container that did not come to serve, or serves no more."""

    __module__ = "builtins"  # so that its one line of traceback does not begin with our package


def start(container: ContainerSpec, spec: ReplicaSpec) -> Loaded:
    """Run a container and return how it answers, when it is healthy; raise ContainerFailed where it does not get so."""
    return _Run(container, spec).loaded()


def handed_over(container: ContainerSpec) -> Dict[str, str]:
    """Return the variables that a runtime finds in its own environment: whoever may list processes sees its words."""
    kept = container.environment.items()
    return {name: value for name, value in kept if not name.upper().startswith(_READ_BY_RUNTIMES)}


def run_command(container: ContainerSpec, artifact_dir: str) -> List[str]:
    """Return the command that runs a container until it ends, its output on the command's own."""
    handed = handed_over(container)
    every = container.environment.items()
    variables = [name if name in handed else "%s=%s" % (name, value) for name, value in every]
    ports = sorted({container.server_port, container.health_check_port})
    return [
        *container.runtime,
        *("run", "--rm", "--name", container.name),
        *("--no-healthcheck", "--log-driver", "none", "--security-opt", "label=disable"),
        *(("--http-proxy=false",) if _is_podman(container.runtime) else ()),
        *("--mount", "type=bind,%s,target=%s,readonly" % (_quoted("source=" + artifact_dir), ARTIFACT)),
        *("--memory", "%db" % container.memory, "--cpus", "%.2f" % container.processors),
        *(word for port in ports for word in ("--publish", "127.0.0.1::%d" % port)),
        *(word for variable in variables for word in ("--env", variable)),
        *(("--entrypoint", container.entrypoint[0]) if container.entrypoint else ()),
        container.image,
        *container.entrypoint[1:],
        *container.cmd,
    ]


def stop_commands(runtime: Sequence[str], name: str) -> List[List[str]]:
    """Return the commands after which there is no container of that name; they fail where there was none."""
    return [[*runtime, "stop", "-t", str(_STOP_GRACE), name], [*runtime, "rm", "--force", name]]


class _Run:
    """Be one container, its keeper, and what both have printed."""

    def __init__(self, container: ContainerSpec, spec: ReplicaSpec) -> None:
        self._container = container
        self._load_timeout = spec.load_timeout
        self._predict_timeout = spec.predict_timeout
        self._until = time.monotonic() + spec.load_timeout
        self._printed_from = _size(container.log_file)
        order = {
            "run": run_command(container, spec.artifact_dir),
            "stop": stop_commands(container.runtime, container.name),
            "environment": handed_over(container),
        }
        # its standard input ends when this process and all that are forked from it have gone, also by SIGKILL
        self._keeper = subprocess.Popen(
            [sys.executable, "-E", "-S", _KEEPER, container.name], stdin=subprocess.PIPE, start_new_session=True
        )
        assert self._keeper.stdin is not None
        self._pipe = self._keeper.stdin
        self._pipe.write(json.dumps(order).encode("ascii") + b"\n")
        self._pipe.flush()

    def loaded(self) -> Loaded:
        """Wait until it is healthy."""
        server_port = self._published(self._container.server_port)
        health_port = server_port
        if self._container.health_check_port != self._container.server_port:
            health_port = self._published(self._container.health_check_port)
        self._wait_until_healthy(health_port)
        return Loaded(
            Forwarder(server_port, timeout=self._predict_timeout),
            self._stop,
            ended=self._ended,
            unload_within=_UNLOAD_WITHIN,
            group=_group_of(self._ask("inspect", "--format", "{{.State.Pid}}", self._container.name)),
        )

    def _published(self, port: int) -> int:
        """Return the port of this machine at which a port of the container is found, when it runs."""
        pause = _SHORTEST_PAUSE
        while True:
            found = _port_in(self._ask("port", self._container.name, "%d/tcp" % port))
            if found is not None:
                return found
            self._wait(pause, "It did not start within %g seconds." % self._load_timeout)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _wait_until_healthy(self, port: int) -> None:
        pause, said = _SHORTEST_PAUSE, "nothing"
        while True:
            try:
                status = status_of(port, _HEALTH, timeout=_HEALTH_WITHIN)
                if status == _HEALTHY:
                    return
                said = "status %d" % status
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
            where = "GET %s on its port %d" % (_HEALTH, self._container.health_check_port)
            self._wait(
                pause,
                "%s did not answer 200 within %g seconds (the last try: %s). Serve it there, on every address of the "
                "container and not its loopback alone, or set healthCheckPort." % (where, self._load_timeout, said),
            )
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _wait(self, seconds: float, complaint: str) -> None:
        """Let time pass; raise ContainerFailed where the container has ended, or has none left."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise ContainerFailed(self._story(self._end_of(self._keeper.wait(seconds))))
        if time.monotonic() > self._until:
            raise ContainerFailed(self._story(complaint))

    def _ended(self) -> Optional[Failure]:
        """Tell why it has ended; None while it runs."""
        status = self._keeper.poll()
        if status is None:
            return None
        if status < 0:  # the keeper was killed: nobody else is left to stop what it kept
            self._ask("rm", "--force", self._container.name)
        return failure_of(ContainerFailed(self._story(self._end_of(status))))

    def _stop(self) -> None:
        self._pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(_UNLOAD_WITHIN - 1.0)

    def _end_of(self, status: int) -> str:
        """Return how it ended, and what to do about that."""
        image = self._container.image
        if status == _OF_THE_RUNTIME:
            return "%s could not run the image %s. Check its name and digest, and that this machine may pull it." % (
                " ".join(self._container.runtime),
                image,
            )
        if status in _NO_COMMAND:
            return "The command of image %s could not be started: check cmd and entrypoint." % image
        if status == _KILLED:
            limit = self._container.memory / 1024**3
            return (
                "The container was killed: by somebody, or because it used more memory than its instance's %g GB; "
                "then give it a larger shape." % limit
            )
        return "The container of image %s ended with exit status %d, where it is to go on and answer on port %d." % (
            image,
            status,
            self._container.server_port,
        )

    def _story(self, what: str) -> str:
        printed = self._printed()
        return "%s\n%s" % (what, "It printed last:\n" + printed if printed else "It printed nothing.")

    def _printed(self) -> str:
        with contextlib.suppress(OSError), open(self._container.log_file, "rb") as file:
            file.seek(max(self._printed_from, _size(self._container.log_file) - _TAIL))
            return file.read().decode("utf-8", "replace").strip()
        return ""

    def _ask(self, *words: str) -> str:
        """Return what a command of the runtime prints; nothing where it fails, as it does until there is something."""
        try:
            done = subprocess.run(
                [*self._container.runtime, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_COMMAND_WITHIN,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout.decode("utf-8", "replace")


def _is_podman(runtime: Sequence[str]) -> bool:
    """Tell whether a runtime would pass on the proxies that it has itself; docker does not, and has no word for it."""
    program = itertools.takewhile(lambda word: not word.startswith("-"), runtime)
    return any(os.path.basename(word) == "podman" for word in program)


def _quoted(field: str) -> str:
    """Return a field of comma-separated ones, which may have commas itself."""
    return '"%s"' % field.replace('"', '""') if "," in field or '"' in field else field


def _group_of(text: str) -> Optional[int]:
    """Return the process group of a container's first process; None where that runs on no kernel of ours."""
    try:
        pid = int(text)
        with open("/proc/%d/mountinfo" % pid, encoding="utf-8", errors="replace") as file:
            return os.getpgid(pid) if ARTIFACT in file.read() else None
    except (OSError, ValueError):
        return None


def _port_in(text: str) -> Optional[int]:
    """Return the port in ``127.0.0.1:34567``."""
    line = text.strip().partition("\n")[0]
    number = line.rpartition(":")[2].strip()
    return int(number) if number.isdigit() else None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
