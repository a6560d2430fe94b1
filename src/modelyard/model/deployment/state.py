"""How a deployment stands, one that was never deployed included."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """Name how a deployment stands; equal to the words on the wire."""

    ACTIVE = "ACTIVE"
    CREATING = "CREATING"
    DELETED = "DELETED"
    DELETING = "DELETING"
    FAILED = "FAILED"
    INACTIVE = "INACTIVE"
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    UPDATING = "UPDATING"
    UNKNOWN = "UNKNOWN"


class ModelDeploymentLogType:
    """Name the logs of a deployment."""

    PREDICT = "predict"
    ACCESS = "access"


class ModelDeploymentType:
    """Name what a deployment serves."""

    SINGLE_MODEL = "SINGLE_MODEL"
    SINGLE_MODEL_FLEX = "SINGLE_MODEL_FLEX"
    MODEL_GROUP = "MODEL_GROUP"


class ModelDeploymentUpdateType:
    """Name how a model group is swapped: every replica anew, or those that stay kept."""

    ZDT = "ZDT"
    LIVE = "LIVE"


class ModelDeploymentMode:
    """Name what a deployment answers: requests, or messages of streams."""

    HTTPS = "HTTPS_ONLY"
    STREAM = "STREAM_ONLY"
