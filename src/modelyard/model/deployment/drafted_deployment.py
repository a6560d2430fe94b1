"""A deployment on paper: what it is to be called, what it runs, and on what, in Python or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from modelyard.model.builder import Field, part, text
from modelyard.model.deploying import needed
from modelyard.model.deployment.deployment_request import configuration_of, logs_of
from modelyard.model.deployment.model_deployment_infrastructure import ModelDeploymentInfrastructure
from modelyard.model.deployment.model_deployment_runtime import (
    ModelDeploymentCondaRuntime,
    ModelDeploymentRuntime,
    runtime_of,
)
from modelyard.model.drafted_resource import DescribedBuilder, NamedBuilder
from modelyard.resources.deployment import CreateModelDeploymentDetails
from modelyard.resources.noun import DefinedTags

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from modelyard.client.profile import Profile


class DeploymentFields(TypedDict, total=False):
    """Be what can be said of a deployment, by keyword."""

    display_name: str
    description: str
    freeform_tags: dict[str, str]
    defined_tags: DefinedTags
    infrastructure: ModelDeploymentInfrastructure | Mapping[str, object]
    runtime: ModelDeploymentRuntime | Mapping[str, object]


class DraftedDeployment(DescribedBuilder, NamedBuilder):
    """Be what a deployment is to be; see :class:`~modelyard.model.deployment.model_deployment.ModelDeployment`."""

    KIND = "deployment"
    TYPE = "modelDeployment"

    CONST_MODEL_DEPLOYMENT_URL = "modelDeploymentUrl"
    CONST_INFRASTRUCTURE = "infrastructure"
    CONST_RUNTIME = "runtime"
    CONST_UPDATE_TYPE = "updateType"

    model_deployment_url = text("Where it answers; ``<url>/predict`` predicts.")
    infrastructure = part("What it runs on.", ModelDeploymentInfrastructure)
    runtime = Field("What it runs, and how.", take=runtime_of, show=lambda said: said.to_dict())

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[DeploymentFields]) -> None:
        # its state is what the service says, and no file
        super().__init__({key: value for key, value in (spec or {}).items() if key != "lifecycleState"}, **kwargs)

    def with_infrastructure(self, infrastructure: ModelDeploymentInfrastructure) -> Self:
        """Say what it runs on; return the deployment."""
        return self.set_spec("infrastructure", infrastructure)

    def with_runtime(self, runtime: ModelDeploymentRuntime) -> Self:
        """Say what it runs, and how; return the deployment."""
        return self.set_spec("runtime", runtime)

    def wanted(self, *, model_id: str | None, home: Profile | None) -> CreateModelDeploymentDetails:
        """Return what asks for this deployment.

        Args:
            model_id: The model to serve; None for a group.
            home: Says the project and compartment where nobody else does.

        Raises:
            ValueError: Something is missing, or things do not go together.
        """
        infrastructure = self.infrastructure or ModelDeploymentInfrastructure()
        runtime = self.runtime or ModelDeploymentCondaRuntime()
        project_id = infrastructure.project_id or (home.project_id if home else None)
        compartment_id = infrastructure.compartment_id or (home.compartment_id if home else None)
        return CreateModelDeploymentDetails(
            project_id=needed(project_id, "project_id", "PROJECT_OCID"),
            compartment_id=needed(compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID"),
            display_name=self.display_name,
            description=self.description,
            freeform_tags=self.freeform_tags,
            defined_tags=self.defined_tags,
            deployment_mode=runtime.deployment_mode,  # type: ignore[arg-type] # one of two, by the field
            category_log_details=logs_of(infrastructure),
            model_deployment_configuration_details=configuration_of(infrastructure, runtime, model_id=model_id),
        )
