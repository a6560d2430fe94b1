"""The services whose resources write logs: the deployments' is the one here."""

from __future__ import annotations

from modelyard.resources.logging import LoggingCategory, LoggingResourceType, LoggingServiceSummary
from modelyard.resources.noun import Identifier, Noun
from modelyard.wire.operation import Call, Reply, operation


class ListServices(Noun, frozen=True, kw_only=True):
    """Be whose services are listed."""

    compartment_id: Identifier | None = None


class RegistryOperations:
    """Answer for the registry of services.

    Args:
        tenancy_id: The tenancy.
        endpoint: Where clients find the service.
    """

    def __init__(self, *, tenancy_id: str, endpoint: str) -> None:
        categories = [
            LoggingCategory(name="access", display_name="Access log: a line for each request"),
            LoggingCategory(name="predict", display_name="Predict log: what the model prints"),
        ]
        self._service = LoggingServiceSummary(
            tenant_id=tenancy_id,
            service_principal_name="datascience",
            endpoint=endpoint,
            name="Data Science",
            id="datascience",
            resource_types=[LoggingResourceType(name="modeldeployment", categories=categories)],
        )

    @operation("GET", "/v2/registry/services", query=ListServices, response=LoggingServiceSummary, is_list=True)
    def list_services(self, _call: Call) -> Reply:
        """List the services whose resources write logs."""
        return Reply(body=[self._service])
