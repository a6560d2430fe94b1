"""All deployments that the routes name, and the links to their workers; kept as the routes say."""

from __future__ import annotations

import time
from pathlib import Path

from modelyard.errors import ServiceUnavailable
from modelyard.gateway.endpoint import Endpoint
from modelyard.gateway.routes import RoutesFile
from modelyard.gateway.workers import WorkerLink
from modelyard.resources.routes import DeploymentRoute, Routes
from modelyard.wire.signing import Verifier

HOLD = 10.0
"""How long calls wait for a worker where there is none for the moment: a swap, a restart."""


class Fleet:
    """Be the routes put into practice."""

    def __init__(self, routes_file: Path) -> None:
        self._file = RoutesFile(routes_file)
        self._applied = Routes()
        self._links: dict[str, dict[str, WorkerLink]] = {}  # by deployment, by socket
        self.endpoints: dict[bytes, Endpoint] = {}
        """By the target of their predict requests, ``/<ocid>/predict``."""

        self.verifier = Verifier({})

    def refresh(self) -> None:
        """Follow the routes if their file was replaced."""
        if self._file.refresh():
            self._apply(self._file.routes)

    def find(self, target: bytes) -> Endpoint | None:
        """Return the deployment that a target names; look at the file first where it is unknown or has no worker."""
        endpoint = self.endpoints.get(target)
        if endpoint is None or not endpoint.connected:
            self.refresh()
            endpoint = self.endpoints.get(target)
        return endpoint

    def sweep(self, now: float) -> None:
        """Fail calls that have waited too long for a first worker."""
        for endpoint in self.endpoints.values():
            if endpoint.waiting and not endpoint.connected and now - endpoint.empty_since > HOLD:
                endpoint.fail_all(
                    ServiceUnavailable(
                        f"No worker of this deployment is ready (it is {endpoint.state}). Try again in a moment."
                    )
                )

    def close(self) -> None:
        """Let go of all workers."""
        for links in self._links.values():
            for link in links.values():
                link.retire()
        self._links.clear()

    def _apply(self, routes: Routes) -> None:
        if routes.keys != self._applied.keys:
            self.verifier = Verifier(routes.keys)
        for ocid in self._applied.deployments.keys() - routes.deployments.keys():
            self._remove(ocid)
        for ocid, route in routes.deployments.items():
            if self._applied.deployments.get(ocid) != route:
                self._follow(ocid, route)
        self._applied = routes

    def _follow(self, ocid: str, route: DeploymentRoute) -> None:
        endpoint = self.endpoints.get(_target(ocid))
        if endpoint is None:
            endpoint = self.endpoints[_target(ocid)] = Endpoint()
        endpoint.follow(route.state, replicas=len(route.replicas))
        links = self._links.setdefault(ocid, {})
        if not links:
            endpoint.empty_since = time.monotonic()
        wanted = {path: replica for replica in route.replicas for path in replica.sockets}
        for path in wanted.keys() - links.keys():
            links[path] = WorkerLink(endpoint, path, wanted[path].headers)
        for path in links.keys() - wanted.keys():
            links.pop(path).retire()

    def _remove(self, ocid: str) -> None:
        for link in self._links.pop(ocid, {}).values():
            link.retire()
        endpoint = self.endpoints.pop(_target(ocid))
        endpoint.fail_all(ServiceUnavailable("The deployment was deleted while the request waited."))


def _target(ocid: str) -> bytes:
    return b"/%b/predict" % ocid.encode("ascii")
