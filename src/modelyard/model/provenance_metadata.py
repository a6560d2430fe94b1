"""Where a model comes from: repository, branch, commit, script and training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.provenance import TrainingCode, check_committed, describe_code
from modelyard.model.notices import notice
from modelyard.model.serializable import DataClassSerializable
from modelyard.resources.model import CreateModelProvenanceDetails, ModelProvenance

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass
class ModelProvenanceMetadata(DataClassSerializable):
    """Be where a model comes from; what is not known is None."""

    repo: str | None = None
    """The folder in which git was asked; None outside of a repository."""

    git_branch: str | None = None
    git_commit: str | None = None
    repository_url: str | None = None
    training_script_path: str | None = None
    training_id: str | None = None
    artifact_dir: str | None = None

    @classmethod
    def fetch_training_code_details(
        cls, training_script_path: str | None = None, training_id: str | None = None, artifact_dir: str | None = None
    ) -> ModelProvenanceMetadata:
        """Return what git says of the training script's folder, or of the working directory, and what was given.

        Args:
            training_script_path: The script that trained.
            training_id: The OCID of the job or notebook that trained.
            artifact_dir: The artifact's folder.
        """
        script = Path(training_script_path).expanduser() if training_script_path else None
        start = _working_folder()
        code = describe_code(
            script=script,
            training_id=training_id,
            artifact_dir=Path(artifact_dir) if artifact_dir else None,
            start=start,
        )
        if script is not None and not script.is_file():
            notice(f"There is no training script {script}: the model's provenance has its path alone.")
        asked = script.parent if script else start
        return cls(
            repo=str(asked) if code.repository_url else None,
            git_branch=code.git_branch,
            git_commit=code.git_commit,
            repository_url=code.repository_url,
            training_script_path=training_script_path,
            training_id=training_id,
            artifact_dir=artifact_dir,
        )

    def assert_path_not_dirty(self, path: str, ignore: bool) -> None:
        """Raise ChangesNotCommitted where a path has changes that no commit has."""
        if ignore or self.repo is None or not path:
            return
        place = Path(path).expanduser()
        check_committed(describe_code(artifact_dir=place, start=Path(self.repo)))

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the provenance that a dictionary describes."""
        known = {field.name for field in fields(cls)} - {"repo"}
        return cls(**{name: str(value) for name, value in data.items() if name in known and value is not None})

    def to_dict(self) -> dict[str, object]:
        """Return the provenance as a dictionary, without the local repository."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "repo"}

    def to_code(self) -> TrainingCode:
        """Return the provenance as an artifact tells it; folders of this machine stay on it."""
        return TrainingCode(
            repository_url=self.repository_url,
            git_branch=self.git_branch,
            git_commit=self.git_commit,
            training_script=Path(self.training_script_path).name if self.training_script_path else None,
            training_id=self.training_id,
        )

    def to_wire(self) -> CreateModelProvenanceDetails:
        """Return the provenance as the catalog takes it; folders of this machine stay on it."""
        return CreateModelProvenanceDetails(
            repository_url=self.repository_url,
            git_branch=self.git_branch,
            git_commit=self.git_commit,
            training_script=self.training_script_path,
            training_id=self.training_id,
        )

    @classmethod
    def from_wire(cls, provenance: ModelProvenance) -> ModelProvenanceMetadata:
        """Return the provenance that the catalog has."""
        return cls(
            git_branch=provenance.git_branch,
            git_commit=provenance.git_commit,
            repository_url=provenance.repository_url,
            training_script_path=provenance.training_script,
            training_id=provenance.training_id,
            artifact_dir=provenance.script_dir,
        )


def _working_folder() -> Path:
    """Return the working directory; where it is gone, the root, which is in no repository."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")
