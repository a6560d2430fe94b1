"""Every route of the service in one list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.catalog import rest as catalog
from modelyard.deployments import rest as deployments
from modelyard.errors import RouteNotFound
from modelyard.identity import rest as identity
from modelyard.logs import rest as logs
from modelyard.objectstore import rest as object_storage
from modelyard.search import rest as search
from modelyard.server import documents
from modelyard.server.endpoint import Endpoint
from modelyard.server.middleware import Faults
from modelyard.server.raw_routes import RawRouter
from modelyard.server.services import Services
from modelyard.streaming import rest as streaming
from modelyard.wire.operation import DATA_SCIENCE, Operation
from modelyard.wire.signing import Verifier
from modelyard.workrequests import rest as work_requests

BASE_PATH = DATA_SCIENCE


def operations(services: Services) -> list[Operation]:
    """Return the route table, in the order in which it is documented."""
    table = [
        *catalog.operations(services.catalog, services.transfers, services.references),
        *deployments.operations(services.deployments),
        *work_requests.operations(services.database, cancel=services.transfers.cancel),
        *object_storage.operations(services.object_storage),
        *streaming.operations(services.streaming),
        *logs.operations(services.logging),
        *search.operations(services.resources),
        *identity.operations(services.identity),
    ]
    return [*table, *documents.operations(table, endpoint=services.endpoint)]


def build_app(table: Sequence[Operation], *, verifier: Verifier | None, user_id: str) -> ASGIApp:
    """Return the ASGI app of a route table; without a verifier every request counts as the user's."""

    def by_path(operation: Operation) -> tuple[str, str]:
        return operation.base_path, operation.path

    routes, raw_routes = [], {}
    for (base_path, path), rows in groupby(sorted(table, key=by_path), by_path):
        endpoint = Endpoint(list(rows), verifier=verifier, user_id=user_id)
        if base_path == object_storage.BASE_PATH:
            raw_routes[path] = endpoint
        else:
            routes.append(Route(base_path + path, endpoint))
    router = Router(routes, default=_nowhere, redirect_slashes=False)
    return Faults(RawRouter(raw_routes, default=router))


async def _nowhere(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RouteNotFound(f"There is no operation at {scope['path']}.")
