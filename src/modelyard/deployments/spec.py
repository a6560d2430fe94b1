"""What is wanted of a deployment, as the reconciler reads it."""

from __future__ import annotations

import hashlib
from enum import Enum

import msgspec

from modelyard.resources.deployment import (
    ModelDeploymentConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
)


class Goal(str, Enum):
    """Say what a deployment is to be in the end."""

    RUN = "RUN"
    STOP = "STOP"
    DELETE = "DELETE"


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """Be the container that answers in place of a score.py, as large as an instance."""

    image: str
    """What its runtime runs: by its digest, where one was named."""

    processors: float
    memory: int
    """In bytes."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    server_port: int = 8080
    health_check_port: int = 8080


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """Be what a replica is made of; two replicas of one revision are alike."""

    model_id: str
    artifact_digest: str
    workers: int
    environment_variables: dict[str, str] = {}
    git_commit: str | None = None
    start: int = 0
    """The generation of the spec that it began with, so that starting again makes new replicas."""

    score_digest: str | None = None
    """The artifact of the model's group, if that has one: its score.py serves the model's own artifact."""

    base_model_id: str | None = None
    base_digest: str | None = None
    """The model of a stacked group that the others are on top of, and its artifact."""

    container: Container | None = None

    @property
    def id(self) -> str:
        """A digest of all that it says."""
        said = msgspec.to_builtins(self)
        for name in _LATER:  # what did not know them yet keeps its replicas
            if said[name] is None:
                del said[name]
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:16]

    @property
    def digests(self) -> tuple[str, ...]:
        """The artifacts that it needs."""
        return tuple(digest for digest in (self.artifact_digest, self.score_digest, self.base_digest) if digest)


_LATER = ("score_digest", "base_model_id", "base_digest", "container")


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """Be one revision for each model, on a number of instances, and the configuration that the user asked for."""

    revisions: tuple[Revision, ...]
    count: int
    """How many instances there are, each with a replica of every revision."""

    configuration: ModelDeploymentConfigurationDetails
    models: dict[str, str] = {}
    """What a request may call a model → its OCID; empty where there is one model, and requests name none."""

    default_model_id: str | None = None
    """The model for requests that name none; None if they have to."""

    @property
    def used(self) -> frozenset[str]:
        """The ids of what must not be deleted under it."""
        models = {revision.model_id for revision in self.revisions}
        bases = {revision.base_model_id for revision in self.revisions if revision.base_model_id}
        group = self.group_id
        return frozenset(models | bases | ({group} if group else set()))

    @property
    def group_id(self) -> str | None:
        """The group that it serves; None where it serves a single model."""
        if isinstance(self.configuration, ModelGroupDeploymentConfigurationDetails):
            return self.configuration.model_group_configuration_details.model_group_id
        return None

    def revision(self, id: str) -> Revision:
        """Return one of the revisions by its id."""
        return next(revision for revision in self.revisions if revision.id == id)


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """Be what is wanted of a deployment, and what it falls back on."""

    goal: Goal
    target: Rollout
    serving: Rollout | None = None
    """The last rollout that came to serve; None if none has, or if it was stopped since."""

    work_request_id: str | None = None
    """The work request that is open, if one is."""

    scaled: float | None = None
    """When autoscaling last changed the number of instances, in seconds since the epoch."""

    begun: float = 0.0
    """When the target was asked for, in seconds since the epoch."""

    generation: int = 1
    """Counts changes, so that the reconciler does not record over a newer wish."""
