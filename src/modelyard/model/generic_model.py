"""Any model, from an estimator to an endpoint: the SDK's first name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

from modelyard import ids
from modelyard.errors import UsageError
from modelyard.model.catalog_model import CatalogModel
from modelyard.model.class_or_instance import class_or_instance
from modelyard.model.connection import client_of, of_client, saved_id
from modelyard.model.deploying import deployment_details, update_details
from modelyard.model.display_names import display_name
from modelyard.model.evaluator_mixin import EvaluatorMixin
from modelyard.model.failures import (
    ArtifactsNotAvailableError,
    NotActiveDeploymentError,
    RuntimeInfoInconsistencyError,
    SerializeInputNotImplementedError,
    SerializeModelNotImplementedError,
)
from modelyard.model.metadata_items import yaml_of
from modelyard.model.model_properties import DEFAULTS, from_settings, of_options, settle
from modelyard.model.new_deployment import create_deployment, follow
from modelyard.model.options import (
    DeployOptions,
    FromDeploymentOptions,
    FromIdOptions,
    PrepareSaveDeployOptions,
    UpdateDeploymentOptions,
    call_with,
    takes,
)
from modelyard.model.states import DataScienceModelType, ModelDeploymentRuntimeType, ModelState
from modelyard.model.summary_status import Facts, SummaryStatus

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.model.deployment.model_deployment import ModelDeployment, Prediction

__all__ = [
    "ArtifactsNotAvailableError",
    "DataScienceModelType",
    "FrameworkSpecificModel",
    "GenericModel",
    "ModelDeploymentRuntimeType",
    "ModelState",
    "NotActiveDeploymentError",
    "RuntimeInfoInconsistencyError",
    "SerializeInputNotImplementedError",
    "SerializeModelNotImplementedError",
    "SummaryStatus",
]


class GenericModel(CatalogModel, EvaluatorMixin):
    """Be a model of any kind on its way from an estimator to an endpoint.

    Args:
        estimator: The trained model: anything with a ``predict(data)``.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        serialize: Whether prepare() writes the estimator; otherwise its file and load_model() are the user's.
        model_save_serializer: How the estimator is written: ``cloudpickle`` unless told.

    Example:
        >>> from sklearn.dummy import DummyClassifier
        >>> model = GenericModel(DummyClassifier().fit([[0]], [1])).prepare()
        >>> model.verify([[0]])
        {'prediction': [1]}
    """

    model_deployment: ModelDeployment | None = None

    @property
    def model_deployment_id(self) -> str | None:
        """The OCID of the deployment; None before deploy()."""
        return self.model_deployment.model_deployment_id if self.model_deployment else None

    # ── deploy ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @takes(DeployOptions)
    def deploy(self, options: DeployOptions) -> ModelDeployment:  # noqa: D417 (the options' are its arguments)
        """Serve the saved model; return its deployment.

        Args:
            wait_for_completion: Whether to wait until it answers.
            display_name: The name that people know it by; by default one that is easy to remember.
            description: What people read of it.
            deployment_instance_shape: What one instance is; by default ``VM.Standard.E4.Flex``.
            deployment_instance_subnet_id: Its subnet.
            deployment_instance_private_endpoint_id: Its private endpoint.
            deployment_instance_count: How many instances; by default 1.
            deployment_bandwidth_mbps: The bandwidth of the endpoint in Mbps; by default 10.
            deployment_log_group_id: The group of both logs.
            deployment_access_log_id: The log of requests.
            deployment_predict_log_id: The log of what the model prints.
            deployment_memory_in_gbs: The memory of one instance of a flexible shape, in GB; by default 16.
            deployment_ocpus: Its OCPUs, with two copies of the model each; by default 1.
            deployment_image: A container image to run instead of the artifact's environment.
            project_id: The project to create it in.
            compartment_id: The compartment to create it in.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            freeform_tags: Tags.
            defined_tags: Tags by namespace.
            image_digest: The digest of the image.
            cmd: The image's command.
            entrypoint: The image's entrypoint.
            server_port: The port that the image answers predictions at.
            health_check_port: The port that the image answers health checks at.
            deployment_mode: ``HTTPS_ONLY``, or ``STREAM_ONLY`` for one that answers messages and no requests.
            input_stream_ids: The streams that a STREAM_ONLY deployment reads.
            output_stream_ids: The streams that it writes every answer to.
            environment_variables: Environment variables of the model's process.
            web_concurrency: How many workers one instance has.

        Raises:
            ValueError: The model is not saved, or an option cannot be honoured.
            WorkRequestFailed: It did not come up; the message is the model's own traceback.
            WaitTimeout: It did not come up in time, and goes on trying.
        """
        model_id = saved_id(self.model_id)
        details = deployment_details(
            model_id=model_id,
            settled=settle(
                of_options(options), self.properties, from_settings(self._settings), of_client(self.client), DEFAULTS
            ),
            options=options,
            display_name=display_name(),
        )
        from modelyard.model.deployment.model_deployment import ModelDeployment

        created = create_deployment(self.client, details)
        self.model_deployment = ModelDeployment(client=self.client, resource=created.deployment)
        return follow(self.model_deployment, created, options)

    @takes(PrepareSaveDeployOptions)
    def prepare_save_deploy(  # noqa: D417 (the options' are its arguments)
        self, options: PrepareSaveDeployOptions
    ) -> ModelDeployment:
        """Prepare, save and deploy in one call; every option of the three arrives where it belongs.

        Args:
            model_display_name: The model's name.
            model_description: What people read of the model.
            model_freeform_tags: The model's tags.
            model_defined_tags: The model's tags by namespace.
            deployment_display_name: The deployment's name.
            deployment_description: What people read of the deployment.
            freeform_tags: The deployment's tags.
            defined_tags: The deployment's tags by namespace.

        The rest are those of :meth:`prepare`, :meth:`save` and :meth:`deploy`, which raise what they raise there.
        """
        call_with(self.prepare, options.prepare_options())
        call_with(self.save, options.save_options())
        return call_with(self.deploy, options.deploy_options())

    # ── predict ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def predict(
        self,
        data: object = None,
        auto_serialize_data: bool = False,
        local: bool = False,
        *,
        content_type: str | None = None,
        image: object = None,
        storage_options: dict[str, object] | None = None,
    ) -> dict[str, object]:
        """Return the endpoint's answer: one signed request over a connection that is kept.

        Args:
            data: What the endpoint is sent.
            auto_serialize_data: Whether DataFrames, arrays and the like are sent so that they arrive as they are.
            local: Whether to ask the artifact on this machine instead, as verify() does.
            content_type: What the body is said to be.
            image: For frameworks that take images: one of PIL's, a path, a URI, or bytes.
            storage_options: Given to fsspec, for an image that is elsewhere.

        Raises:
            NotActiveDeploymentError: There is no deployment, or it does not serve.
            PredictionFailed: The model's own code raised.
            TypeError: The data is nothing that JSON holds, and ``auto_serialize_data`` is False.
        """
        if local:
            return self.verify(
                data,
                auto_serialize_data=auto_serialize_data,
                content_type=content_type,
                image=image,
                storage_options=storage_options,
            )
        image = self._fetched(image, storage_options)
        return self.predict_traced(
            data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image
        ).value

    def predict_traced(
        self,
        data: object = None,
        auto_serialize_data: bool = False,
        *,
        content_type: str | None = None,
        image: object = None,
    ) -> Prediction:
        """Return the endpoint's answer with what made it: model, artifact digest, environment and git commit."""
        if self.model_deployment is None:
            raise NotActiveDeploymentError("UNKNOWN")
        image = self._fetched(image)
        body = self._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
        return self.model_deployment.ask(body.content, content_type=body.content_type)

    # ── change and delete ────────────────────────────────────────────────────────────────────────────────────────────

    @class_or_instance
    @takes(UpdateDeploymentOptions)
    def update_deployment(  # noqa: D417 (the options' are its arguments)
        target: Union[type[GenericModel], GenericModel],  # noqa: N805 (the class or an instance)
        options: UpdateDeploymentOptions,
    ) -> ModelDeployment:
        """Change a deployment, without a request lost; what is not said stays as it is.

        Args:
            model_deployment_id: The deployment's OCID; on an instance its own by default.
            properties: What to change, as ModelProperties or a dictionary of them.
            wait_for_completion: Whether to wait until the change holds.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            auth: Who talks to the service.
            display_name: The name.
            description: What people read of it.
            freeform_tags: Tags.
            defined_tags: Tags by namespace.
            model_id: The model to serve from now on.
            shape_name: What one instance is.
            shape_config_details: How large one instance is: ``{"ocpus": 2, "memory_in_gbs": 32}``.
            replica: How many instances.
            bandwidth_mbps: The bandwidth of the endpoint in Mbps.
            subnet_id: Its subnet.
            private_endpoint_id: Its private endpoint.
            access_log: ``{"log_id": …, "log_group_id": …}``.
            predict_log: ``{"log_id": …, "log_group_id": …}``.
            environment_variables: Environment variables of the model's process.

        Raises:
            ValueError: There is no deployment, or nothing to change.
            WorkRequestFailed: The change did not hold, and what was served before is served on.
        """
        deployment = _deployment_of(target, options)
        details = update_details(options, environment=deployment.environment)
        return deployment.update(details, options.wait_for_completion, options.max_wait_time, options.poll_interval)

    def restart_deployment(self, max_wait_time: float = 1200, poll_interval: float = 10) -> ModelDeployment:
        """Deactivate and activate the deployment; each may take ``max_wait_time`` seconds."""
        deployment = self._deployed()
        deployment.deactivate(max_wait_time=max_wait_time, poll_interval=poll_interval)
        return deployment.activate(max_wait_time=max_wait_time, poll_interval=poll_interval)

    def delete_deployment(self, wait_for_completion: bool = True) -> None:
        """Delete the deployment; raise ValueError where there is none."""
        self._deployed().delete(wait_for_completion)

    def _deployed(self) -> ModelDeployment:
        if self.model_deployment is None:
            raise UsageError("There is no deployment: call deploy() first.")
        return self.model_deployment

    # ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    @takes(FromDeploymentOptions)
    def from_model_deployment(cls, options: FromDeploymentOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Return the model that a deployment serves, ready to predict.

        Args:
            model_deployment_id: The deployment's OCID.

        The rest are those of :meth:`from_model_catalog`.

        Raises:
            NotFound: There is no such deployment.
        """
        client = client_of(options.auth, timeout=options.timeout)
        from modelyard.model.deployment.model_deployment import ModelDeployment

        deployment = ModelDeployment.from_id(options.model_deployment_id, client=client)
        if deployment.model_id is None:
            raise UsageError(f"The deployment {options.model_deployment_id} serves no single model.")
        model = call_with(cls.from_model_catalog, options.catalog_options(deployment.model_id))
        model.model_deployment = deployment
        return model

    @classmethod
    @takes(FromIdOptions)
    def from_id(cls, options: FromIdOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Return the model of a model's or a deployment's OCID.

        Args:
            ocid: The OCID.

        The rest are those of :meth:`from_model_catalog`.

        Raises:
            ValueError: It is the OCID of something else.
        """
        if ids.is_ocid(options.ocid, DataScienceModelType.MODEL):
            return call_with(cls.from_model_catalog, options.catalog_options())
        if ids.is_ocid(options.ocid, DataScienceModelType.MODEL_DEPLOYMENT):
            return call_with(cls.from_model_deployment, options.deployment_options())
        raise UsageError(f"{options.ocid!r} is the OCID of neither a model nor a model deployment.")

    def _facts_now(self) -> Facts:
        state = self.model_deployment.lifecycle_state if self.model_deployment else None
        return replace(self._facts, deployment_state=state)

    def _known(self) -> dict[str, object]:
        return {**super()._known(), "model_id": self.model_id, "model_deployment_id": self.model_deployment_id}

    def __repr__(self) -> str:
        folder = Path(self.artifact_dir) if self.artifact_dir else None
        files = sorted(path.name for path in folder.iterdir()) if folder and folder.is_dir() else []
        return yaml_of(
            {
                "algorithm": self.algorithm,
                "artifact_dir": {self.artifact_dir: [files]} if self.artifact_dir else None,
                "framework": self.framework,
                "model_deployment_id": self.model_deployment_id,
                "model_id": self.model_id,
            }
        )


class FrameworkSpecificModel(GenericModel):
    """Be a model of a framework that is known here: DataFrames and arrays are sent as they are."""

    def verify(
        self,
        data: object = None,
        reload_artifacts: bool = True,
        auto_serialize_data: bool = True,
        *,
        content_type: str | None = None,
        image: object = None,
        storage_options: dict[str, object] | None = None,
    ) -> dict[str, object]:
        """Predict with the artifact as the endpoint will; see :meth:`GenericModel.verify`."""
        return super().verify(
            data,
            reload_artifacts,
            auto_serialize_data,
            content_type=content_type,
            image=image,
            storage_options=storage_options,
        )

    def predict(
        self,
        data: object = None,
        auto_serialize_data: bool = True,
        local: bool = False,
        *,
        content_type: str | None = None,
        image: object = None,
        storage_options: dict[str, object] | None = None,
    ) -> dict[str, object]:
        """Return the endpoint's answer; see :meth:`GenericModel.predict`."""
        return super().predict(
            data,
            auto_serialize_data,
            local,
            content_type=content_type,
            image=image,
            storage_options=storage_options,
        )

    def predict_traced(
        self,
        data: object = None,
        auto_serialize_data: bool = True,
        *,
        content_type: str | None = None,
        image: object = None,
    ) -> Prediction:
        """Return the endpoint's answer with what made it; see :meth:`GenericModel.predict_traced`."""
        return super().predict_traced(data, auto_serialize_data, content_type=content_type, image=image)


def _deployment_of(target: type[GenericModel] | GenericModel, options: UpdateDeploymentOptions) -> ModelDeployment:
    own = target.model_deployment if isinstance(target, GenericModel) else None
    if own is not None and options.model_deployment_id in (None, own.model_deployment_id):
        return own
    if options.model_deployment_id is None:
        raise UsageError("There is no deployment: call deploy() first, or pass model_deployment_id=….")
    auth = options.auth or (target.auth if isinstance(target, GenericModel) else None)
    from modelyard.model.deployment.model_deployment import ModelDeployment

    return ModelDeployment.from_id(options.model_deployment_id, client=client_of(auth))
