"""The loop that keeps every STREAM_ONLY deployment flowing, in a thread of the service beside the reconciler."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from modelyard.database.engine import Database
from modelyard.gateway.routes import RoutesFile
from modelyard.lifecycle import DeploymentState
from modelyard.pump.flow import Flow
from modelyard.pump.tables import Tables
from modelyard.resources.routes import DeploymentRoute, Routes
from modelyard.streaming.arrivals import Arrivals

LOOK = 0.05
"""How often to look at the routes, in seconds."""

_log = logging.getLogger(__name__)

_FLOWING = frozenset({DeploymentState.ACTIVE, DeploymentState.UPDATING, DeploymentState.NEEDS_ATTENTION})


class Pump:
    """Answer the messages of STREAM_ONLY deployments.

    It knows of them by the routes, as the gateway does, and remembers nothing: where a deployment is in its streams
    stands in its group.

    Args:
        database: Where streams are.
        routes_file: What the gateway routes by.
        arrivals: Tells of new messages.
        clock: The time, with its zone.
    """

    def __init__(
        self, database: Database, routes_file: Path, *, arrivals: Arrivals, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._routes = RoutesFile(routes_file)
        self._arrivals = arrivals
        self._clock = clock
        self._stopped = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._followed: Routes | None = None
        self._flows: dict[str, Flow] = {}
        arrivals.listen(self._arrived)

    def stop(self) -> None:
        """Let ``run`` return soon; what is not answered then is answered by whoever comes next."""
        self._stopped.set()

    def run(self) -> None:
        """Answer until ``stop``."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopped.is_set():
                self._routes.refresh()
                try:
                    await self._follow(self._routes.routes)
                except Exception:
                    _log.exception("the routes could not be followed; it is tried again")
                await asyncio.sleep(LOOK)
        finally:
            self._loop = None
            for flow in self._flows.values():
                await flow.close()

    def _arrived(self, stream_id: str, partitions: Collection[int]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has ended this moment, and nobody has to know
                loop.call_soon_threadsafe(self._pass_on, stream_id, partitions)

    def _pass_on(self, stream_id: str, partitions: Collection[int]) -> None:
        for flow in self._flows.values():
            flow.arrived(stream_id, partitions)

    async def _follow(self, routes: Routes) -> None:
        if routes is self._followed:
            return
        flowing = {id: route for id, route in routes.deployments.items() if _flows(route)}
        for id in [id for id, flow in self._flows.items() if id not in flowing or flowing[id].streams != flow.streams]:
            await self._flows.pop(id).close()
        for id, route in flowing.items():
            if id not in self._flows:
                assert route.streams is not None
                tables = Tables(self._database, self._arrivals, clock=self._clock, deployment_id=id)
                self._flows[id] = Flow(id, route.streams, tables=tables)
            self._flows[id].follow(route)
        self._followed = routes


def _flows(route: DeploymentRoute) -> bool:
    return route.streams is not None and (route.state in _FLOWING or bool(route.replicas))
