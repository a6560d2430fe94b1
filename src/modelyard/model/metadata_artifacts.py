"""Files beside the items of a model's metadata: a report, a set of parameters, whatever is too large for a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import FileAlreadyExists, NotFound
from modelyard.model.failures import (
    InvalidArtifactPathTypeOrContentError,
    ModelMetadataArtifactNotFoundError,
    PathNotFoundError,
)
from modelyard.model.metadata_names import NamesType
from modelyard.model.places import local_path, place_of
from modelyard.model.saved_model import SavedModel
from modelyard.model.serializable import DataClassSerializable

if TYPE_CHECKING:
    from modelyard.client.metadata_artifacts import MetadataArtifactClient, MetadataKind


class MetadataArtifactPathType(str, metaclass=NamesType):
    """Name what the artifact of an item is given as."""

    __slots__ = ()

    LOCAL = "local"
    OSS = "oss"
    CONTENT = "content"


@dataclass
class ModelMetadataArtifactDetails(DataClassSerializable):
    """Be what the service answered to a change of an item's artifact."""

    headers: dict[str, str] = field(default_factory=dict)
    status: str = ""


class MetadataArtifacts(SavedModel):
    """Be a model whose items of metadata have artifacts of their own."""

    def create_custom_metadata_artifact(
        self,
        metadata_key_name: str,
        artifact_path_or_content: str | bytes,
        path_type: str = MetadataArtifactPathType.LOCAL,
    ) -> ModelMetadataArtifactDetails:
        """Give an item of the custom metadata its artifact.

        Args:
            metadata_key_name: The key of the item.
            artifact_path_or_content: A path of this machine, an address of a bucket, or the bytes themselves.
            path_type: Which of these: ``local``, ``oss`` or ``content``.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ModelMetadataArtifactNotFoundError: The model has no such item.
            InvalidArtifactPathTypeOrContentError: It is not what ``path_type`` says.
            PathNotFoundError: There is no such file.
            Conflict: The item has an artifact: update it.
        """
        return self._give("custom", metadata_key_name, artifact_path_or_content, path_type, is_first=True)

    def create_defined_metadata_artifact(
        self,
        metadata_key_name: str,
        artifact_path_or_content: str | bytes,
        path_type: str = MetadataArtifactPathType.LOCAL,
    ) -> ModelMetadataArtifactDetails:
        """Give an item of the defined metadata its artifact; see :meth:`create_custom_metadata_artifact`."""
        return self._give("defined", metadata_key_name, artifact_path_or_content, path_type, is_first=True)

    def update_custom_metadata_artifact(
        self,
        metadata_key_name: str,
        artifact_path_or_content: str | bytes,
        path_type: str = MetadataArtifactPathType.LOCAL,
    ) -> ModelMetadataArtifactDetails:
        """Give an item of the custom metadata another artifact; see :meth:`create_custom_metadata_artifact`."""
        return self._give("custom", metadata_key_name, artifact_path_or_content, path_type, is_first=False)

    def update_defined_metadata_artifact(
        self,
        metadata_key_name: str,
        artifact_path_or_content: str | bytes,
        path_type: str = MetadataArtifactPathType.LOCAL,
    ) -> ModelMetadataArtifactDetails:
        """Give an item of the defined metadata another artifact; see :meth:`create_custom_metadata_artifact`."""
        return self._give("defined", metadata_key_name, artifact_path_or_content, path_type, is_first=False)

    def get_custom_metadata_artifact(self, metadata_key_name: str, target_dir: str, override: bool = False) -> bytes:
        """Return the artifact of an item of the custom metadata, and write it to a folder, by the item's key.

        Args:
            metadata_key_name: The key of the item.
            target_dir: The folder.
            override: Whether a file of this name there may be replaced.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ModelMetadataArtifactNotFoundError: The model has no such item, or it has no artifact.
            PathNotFoundError: There is no such folder.
            FileAlreadyExists: The folder has a file of this name.
        """
        return self._fetch("custom", metadata_key_name, target_dir, override=override)

    def get_defined_metadata_artifact(self, metadata_key_name: str, target_dir: str, override: bool = False) -> bytes:
        """Return and write the artifact of a defined item; see :meth:`get_custom_metadata_artifact`."""
        return self._fetch("defined", metadata_key_name, target_dir, override=override)

    def delete_custom_metadata_artifact(self, metadata_key_name: str) -> ModelMetadataArtifactDetails:
        """Delete the artifact of an item of the custom metadata; the item stays.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ModelMetadataArtifactNotFoundError: The model has no such item, or it has no artifact.
        """
        return self._changed(metadata_key_name, lambda id: self._items.delete(id, "custom", metadata_key_name))

    def delete_defined_metadata_artifact(self, metadata_key_name: str) -> ModelMetadataArtifactDetails:
        """Delete the artifact of a defined item; see :meth:`delete_custom_metadata_artifact`."""
        return self._changed(metadata_key_name, lambda id: self._items.delete(id, "defined", metadata_key_name))

    def if_model_custom_metadata_artifact_exist(self, metadata_key_name: str) -> bool:
        """Tell whether an item of the custom metadata has an artifact.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
        """
        model_id = self._saved()
        try:
            self._items.head(model_id, "custom", metadata_key_name)
        except NotFound:
            return False
        return True

    @property
    def _items(self) -> MetadataArtifactClient:
        from modelyard.client.metadata_artifacts import MetadataArtifactClient

        return MetadataArtifactClient(self.client.transport)

    def _give(
        self, kind: MetadataKind, key: str, given: str | bytes, path_type: str, *, is_first: bool
    ) -> ModelMetadataArtifactDetails:
        self._saved()
        content = self._content(given, path_type)
        send = self._items.create if is_first else self._items.update
        return self._changed(key, lambda id: send(id, kind, key, content))

    def _content(self, given: str | bytes, path_type: str) -> bytes | Path:
        if path_type not in MetadataArtifactPathType:
            raise InvalidArtifactPathTypeOrContentError(
                f"path_type is {path_type!r}; it takes {', '.join(MetadataArtifactPathType.values())}."
            )
        if path_type == MetadataArtifactPathType.CONTENT:
            if not isinstance(given, bytes):
                raise InvalidArtifactPathTypeOrContentError(f"The content is bytes, not {given!r}.")
            return given
        if not isinstance(given, str):
            raise InvalidArtifactPathTypeOrContentError(f"The path is text, not {type(given).__name__}.")
        if path_type == MetadataArtifactPathType.LOCAL:
            if not local_path(given).is_file():
                raise PathNotFoundError(f"There is no file {given}.")
            return local_path(given)
        try:
            return place_of(given, transport=self.client.transport).read()
        except FileNotFoundError as error:
            raise PathNotFoundError(str(error)) from error

    def _changed(self, key: str, change: Callable[[str], Mapping[str, str]]) -> ModelMetadataArtifactDetails:
        model_id = self._saved()
        try:
            headers = change(model_id)
        except NotFound as error:
            raise self._no_artifact(model_id, key, error) from error
        return ModelMetadataArtifactDetails(headers=dict(headers), status="204")

    def _fetch(self, kind: MetadataKind, key: str, target_dir: str, *, override: bool) -> bytes:
        model_id, folder = self._saved(), local_path(target_dir)
        if not folder.is_dir():
            raise PathNotFoundError(f"There is no folder {target_dir}.")
        file = folder / Path(key).name
        if file.exists() and not override:
            raise FileAlreadyExists(f"{file} is there already: pass override=True to replace it.")
        try:
            content = self._items.get(model_id, kind, key)
        except NotFound as error:
            raise self._no_artifact(model_id, key, error) from error
        file.write_bytes(content)
        return content

    @staticmethod
    def _no_artifact(model_id: str, key: str, error: NotFound) -> ModelMetadataArtifactNotFoundError:
        return ModelMetadataArtifactNotFoundError(
            f"The model {model_id} has no artifact for the metadata {key!r}: {error.message}"
        )
