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
