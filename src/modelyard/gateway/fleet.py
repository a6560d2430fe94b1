"""All deployments that the routes name, and the links to their workers; kept as the routes say."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from modelyard.errors import Conflict, ServiceUnavailable
from modelyard.gateway.endpoint import Endpoint
from modelyard.gateway.group import Group
from modelyard.gateway.routes import RoutesFile
from modelyard.gateway.workers import WorkerLink
from modelyard.resources.routes import DeploymentRoute, ReplicaRoute, Routes, StreamRoute
from modelyard.wire.signing import Verifier

_log = logging.getLogger(__name__)

HOLD = 10.0
"""How long calls wait for a worker where there is none for the moment: a swap, a restart."""


class Fleet:
    """Be the routes put into practice."""

    def __init__(self, routes_file: Path) -> None:
        self._file = RoutesFile(routes_file)
        self._applied = Routes()
        self._links: dict[str, dict[str, WorkerLink]] = {}  # by deployment, by socket
        self.endpoints: dict[bytes, Endpoint] = {}
        """Of deployments of one model, by the target of their predict requests, ``/<ocid>/predict``."""

        self.groups: dict[bytes, Group] = {}
        """Deployments of several models, likewise."""

        self.access_logs: dict[str, str] = {}
        """The logs that deployments write a line for each request into, by the deployments' OCIDs."""

        self.verifier = Verifier({})

    def refresh(self) -> None:
        """Follow the routes if their file was replaced."""
        if self._file.refresh():
            self._apply(self._file.routes)

    def find(self, target: bytes, fields: Mapping[str, str]) -> Endpoint | None:
        """Return the deployment that a target names; look at the file first where it is unknown or has no worker.

        Args:
            target: What is asked.
            fields: The headers of the request, which say the model where there are several.

        Raises:
            NotFound, MissingParameter: The deployment has several models, and the headers name none of them.
        """
        endpoint = self.endpoints.get(target) or self._member(target, fields)
        if endpoint is None or not endpoint.connected:
            self.refresh()
            endpoint = self.endpoints.get(target) or self._member(target, fields)
        if endpoint is None and (group := self.groups.get(target)) is not None:
            raise group.refusal(fields)
        return endpoint

    def _member(self, target: bytes, fields: Mapping[str, str]) -> Endpoint | None:
        group = self.groups.get(target)
        return None if group is None else group.find(fields)

    def sweep(self, now: float) -> None:
        """Fail calls that have waited too long for a first worker."""
        members = (endpoint for group in self.groups.values() for endpoint in group.endpoints.values())
        for endpoint in chain(self.endpoints.values(), members):
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
        if (routes.keys, routes.issuers) != (self._applied.keys, self._applied.issuers):
            self._take_keys(routes)
        for ocid in self._applied.deployments.keys() - routes.deployments.keys():
            self._remove(ocid)
        for ocid, route in routes.deployments.items():
            if self._applied.deployments.get(ocid) != route:
                self._follow(ocid, route)
        self.access_logs = {
            ocid: route.access_log_id for ocid, route in routes.deployments.items() if route.access_log_id
        }
        self._applied = routes

    def _take_keys(self, routes: Routes) -> None:
        try:
            self.verifier = Verifier(routes.keys, issuers=routes.issuers)
        except ValueError as error:  # the deployments are followed all the same
            _log.error("the routes have a key that is none, going on with the keys before error=%s", error)

    def _follow(self, ocid: str, route: DeploymentRoute) -> None:
        if route.models:
            self._follow_group(ocid, route)
            return
        endpoint = self.endpoints.get(_target(ocid))
        if endpoint is None:
            endpoint = self.endpoints[_target(ocid)] = Endpoint()
        endpoint.follow(route.state, replicas=len(route.replicas))
        if route.streams is not None:  # its workers are for those who read its streams
            endpoint.refuse(_reads_streams(ocid, route.streams))
            return
        if not self._links.get(ocid):
            endpoint.empty_since = time.monotonic()
        self._link(ocid, {path: (endpoint, replica) for replica in route.replicas for path in replica.sockets})

    def _follow_group(self, ocid: str, route: DeploymentRoute) -> None:
        group = self.groups.setdefault(_target(ocid), Group())
        gone = group.follow(route)
        members = [(group.endpoints[one.model_id], one) for one in route.replicas if one.model_id in group.endpoints]
        self._link(ocid, {path: (endpoint, replica) for endpoint, replica in members for path in replica.sockets})
        for endpoint in gone:
            group.take_over(endpoint)

    def _link(self, ocid: str, wanted: Mapping[str, tuple[Endpoint, ReplicaRoute]]) -> None:
        """Have a link to each worker's socket, and to no others."""
        links = self._links.setdefault(ocid, {})
        for path in wanted.keys() - links.keys():
            endpoint, replica = wanted[path]
            links[path] = WorkerLink(endpoint, path, replica.headers, replica_id=replica.id)
        for path in links.keys() - wanted.keys():
            links.pop(path).retire()

    def _remove(self, ocid: str) -> None:
        for link in self._links.pop(ocid, {}).values():
            link.retire()
        endpoint, group = self.endpoints.pop(_target(ocid), None), self.groups.pop(_target(ocid), None)
        members = group.endpoints.values() if group is not None else ()
        for left in chain((endpoint,) if endpoint is not None else (), members):
            left.fail_all(ServiceUnavailable("The deployment was deleted while the request waited."))


def _reads_streams(ocid: str, streams: StreamRoute) -> Conflict:
    return Conflict(
        f"The deployment {ocid} is STREAM_ONLY: it answers no requests, but the messages of stream "
        f"{streams.inputs[0]}; put a message there."
    )


def _target(ocid: str) -> bytes:
    return b"/%b/predict" % ocid.encode("ascii")
