"""A model deployment: said, deployed, asked, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from modelyard import ids
from modelyard.errors import UsageError
from modelyard.lifecycle import DeploymentState
from modelyard.model.deployment.deployment_request import UpdateType, changes_between
from modelyard.model.deployment.model_deployment_properties import ModelDeploymentProperties
from modelyard.model.deployment.prediction import Origin, Prediction
from modelyard.model.deployment.served_deployment import ServedDeployment
from modelyard.model.deployment.state import (
    ModelDeploymentLogType,
    ModelDeploymentType,
    ModelDeploymentUpdateType,
    State,
)
from modelyard.model.display_names import display_name
from modelyard.model.failures import LogNotConfiguredError, ModelDeploymentPredictError
from modelyard.model.progress import reported, watcher_of
from modelyard.resources import deployment as nouns

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self, Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.client.waiters import Watcher
    from modelyard.model.deployment.drafted_deployment import DeploymentFields

__all__ = [
    "LogNotConfiguredError",
    "ModelDeployment",
    "ModelDeploymentLogType",
    "ModelDeploymentPredictError",
    "ModelDeploymentProperties",
    "ModelDeploymentType",
    "ModelDeploymentUpdateType",
    "Origin",
    "Prediction",
    "State",
    "Wait",
]

# the class has a method of the name `list`
_Deployments: TypeAlias = "list[ModelDeployment]"

_GONE = {State.DELETED, State.DELETING}


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Say how to wait for an operation; times in seconds, negative for ever."""

    max_wait_time: float = 1200
    poll_interval: float = 10
    watcher: Watcher | None = None


