"""The commands up, down and status: the service of this machine."""

from __future__ import annotations

import stat
import time
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, flag
from modelyard.cli.output import Section, by_name, size
from modelyard.errors import MissingDependency, ModelyardError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import ModelDeploymentSummary
    from modelyard.server.installation import Installation
    from modelyard.server.running import Running
    from modelyard.settings import Settings

NOT_RUNNING = 3
"""The exit status of `status` where nothing runs."""

_NEEDED = ("alembic", "httptools", "sqlalchemy", "starlette", "uvicorn")


def up(context: Context, given: Namespace) -> int | None:
    """Start the service."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependency(f"The service needs {', '.join(missing)}, which this Python does not have.")
    return _up_detached(context) if given.detach else _up(context)


def _up(context: Context) -> int:
    from modelyard.server.shutdown import count_replicas
    from modelyard.server.supervisor import run

    def ready(made: Installation) -> None:
        stop = "press Ctrl-C, or run `modelyard down`"
        _say_ready(context, endpoint=made.endpoint, stop=stop)

    def say(line: str) -> None:
        context.output.note(f"{datetime.now(tz=timezone.utc):%Y-%m-%dT%H:%M:%SZ} {line}")

    run(context.settings, ready=ready, say=say)
    replicas = count_replicas(context.settings)
    if replicas:
        context.output.note(
            f"Stopped. Replicas of deployed models that still run: {replicas}. `modelyard up` takes them over, "
            "`modelyard down` stops them."
        )
    return 0


def _up_detached(context: Context) -> int:
    from modelyard.server.detach import start_detached
    from modelyard.server.running import READY, describe, find_running

    before = find_running(context.settings)
    context.goes_on = (
        "The service goes on starting: `modelyard status` tells when it is ready, `modelyard down` stops it."
    )
    running = start_detached(context.settings)
    context.goes_on = None
    assert running.endpoint is not None
    if before is not None and before.state == READY and before.pid == running.pid:
        _say_running(context, running, describe(context.settings, running))
    else:
        _say_ready(context, endpoint=running.endpoint, stop="run `modelyard down`")
    return 0


def _say_ready(context: Context, *, endpoint: str, stop: str) -> None:
    values = {
        "endpoint": endpoint,
        "home": context.settings.home,
        "clients": 'eval "$(modelyard env)" points the official clients here',
        "stop": stop,
    }
    thing = {"endpoint": endpoint, "home": str(context.settings.home)}
    context.output.sections(thing, [Section("modelyard is ready", values)])


def _say_running(context: Context, running: Running, sentence: str) -> None:
    thing = {"endpoint": running.endpoint, "home": str(context.settings.home), "pid": running.pid}
    context.output.done(thing, sentence)


def down(context: Context, given: Namespace) -> None:
    """Stop the service, and the replicas unless they are to go on."""
    from modelyard.server.shutdown import stop_processes, stop_replicas

    context.goes_on = "What was asked to stop goes on stopping; `modelyard status` shows what still runs."
    processes = stop_processes(context.settings)
    replicas = 0 if given.keep_replicas else stop_replicas(context.settings)
    context.goes_on = None
    sentence = f"Nothing was running in {context.settings.home}."
    if processes or replicas:
        plural = "" if replicas == 1 else "s"
        sentence = f"Stopped: {processes} process{'' if processes == 1 else 'es'}, {replicas} replica{plural}."
    context.output.done({"processes": processes, "replicas": replicas}, sentence)


def status(context: Context, _: Namespace) -> int:
    """Show what runs."""
    from modelyard.server.leftovers import find_processes
    from modelyard.server.running import find_running
    from modelyard.server.shutdown import count_replicas

    settings = context.settings
    running = find_running(settings)
    processes = find_processes(settings)
    replicas = count_replicas(settings)
    deployments = _deployments(context) if running is not None else []
    ready = _ready_replicas(settings)
    used = _disk_use(settings)
    state = running.state if running else "STOPPED"
    thing = {
        "state": state,
        "endpoint": running.endpoint if running else None,
        "home": str(settings.home),
        "pid": running.pid if running else None,
        "processes": [{"name": process.name, "pid": process.pid} for process in processes],
        "replicas": replicas,
        "deployments": [
            {
                "id": one.id,
                "displayName": one.display_name,
                "lifecycleState": one.lifecycle_state,
                "readyReplicas": ready.get(one.id, 0),
            }
            for one in deployments
        ],
        "diskBytes": used,
    }
    context.output.sections(
        thing,
        [
            Section(f"modelyard: {state.lower()}", _service_values(settings, running)),
            Section("processes", by_name((process.name, f"pid {process.pid}") for process in processes)),
            Section("deployments", by_name((one.display_name, _served(one, ready)) for one in deployments)),
            Section("disk use", {name: size(count) for name, count in used.items()}),
        ],
    )
    if running is None:
        what = (
            f"{replicas} replicas and {len(processes)} processes are left" if replicas or processes else "Nothing runs"
        )
        context.output.note(f"{what}. `modelyard up --detach` starts the service.")
        return NOT_RUNNING
    return 0


def _service_values(settings: Settings, running: Running | None) -> dict[str, object]:
    if running is None:
        return {"home": settings.home}
    up = time.time() - running.since
    since = f"{up / 3600:.1f} hours" if up > 5400 else f"{up / 60:.0f} minutes" if up > 90 else f"{up:.0f} seconds"
    return {"endpoint": running.endpoint, "home": settings.home, "pid": running.pid, "up": since}


def _deployments(context: Context) -> list[ModelDeploymentSummary]:
    from modelyard.cli.context import Context

    # of the service in this home, whichever one the environment points clients at
    own = Context(replace(context.settings, endpoint=None, config_file=None, compartment_id=None), context.output)
    try:
        listed = own.client.list_model_deployments(own.compartment(None))
        return [one for one in listed if one.lifecycle_state != "DELETED"]
    except ModelyardError as error:  # status is what one runs when something is wrong: show the rest all the same
        context.output.note(f"warning: the deployments cannot be listed: {error.message}")
        return []
    finally:
        own.close()


def _served(deployment: ModelDeploymentSummary, ready: dict[str, int]) -> str:
    count = ready.get(deployment.id, 0)
    return f"{deployment.lifecycle_state}  {count} ready replica{'' if count == 1 else 's'}  {deployment.id}"


def _ready_replicas(settings: Settings) -> dict[str, int]:
    import msgspec

    from modelyard.resources.routes import Routes

    try:
        routes = msgspec.json.decode(settings.routes_file.read_bytes(), type=Routes)
    except (OSError, msgspec.DecodeError):
        return {}
    return {name: len(route.replicas) for name, route in routes.deployments.items()}


def _disk_use(settings: Settings) -> dict[str, int]:
    parts = {
        "database": [settings.database_file, settings.database_file.with_name(settings.database_file.name + "-wal")],
        "artifacts": [settings.blobs],
        "unpacked": [settings.artifacts],
        "logs": [settings.logs],
    }
    return {name: sum(_size(place) for place in places) for name, places in parts.items()}


def _size(place: Path) -> int:
    total = 0
    for file in [place] if place.is_file() else place.rglob("*"):
        with suppress(FileNotFoundError):  # it may go while we look
            found = file.lstat()
            total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total


COMMANDS = (
    Command(
        path=("up",),
        summary="Start the service of this machine.",
        details=(
            "The first start makes a key, a default project and an OCI-style config file in the home "
            "(MODELYARD_HOME). In the foreground it runs until Ctrl-C; deployed models go on running then, and the "
            "next start takes them over."
        ),
        example="modelyard up --detach",
        run=up,
        arguments=(flag("-d", "--detach", about="Start it in the background and return when it is ready."),),
    ),
    Command(
        path=("down",),
        summary="Stop the service and every deployed model.",
        details="Requests that are under way are answered first. The next start brings every deployment back.",
        example="modelyard down",
        run=down,
        arguments=(flag("--keep-replicas", about="Leave the models running, for the next start to take over."),),
    ),
    Command(
        path=("status",),
        summary="Show what runs, what is deployed and how much disk it uses.",
        details=f"The exit status is {NOT_RUNNING} where the service does not run.",
        example="modelyard status --output json",
        run=status,
    ),
)
