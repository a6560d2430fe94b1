"""A deployment as the service has it: how it stands, what it predicts, and what its logs say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from modelyard.errors import Conflict, IncorrectState, NotFound, ServiceUnavailable, UsageError
from modelyard.lifecycle import DeploymentState
from modelyard.model.deployment.deployment_answer import infrastructure_of, runtime_of_seen
from modelyard.model.deployment.deployment_logs import DeploymentLogs, LogEntry, logs_named
from modelyard.model.deployment.drafted_deployment import DraftedDeployment
from modelyard.model.deployment.prediction import Prediction, prediction_of
from modelyard.model.deployment.state import State
from modelyard.model.failures import ModelDeploymentPredictError
from modelyard.model.request_data import JSON, Body, body_of
from modelyard.resources import deployment as nouns

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self, Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.deployment.drafted_deployment import DeploymentFields
    from modelyard.model.serde.common import Serializer

_SERVES = {State.ACTIVE, State.UPDATING, State.NEEDS_ATTENTION}


class ServedDeployment(DraftedDeployment):
    """Be a deployment that the service has or is to have, as it was last seen; :meth:`sync` looks again."""

    def __init__(
        self,
        spec: Mapping[str, object] | None = None,
        *,
        client: DataScienceClient | None = None,
        resource: nouns.ModelDeployment | None = None,
        auth: Auth | None = None,
        **kwargs: Unpack[DeploymentFields],
    ) -> None:
        super().__init__(spec, **kwargs)
        self.auth = auth
        self._resource: nouns.ModelDeployment | None = None
        if client is not None:
            self.client = client
        if resource is not None:
            self._as_seen(resource)

    @cached_property
    def client(self) -> DataScienceClient:
        """Who talks to the service for this deployment; made at the first use."""
        from modelyard.model.connection import client_of

        return client_of(self.auth)

    @property
    def model_deployment_id(self) -> str | None:
        """The OCID; None before it is deployed."""
        return self.id

    @property
    def url(self) -> str:
        """The address; ``<url>/predict`` predicts. Empty before it is deployed."""
        return self.model_deployment_url or ""

    @property
    def state(self) -> DeploymentState | State:
        """The state as it was last seen; ``State.UNKNOWN`` before it is deployed."""
        return self._resource.lifecycle_state if self._resource is not None else State.UNKNOWN

    @property
    def status(self) -> DeploymentState | State:
        """The same as :attr:`state`."""
        return self.state

    @property
    def lifecycle_state(self) -> str:
        """The state as it was last seen, as text."""
        return str(self.state.value)

    @property
    def model_id(self) -> str | None:
        """The model that is served; None where it is a group of models, or nothing yet."""
        details = self._resource.model_deployment_configuration_details if self._resource is not None else None
        if details is None or isinstance(details, nouns.ModelGroupDeploymentConfigurationDetails):
            return None
        return details.model_configuration_details.model_id

    @property
    def resource(self) -> nouns.ModelDeployment:
        """All that the service said of it; raise ValueError before it is deployed."""
        if self._resource is None:
            raise UsageError("The deployment is not there yet: call deploy() first.")
        return self._resource

    def sync(self) -> Self:
        """Look again how the deployment stands; return it. What was said and not told the service is forgotten.

        Raises:
            ValueError: It is not deployed.
        """
        id = self._deployed_id()
        return self._as_seen(self.client.get_model_deployment(id))

    def environment(self) -> nouns.EnvironmentConfigurationDetails | None:
        """Ask the service for what the model runs in now: an environment with variables, or a container."""
        configuration = self.sync().resource.model_deployment_configuration_details
        return configuration.environment_configuration_details if configuration is not None else None

    # ── prediction ───────────────────────────────────────────────────────────────────────────────────────────────────

    def predict(
        self,
        json_input: object = None,
        data: object = None,
        serializer: Serializer | None = None,
        auto_serialize_data: bool = False,
        model_name: str | None = None,
        model_version: str | None = None,
        *,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, object]:
        """Return the answer to one request: one signed POST, nothing else.

        Args:
            json_input: What JSON holds, or JSON as bytes.
            data: The same, or bytes of any kind; in place of ``json_input``.
            serializer: How data is sent that JSON does not hold.
            auto_serialize_data: Whether DataFrames, arrays and the like are sent so that they arrive as they are.
            model_name: Which model answers, where there are several.
            model_version: Which version of it.
            content_type: What the body is said to be.
            headers: More headers.

        Raises:
            ModelDeploymentPredictError: The deployment does not serve.
            PredictionFailed: The model's own code raised.
            ValueError: There is no data, or twice, or a version without a model.
            TypeError: The data is nothing that JSON holds, and ``auto_serialize_data`` is False.
        """
        if (json_input is None) == (data is None):
            raise UsageError("Give the data once: data=…, or json_input=….")
        if model_version is not None and model_name is None:
            raise UsageError(f"model_version={model_version!r} is of which model? Give model_name too.")
        named = {"model-name": model_name, "model-version": model_version}
        body = _body(json_input, data, serializer, auto_serialize_data=auto_serialize_data, content_type=content_type)
        all_headers = {**{name: value for name, value in named.items() if value is not None}, **(headers or {})}
        return self.ask(body.content, content_type=body.content_type, headers=all_headers or None).value

    def ask(self, body: bytes, *, content_type: str = JSON, headers: dict[str, str] | None = None) -> Prediction:
        """Return the answer to one request, with what made it; raises as :meth:`predict` does."""
        if not self.url:
            raise ModelDeploymentPredictError(State.UNKNOWN.value)
        try:
            answer = self.client.predict(self.url, body, content_type=content_type, headers=headers)
        except (NotFound, Conflict, IncorrectState, ServiceUnavailable) as error:
            state = self.sync().state
            if state in _SERVES:
                raise
            raise ModelDeploymentPredictError(state.value) from error
        return prediction_of(answer)

    # ── logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def access_log(self) -> DeploymentLogs:
        """The log of requests; raise LogNotConfiguredError where there is none."""
        return self.logs("access")

    @property
    def predict_log(self) -> DeploymentLogs:
        """The log of what the model prints; raise LogNotConfiguredError where there is none."""
        return self.logs("predict")

    def logs(self, log_type: str | None = None) -> DeploymentLogs:
        """Return the logs of a type, ``access`` or ``predict``; both by default.

        Raises:
            LogNotConfiguredError: The deployment writes no such log.
            ValueError: There is no such type, or it is not deployed.
        """
        said = self.resource.category_log_details or nouns.CategoryLogDetails()
        return DeploymentLogs(
            self.client.transport,
            source=self.resource.id,
            compartment_id=self.resource.compartment_id,
            logs=logs_named(log_type, access=said.access, predict=said.predict),
        )

    def show_logs(
        self,
        time_start: datetime | None = None,
        time_end: datetime | None = None,
        limit: int = 100,
        log_type: str | None = None,
    ) -> pd.DataFrame:
        """Return entries of the logs as a table, the newest first.

        Args:
            time_start: Those from then on; by default of the last fourteen days.
            time_end: Those until then; by default until now.
            limit: How many at most.
            log_type: Of which log; by default of both.

        Raises:
            LogNotConfiguredError: The deployment writes no such log.
        """
        import pandas as pd

        found = self.logs(log_type).search(time_start=time_start, time_end=time_end, limit=limit)
        columns = ("id", "type", "message", "time")
        return pd.DataFrame([[getattr(entry, name) for name in columns] for entry in found], columns=pd.Index(columns))

    def watch(
        self,
        log_type: str | None = None,
        time_start: datetime | None = None,
        interval: float = 3,
        log_filter: str | None = None,
    ) -> Self:
        """Print entries of the logs as they come, until the deployment is no longer about to change; return it.

        Args:
            log_type: Of which log; by default of both.
            time_start: Those from then on; by default from now on.
            interval: How long to wait between two looks, in seconds.
            log_filter: A condition of the query language: ``data.status >= 500``.

        Raises:
            LogNotConfiguredError: The deployment writes no such log.
        """
        passing = {State.CREATING, State.UPDATING, State.DELETING}
        logs = self.logs(log_type)
        for entry in logs.stream(
            interval=interval,
            stop_condition=lambda: self.sync().state not in passing,
            time_start=time_start,
            log_filter=log_filter,
        ):
            self._tell(entry)
        return self

    def _tell(self, entry: LogEntry) -> None:
        print(entry)

    # ── what was seen ────────────────────────────────────────────────────────────────────────────────────────────────

    def _as_seen(self, resource: nouns.ModelDeployment) -> Self:
        self._resource = resource
        for name in (
            *("id", "created_by", "display_name", "description", "freeform_tags", "defined_tags"),
            *("model_deployment_url", "lifecycle_details", "time_created"),
        ):
            self.set_spec(name, getattr(resource, name))
        self.set_spec("infrastructure", infrastructure_of(resource))
        return self.set_spec("runtime", runtime_of_seen(resource))

    def _deployed_id(self) -> str:
        if self.id is None:
            raise UsageError("The deployment is not there yet: call deploy() first.")
        return self.id


def _body(
    json_input: object,
    data: object,
    serializer: Serializer | None,
    *,
    auto_serialize_data: bool,
    content_type: str | None,
) -> Body:
    if isinstance(json_input, bytes):
        return Body(json_input, content_type or JSON)
    given = data if json_input is None else json_input
    if serializer is not None and not isinstance(given, bytes):
        given, auto_serialize_data = serializer.serialize(given), False
    return body_of(given, auto_serialize_data=auto_serialize_data, content_type=content_type)