class ModelDeployment(ServedDeployment):
    """Be a deployment: as it is to be, and once it is deployed as it was last seen; :meth:`sync` looks again.

    Args:
        properties: What it is to be, in flat properties: the older way to say it.
        config: An OCI config, in place of ``auth``.
        model_deployment_id: The OCID of one that is there already; it is asked for.
        model_deployment_url: Where one answers that is only to predict.
        spec: What it is to be, by the names of the fields or those in files (``displayName``).
        client: Who talks to the service; by default as ``auth`` says.
        resource: One that the service told of.
        auth: Who talks to the service; by default what the environment and the home say.
        kwargs: The same as the spec, by keyword.

    Raises:
        ValueError: It says something that a deployment has not.

    Example:
        >>> from modelyard.model.deployment import ModelDeploymentCondaRuntime
        >>> runtime = ModelDeploymentCondaRuntime().with_model_uri("ocid1.datasciencemodel.oc98..a")
        >>> ModelDeployment().with_display_name("wine").with_runtime(runtime).state.value
        'UNKNOWN'
    """

    def __init__(
        self,
        properties: ModelDeploymentProperties | Mapping[str, object] | None = None,
        config: Mapping[str, str] | None = None,
        model_deployment_id: str | None = None,
        model_deployment_url: str = "",
        spec: Mapping[str, object] | None = None,
        *,
        client: DataScienceClient | None = None,
        resource: nouns.ModelDeployment | None = None,
        auth: Auth | None = None,
        **kwargs: Unpack[DeploymentFields],
    ) -> None:
        said = _properties(properties)
        drafted = said.to_draft() if said is not None else None
        before = {name: drafted.get_spec(name) for name in drafted.fields} if drafted is not None else {}
        super().__init__(
            {**before, **(spec or {})},
            client=client,
            resource=resource,
            auth=auth if config is None else {"config": config},
            **kwargs,
        )
        if model_deployment_url:
            self.set_spec("model_deployment_url", model_deployment_url)
        if model_deployment_id is not None:
            found = _checked(model_deployment_id)
            self._as_seen(self.client.get_model_deployment(found))

    @classmethod
    def from_id(cls, id: str, *, client: DataScienceClient | None = None, auth: Auth | None = None) -> Self:
        """Return the deployment of an OCID.

        Args:
            id: The OCID.
            client: Who talks to the service.
            auth: The same, where there is no client.

        Raises:
            NotFound: There is no such deployment.
            ValueError: It is the OCID of something else.
        """
        made, found = cls(client=client, auth=auth), _checked(id)
        return made._as_seen(made.client.get_model_deployment(found))

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def deploy(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Serve what is said; return the deployment.

        Args:
            wait_for_completion: Whether to wait until it answers.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.

        Raises:
            ValueError: Nothing was said to be served, it is deployed already, or things do not go together.
            WorkRequestFailed: It did not come up; the message is the model's own traceback.
            WaitTimeout: It did not come up in time, and goes on trying.
        """
        if self.id is not None and self.state not in _GONE:
            raise UsageError(f"{self.id} is deployed already: update() changes it.")
        model_id = self._model_to_serve()
        if self.display_name is None:
            self.with_display_name(display_name())
        created = self.client.create_model_deployment(self.wanted(model_id=model_id, home=self.client.profile))
        self._as_seen(created.deployment)
        return self._followed("deploy", created.work_request_id, wait_for_completion, max_wait_time, poll_interval)

    def update(
        self,
        properties: ModelDeploymentProperties | nouns.UpdateModelDeploymentDetails | Mapping[str, object] | None = None,
        wait_for_completion: bool | None = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
        update_type: str = ModelDeploymentUpdateType.ZDT,
        **kwargs: Unpack[DeploymentFields],
    ) -> Self:
        """Make the deployment what is said, without a request lost; return it.

        Args:
            properties: What to change in flat properties, or as the service takes it; by default what was said.
            wait_for_completion: Whether to wait until the change holds.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            update_type: How a group of models is swapped: ``ZDT`` starts every replica anew, ``LIVE`` keeps those
                of models that are in both.
            kwargs: What to change, field by field.

        Raises:
            ValueError: It is not deployed, nothing may change so, or the change is said in two ways.
            WorkRequestFailed: The change did not hold, and what was served before is served on.
        """
        id, kind = self._deployed_id(), _update_type(update_type)
        for name, value in kwargs.items():
            self.set_spec(name, value)
        if properties is None:
            details = self._changes(kind)
            if details == nouns.UpdateModelDeploymentDetails():
                return self.sync()
        elif kwargs:
            raise UsageError(f"Say the change in one way: as properties, or as {', '.join(kwargs)}.")
        else:
            details = self._told(properties)
        request = self.client.update_model_deployment(id, details)
        return self._followed("update", request, wait_for_completion, max_wait_time, poll_interval)

    def activate(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Let an inactive deployment serve; return it. The arguments are those of :meth:`deploy`."""
        id = self._deployed_id()
        request = self.client.activate_model_deployment(id)
        return self._followed("activate", request, wait_for_completion, max_wait_time, poll_interval)

    def deactivate(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Stop serving, and keep the address; return it. The arguments are those of :meth:`deploy`."""
        id = self._deployed_id()
        request = self.client.deactivate_model_deployment(id)
        return self._followed("deactivate", request, wait_for_completion, max_wait_time, poll_interval)

    def delete(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Stop serving for good; return it. The arguments are those of :meth:`deploy`."""
        id = self._deployed_id()
        request = self.client.delete_model_deployment(id)
        return self._followed("delete", request, wait_for_completion, max_wait_time, poll_interval)

    def follow(self, work_request_id: str, *, wait: Wait | None) -> Self:
        """Wait for a work request where told to, and look how the deployment stands then.

        Raises:
            WorkRequestFailed: It failed; the message is what its errors say.
            WaitTimeout: It was not done in time, and goes on.
        """
        from modelyard.client.waiters import wait_for_work_request

        try:
            if wait is not None:
                wait_for_work_request(
                    self.client,
                    work_request_id,
                    max_wait_time=wait.max_wait_time,
                    poll_interval=wait.poll_interval,
                    watcher=wait.watcher,
                )
        finally:
            self.sync()
        return self

    def _followed(
        self, title: str, work_request_id: str, is_waited_for: bool | None, max_wait_time: float, poll_interval: float
    ) -> Self:
        with reported(title) as reporter:
            wait = Wait(max_wait_time=max_wait_time, poll_interval=poll_interval, watcher=watcher_of(reporter))
            return self.follow(work_request_id, wait=wait if is_waited_for else None)

    def _changes(self, update_type: UpdateType) -> nouns.UpdateModelDeploymentDetails:
        """Return what is said differently from what was seen."""
        before = type(self)(client=self.client, resource=self.resource)
        home = self.client.profile
        was = before.wanted(model_id=before.model_id, home=home)
        wanted = self.wanted(model_id=self._model_to_serve(), home=home)
        if update_type == ModelDeploymentUpdateType.LIVE and before.model_id is not None:
            raise UsageError("update_type='LIVE' is for groups of models; this deployment serves one model.")
        return changes_between(was, wanted, update_type=update_type)

    def _told(
        self, given: ModelDeploymentProperties | nouns.UpdateModelDeploymentDetails | Mapping[str, object]
    ) -> nouns.UpdateModelDeploymentDetails:
        if isinstance(given, nouns.UpdateModelDeploymentDetails):
            return given
        properties = _properties(given)
        assert properties is not None
        return properties.to_update_deployment(environment=self.environment)

    def _model_to_serve(self) -> str | None:
        """Return the OCID of the model that the runtime names; an artifact is saved first. None for a group."""
        runtime = self.runtime
        if runtime is None or (runtime.model_uri is None and runtime.model_group_id is None):
            raise UsageError("Say what is to be served: with_model_uri() or with_model_group_id() of the runtime.")
        if runtime.model_uri is None:
            return None
        if runtime.model_uri.startswith("ocid1."):
            return runtime.model_uri
        from modelyard.model.datascience_model import DataScienceModel

        infrastructure = self.infrastructure
        model = DataScienceModel(
            {
                "artifact": runtime.model_uri,
                "project_id": infrastructure.project_id if infrastructure else None,
                "compartment_id": infrastructure.compartment_id if infrastructure else None,
            },
            auth=cast("Auth | None", runtime.auth) or self.auth,
        )
        if runtime.auth is None:
            model.client = self.client
        model.create(
            bucket_uri=runtime.bucket_uri,
            overwrite_existing_artifact=runtime.overwrite_existing_artifact is not False,
            remove_existing_artifact=runtime.remove_existing_artifact is not False,
            region=runtime.region,
            timeout=runtime.timeout,
        )
        return model.id

    # ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def list(
        cls,
        status: str | State | None = None,
        compartment_id: str | None = None,
        project_id: str | None = None,
        *,
        display_name: str | None = None,
        created_by: str | None = None,
        auth: Auth | None = None,
    ) -> _Deployments:
        """Return the deployments of a compartment, the newest first.

        Args:
            status: Only those in a state; by default all that are not deleted.
            compartment_id: The compartment; by default the environment's, else the home's.
            project_id: Only those of a project.
            display_name: Only those of a name.
            created_by: Only those that somebody created.
            auth: Who talks to the service.

        Raises:
            ValueError: There is no such state.
        """
        from modelyard.model.connection import client_of
        from modelyard.model.version_set_choice import where_sets_are

        state, client = _state(status), client_of(auth)
        found = client.list_model_deployments(
            where_sets_are(compartment_id, client),
            project_id=project_id,
            display_name=display_name,
            created_by=created_by,
            lifecycle_state=state,
        )
        return [
            cls(client=client, auth=auth, resource=client.get_model_deployment(each.id))
            for each in found
            if status is not None or each.lifecycle_state is not DeploymentState.DELETED
        ]

    @classmethod
    def list_df(
        cls,
        status: str | State | None = None,
        compartment_id: str | None = None,
        project_id: str | None = None,
        *,
        auth: Auth | None = None,
    ) -> pd.DataFrame:
        """Return the deployments of a compartment as a table; see :meth:`list`."""
        import pandas as pd

        found = cls.list(status, compartment_id, project_id, auth=auth)
        rows = [[each.id, each.display_name, each.url, each.lifecycle_state] for each in found]
        columns = ["deployment_id", "display_name", "deployment_url", "current_state"]
        return pd.DataFrame(rows, columns=pd.Index(columns))

    def __repr__(self) -> str:
        return f"ModelDeployment({self.id!r}, {self.lifecycle_state}, {self.url!r})"


def _properties(
    given: ModelDeploymentProperties | Mapping[str, object] | None,
) -> ModelDeploymentProperties | None:
    if given is None or isinstance(given, ModelDeploymentProperties):
        return given
    return ModelDeploymentProperties(oci_model_deployment=given)


def _update_type(given: str) -> UpdateType:
    if given not in (ModelDeploymentUpdateType.ZDT, ModelDeploymentUpdateType.LIVE):
        raise UsageError(f"update_type is {given!r}; it takes ZDT or LIVE.")
    return cast("UpdateType", given)


def _state(given: str | State | None) -> str | None:
    if given is None:
        return None
    word = given.value if isinstance(given, State) else str(given).upper()
    if word not in DeploymentState.__members__:
        raise UsageError(f"status is {given!r}; it takes {', '.join(DeploymentState.__members__)}.")
    return word


def _checked(id: str) -> str:
    if not ids.is_ocid(id, ids.MODEL_DEPLOYMENT):
        raise UsageError(f"{id!r} is not the OCID of a model deployment.")
    return id
