"""The client: one method for each REST operation, by the names of the official SDK."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from modelyard.client.artifact_uploads import ArtifactUploadOperations
from modelyard.client.deployments import DeploymentOperations
from modelyard.client.endpoint import Endpoint
from modelyard.client.model_groups import ModelGroupOperations
from modelyard.client.models import ModelOperations
from modelyard.client.profile import Profile
from modelyard.client.projects import ProjectOperations
from modelyard.client.streams import StreamOperations
from modelyard.client.transport import Transport
from modelyard.client.version_sets import VersionSetOperations
from modelyard.client.work_requests import WorkRequestOperations

if TYPE_CHECKING:
    from typing_extensions import Self


class DataScienceClient(
    ProjectOperations,
    ModelOperations,
    ModelGroupOperations,
    VersionSetOperations,
    ArtifactUploadOperations,
    DeploymentOperations,
    WorkRequestOperations,
    StreamOperations,
):
    """Talk to a service: nouns in, nouns out, faults as the exceptions of :mod:`modelyard.errors`.

    Args:
        profile: Where to go and as whom.
        transport: What sends the requests; by default a new one with connections of its own.
    """

    def __init__(self, profile: Profile, *, transport: Transport | None = None) -> None:
        self.profile = profile
        self._endpoint = Endpoint(transport or Transport(profile))

    def __reduce__(self) -> tuple[type[DataScienceClient], tuple[Profile]]:
        """Leave the connections out of a copy or a pickle, which makes its own; refuse to carry a secret."""
        identity = self.profile.identity
        if identity.key is not None or identity.pass_phrase is not None:
            raise TypeError("A client whose key or pass phrase is in memory is not copied or pickled: make another.")
        return DataScienceClient, (self.profile,)

    @property
    def transport(self) -> Transport:
        """What sends the requests."""
        return self._endpoint.transport

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
