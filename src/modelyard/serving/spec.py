"""What a replica is told when it starts: one JSON file."""

from __future__ import annotations

import json
import os
from typing import Dict, NamedTuple, Optional, Tuple


class ContainerSpec(NamedTuple):
    """Be the container that answers in place of a score.py; it finds the artifact where OCI mounts it."""

    runtime: Tuple[str, ...]
    """How its runtime is called: the program, and what goes before the command."""

    name: str
    image: str
    log_file: str
    """Where the replica's output goes, and so the container's."""

    processors: float
    memory: int
    """How much it may use: processors' time, and bytes."""

    environment: Dict[str, str] = {}
    entrypoint: Tuple[str, ...] = ()
    cmd: Tuple[str, ...] = ()
    server_port: int = 8080
    health_check_port: int = 8080


class ReplicaSpec(NamedTuple):
    """Be a replica that is wanted; times in seconds, one listening Unix socket for each worker."""

    replica_id: str
    artifact_dir: str
    sockets: Tuple[str, ...]
    state_file: str
    predict_timeout: float = 60.0
    load_timeout: float = 600.0
    drain_timeout: float = 60.0
    share_memory: bool = True
    """Whether the model is loaded once and its workers are forked from it; else each loads its own."""

    stop_with_stdin: bool = False
    """Whether the replica stops when its standard input ends: one that belongs to the process that started it."""

    model_dir: Optional[str] = None
    """The folder of the model, where score.py in ``artifact_dir`` is that of a group: given to its load_model()."""

    container: Optional[ContainerSpec] = None


def write_spec(path: str, spec: ReplicaSpec) -> None:
    """Write a spec for a server to read."""
    container = dict(spec.container._asdict()) if spec.container else None
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dict(spec._asdict(), workers=len(spec.sockets), container=container), file)


def read_spec(path: str) -> ReplicaSpec:
    """Return the spec in a file; fields that this version does not know are left alone."""
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    known = {name: record[name] for name in ReplicaSpec._fields if name in record}
    known["sockets"] = tuple(known["sockets"])
    known["artifact_dir"] = os.path.realpath(known["artifact_dir"])
    container = known.get("container")
    if container is not None:
        words = {name: tuple(container[name]) for name in ("runtime", "entrypoint", "cmd")}
        known["container"] = ContainerSpec(**dict(container, **words))
    return ReplicaSpec(**known)
