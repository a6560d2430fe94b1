"""Deploy, change and find deployments, from one object: the older way to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.lifecycle import DeploymentState
from modelyard.model.deployment.model_deployment import ModelDeployment
from modelyard.model.deployment.model_deployment_properties import ModelDeploymentProperties
from modelyard.model.deployment.state import State

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.deployment.model_deployment_properties import PropertyFields

__all__ = ["ModelDeployer"]


class ModelDeployer:
    """Deploy models, and find and change their deployments.

    Args:
        config: An OCI config; by default what the environment and the home say.
        ds_client: Who talks to the service, in place of a config.
    """

    def __init__(self, config: Mapping[str, str] | None = None, ds_client: DataScienceClient | None = None) -> None:
        self.config = config
        self.ds_client = ds_client

    def deploy(
        self,
        properties: ModelDeploymentProperties | Mapping[str, object] | None = None,
        wait_for_completion: bool = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
        **kwargs: Unpack[PropertyFields],
    ) -> ModelDeployment:
        """Serve what properties say; return the deployment.

        Args:
            properties: What it is to be.
            wait_for_completion: Whether to wait until it answers.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            kwargs: More properties, in place of those.

        Raises:
            ValueError: No model is named, or there is no such property.
            WorkRequestFailed: It did not come up; the message is the model's own traceback.
        """
        said = _said(properties, kwargs)
        deployment = ModelDeployment(said, self.config or said.config, client=self.ds_client)
        return deployment.deploy(wait_for_completion, max_wait_time, poll_interval)

    def deploy_from_model_uri(
        self,
        model_uri: str,
        properties: ModelDeploymentProperties | Mapping[str, object] | None = None,
        wait_for_completion: bool = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
        **kwargs: Unpack[PropertyFields],
    ) -> ModelDeployment:
        """Save an artifact and serve it; return the deployment.

        Args:
            model_uri: Where the artifact is: a path or an address. Or the OCID of a model.
            properties: What the deployment is to be.
            wait_for_completion: Whether to wait until it answers.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            kwargs: More properties, in place of those.

        Raises:
            ValueError: The properties name a model, too, or there is no such property.
            PathNotFoundError: There is no artifact at the address.
        """
        said = _said(properties, kwargs)
        if said.model_id is not None:
            raise UsageError(f"The properties name the model {said.model_id} already: leave it out, or call deploy().")
        return self.deploy(said.with_prop("model_uri", model_uri), wait_for_completion, max_wait_time, poll_interval)

    def update(
        self,
        model_deployment_id: str,
        properties: ModelDeploymentProperties | Mapping[str, object] | None = None,
        wait_for_completion: bool = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
        **kwargs: Unpack[PropertyFields],
    ) -> ModelDeployment:
        """Change what properties say of a deployment, and nothing else; return it.

        Args:
            model_deployment_id: The OCID of the deployment.
            properties: What to change.
            wait_for_completion: Whether to wait until the change holds.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            kwargs: More properties, in place of those.

        Raises:
            NotFound: There is no such deployment.
            ValueError: Nothing is to change, or there is no such property.
        """
        deployment = self.get_model_deployment(model_deployment_id)
        return deployment.update(_said(properties, kwargs), wait_for_completion, max_wait_time, poll_interval)

    def get_model_deployment(self, model_deployment_id: str) -> ModelDeployment:
        """Return the deployment of an OCID; raise NotFound where there is none."""
        return ModelDeployment.from_id(model_deployment_id, client=self.ds_client, auth=self._auth())

    def get_model_deployment_state(self, model_deployment_id: str) -> DeploymentState | State:
        """Return how the deployment of an OCID stands; raise NotFound where there is none."""
        return self.get_model_deployment(model_deployment_id).state

    def delete(
        self,
        model_deployment_id: str,
        wait_for_completion: bool = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
    ) -> ModelDeployment:
        """Delete a deployment; return it.

        Args:
            model_deployment_id: The OCID of the deployment.
            wait_for_completion: Whether to wait until it is gone.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.

        Raises:
            NotFound: There is no such deployment.
        """
        deployment = self.get_model_deployment(model_deployment_id)
        return deployment.delete(wait_for_completion, max_wait_time, poll_interval)

    def list_deployments(
        self,
        status: str | State | None = None,
        compartment_id: str | None = None,
        *,
        project_id: str | None = None,
        display_name: str | None = None,
    ) -> list[ModelDeployment]:
        """Return the deployments of a compartment; see :meth:`ModelDeployment.list`."""
        return ModelDeployment.list(status, compartment_id, project_id, display_name=display_name, auth=self._auth())

    def show_deployments(self, status: str | State | None = None, compartment_id: str | None = None) -> pd.DataFrame:
        """Return the deployments of a compartment as a table; see :meth:`ModelDeployment.list`."""
        return ModelDeployment.list_df(status, compartment_id, auth=self._auth())

    def _auth(self) -> Auth | None:
        return {"config": self.config} if self.config is not None else None


def _said(
    given: ModelDeploymentProperties | Mapping[str, object] | None, more: PropertyFields
) -> ModelDeploymentProperties:
    said = given if isinstance(given, ModelDeploymentProperties) else ModelDeploymentProperties(
        oci_model_deployment=given
    )  # fmt: skip
    for name, value in more.items():
        said.set_spec(name, value)
    return said
