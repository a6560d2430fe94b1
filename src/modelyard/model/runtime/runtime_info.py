"""runtime.yaml as a whole: read, changed and written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import layout, runtime_yaml
from modelyard.artifact.runtime_yaml import VERSION, RuntimeYaml
from modelyard.errors import UsageError
from modelyard.model.places import is_local, local_path
from modelyard.model.runtime.model_deployment_details import ModelDeploymentDetails
from modelyard.model.runtime.model_provenance_details import ModelProvenanceDetails
from modelyard.model.serializable import DataClassSerializable
from modelyard.model.spec_files import text_given, written

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.profile import Auth


@dataclass
class RuntimeInfo(DataClassSerializable):
    """Be what runtime.yaml says; :meth:`save` writes what was changed."""

    model_artifact_version: str = VERSION
    model_deployment: ModelDeploymentDetails = field(default_factory=ModelDeploymentDetails)
    model_provenance: ModelProvenanceDetails = field(default_factory=ModelProvenanceDetails)

    def __post_init__(self) -> None:
        self._file: Path | None = None

    @classmethod
    def of(cls, record: RuntimeYaml, *, file: Path | None = None) -> Self:
        """Return what a runtime.yaml says, and remember its file."""
        info = cls()
        info.model_deployment.inference_conda_env = info.model_deployment.inference_conda_env.of(record.environment)
        info.model_provenance = ModelProvenanceDetails.of(record.provenance)
        info._file = file
        return info

    @classmethod
    def in_folder(cls, folder: Path) -> RuntimeInfo | None:
        """Return what an artifact's runtime.yaml says; None where it has none.

        Raises:
            RuntimeYamlError: The file is no runtime.yaml; the message names the line or the field.
        """
        file = folder / layout.RUNTIME_YAML
        return cls.of(runtime_yaml.read(file), file=file) if file.is_file() else None

    @classmethod
    def from_env(cls) -> RuntimeInfo:
        """Return what can be told of the environment that runs now."""
        from modelyard.artifact.environment_lock import describe_environment

        lock = describe_environment()
        return cls.of(
            RuntimeYaml(lock.to_inference(), runtime_yaml.Provenance(training_environment=lock.to_training()))
        )

    @classmethod
    def from_yaml(cls, yaml_string: str | None = None, uri: str | None = None, *, auth: Auth | None = None) -> Self:
        """Return what the text of a runtime.yaml says, or its file.

        Raises:
            RuntimeYamlError: It is no runtime.yaml; the message names the line or the field.
            FileNotFoundError: There is no such file.
        """
        text = text_given(yaml_string, uri, what=layout.RUNTIME_YAML, auth=auth)
        local = local_path(uri) if uri and is_local(uri) else None
        return cls.of(runtime_yaml.parse(text), file=local)

    def to_yaml(self, uri: str | None = None, *, auth: Auth | None = None) -> str:
        """Return the text of a runtime.yaml: sorted keys in capitals, every value a quoted string.

        Args:
            uri: A file to write it to as well.
            auth: Who asks object storage.
        """
        return written(runtime_yaml.render(self.record()), uri, auth=auth)

    def record(self) -> RuntimeYaml:
        """Return what runtime.yaml is to say."""
        return RuntimeYaml(self.model_deployment.inference_conda_env.record(), self.model_provenance.record())

    def save(self, storage_options: Mapping[str, object] | None = None) -> None:  # noqa: ARG002 (the file is local)
        """Write runtime.yaml where it was read, or prepared.

        Raises:
            ValueError: It was neither, or what it says now is no runtime.yaml.
        """
        if self._file is None:
            raise UsageError("This RuntimeInfo has no file yet: prepare() writes one, or to_yaml(uri=…) does.")
        text = self.to_yaml()
        runtime_yaml.parse(text)
        self._file.write_text(text, encoding="utf-8")
