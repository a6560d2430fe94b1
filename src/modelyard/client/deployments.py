"""The operations on model deployments, and predict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

from modelyard.client.endpoint import Endpoint, decode, work_request_of
from modelyard.client.profile import is_loopback
from modelyard.client.transport import Answer, Request
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    ModelDeployment,
    ModelDeploymentShapeSummary,
    ModelDeploymentSummary,
    UpdateModelDeploymentDetails,
)

_PREDICT_TIMEOUT = 90.0  # the service gives up after 60 s unless told, and its answer says more than ours


@dataclass(frozen=True, kw_only=True)
class CreatedDeployment:
    """Be a deployment that was asked for, and the work request by which to follow it."""

    deployment: ModelDeployment
    work_request_id: str


class DeploymentOperations:
    """Be the operations on model deployments; all but the reading ones go on after their answer."""

    _endpoint: Endpoint

    def create_model_deployment(
        self, details: CreateModelDeploymentDetails, *, retry_token: str | None = None
    ) -> CreatedDeployment:
        """Ask for a deployment.

        Args:
            details: What it is to be.
            retry_token: Makes the same call, made again, return the same deployment.
        """
        answer = self._endpoint.create(details, "modelDeployments", retry_token=retry_token)
        return CreatedDeployment(deployment=decode(answer, ModelDeployment), work_request_id=work_request_of(answer))

    def get_model_deployment(self, model_deployment_id: str) -> ModelDeployment:
        """Return a deployment; a deleted one too."""
        return self._endpoint.get(ModelDeployment, "modelDeployments", model_deployment_id)

    def list_model_deployments(
        self,
        compartment_id: str,
        *,
        id: str | None = None,
        project_id: str | None = None,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        sort_by: Literal["timeCreated", "displayName"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        limit: int | None = None,
    ) -> Iterator[ModelDeploymentSummary]:
        """Give every deployment of a compartment that fits; ``limit`` is the size of a page."""
        query = {
            "compartment_id": compartment_id,
            "id": id,
            "project_id": project_id,
            "display_name": display_name,
            "lifecycle_state": lifecycle_state,
            "created_by": created_by,
            "sort_by": sort_by,
            "sort_order": sort_order,
            "limit": limit,
        }
        return self._endpoint.pages(ModelDeploymentSummary, "modelDeployments", query=query)

    def update_model_deployment(
        self, model_deployment_id: str, details: UpdateModelDeploymentDetails, *, if_match: str | None = None
    ) -> str:
        """Ask for a change; return the id of the work request."""
        path = ("modelDeployments", model_deployment_id)
        return work_request_of(self._endpoint.update(details, *path, if_match=if_match))

    def activate_model_deployment(self, model_deployment_id: str, *, if_match: str | None = None) -> str:
        """Ask an inactive deployment to serve; return the id of the work request."""
        path = ("modelDeployments", model_deployment_id, "actions", "activate")
        return work_request_of(self._endpoint.act(*path, if_match=if_match))

    def deactivate_model_deployment(self, model_deployment_id: str, *, if_match: str | None = None) -> str:
        """Ask a deployment to stop serving and keep its address; return the id of the work request."""
        path = ("modelDeployments", model_deployment_id, "actions", "deactivate")
        return work_request_of(self._endpoint.act(*path, if_match=if_match))

    def delete_model_deployment(self, model_deployment_id: str, *, if_match: str | None = None) -> str:
        """Ask for a deployment to be deleted; return the id of the work request."""
        return work_request_of(self._endpoint.delete("modelDeployments", model_deployment_id, if_match=if_match))

    def list_model_deployment_shapes(
        self, compartment_id: str, *, limit: int | None = None
    ) -> Iterator[ModelDeploymentShapeSummary]:
        """Give every shape that an instance may have."""
        query = {"compartment_id": compartment_id, "limit": limit}
        return self._endpoint.pages(ModelDeploymentShapeSummary, "modelDeploymentShapes", query=query)

    def predict(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one prediction request: one signed POST, and nothing else.

        Args:
            url: A deployment's OCID or its ``model_deployment_url``.
            body: The request's body.
            content_type: What the body is.
            headers: More headers, such as ``model-name``.
        """
        endpoint = self._endpoint.transport.profile.endpoint
        return self._endpoint.transport.send(
            Request(
                method="POST",
                path=predict_url(url, endpoint=endpoint),
                body=body,
                content_type=content_type,
                headers=headers,
                answer_timeout=_PREDICT_TIMEOUT,
            )
        )


def predict_url(url: str, *, endpoint: str) -> str:
    """Return the address that predicts for a deployment.

    A service that only knows itself by a loopback address is asked at the one that this client reaches it by.
    """
    if not url.startswith(("http://", "https://")):
        return f"{endpoint}/{quote(url, safe='')}/predict"
    if is_loopback(url):
        return f"{endpoint}{urlsplit(url).path.rstrip('/')}/predict"
    return f"{url.rstrip('/')}/predict"
