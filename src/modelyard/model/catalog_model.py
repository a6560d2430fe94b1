"""The half of a model that is about where it is kept: load it, fetch and export its artifact, delete it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

from modelyard.artifact import layout
from modelyard.artifact.folder_files import list_files
from modelyard.errors import NotFound, UsageError
from modelyard.model import loading
from modelyard.model.artifact_dirs import folder_of
from modelyard.model.bucket_artifacts import Bucket, bucket_of
from modelyard.model.class_or_instance import class_or_instance
from modelyard.model.connection import client_of, delete_deployments_of, saved_id
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata
from modelyard.model.notices import notice
from modelyard.model.options import FromArtifactOptions, FromCatalogOptions, takes
from modelyard.model.places import LocalPlace, fetched, place_of
from modelyard.model.progress import reported
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.model.runtime.runtime_info import RuntimeInfo
from modelyard.model.savable_model import SavableModel
from modelyard.model.sending import fetch_artifact

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth


class CatalogModel(SavableModel):
    """Be a model with an entry in the catalog, or one that can get one."""

    # ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    @takes(FromArtifactOptions)
    def from_model_artifact(cls, options: FromArtifactOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Return the model of an artifact that is there already: a folder, a zip or a tar, packed or not.

        Args:
            uri: The folder or archive: a path, ``oci://bucket@namespace/name``, or an address that fsspec reaches.
            model_file_name: The name of the model's file.
            artifact_dir: The folder for the artifact's files; by default a new one of its own.
            auth: Who talks to the service.
            force_overwrite: Whether what is in artifact_dir may be replaced.
            properties: Defaults for the arguments of the methods.
            ignore_conda_error: Whether an artifact that names no environment will do.
            reload: Whether to try that the model loads.

        Raises:
            FileNotFoundError: There is nothing at the address.
            FileAlreadyExists: artifact_dir holds something. Nothing was touched.
            UnsafeArchiveError: The archive would write outside of its folder. Nothing was touched.
        """
        model = cls(artifact_dir=options.artifact_dir, properties=options.properties, auth=options.auth)
        place = place_of(options.uri, auth=options.auth)
        with (
            reported("load") as reporter,
            model._filled() as folder,
            fetched(place, progress=reporter.amount) as source,
        ):
            loading.load_artifact(str(source), folder, force_overwrite=bool(options.force_overwrite))
        model._adopt(folder, model_file_name=options.model_file_name, reload=bool(options.reload))
        return model

    @classmethod
    @takes(FromCatalogOptions)
    def from_model_catalog(cls, options: FromCatalogOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Return a model from the catalog, with its metadata and, unless told otherwise, its artifact.

        Args:
            model_id: The model's OCID.
            model_file_name: The name of the model's file.
            artifact_dir: The folder for the artifact's files; by default a new one of its own.
            auth: Who talks to the service.
            force_overwrite: Whether what is in artifact_dir may be replaced.
            properties: Defaults for the arguments of the methods.
            bucket_uri: A bucket to come by, ``oci://bucket@namespace/prefix``; not needed, whatever the size.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
            ignore_conda_error: Whether an artifact that names no environment will do.
            download_artifact: Whether to download the artifact.
            compartment_id: Not needed: the model knows its own.
            timeout: How long to wait for a connection, in seconds.
            region: The region of the bucket.
            reload: Whether to try that the model loads.

        Raises:
            NotFound: There is no such model.
            FileAlreadyExists: artifact_dir holds something. Nothing was touched.
        """
        model = cls(artifact_dir=options.artifact_dir, properties=options.properties, auth=options.auth)
        model.client = client_of(options.auth, timeout=options.timeout)
        model._read_entry(options.model_id)
        if options.download_artifact:
            model._fetch(
                model.client,
                bucket_of(options.bucket_uri, region=options.region, remove=options.remove_existing_artifact),
                force_overwrite=bool(options.force_overwrite),
            )
            model._adopt(Path(str(model.artifact_dir)), model_file_name=options.model_file_name, reload=False)
        model.model_file_name = options.model_file_name or model.model_file_name
        model._facts = replace(model._facts, is_saved=True)
        if options.reload and options.download_artifact:
            model._trial.load(model._artifact(), default_python=model._settings.default_python)
        return model

    def _adopt(self, folder: Path, *, model_file_name: str | None, reload: bool) -> None:
        """Take an artifact that somebody else made as one's own."""
        if not (folder / layout.SCORE_PY).is_file() or not (folder / layout.RUNTIME_YAML).is_file():
            notice(f"{folder} lacks score.py or runtime.yaml; introspect() tells what to do.")
        if model_file_name and not (folder / model_file_name).exists():
            there = ", ".join(list_files(folder).files[:20])
            raise UsageError(f"model_file_name is {model_file_name!r}; the artifact in {folder} has {there}.")
        self.model_file_name = model_file_name or loading.model_file_of(folder)
        self.runtime_info = RuntimeInfo.in_folder(folder)
        self.schema_input = loading.read_schema(folder, layout.INPUT_SCHEMA)
        self.schema_output = loading.read_schema(folder, layout.OUTPUT_SCHEMA)
        self._facts = replace(self._facts, is_loaded=True)
        if reload:
            self._trial.load(self._artifact(), default_python=self._settings.default_python)

    def _read_entry(self, model_id: str) -> None:
        entry = self.client.get_model(model_id)
        self._model_id = entry.id
        self.metadata_custom = ModelCustomMetadata.from_wire(entry.custom_metadata_list)
        self.metadata_taxonomy = ModelTaxonomyMetadata.from_wire(entry.defined_metadata_list)
        self._described = self.metadata_taxonomy.facts()
        self.schema_input = loading.schema_of(entry.input_schema)
        self.schema_output = loading.schema_of(entry.output_schema)
        try:
            self.metadata_provenance = ModelProvenanceMetadata.from_wire(self.client.get_model_provenance(entry.id))
        except NotFound:  # it was never told
            self.metadata_provenance = ModelProvenanceMetadata()

    def download_artifact(
        self,
        artifact_dir: str | None = None,
        auth: Auth | None = None,
        force_overwrite: bool | None = False,
        bucket_uri: str | None = None,
        remove_existing_artifact: bool | None = True,
    ) -> Self:
        """Put the artifact from the catalog into a folder, by default the model's own.

        Args:
            artifact_dir: The folder, which is the model's from then on.
            auth: Who talks to the service.
            force_overwrite: Whether what is in the folder may be replaced; it goes when the new is whole.
            bucket_uri: A bucket to come by, ``oci://bucket@namespace/prefix``; not needed, whatever the size.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.

        Raises:
            ValueError: The model is not in the catalog.
            FileAlreadyExists: The folder holds something. Nothing was touched.
        """
        saved_id(self.model_id)
        if artifact_dir is not None:
            self.artifact_dir = str(folder_of(artifact_dir))
        client = client_of(auth) if auth is not None else self.client
        bucket = bucket_of(bucket_uri, remove=remove_existing_artifact)
        self._fetch(client, bucket, force_overwrite=bool(force_overwrite))
        return self

    def _fetch(self, client: DataScienceClient, bucket: Bucket | None, *, force_overwrite: bool) -> None:
        model_id = saved_id(self.model_id)
        with reported("load") as reporter, self._filled() as folder:
            fetch_artifact(client, model_id, folder, bucket=bucket, force_overwrite=force_overwrite, reporter=reporter)

    def upload_artifact(
        self,
        uri: str,
        auth: Auth | None = None,
        force_overwrite: bool | None = False,
        parallel_process_count: int = 9,
    ) -> None:
        """Write the artifact as a zip into a folder of this machine, a bucket, or wherever fsspec reaches.

        Args:
            uri: The folder, or the zip itself: a path, ``oci://bucket@namespace/prefix``, ``s3://bucket/prefix``, ….
            auth: Who talks to the service, for ``oci://``.
            force_overwrite: Whether a zip that is there already may be written over.
            parallel_process_count: How many parts go to a bucket at a time.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            FileAlreadyExists: The zip is there already, and was not to be written over.
            MissingDependency: Nothing installed here reaches such addresses.
        """
        folder, place = self._artifact(), place_of(uri, auth=auth or self.auth)
        target = place if uri.endswith(".zip") else place.below(f"{self.model_id or folder.name}.zip")
        if isinstance(target, LocalPlace) and target.path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"{target.uri} is inside the artifact that it is to hold: name a place outside of {folder}."
            )
        with reported("upload") as reporter:
            loading.export(
                folder,
                target,
                force_overwrite=bool(force_overwrite),
                parts=parallel_process_count,
                reporter=reporter,
            )

    # ── delete ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @class_or_instance
    def delete(
        target: Union[type[CatalogModel], CatalogModel],  # noqa: N805 (the class or an instance)
        model_id: str | None = None,
        delete_associated_model_deployment: bool | None = False,
        delete_model_artifact: bool | None = False,
        artifact_dir: str | None = None,
        *,
        auth: Auth | None = None,
    ) -> None:
        """Delete a model from the catalog.

        Args:
            model_id: The model's OCID; on an instance its own by default.
            delete_associated_model_deployment: Whether to delete the deployments that serve it, too.
            delete_model_artifact: Whether to delete the artifact's folder on this machine, too.
            artifact_dir: That folder; on an instance its own by default.
            auth: Who talks to the service.

        Raises:
            ValueError: There is no model_id.
            Conflict: A deployment serves the model.
        """
        model = target if isinstance(target, CatalogModel) else None
        gone = saved_id(model_id or (model.model_id if model else None))
        client = model.client if model and auth is None else client_of(auth)
        if delete_associated_model_deployment:
            delete_deployments_of(client, gone)
        client.delete_model(gone)
        folder = artifact_dir or (model.artifact_dir if model else None)
        if delete_model_artifact and folder is not None:
            shutil.rmtree(folder)
