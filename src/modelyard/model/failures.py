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


class SerializeModelNotImplementedError(ModelyardError, NotImplementedError):
    """The model cannot be written by the serializer that was asked for."""

    code = "SerializeModelNotImplemented"


class SerializeInputNotImplementedError(ModelyardError, NotImplementedError):
    """The data cannot be sent by the input serializer that was asked for."""

    code = "SerializeInputNotImplemented"
