"""A model deployment: where it answers, how it stands, and what it predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from modelyard.errors import Conflict, IncorrectState, InternalServerError, NotFound, ServiceUnavailable
from modelyard.lifecycle import DeploymentState
from modelyard.model.failures import NotActiveDeploymentError
from modelyard.resources import deployment as nouns

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.waiters import Watcher


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Be what made a prediction."""

    model_id: str | None
    artifact: str | None
    """The digest of the artifact's bytes: ``sha256:…``."""

    environment: str | None
    git_commit: str | None
    request_id: str | None


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Be a prediction and what made it."""

    value: dict[str, object]
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Say how to wait for an operation; times in seconds, negative for ever."""

    max_wait_time: float = 1200
    poll_interval: float = 10
    watcher: Watcher | None = None


class ModelDeployment:
    """Be a deployment as it was last seen; :meth:`sync` looks again.

    Args:
        client: Who talks to the service.
        resource: The deployment as the service told it.
    """

    def __init__(self, *, client: DataScienceClient, resource: nouns.ModelDeployment) -> None:
        self._client = client
        self._resource = resource

    @classmethod
    def from_id(cls, model_deployment_id: str, *, client: DataScienceClient) -> ModelDeployment:
        """Return a deployment by its OCID."""
        return cls(client=client, resource=client.get_model_deployment(model_deployment_id))

    @property
    def model_deployment_id(self) -> str:
        """The OCID."""
        return self._resource.id

    @property
    def url(self) -> str:
        """The address; ``<url>/predict`` predicts."""
        return self._resource.model_deployment_url

    @property
    def display_name(self) -> str:
        """The name that people know it by."""
        return self._resource.display_name

    @property
    def state(self) -> DeploymentState:
        """The state as it was last seen."""
        return self._resource.lifecycle_state

    @property
    def lifecycle_state(self) -> str:
        """The state as it was last seen, as text."""
        return self._resource.lifecycle_state.value

    @property
    def lifecycle_details(self) -> str | None:
        """Why the state is what it is."""
        return self._resource.lifecycle_details

    @property
    def model_id(self) -> str | None:
        """The model that is served; None where it is a group of models."""
        details = self._resource.model_deployment_configuration_details
        if details is None or isinstance(details, nouns.ModelGroupDeploymentConfigurationDetails):
            return None
        return details.model_configuration_details.model_id

    @property
    def resource(self) -> nouns.ModelDeployment:
        """All that the service says of it."""
        return self._resource

    def sync(self) -> ModelDeployment:
        """Look again how the deployment stands."""
        self._resource = self._client.get_model_deployment(self.model_deployment_id)
        return self

    # ── prediction ───────────────────────────────────────────────────────────────────────────────────────────────────

    def predict(self, body: bytes, *, content_type: str = "application/json") -> dict[str, object]:
        """Return the answer to one request: one signed POST, nothing else.

        Raises:
            NotActiveDeploymentError: The deployment does not serve.
            PredictionFailed: The model's own code raised.
            WireError: The service refused the request.
        """
        return self.ask(body, content_type=content_type).value

    def ask(
        self, body: bytes, *, content_type: str = "application/json", headers: dict[str, str] | None = None
    ) -> Prediction:
        """Return the answer to one request, with what made it; raises as :meth:`predict` does."""
        try:
            answer = self._client.predict(self.url, body, content_type=content_type, headers=headers)
        except (NotFound, Conflict, IncorrectState, ServiceUnavailable) as error:
            state = self.sync().state
            if state in {DeploymentState.ACTIVE, DeploymentState.UPDATING, DeploymentState.NEEDS_ATTENTION}:
                raise
            raise NotActiveDeploymentError(state.value) from error
        value = _json_object(answer.body)
        return Prediction(
            value=value,
            origin=Origin(
                model_id=answer.headers.get("modelyard-model"),
                artifact=answer.headers.get("modelyard-artifact"),
                environment=answer.headers.get("modelyard-environment"),
                git_commit=answer.headers.get("modelyard-git-commit"),
                request_id=answer.headers.get("opc-request-id"),
            ),
        )

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def update(self, details: nouns.UpdateModelDeploymentDetails, *, wait: Wait | None = None) -> ModelDeployment:
        """Ask for a change, and wait for it where told to.

        Raises:
            WorkRequestFailed: It failed, and what was served before is served on.
        """
        return self.follow(self._client.update_model_deployment(self.model_deployment_id, details), wait=wait)

    def activate(self, *, wait: Wait | None = None) -> ModelDeployment:
        """Let an inactive deployment serve."""
        return self.follow(self._client.activate_model_deployment(self.model_deployment_id), wait=wait)

    def deactivate(self, *, wait: Wait | None = None) -> ModelDeployment:
        """Stop serving, and keep the address."""
        return self.follow(self._client.deactivate_model_deployment(self.model_deployment_id), wait=wait)

    def delete(self, *, wait: Wait | None = None) -> ModelDeployment:
        """Stop serving for good."""
        return self.follow(self._client.delete_model_deployment(self.model_deployment_id), wait=wait)

    def follow(self, work_request_id: str, *, wait: Wait | None) -> ModelDeployment:
        """Wait for a work request where told to, and look how the deployment stands then."""
        from modelyard.client.waiters import wait_for_work_request

        try:
            if wait is not None:
                wait_for_work_request(
                    self._client,
                    work_request_id,
                    max_wait_time=wait.max_wait_time,
                    poll_interval=wait.poll_interval,
                    watcher=wait.watcher,
                )
        finally:
            self.sync()
        return self

    def __repr__(self) -> str:
        return f"ModelDeployment({self.model_deployment_id!r}, {self.lifecycle_state}, {self.url!r})"


def _json_object(body: bytes) -> dict[str, object]:
    try:
        value: dict[str, object] = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise InternalServerError(f"The endpoint's answer is not JSON: {error}. It begins {body[:200]!r}.") from None
    return value
