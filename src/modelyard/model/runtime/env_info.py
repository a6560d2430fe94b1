"""The environments that runtime.yaml names: the one that serves and the one that trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from modelyard.artifact.runtime_yaml import DATA_SCIENCE, PUBLISHED, InferenceEnvironment, TrainingEnvironment
from modelyard.model.serializable import DataClassSerializable

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.profile import Auth


class PACK_TYPE(Enum):  # noqa: N801 (the reference's name)
    """Name who made a pack."""

    SERVICE_PACK = DATA_SCIENCE
    USER_CUSTOM_PACK = PUBLISHED


class EnvInfo(ABC):
    """Be an environment that runtime.yaml names."""

    @classmethod
    def from_slug(
        cls,
        env_slug: str,
        namespace: str = "id19sfcrra6z",
        bucketname: str = "service-conda-packs",
        auth: Auth | None = None,  # noqa: ARG003 (a slug is looked up by the service, when it deploys)
    ) -> Self:
        """Return the environment of a service pack.

        Args:
            env_slug: The name of the pack.
            namespace: Where the packs are.
            bucketname: Their bucket.
            auth: Who asks for it.
        """
        return cls._of(f"oci://{bucketname}@{namespace}/service_pack/local/{env_slug}")

    @classmethod
    def from_path(cls, env_path: str, auth: Auth | None = None) -> Self:  # noqa: ARG003 (as above)
        """Return the environment at a path: the ``oci://`` path of a pack, or a folder of this machine.

        Args:
            env_path: The path.
            auth: Who asks for it.

        Raises:
            EnvironmentNotFound: It is a folder of this machine without an interpreter.
        """
        return cls._of(env_path)

    @classmethod
    def _of(cls, given: str) -> Self:
        from modelyard.artifact.environment_lock import describe_environment
        from modelyard.model.environments import named

        return cls._made_of(named(given, None, describe_environment()))

    @classmethod
    @abstractmethod
    def _made_of(cls, known: InferenceEnvironment) -> Self:
        """Return the environment that is known."""


@dataclass
class InferenceEnvInfo(EnvInfo, DataClassSerializable):
    """Be the environment that a model serves in; '' stands for what is not stated."""

    inference_env_slug: str = ""
    inference_env_type: str = ""
    inference_env_path: str = ""
    inference_python_version: str = ""

    @classmethod
    def _made_of(cls, known: InferenceEnvironment) -> Self:
        return cls(known.slug, known.type, known.path, known.python_version)

    @classmethod
    def of(cls, record: InferenceEnvironment | None) -> Self:
        """Return what runtime.yaml says."""
        return cls._made_of(record) if record is not None else cls()

    def record(self) -> InferenceEnvironment | None:
        """Return what runtime.yaml is to say; None where nothing is stated."""
        if not any(self.to_dict().values()):
            return None
        return InferenceEnvironment(
            self.inference_env_path, self.inference_python_version, self.inference_env_slug, self.inference_env_type
        )


@dataclass
class TrainingEnvInfo(EnvInfo, DataClassSerializable):
    """Be the environment that a model was trained in; '' stands for what is not stated."""

    training_env_slug: str = ""
    training_env_type: str = ""
    training_env_path: str = ""
    training_python_version: str = ""

    @classmethod
    def _made_of(cls, known: InferenceEnvironment) -> Self:
        return cls(known.slug, known.type, known.path, known.python_version)

    @classmethod
    def of(cls, record: TrainingEnvironment) -> Self:
        """Return what runtime.yaml says."""
        return cls(record.slug, record.type, record.path, record.python_version)

    def record(self) -> TrainingEnvironment:
        """Return what runtime.yaml is to say."""
        return TrainingEnvironment(
            self.training_env_path, self.training_python_version, self.training_env_slug, self.training_env_type
        )
