"""What runtime.yaml says of where a model comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from modelyard.artifact.runtime_yaml import Provenance
from modelyard.model.runtime.env_info import TrainingEnvInfo
from modelyard.model.serializable import DataClassSerializable

_INNER = ("training_code", "training_conda_env")


@dataclass
class TrainingCode(DataClassSerializable):
    """Be where the artifact was made; read from others' files, and never written: it tells of the author's home."""

    artifact_directory: str = ""


@dataclass
class ModelProvenanceDetails(DataClassSerializable):
    """Be where a model comes from; '' stands for what is not stated."""

    project_ocid: str = ""
    tenancy_ocid: str = ""
    training_code: TrainingCode = field(default_factory=TrainingCode)
    training_compartment_ocid: str = ""
    training_conda_env: TrainingEnvInfo = field(default_factory=TrainingEnvInfo)
    training_region: str = ""
    training_resource_ocid: str = ""
    user_ocid: str = ""
    vm_image_internal_id: str = ""

    @classmethod
    def of(cls, record: Provenance | None) -> ModelProvenanceDetails:
        """Return what runtime.yaml says."""
        if record is None:
            return cls()
        return cls(
            **{field.name: getattr(record, field.name) for field in fields(cls) if field.name not in _INNER},
            training_code=TrainingCode(record.artifact_directory),
            training_conda_env=TrainingEnvInfo.of(record.training_environment),
        )

    def record(self) -> Provenance:
        """Return what runtime.yaml is to say."""
        return Provenance(
            **{field.name: getattr(self, field.name) for field in fields(self) if field.name not in _INNER},
            artifact_directory=self.training_code.artifact_directory,
            training_environment=self.training_conda_env.record(),
        )
