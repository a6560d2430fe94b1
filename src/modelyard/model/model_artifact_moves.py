"""The artifact of a model in the catalog: sent, fetched, restored, and described by reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import NotFound, UsageError
from modelyard.model import model_file_description as by_reference
from modelyard.model.bucket_artifacts import Bucket, bucket_of
from modelyard.model.bucket_writes import taken_back_on_failure
from modelyard.model.failures import InvalidArtifactType, ModelArtifactNotFoundError, ModelFileDescriptionError
from modelyard.model.places import BucketPlace
from modelyard.model.progress import Reporter, reported
from modelyard.model.saved_model import SavedModel
from modelyard.model.sending import describe_sources, fetch_artifact, send_artifact, send_reference

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth


class ModelArtifactMoves(SavedModel):
    """Be a model whose artifact goes to the catalog and comes from it."""

    def upload_artifact(
        self,
        bucket_uri: str | None = None,
        auth: Auth | None = None,
        region: str | None = None,
        overwrite_existing_artifact: bool | None = True,
        remove_existing_artifact: bool | None = True,
        timeout: float | None = None,
        parallel_process_count: int = 9,
        model_by_reference: bool | None = False,
    ) -> None:
        """Give the model in the catalog its artifact, once and for all.

        Args:
            bucket_uri: A bucket to go by, ``oci://bucket@namespace/prefix``; not needed, whatever the size.
            auth: Who talks to the service.
            region: The region of the bucket.
            overwrite_existing_artifact: Whether an object of the bucket that has the name may be written over.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
            timeout: How long to wait for a connection, in seconds.
            parallel_process_count: How many parts go to the bucket at a time.
            model_by_reference: Whether the objects of a bucket are the model, and stay there.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ModelFileDescriptionError: Nothing was said of where the artifact is.
            PathNotFoundError: There is nothing there.
            InvalidArtifactType: There are several, or it is none for a model by reference.
            ModelArtifactSizeError: It is larger than the service takes.
            Conflict: The model has an artifact.
        """
        model_id = self._saved()
        bucket = bucket_of(
            bucket_uri,
            region=region,
            overwrite=overwrite_existing_artifact,
            remove=remove_existing_artifact,
            parts=parallel_process_count,
        )
        with reported("upload") as reporter:
            self._upload(
                self._client_for(auth, timeout),
                model_id,
                bucket=bucket,
                is_by_reference=bool(model_by_reference),
                reporter=reporter,
            )

    def _upload(
        self,
        client: DataScienceClient,
        model_id: str,
        *,
        bucket: Bucket | None,
        is_by_reference: bool,
        reporter: Reporter,
    ) -> None:
        if is_by_reference:
            with taken_back_on_failure() as writes:
                description = self.model_file_description or describe_sources(
                    client.transport, self._uris(), bucket=bucket, name=model_id, writes=writes, reporter=reporter
                )
                send_reference(client, model_id, description, reporter=reporter)
            self.set_spec("model_file_description", description)
            return
        uris = self._uris()
        if len(uris) > 1:
            raise InvalidArtifactType(
                f"{', '.join(uris)} are several artifacts: only a model by reference has more than one "
                "(model_by_reference=True)."
            )
        if not uris:
            raise ModelFileDescriptionError("Nobody said where the artifact is: call with_artifact() first.")
        send_artifact(client, model_id, uris[0], bucket=bucket, reporter=reporter)

    def _uris(self) -> list[str]:
        given = self.artifact
        return [given] if isinstance(given, str) else list(given or ())

    def download_artifact(
        self,
        target_dir: str,
        auth: Auth | None = None,
        force_overwrite: bool | None = False,
        bucket_uri: str | None = None,
        region: str | None = None,
        overwrite_existing_artifact: bool | None = True,
        remove_existing_artifact: bool | None = True,
        timeout: float | None = None,
    ) -> None:
        """Put the artifact from the catalog into a folder.

        Args:
            target_dir: The folder.
            auth: Who talks to the service.
            force_overwrite: Whether what is in the folder may be replaced; it goes when the new is whole.
            bucket_uri: A bucket to come by; not needed, whatever the size.
            region: The region of the bucket.
            overwrite_existing_artifact: Whether an object of the bucket that has the name may be written over.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
            timeout: How long to wait for a connection, in seconds.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ModelArtifactNotFoundError: It has no artifact there.
            FileAlreadyExists: The folder holds something. Nothing was touched.
        """
        model_id = self._saved()
        bucket = bucket_of(
            bucket_uri, region=region, overwrite=overwrite_existing_artifact, remove=remove_existing_artifact
        )
        try:
            with reported("download") as reporter:
                fetch_artifact(
                    self._client_for(auth, timeout),
                    model_id,
                    Path(target_dir).expanduser().absolute(),
                    bucket=bucket,
                    force_overwrite=bool(force_overwrite),
                    reporter=reporter,
                )
        except NotFound as error:
            raise ModelArtifactNotFoundError(f"The model {model_id} cannot be downloaded: {error.message}") from error

    def restore_model(self, restore_model_for_hours_specified: int | None = None) -> None:
        """Ask for an artifact that was archived; it is there again when the service has fetched it.

        Args:
            restore_model_for_hours_specified: For how many hours; by default for as long as the service says.

        Raises:
            ModelNotSavedError: The model is not in the catalog.
            ValueError: It is no number of hours.
            Conflict: The model has no artifact to restore.
        """
        model_id, hours = self._saved(), restore_model_for_hours_specified
        if hours is not None and (isinstance(hours, bool) or not isinstance(hours, int) or hours < 1):
            raise UsageError(f"restore_model_for_hours_specified is {hours!r}; it takes a number of hours from 1 on.")
        self.client.restore_archived_model_artifact(model_id, hours=hours)

    # ── by reference ─────────────────────────────────────────────────────────────────────────────────────────────────

    def add_artifact(
        self,
        uri: str | None = None,
        namespace: str | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
        files: Sequence[str] | None = None,
    ) -> None:
        """Add objects of a bucket, as they are now, to those that the model is by reference.

        Args:
            uri: Where they are, ``oci://bucket@namespace/prefix``; or else the next two.
            namespace: The namespace of their bucket.
            bucket: Their bucket.
            prefix: What their names begin with; by default all of the bucket.
            files: Their whole names, in place of a prefix.

        Raises:
            ValueError: The place is said in two ways or in none, or nothing is there.
            BucketNotVersionedError: The service names no versions of the bucket's objects.
        """
        if prefix is not None and files is not None:
            raise UsageError("prefix and files are two ways to say which objects: give one of them.")
        place = self._bucket_place(uri=uri, namespace=namespace, bucket=bucket, prefix=prefix)
        self.set_spec("model_file_description", by_reference.added(self.model_file_description, place, files=files))

    def remove_artifact(
        self,
        uri: str | None = None,
        namespace: str | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
    ) -> None:
        """Take objects that were added from those that the model is by reference.

        Args:
            uri: Where they are, as it was said when they were added; or else the next two.
            namespace: The namespace of their bucket.
            bucket: Their bucket.
            prefix: What their names begin with.

        Raises:
            ValueError: The place is said in two ways or in none.
        """
        place = self._bucket_place(uri=uri, namespace=namespace, bucket=bucket, prefix=prefix)
        self.set_spec("model_file_description", by_reference.removed(self.model_file_description, place))

    def _bucket_place(
        self, *, uri: str | None, namespace: str | None, bucket: str | None, prefix: str | None
    ) -> BucketPlace:
        return by_reference.source_of(self.client.transport, uri=uri, namespace=namespace, bucket=bucket, prefix=prefix)

    def _client_for(self, auth: Auth | None, timeout: float | None) -> DataScienceClient:
        from modelyard.model.connection import client_of

        return self.client if auth is None and timeout is None else client_of(auth or self.auth, timeout=timeout)
