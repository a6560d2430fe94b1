"""Every route of the service in one list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.catalog import rest as catalog
from modelyard.deployments import rest as deployments
from modelyard.errors import RouteNotFound
from modelyard.server.endpoint import Endpoint
from modelyard.server.middleware import Faults
from modelyard.server.services import Services
from modelyard.wire.operation import Operation
from modelyard.wire.signing import Verifier
from modelyard.workrequests import rest as work_requests

BASE_PATH = "/20190101"


def operations(services: Services) -> list[Operation]:
    """Return the route table, in the order in which it is documented."""
    return [
        *catalog.operations(services.catalog, services.artifacts),
        *deployments.operations(services.deployments),
        *work_requests.operations(services.database),
    ]


def build_app(table: Sequence[Operation], *, verifier: Verifier | None, user_id: str) -> ASGIApp:
    """Return the ASGI app of a route table; without a verifier every request counts as the user's."""

    def by_path(operation: Operation) -> str:
        return operation.path

    routes = [
        Route(BASE_PATH + path, Endpoint(list(rows), verifier=verifier, user_id=user_id))
        for path, rows in groupby(sorted(table, key=by_path), by_path)
    ]
    return Faults(Router(routes, default=_nowhere, redirect_slashes=False))


async def _nowhere(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RouteNotFound(f"There is no operation at {scope['path']}.")
