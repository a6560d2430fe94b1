"""Artifacts into the catalog: straight, or by way of a bucket."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from modelyard.model.bucket_artifacts import Bucket, bucket_of
from modelyard.model.failures import ModelNotSavedError
from modelyard.model.progress import Reporter, Silence, reported
from modelyard.model.sending import send_artifact

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.object_storage import ObjectStorage
    from modelyard.client.profile import Auth
    from modelyard.model.saved_model import SavedModel

__all__ = ["ArtifactUploader", "LargeArtifactUploader", "SmallArtifactUploader"]


class ArtifactUploader(ABC):
    """Bring a model's artifact into the catalog.

    Args:
        dsc_model: The model, which is in the catalog and has no artifact there.
        artifact_path: The artifact's folder, or an archive of it.
    """

    PROGRESS_STEPS_COUNT: ClassVar[int] = 3

    def __init__(self, dsc_model: SavedModel, artifact_path: str) -> None:
        self.dsc_model = dsc_model
        self.artifact_path = artifact_path
        self.artifact_file_path: str | None = None
        """The archive that was sent, where the artifact is one; None before, and for a folder."""

        self.progress: Reporter = Silence()
        """What is told how it goes."""

    def upload(self) -> None:
        """Bring the artifact into the catalog.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            PathNotFoundError: There is no such artifact.
            ModelArtifactSizeError: It is larger than the service takes.
            Conflict: The model has an artifact.
        """
        if self.dsc_model.id is None:
            raise ModelNotSavedError
        with reported("upload") as reporter:
            self.progress = reporter
            send_artifact(
                self._client(), self.dsc_model.id, self.artifact_path, bucket=self._bucket(), reporter=reporter
            )
        if self.artifact_path.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")):
            self.artifact_file_path = self.artifact_path

    def _client(self) -> DataScienceClient:
        return self.dsc_model.client

    @abstractmethod
    def _bucket(self) -> Bucket | None:
        """Return by which bucket the artifact goes; None for none."""


class SmallArtifactUploader(ArtifactUploader):
    """Bring a model's artifact straight into the catalog; here of any size.

    Args:
        dsc_model: The model, which is in the catalog and has no artifact there.
        artifact_path: The artifact's folder, or an archive of it.
    """

    PROGRESS_STEPS_COUNT = 1

    def _bucket(self) -> Bucket | None:
        return None


class LargeArtifactUploader(ArtifactUploader):
    """Bring a model's artifact into the catalog by way of a bucket.

    Args:
        dsc_model: The model, which is in the catalog and has no artifact there.
        artifact_path: The artifact's folder, an archive of it, or such an archive in a bucket.
        bucket_uri: The bucket, ``oci://bucket@namespace/prefix``; not needed for what is in one already.
        auth: Who talks to the service; by default as the model does.
        region: The region of the bucket.
        overwrite_existing_artifact: Whether an object of the bucket that has the name may be written over.
        remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
        parallel_process_count: How many parts go to the bucket at a time.
    """

    PROGRESS_STEPS_COUNT = 4

    def __init__(
        self,
        dsc_model: SavedModel,
        artifact_path: str,
        bucket_uri: str | None = None,
        auth: Auth | None = None,
        region: str | None = None,
        overwrite_existing_artifact: bool | None = True,
        remove_existing_artifact: bool | None = True,
        parallel_process_count: int = 9,
    ) -> None:
        super().__init__(dsc_model, artifact_path)
        in_a_bucket = artifact_path.startswith("oci://") and artifact_path.endswith(".zip")
        self.bucket_uri = artifact_path if in_a_bucket else bucket_uri
        self.auth = auth
        self.region = region
        self.overwrite_existing_artifact = overwrite_existing_artifact
        self.remove_existing_artifact = remove_existing_artifact
        self.parallel_process_count = parallel_process_count

    @property
    def upload_manager(self) -> ObjectStorage:
        """Who sends the parts of what goes to the bucket."""
        from modelyard.client.object_storage import ObjectStorage

        return ObjectStorage(self._client().transport)

    def _client(self) -> DataScienceClient:
        from modelyard.model.connection import client_of

        return client_of(self.auth) if self.auth is not None else super()._client()

    def _bucket(self) -> Bucket | None:
        return bucket_of(
            self.bucket_uri,
            region=self.region,
            overwrite=self.overwrite_existing_artifact,
            remove=self.remove_existing_artifact,
            parts=self.parallel_process_count,
        )
