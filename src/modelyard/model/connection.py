"""Who talks to the service for a model, and what of it is asked in more than one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.lifecycle import DeploymentState
from modelyard.model.model_properties import ModelProperties

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth


def client_of(auth: Auth | None, *, timeout: float | None = None) -> DataScienceClient:
    """Return a client of the service that is configured, or of this machine's, which is started where needed.

    Raises:
        UsageError: ``timeout`` is no number of seconds.
    """
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0):
        raise UsageError(f"timeout is {timeout!r}; it takes a number of seconds above 0.")
    from modelyard.client.connecting import connect
    from modelyard.client.transport import Timeouts

    return connect(auth=auth, timeouts=Timeouts(connect=timeout) if timeout is not None else None)


def of_client(client: DataScienceClient) -> ModelProperties:
    """Return what the service's own home says."""
    return ModelProperties(compartment_id=client.profile.compartment_id, project_id=client.profile.project_id)


def saved_id(model_id: str | None) -> str:
    """Return the id of a model in the catalog, or raise ValueError."""
    if not model_id:
        raise UsageError("The model is not in the catalog: call save() first, or pass model_id=….")
    return model_id


def delete_deployments_of(client: DataScienceClient, model_id: str) -> None:
    """Delete every deployment that serves a model, and wait until they are gone."""
    from modelyard.client.waiters import wait_for_work_request
    from modelyard.resources.deployment import ModelGroupDeploymentConfigurationDetails

    compartment_id = client.get_model(model_id).compartment_id
    gone = {DeploymentState.DELETED, DeploymentState.DELETING}
    begun = []
    for deployment in list(client.list_model_deployments(compartment_id)):
        details = deployment.model_deployment_configuration_details
        if deployment.lifecycle_state in gone or isinstance(details, ModelGroupDeploymentConfigurationDetails):
            continue
        if details is not None and details.model_configuration_details.model_id == model_id:
            begun.append(client.delete_model_deployment(deployment.id))
    for work_request_id in begun:
        wait_for_work_request(client, work_request_id)
