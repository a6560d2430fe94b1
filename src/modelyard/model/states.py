"""Small words of the reference: kinds of resources, kinds of runtimes, states of a step."""

from __future__ import annotations

from enum import Enum


class DataScienceModelType(str):
    """Name what an OCID stands for."""

    __slots__ = ()

    MODEL = "datasciencemodel"
    MODEL_DEPLOYMENT = "datasciencemodeldeployment"


class ModelDeploymentRuntimeType:
    """Name what a deployment runs in."""

    CONDA = "conda"
    CONTAINER = "container"


class ModelState(Enum):
    """Be how a step of the way from estimator to endpoint stands."""

    AVAILABLE = "Available"
    DONE = "Done"
    NEEDSACTION = "Needs Action"
    NOTAPPLICABLE = "Not Applicable"
    NOTAVAILABLE = "Not Available"


class ModelSerializerType:
    """Name the ways to write any model into a file."""

    CLOUDPICKLE = "cloudpickle"
    PICKLE = "pickle"


class SklearnModelSerializerType:
    """Name the ways to write a scikit-learn model into a file."""

    JOBLIB = "joblib"
    CLOUDPICKLE = "cloudpickle"


class ModelInputSerializerType:
    """Name the ways to send a model its input."""

    JSON = "json"
