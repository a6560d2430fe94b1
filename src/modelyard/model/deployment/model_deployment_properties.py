"""What a deployment is to be, or what is to change of it, in flat properties: the older way to say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypedDict, cast

import msgspec

from modelyard.errors import UsageError
from modelyard.model.builder import FieldSet, choice, flag, number, tags, tags_by_namespace, text, whole
from modelyard.model.deploying import update_details
from modelyard.model.deployment.deployment_answer import infrastructure_of, runtime_of_seen
from modelyard.model.deployment.deployment_request import scaling_of
from modelyard.model.deployment.drafted_deployment import DraftedDeployment
from modelyard.model.deployment.field_names import PropertyScalingTypes
from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
from modelyard.model.deployment.model_deployment_runtime import ModelDeploymentCondaRuntime
from modelyard.model.options import UpdateDeploymentOptions
from modelyard.resources import deployment as nouns
from modelyard.resources.noun import DefinedTags

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

_SCALING = (
    *("minimum_instance_count", "maximum_instance_count", "initial_instance_count"),
    *("scale_in_threshold", "scale_out_threshold", "cool_down_in_seconds", "is_enabled"),
)


class PropertyFields(TypedDict, total=False):
    """Be what can be said of a deployment in flat properties, by keyword."""

    display_name: str
    description: str
    project_id: str
    compartment_id: str
    freeform_tags: dict[str, str]
    defined_tags: DefinedTags
    instance_shape: str
    instance_count: int
    bandwidth_mbps: int
    memory_in_gbs: float
    ocpus: float
    subnet_id: str
    private_endpoint_id: str
    scaling_type: str
    minimum_instance_count: int
    maximum_instance_count: int
    initial_instance_count: int
    scale_in_threshold: int
    scale_out_threshold: int
    cool_down_in_seconds: int
    is_enabled: bool
    access_log_group_id: str
    access_log_id: str
    predict_log_group_id: str
    predict_log_id: str
    environment_variables: dict[str, str]


class ModelDeploymentProperties(FieldSet, PropertyScalingTypes):
    """Be what a deployment is to be, or what is to change of it; None leaves it as it is.

    Args:
        model_id: The OCID of the model to serve.
        model_uri: The same, or where an artifact is that is saved first.
        oci_model_deployment: Properties in a dictionary, or a deployment whose own are taken.
        config: An OCI config; who deploys says whose requests these are.
        kwargs: Properties.

    Raises:
        ValueError: There is no such property, or it takes no such value.

    Example:
        >>> properties = ModelDeploymentProperties("ocid1.datasciencemodel.oc98..a").with_prop("instance_count", 2)
        >>> properties.instance_count
        2
    """

    KIND = "properties"
    TYPE = "modelDeploymentProperties"

    model_id = text("The OCID of the model to serve.")
    model_uri = text("The same, or where an artifact is that is saved first.")
    display_name = text("The name that people know it by.")
    description = text("What people read of it.")
    project_id = text("The OCID of its project.")
    compartment_id = text("The OCID of its compartment.")
    freeform_tags = tags("Its tags.")
    defined_tags = tags_by_namespace("Its tags by namespace.")
    instance_shape = text("What one instance is.")
    instance_count = whole("How many instances run.", least=1)
    bandwidth_mbps = whole("The bandwidth of the endpoint in Mbps.", least=1)
    memory_in_gbs = number("The memory of one instance of a flexible shape, in GB.")
    ocpus = number("Its OCPUs.")
    subnet_id = text("Its subnet.")
    private_endpoint_id = text("Its private endpoint.")
    scaling_type = choice("How the number of instances changes.", *PropertyScalingTypes.CONST_SUPPORTED_SCALING_TYPES)
    minimum_instance_count = whole("The fewest instances.", least=1)
    maximum_instance_count = whole("The most instances.", least=1)
    initial_instance_count = whole("How many there are at first.", least=1)
    scale_in_threshold = whole("Below how many percent one goes.")
    scale_out_threshold = whole("Above how many percent one comes.")
    cool_down_in_seconds = whole("How long to rest after a change.")
    is_enabled = flag("Whether scaling is on.")
    access_log_group_id = text("The group of the log of requests.")
    access_log_id = text("The log of requests.")
    predict_log_group_id = text("The group of the log of what the model prints.")
    predict_log_id = text("The log of what the model prints.")
    environment_variables = tags("The environment variables of the model's process.")

    def __init__(
        self,
        model_id: str | None = None,
        model_uri: str | None = None,
        oci_model_deployment: nouns.ModelDeploymentSummary | Mapping[str, object] | None = None,
        config: Mapping[str, str] | None = None,
        **kwargs: Unpack[PropertyFields],
    ) -> None:
        super().__init__(_properties_of(oci_model_deployment), **kwargs)
        self.config = config
        for name, value in (("model_id", model_id), ("model_uri", model_uri)):
            if value is not None:
                self.set_spec(name, value)

    def with_prop(self, property_name: str, value: object) -> Self:
        """Say a property; return the properties.

        Raises:
            ValueError: There is no such property, or it takes no such value.
        """
        return self.set_spec(property_name, value)

    def with_instance_configuration(self, config: Mapping[str, object]) -> Self:
        """Say what it runs on; return the properties.

        Args:
            config: ``instance_shape``, ``instance_count``, ``bandwidth_mbps``, ``memory_in_gbs``, ``ocpus``, and for
                scaling ``scaling_type``, ``minimum_instance_count``, ``maximum_instance_count`` and so on.

        Raises:
            ValueError: It has something else.
        """
        for name, value in config.items():
            self.set_spec(name.lower(), value)
        return self

    def with_category_log(self, log_type: str, group_id: str, log_id: str) -> Self:
        """Say one of the two logs, ``access`` or ``predict``; return the properties.

        Raises:
            ValueError: There is no such log.
        """
        if log_type not in ("access", "predict"):
            raise UsageError(f"log_type is {log_type!r}; a deployment writes access and predict logs.")
        return self.set_spec(f"{log_type}_log_group_id", group_id).set_spec(f"{log_type}_log_id", log_id)

    def with_access_log(self, log_group_id: str, log_id: str) -> Self:
        """Say the log of requests; return the properties."""
        return self.with_category_log("access", log_group_id, log_id)

    def with_predict_log(self, log_group_id: str, log_id: str) -> Self:
        """Say the log of what the model prints; return the properties."""
        return self.with_category_log("predict", log_group_id, log_id)

    def with_logging_configuration(
        self,
        access_log_group_id: str,
        access_log_id: str,
        predict_log_group_id: str | None = None,
        predict_log_id: str | None = None,
    ) -> Self:
        """Say both logs; return the properties.

        Args:
            access_log_group_id: The group of the log of requests.
            access_log_id: That log.
            predict_log_group_id: The group of the log of what the model prints; by default the same.
            predict_log_id: That log; by default the same.
        """
        self.with_access_log(access_log_group_id, access_log_id)
        return self.with_predict_log(predict_log_group_id or access_log_group_id, predict_log_id or access_log_id)

    def build(self) -> nouns.CreateModelDeploymentDetails:
        """Return what asks for the deployment.

        Raises:
            ValueError: No model, project or compartment is known.
        """
        return self.to_draft().wanted(model_id=self.model_id or self.model_uri, home=None)

    def to_draft(self) -> DraftedDeployment:
        """Return the deployment that the properties say."""
        runtime = ModelDeploymentCondaRuntime()
        runtime.set_spec("env", self.environment_variables)
        runtime.set_spec("model_uri", self.model_id or self.model_uri)
        draft = DraftedDeployment(infrastructure=self._infrastructure(), runtime=runtime)
        for name in ("display_name", "description", "freeform_tags", "defined_tags"):
            draft.set_spec(name, self.get_spec(name))
        return draft

    def _infrastructure(self) -> ModelDeploymentInfrastructure:
        said: dict[str, object] = {
            "project_id": self.project_id,
            "compartment_id": self.compartment_id,
            "shape_name": self.instance_shape,
            "replica": self.instance_count,
            "bandwidth_mbps": self.bandwidth_mbps,
            "subnet_id": self.subnet_id,
            "private_endpoint_id": self.private_endpoint_id,
            "auto_scaling": self._scaling(),
            "access_log": self._log("access"),
            "predict_log": self._log("predict"),
        }
        if self.ocpus is not None or self.memory_in_gbs is not None:
            said["shape_config_details"] = {"ocpus": self.ocpus, "memory_in_gbs": self.memory_in_gbs}
        return ModelDeploymentInfrastructure(said)

    def to_update_deployment(
        self, *, environment: Callable[[], nouns.EnvironmentConfigurationDetails | None] = lambda: None
    ) -> nouns.UpdateModelDeploymentDetails:
        """Return the update that changes what is said, and nothing else.

        Args:
            environment: Gives what the deployment runs in: a container stays one when its variables change.

        Raises:
            ValueError: Nothing is said, or a log has no group.
        """
        size = {"ocpus": self.ocpus, "memory_in_gbs": self.memory_in_gbs}
        options = UpdateDeploymentOptions(
            display_name=self.display_name,
            description=self.description,
            freeform_tags=self.freeform_tags,
            defined_tags=self.defined_tags,
            model_id=self.model_id or self.model_uri,
            shape_name=self.instance_shape,
            shape_config_details={name: value for name, value in size.items() if value is not None} or None,
            replica=self._replica(),
            bandwidth_mbps=self.bandwidth_mbps,
            subnet_id=self.subnet_id,
            private_endpoint_id=self.private_endpoint_id,
            access_log=cast("dict[str, str] | None", self._log("access")),
            predict_log=cast("dict[str, str] | None", self._log("predict")),
            environment_variables=self.environment_variables,
        )
        details = update_details(options, environment=environment)
        return _scaled(details, self._infrastructure()) if self._scaling() else details

    def _replica(self) -> int | None:
        return self.initial_instance_count or 1 if self._scaling() else self.instance_count

    def _scaling(self) -> dict[str, object] | None:
        """Return by what the number of instances follows the load; None where it is fixed or not said."""
        said = {name: self.get_spec(name) for name in _SCALING if self.get_spec(name) is not None}
        if self.scaling_type in (None, "fixed"):
            if said:
                raise UsageError(f"{', '.join(said)}: these are for scaling by load; say scaling_type too.")
            return None
        return {"scaling_type": self.scaling_type, **said}

    def _log(self, log_type: str) -> dict[str, object] | None:
        group, log = self.get_spec(f"{log_type}_log_group_id"), self.get_spec(f"{log_type}_log_id")
        if group is None and log is None:
            return None
        return {name: value for name, value in (("log_group_id", group), ("log_id", log)) if value is not None}


def _scaled(
    details: nouns.UpdateModelDeploymentDetails, infrastructure: ModelDeploymentInfrastructure
) -> nouns.UpdateModelDeploymentDetails:
    configuration = details.model_deployment_configuration_details
    assert isinstance(configuration, nouns.UpdateSingleModelDeploymentConfigurationDetails)
    assert configuration.model_configuration_details is not None
    replace = msgspec.structs.replace
    model = replace(configuration.model_configuration_details, scaling_policy=scaling_of(infrastructure))
    return replace(
        details, model_deployment_configuration_details=replace(configuration, model_configuration_details=model)
    )


def _properties_of(given: nouns.ModelDeploymentSummary | Mapping[str, object] | None) -> dict[str, object]:
    """Return the properties of a deployment, or those in a dictionary."""
    if given is None or isinstance(given, Mapping):
        return dict(given or {})
    if not isinstance(given, nouns.ModelDeploymentSummary):
        raise UsageError(f"oci_model_deployment is a dictionary of properties or a deployment, not {given!r}.")
    infrastructure, runtime = infrastructure_of(given), runtime_of_seen(given)
    size = infrastructure.shape_config_details or {}
    return {
        "model_id": runtime.model_uri,
        "display_name": given.display_name,
        "description": given.description,
        "project_id": given.project_id,
        "compartment_id": given.compartment_id,
        "freeform_tags": given.freeform_tags,
        "defined_tags": given.defined_tags,
        "instance_shape": infrastructure.shape_name,
        "instance_count": infrastructure.replica,
        "bandwidth_mbps": infrastructure.bandwidth_mbps,
        "ocpus": size.get("ocpus"),
        "memory_in_gbs": size.get("memoryInGBs"),
        "environment_variables": runtime.env,
    }
