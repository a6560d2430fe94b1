"""The service's process: the REST API and the reconciler. ``python -m modelyard.server.main``."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

import uvicorn

from modelyard.allocation import keep_freed_memory
from modelyard.artifact.service_packs import packs_of
from modelyard.database.migrate import migrate
from modelyard.deployments.artifact_cache import ArtifactCache
from modelyard.deployments.local_driver import LocalDriver
from modelyard.deployments.printed_files import PrintedFiles
from modelyard.deployments.reconciler import Reconciler
from modelyard.deployments.routing import RouteTable
from modelyard.errors import ModelyardError
from modelyard.logs.collector import Collector
from modelyard.logs.upkeep import Upkeep
from modelyard.objectstore.folder import FolderBlobs
from modelyard.pump.pump import Pump
from modelyard.server.app import build_app, operations
from modelyard.server.installation import Installation, issuers, load
from modelyard.server.published_packs import publish_packs
from modelyard.server.services import add_default_project, assemble
from modelyard.settings import Settings, from_environ, inherited_environ
from modelyard.streaming.expiry import Expiry
from modelyard.wire.signing import Verifier

log = logging.getLogger("modelyard.server")


def main() -> int:
    """Serve until told to stop; return the exit status."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    keep_freed_memory()
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
    services.catalog.sweep()
    publish_packs(
        packs_of(settings),
        database=services.database,
        blobs=FolderBlobs(settings.blobs),
        compartment_id=installation.compartment_id,
        clock=_now,
    )
    cache = ArtifactCache(settings.artifacts, services.catalog.unpack)
    driver = LocalDriver(settings, cache, environ=inherited_environ())
    keys, token_keys = {installation.key_id: installation.public_key}, issuers(settings)
    routes = RouteTable(settings.routes_file, keys=keys, issuers=token_keys)
    reconciler = Reconciler(services.database, driver, routes, clock=_now, news=news, tidy=cache.sweep)
    verifier = Verifier(keys, issuers=token_keys) if settings.verify_signatures else None
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
    background: dict[str, Background] = {
        "reconciler": reconciler,
        "transfers": services.transfers,
        "pump": Pump(services.database, settings.routes_file, arrivals=services.streaming.arrivals, clock=_now),
        "expiry": Expiry(services.database, clock=_now),
        "collector": Collector(
            services.database,
            home=settings.home,
            spool_folder=settings.spool,
            printed=PrintedFiles(services.database, settings).find,
            clock=_now,
        ),
        "upkeep": Upkeep(services.database, clock=_now),
    }
    gc.collect()
    gc.freeze()  # all this stays: a collector that went through it would hold a request up for 60 ms now and then
    with _listening(settings.service_socket) as listener, _running(background):
        log.info("serving home=%s socket=%s", settings.home, settings.service_socket)
        _Server(config).run(sockets=[listener])
    driver.close()
    services.database.close()


class Background(Protocol):
    """Be work that goes on beside the requests, in a thread of its own."""

    def run(self) -> None:
        """Work until ``stop``."""

    def stop(self) -> None:
        """Let ``run`` return soon."""


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
def _running(background: Mapping[str, Background]) -> Iterator[None]:
    threads = [threading.Thread(target=work.run, name=name) for name, work in background.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for work in background.values():
            work.stop()
        for thread in threads:
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
