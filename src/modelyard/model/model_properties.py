"""What a model is prepared, saved and deployed with, and who decides it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from modelyard.model.base_properties import BaseProperties
from modelyard.settings import Settings, from_environ

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass
class ModelProperties(BaseProperties):
    """Be defaults for the arguments of prepare(), save() and deploy(); None leaves the choice to somebody else."""

    inference_conda_env: str | None = None
    inference_python_version: str | None = None
    training_conda_env: str | None = None
    training_python_version: str | None = None
    training_resource_id: str | None = None
    training_script_path: str | None = None
    training_id: str | None = None
    compartment_id: str | None = None
    project_id: str | None = None
    bucket_uri: str | None = None
    remove_existing_artifact: bool | None = None
    overwrite_existing_artifact: bool | None = None
    deployment_instance_shape: str | None = None
    deployment_instance_subnet_id: str | None = None
    deployment_instance_private_endpoint_id: str | None = None
    deployment_instance_count: int | None = None
    deployment_bandwidth_mbps: int | None = None
    deployment_log_group_id: str | None = None
    deployment_access_log_id: str | None = None
    deployment_predict_log_id: str | None = None
    deployment_memory_in_gbs: float | None = None
    deployment_ocpus: float | None = None
    deployment_image: str | None = None

    def with_env(self) -> Self:
        """Say what the environment says, the names of notebooks and jobs (``PROJECT_OCID``, …) included."""
        for name, value in from_settings(from_environ()).to_dict().items():
            setattr(self, name, value)
        return super().with_env()


DEFAULTS = ModelProperties(
    remove_existing_artifact=True,
    overwrite_existing_artifact=True,
    deployment_instance_shape="VM.Standard.E4.Flex",
    deployment_instance_count=1,
    deployment_bandwidth_mbps=10,
    deployment_ocpus=1.0,
    deployment_memory_in_gbs=16.0,
)
"""What holds where nobody says anything."""


def from_settings(settings: Settings) -> ModelProperties:
    """Return what the environment says."""
    return ModelProperties(
        compartment_id=settings.compartment_id, project_id=settings.project_id, training_id=settings.training_id
    )


def settle(*sources: ModelProperties) -> ModelProperties:
    """Return what holds: for each property the first source that says something, in the order given.

    The order everywhere is: arguments, the model's own properties, the environment, defaults.
    """
    names = [field.name for field in fields(ModelProperties)]
    said = {name: next((v for source in sources if (v := getattr(source, name)) is not None), None) for name in names}
    return ModelProperties.from_dict(said)  # which has numpy's numbers as Python's, and refuses what is none


def of_options(options: object) -> ModelProperties:
    """Return the properties among a method's options: those fields that have the same name."""
    return ModelProperties(**{field.name: getattr(options, field.name, None) for field in fields(ModelProperties)})
