"""What is wanted of a deployment, as the reconciler reads it."""

from __future__ import annotations

import hashlib
from enum import Enum

import msgspec

from modelyard.resources.deployment import ModelDeploymentConfigurationDetails


class Goal(str, Enum):
    """Say what a deployment is to be in the end."""

    RUN = "RUN"
    STOP = "STOP"
    DELETE = "DELETE"


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """Be what a replica is made of; two replicas of one revision are alike."""

    model_id: str
    artifact_digest: str
    workers: int
    environment_variables: dict[str, str] = {}
    git_commit: str | None = None
    start: int = 0
    """The generation of the spec that it began with, so that starting again makes new replicas."""

    @property
    def id(self) -> str:
        """A digest of all that it says."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """Be a revision on a number of instances, and the configuration that the user asked for it with."""

    revision: Revision
    count: int
    configuration: ModelDeploymentConfigurationDetails


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """Be what is wanted of a deployment, and what it falls back on."""

    goal: Goal
    target: Rollout
    serving: Rollout | None = None
    """The last rollout that came to serve; None if none has, or if it was stopped since."""

    work_request_id: str | None = None
    """The work request that is open, if one is."""

    generation: int = 1
    """Counts changes, so that the reconciler does not record over a newer wish."""
