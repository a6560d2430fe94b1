"""The half of a model that is about the catalog: save, load, change and delete its entry."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Union

from modelyard.artifact import layout
from modelyard.errors import NotFound, UsageError
from modelyard.lifecycle import DeploymentState
from modelyard.model import loading, saving
from modelyard.model.class_or_instance import class_or_instance
from modelyard.model.deploying import needed
from modelyard.model.display_names import display_name
from modelyard.model.failures import ArtifactsNotAvailableError, RuntimeInfoInconsistencyError
from modelyard.model.local_model import LocalModel
from modelyard.model.model_introspect import TEST_STATUS, IntrospectionNotPassed
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata, validate_together
from modelyard.model.model_properties import DEFAULTS, ModelProperties, from_settings, of_options, settle
from modelyard.model.options import FromArtifactOptions, FromCatalogOptions, SaveOptions, takes
from modelyard.model.progress import reported
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.model.trying import can_be_tried
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.model.version_set_choice import version_set_of_save
from modelyard.resources.model import CreateModelDetails, UpdateModelDetails

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth


class CatalogModel(LocalModel):
    """Be a model with an entry in the catalog, or one that can get one."""

    _model_id: str | None = None

    @property
    def model_id(self) -> str | None:
        """The OCID of the entry in the catalog; None before save()."""
        return self._model_id

    @cached_property
    def client(self) -> DataScienceClient:
        """Who talks to the service for this model; made at the first use."""
        return client_of(self.auth)

    # ── save ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @takes(SaveOptions)
    def save(self, options: SaveOptions) -> str:  # noqa: D417 (the options' are its arguments)
        """Put the artifact into the catalog with its metadata, schemas and provenance; return the model's OCID.

        The entry comes with its whole artifact, or not at all. A save that was interrupted, by the user or by the
        network, is gone on with by the next one of the same folder: only what the service does not have is sent.

        Args:
            bucket_uri: Not needed: an artifact of any size goes straight to the catalog.
            defined_tags: Tags by namespace.
            description: What people read of the model.
            display_name: The name that people know it by; by default one that is easy to remember.
            featurestore_dataset: Not there.
            freeform_tags: Tags.
            ignore_introspection: Whether to save an artifact that fails a test.
            model_version_set: The version set to save it into, or its OCID or name; by default that of the
                :func:`~modelyard.model.model_version_set.experiment` around the call, or of the environment.
            overwrite_existing_artifact: For buckets.
            parallel_process_count: For buckets.
            remove_existing_artifact: For buckets.
            reload: Whether to try first that the model loads.
            version_label: The label of this version; no other model of the version set may have it.
            model_by_reference: Not there.
            project_id: The project to save into.
            compartment_id: The compartment to save into.
            region: For buckets.
            timeout: How long to wait for a connection, in seconds.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            RuntimeInfoInconsistencyError: runtime.yaml was changed behind the model's back.
            IntrospectionNotPassed: The artifact failed a test.
            ModelLoadError: The model does not load; the message is its own traceback.
            ModelVersionSetNotExists: No version set has this name.
            Conflict: Another model of the version set has this label. The catalog has nothing of this one.
            ValueError: The metadata is too large, no project is known, or the version set is not in the catalog.
        """
        saving.refuse_unsupported(options)
        if options.timeout is not None:
            self.client = client_of(self.auth, timeout=options.timeout)
        folder = self._checked_artifact(options)
        validate_together(self.metadata_taxonomy, self.metadata_custom)
        settled = settle(
            of_options(options), self.properties, from_settings(self._settings), of_client(self.client), DEFAULTS
        )
        draft = saving.Draft(
            source=folder,
            details=self._details(options, settled),
            provenance=self.metadata_provenance.to_wire(),
            is_named=options.display_name is not None,
        )
        with reported("save") as reporter:
            saves = UnfinishedSaves(self._settings.saves)
            saved = saving.save_artifact(self.client, draft, saves=saves, reporter=reporter)
        self._model_id = saved.model_id
        self._facts = replace(self._facts, is_saved=True)
        return saved.model_id

    def _checked_artifact(self, options: SaveOptions) -> Path:
        if self.artifact_dir is None or not Path(self.artifact_dir).is_dir():
            raise ArtifactsNotAvailableError
        folder = Path(self.artifact_dir)
        if self.runtime_info is not None and loading.read_runtime(folder) != self.runtime_info:
            raise RuntimeInfoInconsistencyError(
                f"{folder / layout.RUNTIME_YAML} is not what the model knows of it: call reload_runtime_info() to take "
                "the file, or prepare() to write it again."
            )
        if not options.ignore_introspection:
            self._pass_introspection()
        if options.reload and can_be_tried(folder):
            self._trial.load(folder, default_python=self._settings.default_python)
        return folder

    def _pass_introspection(self) -> None:
        result = self._introspect.examine()
        self._facts = replace(self._facts, introspection=result.status)
        if result.status != TEST_STATUS.NOT_PASSED:
            return
        failed = "\n".join(
            f"  {test.key}: {test.message}" for test in result.tests if test.status == TEST_STATUS.NOT_PASSED
        )
        raise IntrospectionNotPassed(
            f"The artifact in {self.artifact_dir} does not pass:\n{failed}\nFix it, or pass ignore_introspection=True."
        )

    def _details(self, options: SaveOptions, settled: ModelProperties) -> CreateModelDetails:
        schemas = (self.schema_input, self.schema_output)
        texts = [schema.to_json() if schema.attributes and schema.fits_wire() else None for schema in schemas]
        project_id = needed(settled.project_id, "project_id", "PROJECT_OCID")
        compartment_id = needed(settled.compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID")
        return CreateModelDetails(
            project_id=project_id,
            compartment_id=compartment_id,
            display_name=options.display_name or display_name(),
            description=options.description,
            freeform_tags=options.freeform_tags,
            defined_tags=options.defined_tags,
            model_version_set_id=version_set_of_save(
                options.model_version_set, self._settings, client=self.client, compartment_id=compartment_id
            ),
            version_label=options.version_label,
            custom_metadata_list=self.metadata_custom.to_wire(),
            defined_metadata_list=self.metadata_taxonomy.to_wire(),
            input_schema=texts[0],
            output_schema=texts[1],
        )

    def update(
        self,
        *,
        display_name: str | None = None,
        description: str | None = None,
        freeform_tags: dict[str, str] | None = None,
        defined_tags: dict[str, dict[str, object]] | None = None,
        version_label: str | None = None,
    ) -> Self:
        """Change what the catalog says of the model, its metadata included; the artifact never changes.

        Raises:
            ValueError: The model is not in the catalog.
        """
        model_id = saved_id(self.model_id)
        validate_together(self.metadata_taxonomy, self.metadata_custom)
        details = UpdateModelDetails(
            display_name=display_name,
            description=description,
            freeform_tags=freeform_tags,
            defined_tags=defined_tags,
            version_label=version_label,
            custom_metadata_list=self.metadata_custom.to_wire(),
            defined_metadata_list=self.metadata_taxonomy.to_wire(),
        )
        self.client.update_model(model_id, details)
        return self

    # ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    @takes(FromArtifactOptions)
    def from_model_artifact(cls, options: FromArtifactOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Return the model of an artifact that is there already: a folder, a zip or a tar.

        Args:
            uri: The folder or archive.
            model_file_name: The name of the model's file.
            artifact_dir: The folder for the artifact's files; by default a new one of its own.
            auth: Who talks to the service.
            force_overwrite: Whether what is in artifact_dir may be replaced.
            properties: Defaults for the arguments of the methods.
            ignore_conda_error: Whether an artifact that names no environment will do.
            reload: Whether to try that the model loads.

        Raises:
            FileAlreadyExists: artifact_dir holds something. Nothing was touched.
            UnsafeArchiveError: The archive would write outside of its folder. Nothing was touched.
        """
        model = cls(artifact_dir=options.artifact_dir, properties=options.properties, auth=options.auth)
        folder = model._folder()
        loading.load_artifact(options.uri, folder, force_overwrite=bool(options.force_overwrite))
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
            bucket_uri: Not needed: an artifact of any size comes straight from the catalog.
            remove_existing_artifact: For buckets.
            ignore_conda_error: Whether an artifact that names no environment will do.
            download_artifact: Whether to download the artifact.
            compartment_id: Not needed: the model knows its own.
            timeout: How long to wait for a connection, in seconds.
            region: For buckets.
            reload: Whether to try that the model loads.

        Raises:
            NotFound: There is no such model.
            FileAlreadyExists: artifact_dir holds something. Nothing was touched.
        """
        refuse_bucket(options.bucket_uri)
        model = cls(artifact_dir=options.artifact_dir, properties=options.properties, auth=options.auth)
        model.client = client_of(options.auth, timeout=options.timeout)
        model._read_entry(options.model_id)
        if options.download_artifact:
            model.download_artifact(force_overwrite=options.force_overwrite)
            model._adopt(Path(str(model.artifact_dir)), model_file_name=options.model_file_name, reload=False)
        model.model_file_name = options.model_file_name or model.model_file_name
        model._facts = replace(model._facts, is_saved=True)
        if options.reload and options.download_artifact:
            model._trial.load(model._artifact(), default_python=model._settings.default_python)
        return model

    def _adopt(self, folder: Path, *, model_file_name: str | None, reload: bool) -> None:
        """Take an artifact that somebody else made as one's own."""
        if not (folder / layout.SCORE_PY).is_file() or not (folder / layout.RUNTIME_YAML).is_file():
            warnings.warn(f"{folder} lacks score.py or runtime.yaml; introspect() tells what to do.", stacklevel=4)
        self.model_file_name = model_file_name or loading.model_file_of(folder)
        self.runtime_info = loading.read_runtime(folder)
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
        remove_existing_artifact: bool | None = True,  # noqa: ARG002 (for buckets)
    ) -> Self:
        """Put the artifact from the catalog into a folder, by default the model's own.

        Raises:
            ValueError: The model is not in the catalog.
            FileAlreadyExists: The folder holds something. Nothing was touched.
        """
        refuse_bucket(bucket_uri)
        model_id = saved_id(self.model_id)
        if artifact_dir is not None:
            self.artifact_dir = str(Path(artifact_dir).expanduser().absolute())
        client = client_of(auth) if auth is not None else self.client
        with reported("load") as reporter:
            loading.download(client, model_id, self._folder(), force_overwrite=bool(force_overwrite), reporter=reporter)
        return self

    def upload_artifact(
        self,
        uri: str,
        auth: Auth | None = None,  # noqa: ARG002 (for buckets)
        force_overwrite: bool | None = False,
        parallel_process_count: int = 9,  # noqa: ARG002 (for buckets)
    ) -> None:
        """Write the artifact as a zip into a folder of this machine.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            FileAlreadyExists: The zip is there already, and was not to be written over.
        """
        loading.export(self._artifact(), uri, name=self.model_id, force_overwrite=bool(force_overwrite))

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


