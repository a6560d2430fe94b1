"""Replicas as processes on this machine. They outlive the service, and are known by their files alone."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelyard import serving
from modelyard.artifact.interpreters import checked_interpreter
from modelyard.artifact.layout import Judgement, judge
from modelyard.artifact.service_packs import packs_of
from modelyard.deployments import containers
from modelyard.deployments.artifact_cache import ArtifactCache
from modelyard.deployments.driver import Phase, Problem, Replica, ReplicaRequest, Usage
from modelyard.deployments.process_usage import total, usage_of_groups
from modelyard.deployments.replica_files import Ending, Launch, ReplicaFiles, all_files, prune_logs
from modelyard.deployments.spec import Container, Revision
from modelyard.errors import ModelyardError
from modelyard.serving.environ import replica_environ
from modelyard.serving.failure import died
from modelyard.serving.spec import ContainerSpec, ReplicaSpec, write_spec
from modelyard.serving.state import (
    DRAINING,
    FAILED,
    READY,
    STOPPED,
    ReplicaState,
    is_alive,
    last_lines,
    lock_path,
    observe,
    read_state,
)
from modelyard.settings import Settings

log = logging.getLogger(__name__)

_SERVER = Path(serving.__file__).with_name("server.py")
_AT_ONCE = 4
_KILL_AFTER = 10.0
"""How long beyond its drain timeout a replica may take to end before it is killed, in seconds."""


@dataclass(frozen=True)
class _Environment:
    python: Path
    name: str


class LocalDriver:
    """Run replicas on this machine.

    Args:
        settings: Where their files are, and their timeouts.
        cache: Unpacks artifacts.
        environ: The environment that replicas inherit from.
    """

    def __init__(self, settings: Settings, cache: ArtifactCache, *, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._cache = cache
        self._environ = dict(environ)
        self._preparing = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="prepare-replica")
        self._launching: set[str] = set()
        self._forgetting: set[str] = set()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._told_to_stop: dict[str, float] = {}
        settings.replicas.mkdir(parents=True, exist_ok=True)
        settings.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)

    def start(self, request: ReplicaRequest) -> None:
        """Begin to run a replica: unpack its artifact, judge it, start its process."""
        files = ReplicaFiles(self._settings, request.id)
        files.write_request(request)
        self._launching.add(request.id)
        self._preparing.submit(self._launch, request, files)

    def stop(self, replica_id: str) -> None:
        """Let a replica drain and end, kill it if it does not, forget it if it has."""
        files = ReplicaFiles(self._settings, replica_id)
        if replica_id in self._launching:
            return  # a moment later there is a process to stop
        if _lives(files):
            state = _state_of(files)
            if state is not None:  # else it has only just begun, and the next call finds its pid
                self._signal(files, state.pid)
            return
        child = self._children.get(replica_id)
        if child is not None and child.poll() is None:
            self._signal(files, child.pid)
            return
        self._forget(files)

    def list(self) -> list[Replica]:
        """Return every replica that has files here."""
        return [replica for files in all_files(self._settings) if (replica := self._look(files))]

    def usage(self) -> dict[str, Usage]:
        """Return what each replica uses: it leads a process group, with all that it has started but a container."""
        groups = {}
        for files in all_files(self._settings):
            state = _state_of(files)
            if state is not None and _lives(files):
                groups[files.id] = [state.pid] if state.group is None else [state.pid, state.group]
        usage = usage_of_groups({group for each in groups.values() for group in each})
        found = {id: [usage[group] for group in each if group in usage] for id, each in groups.items()}
        return {id: total(each) for id, each in found.items() if each}

    def close(self) -> None:
        """Wait for the starts that are under way; the replicas go on."""
        self._preparing.shutdown(wait=True)

    # ── starting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _launch(self, request: ReplicaRequest, files: ReplicaFiles) -> None:
        try:
            self._run(request, files)
        except ModelyardError as error:
            files.write_ending(Problem(code=error.code, message=error.message), is_final=True)
        except KeyError:
            message = f"The artifact {request.revision.artifact_digest} of model {request.revision.model_id} is gone."
            files.write_ending(Problem(code="ArtifactNotFound", message=message), is_final=True)
        except Exception as error:
            log.exception("replica=%s deployment=%s could not be started", request.id, request.deployment_id)
            problem = Problem(code="CannotStart", message=f"The replica's process could not be started: {error!r}.")
            files.write_ending(problem, is_final=False)
        finally:
            self._launching.discard(request.id)

    def _run(self, request: ReplicaRequest, files: ReplicaFiles) -> None:
        revision = request.revision
        model_folder = self._cache.folder_of(revision.artifact_digest)
        if revision.container is not None:
            self._run_container(request, files, model_folder, revision.container)
            return
        folder = self._cache.folder_of(revision.score_digest) if revision.score_digest else model_folder
        judgement = judge(folder)
        environment = self._environment(judgement)
        notes = [*judgement.warnings, f"The model runs with {environment.python}."]
        files.write_launch(Launch(headers=_headers(revision, environment=environment.name), notes=notes))
        spec = self._spec(request, files, folder)
        if revision.score_digest:
            spec = spec._replace(model_dir=str(model_folder))
        write_spec(str(files.spec), spec)
        variables = {**self._variables(request), **self._base(revision), **revision.environment_variables}
        self._children[request.id] = self._spawn(request, files, environment.python, variables)

    def _run_container(self, request: ReplicaRequest, files: ReplicaFiles, folder: Path, wanted: Container) -> None:
        """Begin to run a replica that is a container: its variables are for that alone, its server is our own."""
        container = containers.spec_of(
            wanted,
            runtime=containers.runtime_of(self._settings),
            replica_id=request.id,
            log_file=files.log(request.deployment_id),
            variables={**self._variables(request), **request.revision.environment_variables},
        )
        notes = [f"The model runs in a container of {wanted.image}."]
        files.write_launch(Launch(headers=_headers(request.revision, environment=wanted.image), notes=notes))
        write_spec(str(files.spec), self._spec(request, files, folder)._replace(container=container))
        self._children[request.id] = self._spawn(request, files, Path(sys.executable), {})

    def _spec(self, request: ReplicaRequest, files: ReplicaFiles, folder: Path) -> ReplicaSpec:
        return ReplicaSpec(
            replica_id=request.id,
            artifact_dir=str(folder),
            sockets=files.sockets(request.revision.workers),
            state_file=str(files.state),
            predict_timeout=self._settings.predict_timeout,
            load_timeout=self._settings.load_timeout,
            drain_timeout=self._settings.drain_timeout,
        )

    def _variables(self, request: ReplicaRequest) -> dict[str, str]:
        return {"MD_OCID": request.deployment_id, "MODEL_OCID": request.revision.model_id}

    def _environment(self, judgement: Judgement) -> _Environment:
        runtime = judgement.runtime
        if runtime is None or runtime.environment is None:
            return _Environment(Path(self._settings.default_python), "default")
        python = checked_interpreter(runtime.environment, packs=packs_of(self._settings))
        return _Environment(python, runtime.environment.slug or runtime.environment.path)

    def _base(self, revision: Revision) -> dict[str, str]:
        """Return how a model finds the one that it is on top of."""
        if revision.base_digest is None or revision.base_model_id is None:
            return {}
        folder = self._cache.folder_of(revision.base_digest)
        return {"BASE_MODEL_OCID": revision.base_model_id, "BASE_MODEL_FOLDER": str(folder)}

    def _spawn(
        self, request: ReplicaRequest, files: ReplicaFiles, python: Path, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        log = files.log(request.deployment_id)
        log.parent.mkdir(parents=True, exist_ok=True)
        prune_logs(self._settings, request.deployment_id)
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(python), "-X", "faulthandler", str(_SERVER), str(files.spec)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=replica_environ(self._environ, variables),
                start_new_session=True,
            )

    # ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _forget(self, files: ReplicaFiles) -> None:
        """Remove what there is of a replica; of a container first, and meanwhile its files say that it is here."""
        if files.id in self._forgetting:
            return
        container = files.read_container()
        if container is None:  # it was never told of one, and so has started none
            self._remove(files)
            return
        self._forgetting.add(files.id)
        self._preparing.submit(self._remove_container, files, container)

    def _remove_container(self, files: ReplicaFiles, container: ContainerSpec) -> None:
        try:
            containers.remove(container)
            self._remove(files)
        finally:
            self._forgetting.discard(files.id)

    def _let_end(self, files: ReplicaFiles) -> None:
        """End a replica of which it is not known for what it is: half made when a service was killed, or by another."""
        state = _state_of(files)
        if not _lives(files):
            self._forget(files)
        elif state is not None:
            self._signal(files, state.pid)

    def _remove(self, files: ReplicaFiles) -> None:
        files.remove()
        self._children.pop(files.id, None)
        self._told_to_stop.pop(files.id, None)

    def _signal(self, files: ReplicaFiles, pid: int) -> None:
        now = time.monotonic()
        told = self._told_to_stop.setdefault(files.id, now)
        if told == now:
            files.tell_to_stop()
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        elif now - told > self._settings.drain_timeout + _KILL_AFTER:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, files: ReplicaFiles) -> Replica | None:
        request = files.read_request()
        if request is None:
            self._let_end(files)
            return None
        found = self._phase(files, request)
        if found is None:
            self._forget(files)
            if files.id not in self._forgetting:
                return None
            found = Phase.DRAINING, None  # its container is being removed
        phase, ending = found
        launch = files.read_launch()
        return Replica(
            id=request.id,
            deployment_id=request.deployment_id,
            revision_id=request.revision.id,
            model_id=request.revision.model_id,
            phase=phase,
            sockets=files.sockets(request.revision.workers) if phase is Phase.READY else (),
            headers=launch.headers if launch else {},
            problem=Problem(code=ending.code, message=ending.message) if ending else None,
            ended=ending.time if ending else None,
            notes=tuple(launch.notes) if launch else (),
        )

    def _phase(self, files: ReplicaFiles, request: ReplicaRequest) -> tuple[Phase, Ending | None] | None:
        """Return how a replica stands; None where it has ended as it was told to."""
        if request.id in self._launching:
            return Phase.STARTING, None
        if ending := files.read_ending():
            if ending.is_final or not _lives(files):
                return Phase.FAILED if ending.is_final else Phase.GONE, ending
            files.forget_ending()  # written by a driver that came back before the replica had its lock
        state = _state_of(files)
        if _lives(files) and state is not None:
            is_leaving = state.state == DRAINING or files.is_told_to_stop
            phase = Phase.DRAINING if is_leaving else Phase.READY if state.state == READY else Phase.STARTING
            return (Phase.STARTING if state.state == FAILED else phase), None
        child = self._children.get(request.id)
        if child is not None and child.poll() is None:
            return Phase.STARTING, None  # it has not got as far as its lock, or is about to end
        return self._end(files, request)

    def _end(self, files: ReplicaFiles, request: ReplicaRequest) -> tuple[Phase, Ending] | None:
        if files.is_told_to_stop:
            return None
        log_file = str(files.log(request.deployment_id))
        state = observe(str(files.state), log_file)
        if state is not None and state.state == STOPPED:
            problem = Problem(code="ReplicaStopped", message="The replica was told to stop, by somebody else.")
            return Phase.GONE, files.write_ending(problem, is_final=False)
        error = state.error if state is not None else None
        if error is None:  # damaged, or it had not yet said anything
            error = died("nothing is known of its end", log=last_lines(log_file))
        words = (error.traceback or error.message).strip()
        if state is not None and state.state == FAILED:
            return Phase.FAILED, files.write_ending(Problem(code="ModelLoadFailed", message=words), is_final=True)
        return Phase.GONE, files.write_ending(Problem(code="ReplicaDied", message=words), is_final=False)


def _headers(revision: Revision, *, environment: str) -> dict[str, str]:
    """Return the response headers that say what made a prediction."""
    headers = {
        "modelyard-model": revision.model_id,
        "modelyard-artifact": revision.artifact_digest,
        "modelyard-environment": environment,
    }
    return {**headers, "modelyard-git-commit": revision.git_commit} if revision.git_commit else headers


def _state_of(files: ReplicaFiles) -> ReplicaState | None:
    return read_state(str(files.state))


def _lives(files: ReplicaFiles) -> bool:
    return is_alive(lock_path(str(files.state)))
