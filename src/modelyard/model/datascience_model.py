"""Models of the catalog, said field by field: created, found, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from modelyard.errors import Conflict
from modelyard.lifecycle import ModelState
from modelyard.model.bucket_artifacts import Bucket, bucket_of
from modelyard.model.connection import client_of, delete_deployments_of
from modelyard.model.display_names import display_name
from modelyard.model.failures import (
    BucketNotVersionedError,
    InvalidArtifactPathTypeOrContentError,
    InvalidArtifactType,
    ModelArtifactNotFoundError,
    ModelArtifactSizeError,
    ModelFileDescriptionError,
    ModelMetadataArtifactNotFoundError,
    ModelNotSavedError,
    ModelProvenanceNotFoundError,
    ModelWithActiveDeploymentError,
    PathNotFoundError,
)
from modelyard.model.metadata_artifacts import (
    MetadataArtifactPathType,
    MetadataArtifacts,
    ModelMetadataArtifactDetails,
)
from modelyard.model.model_artifact_moves import ModelArtifactMoves
from modelyard.model.model_entry import changes_of, creation_of, provenance_of
from modelyard.model.model_file_description import KEY
from modelyard.model.model_metadata import ModelCustomMetadata
from modelyard.model.model_settings import (
    CustomerNotificationType,
    ModelBackupOperationDetails,
    ModelBackupSetting,
    ModelRetentionOperationDetails,
    ModelRetentionSetting,
    SettingStatus,
)
from modelyard.model.new_entry import create_with
from modelyard.model.notices import notice
from modelyard.model.places import is_local, local_path
from modelyard.model.progress import Reporter, reported
from modelyard.model.saving import Draft, save_artifact
from modelyard.model.sending import fits
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.model.version_set_choice import where_sets_are
from modelyard.resources.model import (
    CreateModelDetails,
    CreateModelProvenanceDetails,
    ModelSummary,
    UpdateModelDetails,
    UpdateModelProvenanceDetails,
)
from modelyard.settings import from_environ

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self, Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.drafted_model import ModelFields

__all__ = [
    "BucketNotVersionedError",
    "CustomerNotificationType",
    "DataScienceModel",
    "InvalidArtifactPathTypeOrContentError",
    "InvalidArtifactType",
    "MetadataArtifactPathType",
    "ModelArtifactNotFoundError",
    "ModelArtifactSizeError",
    "ModelBackupOperationDetails",
    "ModelBackupSetting",
    "ModelFileDescriptionError",
    "ModelMetadataArtifactDetails",
    "ModelMetadataArtifactNotFoundError",
    "ModelNotSavedError",
    "ModelProvenanceNotFoundError",
    "ModelRetentionOperationDetails",
    "ModelRetentionSetting",
    "ModelWithActiveDeploymentError",
    "Models",
    "PathNotFoundError",
    "SettingStatus",
]

_IN_TABLES = (
    *("id", "display_name", "version_id", "version_label", "time_created", "lifecycle_state"),
    *("created_by", "compartment_id", "project_id"),
)


class DataScienceModel(ModelArtifactMoves, MetadataArtifacts):
    """Be a model of the catalog: as it is to be, and once it is created as it was last seen.

    Args:
        spec: What it is to be, by the names of the fields or those on the wire (``projectId``).
        auth: Who talks to the service; by default what the environment and the home say.
        kwargs: The same as the spec, by keyword.

    Raises:
        ValueError: It says something that a model has not.

    Example:
        >>> model = DataScienceModel(display_name="wine").with_description("Which grower made it")
        >>> model.to_dict()["spec"]["description"]
        'Which grower made it'
    """

    def create(
        self,
        *,
        bucket_uri: str | None = None,
        overwrite_existing_artifact: bool | None = True,
        remove_existing_artifact: bool | None = True,
        region: str | None = None,
        auth: Auth | None = None,
        timeout: float | None = None,
        parallel_process_count: int = 9,
        model_by_reference: bool | None = False,
        **kwargs: Unpack[ModelFields],
    ) -> Self:
        """Create it in the catalog with its whole artifact, or not at all; return the model.

        Without an artifact only the entry is created, for :meth:`upload_artifact` to complete.

        Args:
            bucket_uri: A bucket for the artifact to go by; not needed, whatever its size.
            overwrite_existing_artifact: Whether an object of the bucket that has the name may be written over.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
            region: The region of the bucket.
            auth: Who talks to the service.
            timeout: How long to wait for a connection, in seconds.
            parallel_process_count: How many parts go to the bucket at a time.
            model_by_reference: Whether the objects of a bucket are the model, and stay there.
            kwargs: Fields, in place of what was said before.

        Raises:
            ValueError: No project or compartment is known, or the metadata is too large.
            PathNotFoundError: There is no artifact where it was said to be.
            ModelArtifactSizeError: It is larger than the service takes.
            Conflict: Another model of the version set has the label.
        """
        for name, value in kwargs.items():
            self.set_spec(name, value)
        if auth is not None or timeout is not None:
            self.auth = auth or self.auth
            self.client = client_of(self.auth, timeout=timeout)
        bucket = bucket_of(
            bucket_uri,
            region=region,
            overwrite=overwrite_existing_artifact,
            remove=remove_existing_artifact,
            parts=parallel_process_count,
        )
        if model_by_reference:
            self._say_by_reference()
        with reported("create") as reporter:
            return self._create(bucket, is_by_reference=bool(model_by_reference), reporter=reporter)

    def _create(self, bucket: Bucket | None, *, is_by_reference: bool, reporter: Reporter) -> Self:
        if self.display_name is None:
            self.display_name = display_name()
        details = creation_of(self, settings=from_environ(), home=self.client.profile)
        provenance, uris = provenance_of(self), self._uris()
        if is_by_reference or len(uris) != 1 or not is_local(uris[0]) or bucket is not None:
            has_artifact = bool(uris or (is_by_reference and self.model_file_description))
            return self._create_then_upload(
                details, provenance, bucket, has_artifact=has_artifact, is_by_reference=is_by_reference,
                reporter=reporter,
            )  # fmt: skip
        source = local_path(uris[0])
        if not source.exists():
            raise PathNotFoundError(f"There is no folder or archive {source}.")
        draft = Draft(source=source, details=details, provenance=provenance)
        with fits(uris[0]):
            saved = save_artifact(self.client, draft, saves=UnfinishedSaves(from_environ().saves), reporter=reporter)
        return self._as_seen(self.client.get_model(saved.model_id))

    def _create_then_upload(
        self,
        details: CreateModelDetails,
        provenance: CreateModelProvenanceDetails | None,
        bucket: Bucket | None,
        *,
        has_artifact: bool,
        is_by_reference: bool,
        reporter: Reporter,
    ) -> Self:
        if not has_artifact:
            notice("The model is created without an artifact: upload_artifact() brings it.")
        model_id, _ = create_with(
            self.client,
            details,
            provenance,
            lambda model_id: (
                self._upload(self.client, model_id, bucket=bucket, is_by_reference=is_by_reference, reporter=reporter)
                if has_artifact
                else None
            ),
            reporter=reporter,
        )
        return self._as_seen(self.client.get_model(model_id))

    def _say_by_reference(self) -> None:
        custom = self.custom_metadata_list or ModelCustomMetadata()
        custom.add(KEY, "true", description="The objects of a bucket are the model.", replace=True)
        self.set_spec("custom_metadata_list", custom)

    def update(self, **kwargs: Unpack[ModelFields]) -> Self:
        """Tell the catalog what was changed here; return the model.

        Args:
            kwargs: Fields, in place of what was said before.

        Raises:
            ModelNotSavedError: It is not in the catalog.
            ValueError: Its project, compartment or schemas were changed, which stay as they were created.
        """
        model_id = self._saved()
        for name, value in kwargs.items():
            self.set_spec(name, value)
        was = self.seen(self._seen or self.client.get_model(model_id), client=self.client, auth=self.auth)
        details = changes_of(self, was)
        provenance = provenance_of(self)
        if provenance is not None and provenance != provenance_of(was):
            self._tell_provenance(model_id, provenance, is_first=was.provenance_metadata is None)
        if details == UpdateModelDetails():
            return self.sync()
        return self._as_seen(self.client.update_model(model_id, details))

    def _tell_provenance(self, model_id: str, details: CreateModelProvenanceDetails, *, is_first: bool) -> None:
        if is_first:
            self.client.create_model_provenance(model_id, details)
            return
        changes = UpdateModelProvenanceDetails(**msgspec.structs.asdict(details))
        self.client.update_model_provenance(model_id, changes)

    def delete(self, delete_associated_model_deployment: bool | None = False) -> Self:
        """Delete it from the catalog with its artifact; return the model.

        Args:
            delete_associated_model_deployment: Whether to delete the deployments that serve it, too.

        Raises:
            ModelNotSavedError: It is not in the catalog.
            ModelWithActiveDeploymentError: A deployment serves it.
        """
        model_id = self._saved()
        if delete_associated_model_deployment:
            delete_deployments_of(self.client, model_id)
        try:
            self.client.delete_model(model_id)
        except Conflict as error:
            raise ModelWithActiveDeploymentError(
                f"{error.message} Pass delete_associated_model_deployment=True to delete what serves it, too."
            ) from error
        return self.sync()

    @classmethod
    def list(
        cls,
        compartment_id: str | None = None,
        project_id: str | None = None,
        category: Literal["USER", "SERVICE"] = "USER",
        *,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        model_version_set_name: str | None = None,
        version_label: str | None = None,
        sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        auth: Auth | None = None,
    ) -> Models:
        """Return the models of a compartment; what a list leaves out is asked for when somebody looks.

        Args:
            compartment_id: The compartment; by default the environment's, else the home's.
            project_id: Only those of a project.
            category: Whose they are: ``USER`` or ``SERVICE``.
            display_name: Only those of a name.
            lifecycle_state: Only those in a state; by default all that are not deleted.
            created_by: Only those that somebody created.
            model_version_set_name: Only those in a version set.
            version_label: Only those with a label.
            sort_by: What they are sorted by.
            sort_order: In which direction.
            auth: Who talks to the service.
        """
        client = client_of(auth)
        found = client.list_models(
            where_sets_are(compartment_id, client),
            project_id=project_id,
            category=category,
            display_name=display_name,
            lifecycle_state=lifecycle_state,
            created_by=created_by,
            model_version_set_name=model_version_set_name,
            version_label=version_label,
            sort_by=sort_by,
            sort_order=sort_order,
        )
        return Models(
            cls.seen(each, client=client, auth=auth)
            for each in found
            if lifecycle_state or each.lifecycle_state is not ModelState.DELETED
        )

    @classmethod
    def list_df(
        cls,
        compartment_id: str | None = None,
        project_id: str | None = None,
        category: Literal["USER", "SERVICE"] = "USER",
        *,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        auth: Auth | None = None,
    ) -> pd.DataFrame:
        """Return the models of a compartment as a table; see :meth:`list`."""
        found = cls.list(
            compartment_id,
            project_id,
            category,
            display_name=display_name,
            lifecycle_state=lifecycle_state,
            auth=auth,
        )
        return found.to_dataframe()


class Models(list[DataScienceModel]):
    """Be models of the catalog in the order of the list that they come from."""

    def to_dataframe(self) -> pd.DataFrame:
        """Return them as a table, one a row."""
        import pandas as pd

        rows = [[model.get_spec(name) for name in _IN_TABLES] for model in self]
        return pd.DataFrame(rows, columns=pd.Index(_IN_TABLES))


def models_of(resources: Iterable[ModelSummary], client: DataScienceClient, auth: Auth | None) -> Models:
    """Return the models that a list of the catalog tells of."""
    return Models(DataScienceModel.seen(each, client=client, auth=auth) for each in resources)
