"""Artifacts out of the catalog, into a folder: straight, by way of a bucket, or from the objects that a model is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from modelyard.errors import NotFound
from modelyard.model.bucket_artifacts import bucket_of, fetch_described
from modelyard.model.failures import ModelArtifactNotFoundError, ModelFileDescriptionError, ModelNotSavedError
from modelyard.model.loading import check_free
from modelyard.model.model_file_description import noun_of
from modelyard.model.progress import Reporter, Silence, reported
from modelyard.model.sending import fetch_artifact

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.saved_model import SavedModel

__all__ = ["ArtifactDownloader", "LargeArtifactDownloader", "SmallArtifactDownloader"]


class ArtifactDownloader(ABC):
    """Put a model's artifact into a folder.

    Args:
        dsc_model: The model in the catalog.
        target_dir: The folder.
        force_overwrite: Whether what is in the folder may be replaced; it goes when the new is whole.
    """

    PROGRESS_STEPS_COUNT: ClassVar[int] = 1

    def __init__(self, dsc_model: SavedModel, target_dir: str, force_overwrite: bool | None = False) -> None:
        self.dsc_model = dsc_model
        self.target_dir = target_dir
        self.force_overwrite = force_overwrite
        self.progress: Reporter = Silence()
        """What is told how it goes."""

    def download(self) -> None:
        """Put the artifact into the folder.

        Raises:
            FileAlreadyExists: The folder holds something, and may not be replaced. Nothing was touched.
            ModelNotSavedError: The model is not in the catalog.
            ModelArtifactNotFoundError: It has no artifact there.
        """
        check_free(self._folder(), force_overwrite=bool(self.force_overwrite))
        with reported("download") as reporter:
            self.progress = reporter
            self._download()

    def _folder(self) -> Path:
        return Path(self.target_dir).expanduser().absolute()

    def _model_id(self) -> str:
        if self.dsc_model.id is None:
            raise ModelNotSavedError
        return self.dsc_model.id

    @abstractmethod
    def _download(self) -> None:
        """Put the artifact into the folder, which may be replaced."""


class SmallArtifactDownloader(ArtifactDownloader):
    """Put a model's artifact into a folder, straight from the catalog; here of any size.

    Args:
        dsc_model: The model in the catalog.
        target_dir: The folder.
        force_overwrite: Whether what is in the folder may be replaced; it goes when the new is whole.
    """

    PROGRESS_STEPS_COUNT = 3

    def _download(self) -> None:
        model_id = self._model_id()
        try:
            fetch_artifact(
                self.dsc_model.client,
                model_id,
                self._folder(),
                bucket=None,
                force_overwrite=bool(self.force_overwrite),
                reporter=self.progress,
            )
        except NotFound as error:
            raise ModelArtifactNotFoundError(f"The model {model_id} cannot be downloaded: {error.message}") from error


class LargeArtifactDownloader(ArtifactDownloader):
    """Put a model's artifact into a folder, by way of a bucket, or from the objects that the model is.

    Args:
        dsc_model: The model in the catalog.
        target_dir: The folder.
        auth: Who talks to the service; by default as the model does.
        force_overwrite: Whether what is in the folder may be replaced; it goes when the new is whole.
        region: The region of the bucket.
        bucket_uri: The bucket, ``oci://bucket@namespace/prefix``; not needed, whatever the size.
        overwrite_existing_artifact: Whether an object of the bucket that has the name may be written over.
        remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
        model_file_description: Which objects the model is, for one by reference.
    """

    PROGRESS_STEPS_COUNT = 4

    def __init__(
        self,
        dsc_model: SavedModel,
        target_dir: str,
        auth: Auth | None = None,
        force_overwrite: bool | None = False,
        region: str | None = None,
        bucket_uri: str | None = None,
        overwrite_existing_artifact: bool | None = True,
        remove_existing_artifact: bool | None = True,
        model_file_description: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(dsc_model, target_dir, force_overwrite)
        self.auth = auth
        self.region = region
        self.bucket_uri = bucket_uri
        self.overwrite_existing_artifact = overwrite_existing_artifact
        self.remove_existing_artifact = remove_existing_artifact
        self.model_file_description = model_file_description

    def download_from_model_file_description(self) -> None:
        """Put the objects of the description into the folder.

        Raises:
            ModelFileDescriptionError: There is no description, or an object is not there any more.
            FileAlreadyExists: The folder holds something, and may not be replaced. Nothing was touched.
        """
        if self.model_file_description is None:
            raise ModelFileDescriptionError("There is no description of the model's files: model_file_description=….")
        fetch_described(
            self._client().transport,
            noun_of(self.model_file_description),
            self._folder(),
            force_overwrite=bool(self.force_overwrite),
            reporter=self.progress,
        )

    def _download(self) -> None:
        if self.model_file_description is not None:
            self.download_from_model_file_description()
            return
        model_id = self._model_id()
        bucket = bucket_of(
            self.bucket_uri,
            region=self.region,
            overwrite=self.overwrite_existing_artifact,
            remove=self.remove_existing_artifact,
        )
        try:
            fetch_artifact(
                self._client(),
                model_id,
                self._folder(),
                bucket=bucket,
                force_overwrite=bool(self.force_overwrite),
                reporter=self.progress,
            )
        except NotFound as error:
            raise ModelArtifactNotFoundError(f"The model {model_id} cannot be downloaded: {error.message}") from error

    def _client(self) -> DataScienceClient:
        from modelyard.model.connection import client_of

        return client_of(self.auth) if self.auth is not None else self.dsc_model.client
