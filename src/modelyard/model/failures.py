"""What the SDK raises by the names of the reference; each is also the built-in error that the reference says."""

from __future__ import annotations

from modelyard.errors import ModelyardError, UsageError


class ArtifactsNotAvailableError(UsageError):
    """There is no artifact on this machine to work with."""

    def __init__(self, msg: str = "There is no artifact on this machine: call prepare(), or load one first.") -> None:
        super().__init__(msg)


class NotActiveDeploymentError(UsageError):
    """There is no deployment that answers."""

    def __init__(self, state: str) -> None:
        advice = "call deploy() first" if state == "UNKNOWN" else "it must be ACTIVE to predict"
        super().__init__(f"The model deployment's state is {state}: {advice}.")
        self.state = state


class ModelVersionSetNotExists(ModelyardError, LookupError):
    """The compartment has no model version set of this name."""

    code = "ModelVersionSetNotExists"


class ModelVersionSetNotSaved(UsageError):
    """The model version set is not in the catalog yet."""

    def __init__(self, msg: str = "The model version set is not in the catalog: call create() first.") -> None:
        super().__init__(msg)


class RuntimeInfoInconsistencyError(ModelyardError):
    """runtime.yaml was changed behind the model's back."""

    code = "RuntimeInfoInconsistency"


class DeprecatedModelError(ModelyardError, NotImplementedError):
    """A class of models that is only a name by now."""

    code = "Deprecated"


class SerializeModelNotImplementedError(ModelyardError, NotImplementedError):
    """The model cannot be written by the serializer that was asked for."""

    code = "SerializeModelNotImplemented"


class SerializeInputNotImplementedError(ModelyardError, NotImplementedError):
    """The data cannot be sent by the input serializer that was asked for."""

    code = "SerializeInputNotImplemented"


class ModelNotSavedError(UsageError):
    """The model is not in the catalog yet."""

    def __init__(self, msg: str = "The model is not in the catalog: call create() first.") -> None:
        super().__init__(msg)


class ModelArtifactNotFoundError(ModelyardError, LookupError):
    """The model has no artifact in the catalog, or is not there itself."""

    code = "ModelArtifactNotFound"


class ModelProvenanceNotFoundError(ModelyardError, LookupError):
    """Nobody said where the model comes from."""

    code = "ModelProvenanceNotFound"


class ModelMetadataArtifactNotFoundError(ModelyardError, LookupError):
    """The item of the model's metadata is not there, or has no artifact."""

    code = "ModelMetadataArtifactNotFound"


class ModelWithActiveDeploymentError(ModelyardError, RuntimeError):
    """A deployment serves the model, which therefore stays."""

    code = "ModelWithActiveDeployment"


class ModelArtifactSizeError(UsageError):
    """The artifact is larger than the service takes."""


class BucketNotVersionedError(UsageError):
    """The bucket keeps no versions, and a model by reference names a version of each object."""


class PathNotFoundError(UsageError, FileNotFoundError):
    """There is no such file or folder."""


class ModelFileDescriptionError(UsageError):
    """The description of a model by reference is not set, or is none."""


class InvalidArtifactType(UsageError):
    """The artifact is of a kind that this cannot be done with."""


class InvalidArtifactPathTypeOrContentError(UsageError, TypeError):
    """The artifact of an item of metadata is neither the path nor the bytes that it was said to be."""


class ModelGroupArtifactNotFoundError(ModelyardError, LookupError):
    """The model group has no artifact in the catalog."""

    code = "ModelGroupArtifactNotFound"


class ModelGroupArtifactValidationError(UsageError):
    """The artifact of a model group lacks what every one needs."""


class LogNotConfiguredError(UsageError):
    """The deployment writes no such log."""


class ModelDeploymentPredictError(NotActiveDeploymentError):
    """The deployment was asked for a prediction and does not serve."""
