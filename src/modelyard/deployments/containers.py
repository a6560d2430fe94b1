"""Containers of replicas: the program that runs them, what one is told, and that nothing of it is left."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from modelyard.deployments.spec import Container
from modelyard.errors import MethodNotImplemented
from modelyard.serving.container import stop_commands
from modelyard.serving.spec import ContainerSpec
from modelyard.settings import Settings

log = logging.getLogger(__name__)

_RUNTIMES = ("podman", "docker")
_REMOVED_WITHIN = 60.0
_LEAST_PROCESSORS = 0.01  # less is refused, and 0.00 would be no limit at all
_LEAST_MEMORY = 6 * 1024**2  # less is refused by docker


def runtime_of(settings: Settings) -> tuple[str, ...]:
    """Return how containers are run on this machine.

    Raises:
        MethodNotImplemented: There is no program that runs them.
    """
    said = settings.container_runtime
    if said:
        if shutil.which(said[0]) is None:
            raise MethodNotImplemented(
                f"Containers cannot be run: MODELYARD_CONTAINER_RUNTIME is {' '.join(said)!r}, and {said[0]!r} is no "
                "program here. Set it to one, such as podman, and start the service again."
            )
        return said
    for program in _RUNTIMES:
        if shutil.which(program) is not None:
            return (program,)
    raise MethodNotImplemented(
        "Containers cannot be run: neither podman nor docker is installed on this machine. Install one, or set "
        "MODELYARD_CONTAINER_RUNTIME to another that takes the same commands, and start the service again; or leave "
        "environmentConfigurationDetails out, to serve the model by its score.py."
    )


def name_of(replica_id: str) -> str:
    """Return the name of a replica's container."""
    return f"modelyard-{replica_id}"


def spec_of(
    wanted: Container, *, runtime: tuple[str, ...], replica_id: str, log_file: Path, variables: Mapping[str, str]
) -> ContainerSpec:
    """Return what a replica's server is told of its container.

    Args:
        wanted: The container.
        runtime: How it is run.
        replica_id: The replica.
        log_file: Where the replica's output goes.
        variables: What it finds in its environment.
    """
    return ContainerSpec(
        runtime=runtime,
        name=name_of(replica_id),
        image=wanted.image,
        log_file=str(log_file),
        # docker refuses more than there are
        processors=max(_LEAST_PROCESSORS, min(wanted.processors, float(os.cpu_count() or 1))),
        memory=max(_LEAST_MEMORY, wanted.memory),
        environment=dict(variables),
        entrypoint=wanted.entrypoint,
        cmd=wanted.cmd,
        server_port=wanted.server_port,
        health_check_port=wanted.health_check_port,
    )


def remove(container: ContainerSpec) -> None:
    """Leave no such container, whoever was to remove it and was killed; by the runtime that it was started with."""
    try:
        command = stop_commands(container.runtime, container.name)[-1]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_REMOVED_WITHIN, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("container=%s could not be removed: %s", container.name, error)