def client_of(auth: Auth | None, *, timeout: float | None = None) -> DataScienceClient:
    """Return a client of the service that is configured, or of this machine's, which is started where needed."""
    from modelyard.client.connecting import connect
    from modelyard.client.transport import Timeouts

    return connect(auth=auth, timeouts=Timeouts(connect=timeout) if timeout is not None else None)


def of_client(client: DataScienceClient) -> ModelProperties:
    """Return what the service's own home says."""
    return ModelProperties(compartment_id=client.profile.compartment_id, project_id=client.profile.project_id)


def saved_id(model_id: str | None) -> str:
    """Return the id of a model in the catalog, or raise ValueError."""
    if not model_id:
        raise UsageError("The model is not in the catalog: call save() first, or pass model_id=….")
    return model_id


def refuse_bucket(bucket_uri: str | None) -> None:
    """Raise UsageError for a bucket, which no artifact needs."""
    if bucket_uri:
        raise UsageError("bucket_uri cannot be honoured: artifacts of any size come straight from the catalog.")


def delete_deployments_of(client: DataScienceClient, model_id: str) -> None:
    """Delete every deployment that serves a model, and wait until they are gone."""
    from modelyard.client.waiters import wait_for_work_request
    from modelyard.resources.deployment import ModelGroupDeploymentConfigurationDetails

    compartment_id = client.get_model(model_id).compartment_id
    gone = {DeploymentState.DELETED, DeploymentState.DELETING}
    begun = []
    for deployment in list(client.list_model_deployments(compartment_id)):
        details = deployment.model_deployment_configuration_details
        if deployment.lifecycle_state in gone or isinstance(details, ModelGroupDeploymentConfigurationDetails):
            continue
        if details is not None and details.model_configuration_details.model_id == model_id:
            begun.append(client.delete_model_deployment(deployment.id))
    for work_request_id in begun:
        wait_for_work_request(client, work_request_id)
