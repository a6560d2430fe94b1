"""What all connections of one gateway process share, what it does at intervals, and how it stops."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from modelyard.gateway.answers import Answers
from modelyard.gateway.certificate import Certificate
from modelyard.gateway.fleet import Fleet
from modelyard.gateway.predict import Predictions
from modelyard.settings import Settings

ROUTES_INTERVAL = 0.02
SWEEP_INTERVAL = 0.25

IDLE_GRACE = 2.0
"""How long idle connections are kept while draining: a request that is on its way then is still answered."""


class Connection(Protocol):
    """Be what the door keeps an eye on."""

    closing: bool
    """Whether the answer in the making must be the connection's last."""

    @property
    def busy(self) -> bool:
        """Whether something is under way."""

    def close(self) -> None:
        """Close."""

    def sweep(self, now: float) -> None:
        """Close where nothing has moved for too long."""


class Door:
    """Be a gateway process: its routes, its clients, its clock."""

    def __init__(self, settings: Settings) -> None:
        self.answers = Answers()
        self.fleet = Fleet(settings.routes_file)
        self.predictions = Predictions(fleet=self.fleet, settings=settings, answers=self.answers)
        self.service = str(settings.service_socket)
        self.certificate = Certificate(settings.certificate_file)
        self.tunnels = settings.tunnel
        self.connections: set[Connection] = set()
        self.draining = False
        self.now = time.monotonic()
        self._drain_timeout = settings.drain_timeout

    async def follow_routes(self) -> None:
        """Look at the routes for as long as the process lives."""
        while True:
            self.fleet.refresh()
            await asyncio.sleep(ROUTES_INTERVAL)

    async def sweep(self) -> None:
        """Fail what takes too long and renew the date, for as long as the process lives."""
        while True:
            self.now = time.monotonic()
            self.answers.tick()
            self.fleet.sweep(self.now)
            self.predictions.sweep(self.now)
            for connection in list(self.connections):
                connection.sweep(self.now)
            await asyncio.sleep(SWEEP_INTERVAL)

    async def drain(self) -> None:
        """Answer what is in flight with ``connection: close``, wait a little for what is on its way, and let go."""
        self.draining = True
        began = time.monotonic()
        for connection in self.connections:
            connection.closing = True
        while self.connections:
            waited = time.monotonic() - began
            for connection in list(self.connections):
                if waited > self._drain_timeout or (waited > IDLE_GRACE and not connection.busy):
                    connection.close()
            await asyncio.sleep(0.05)
            if waited > self._drain_timeout + IDLE_GRACE:
                break
        self.fleet.close()
