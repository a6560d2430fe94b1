"""One deployment of several models: each an endpoint of its own, and the names by which requests ask for them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from modelyard.errors import MissingParameter, NotFound, WireError
from modelyard.gateway.endpoint import Endpoint
from modelyard.resources.routes import DeploymentRoute

HEADERS = ("model-ocid", "inference-key", "model-name")
"""The headers that may name a model; the first that a request has counts."""

_MOST_LISTED = 50


class Group:
    """Find the endpoint of the model that a request means."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        """By model."""

        self._names: Mapping[str, str] = {}
        self._default: str | None = None

    def find(self, fields: Mapping[str, str]) -> Endpoint | None:
        """Return the endpoint of the model that a request's headers name; None where there is none."""
        name = asked(fields)
        model_id = self._default if name is None else self._names.get(name)
        return None if model_id is None else self.endpoints.get(model_id)

    def refusal(self, fields: Mapping[str, str]) -> WireError:
        """Return what is wrong with headers that name no model of the deployment."""
        there = ", ".join(sorted(self._names)[:_MOST_LISTED])
        if len(self._names) > _MOST_LISTED:
            there += f" and {len(self._names) - _MOST_LISTED} more"
        name = asked(fields)
        if name is None:
            return MissingParameter(
                f"This deployment has several models: name one in the header {HEADERS[0]} or {HEADERS[1]}. "
                f"There are {there}."
            )
        return NotFound(f"The deployment has no model {name[:255]!r}; there are {there}.")

    def follow(self, route: DeploymentRoute) -> list[Endpoint]:
        """Take over what the routes say; return the endpoints of models that are there no more."""
        self._names, self._default = route.models, route.default_model_id
        models = set(route.models.values())
        for model_id in models - self.endpoints.keys():
            endpoint = self.endpoints[model_id] = Endpoint()
            endpoint.empty_since = time.monotonic()
        gone = [self.endpoints.pop(model_id) for model_id in self.endpoints.keys() - models]
        for model_id, endpoint in self.endpoints.items():
            endpoint.follow(route.state, replicas=sum(replica.model_id == model_id for replica in route.replicas))
        return gone

    def take_over(self, gone: Endpoint) -> None:
        """Let calls that wait for a model which left go to the one that has its name now, or say that none has."""
        while (call := gone.next_call()) is not None:
            endpoint = self.find(call.fields)
            if endpoint is None:
                call.fail(self.refusal(call.fields))
            elif endpoint.refusal is not None:
                call.fail(endpoint.refusal)
            else:
                endpoint.submit(call)


def asked(fields: Mapping[str, str]) -> str | None:
    """Return the name of the model that a request's headers ask for; None where they name none."""
    return next((fields[header] for header in HEADERS if fields.get(header)), None)
