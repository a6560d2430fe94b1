"""The service's process: the REST API and the reconciler. ``python -m modelyard.server.main``."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import uvicorn

from modelyard.database.migrate import migrate
from modelyard.deployments.artifact_cache import ArtifactCache
from modelyard.deployments.local_driver import LocalDriver
from modelyard.deployments.reconciler import Reconciler
from modelyard.deployments.routing import RouteTable
from modelyard.errors import ModelyardError
from modelyard.objectstore.folder import FolderBlobs
from modelyard.server.app import build_app, operations
from modelyard.server.installation import Installation, load
from modelyard.server.services import add_default_project, assemble
from modelyard.settings import Settings, from_environ, inherited_environ
from modelyard.wire.signing import Verifier

log = logging.getLogger("modelyard.server")


def main() -> int:
    """Serve until told to stop; return the exit status."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        settings = from_environ()
        serve(settings, load(settings))
    except ModelyardError as error:
        log.error("%s", error)  # noqa: TRY400 - it says what to do; where it was raised helps nobody
        return 1
    return 0


def serve(settings: Settings, installation: Installation) -> None:
    """Serve a home's REST API on its Unix socket, and keep its deployments as they are wanted."""
    news = threading.Event()
    services = assemble(settings, installation, clock=_now, wake=news.set)
    migrate(services.database)
    add_default_project(services, installation)
    services.artifacts.sweep()
    cache = ArtifactCache(settings.artifacts, FolderBlobs(settings.blobs))
    driver = LocalDriver(settings, cache, environ=inherited_environ())
    routes = RouteTable(settings.routes_file, keys={installation.key_id: installation.public_key})
    reconciler = Reconciler(services.database, driver, routes, clock=_now, news=news, tidy=cache.sweep)
    verifier = Verifier({installation.key_id: installation.public_key}) if settings.verify_signatures else None
    app = build_app(operations(services), verifier=verifier, user_id=installation.user_id)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )
    with _listening(settings.service_socket) as listener, _running(reconciler):
        log.info("serving home=%s socket=%s", settings.home, settings.service_socket)
        _Server(config).run(sockets=[listener])
    driver.close()
    services.database.close()


class _Server(uvicorn.Server):
    """Stop on a signal, and leave what follows to us: uvicorn's own would end the process with it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _running(reconciler: Reconciler) -> Iterator[None]:
    thread = threading.Thread(target=reconciler.run, name="reconciler")
    thread.start()
    try:
        yield
    finally:
        reconciler.stop()
        thread.join()


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Give a listening socket that takes the place of an older one at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(beside))
        beside.chmod(0o600)
        listener.listen(1024)
        beside.replace(path)
        yield listener


def _now() -> datetime:
    return datetime.now(timezone.utc)


if __name__ == "__main__":
    sys.exit(main())
