"""The half of a model that makes its entry in the catalog, and changes what the entry says."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import example, layout
from modelyard.errors import UsageError
from modelyard.model import saving
from modelyard.model.bucket_artifacts import bucket_of
from modelyard.model.connection import client_of, of_client, saved_id
from modelyard.model.deploying import needed
from modelyard.model.display_names import display_name
from modelyard.model.failures import ArtifactsNotAvailableError, RuntimeInfoInconsistencyError
from modelyard.model.local_model import LocalModel
from modelyard.model.model_file_description import KEY
from modelyard.model.model_introspect import TEST_STATUS, IntrospectionNotPassed
from modelyard.model.model_metadata import validate_together
from modelyard.model.model_properties import DEFAULTS, ModelProperties, from_settings, of_options, settle
from modelyard.model.options import SaveOptions, takes
from modelyard.model.progress import reported
from modelyard.model.runtime.runtime_info import RuntimeInfo
from modelyard.model.sending import save_by_bucket
from modelyard.model.trying import can_be_tried
from modelyard.model.unfinished import UnfinishedSaves
from modelyard.model.version_set_choice import version_set_of_save
from modelyard.resources.model import CreateModelDetails, UpdateModelDetails

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.data_science import DataScienceClient


class SavableModel(LocalModel):
    """Be a model that can get an entry in the catalog."""

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
            bucket_uri: A bucket to go by, ``oci://bucket@namespace/prefix``; not needed, whatever the size.
            defined_tags: Tags by namespace.
            description: What people read of the model.
            display_name: The name that people know it by; by default one that is easy to remember.
            featurestore_dataset: Not there.
            freeform_tags: Tags.
            ignore_introspection: Whether to save an artifact that fails a test.
            model_version_set: The version set to save it into, or its OCID or name; by default that of the
                :func:`~modelyard.model.model_version_set.experiment` around the call, or of the environment.
            overwrite_existing_artifact: Whether objects of the bucket that have the names may be written over.
            parallel_process_count: How many parts go to the bucket at a time.
            remove_existing_artifact: Whether the bucket's object is deleted when it has arrived.
            reload: Whether to try first that the model loads and answers the artifact's example.
            version_label: The label of this version; no other model of the version set may have it.
            model_by_reference: Whether the artifact's files stay in the bucket, as objects that the model is.
            project_id: The project to save into.
            compartment_id: The compartment to save into.
            region: The region of the bucket.
            timeout: How long to wait for a connection, in seconds.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            RuntimeInfoInconsistencyError: runtime.yaml was changed behind the model's back.
            IntrospectionNotPassed: The artifact failed a test.
            ModelLoadError: The model does not load; the message is its own traceback.
            PredictionFailed: The model does not answer the artifact's own example.
            ModelVersionSetNotExists: No version set has this name.
            Conflict: Another model of the version set has this label. The catalog has nothing of this one.
            ValueError: The metadata is too large, no project is known, or the version set is not in the catalog.
        """
        saving.refuse_unsupported(options)
        validate_together(self.metadata_taxonomy, self.metadata_custom)
        folder = self._checked_artifact(options)
        client = self.client if options.timeout is None else client_of(self.auth, timeout=options.timeout)
        settled = settle(
            of_options(options), self.properties, from_settings(self._settings), of_client(client), DEFAULTS
        )
        bucket = bucket_of(
            settled.bucket_uri,
            region=options.region,
            overwrite=options.overwrite_existing_artifact,
            remove=options.remove_existing_artifact,
            parts=options.parallel_process_count,
        )
        if options.model_by_reference:
            if bucket is None:
                raise UsageError("model_by_reference needs the bucket whose objects the model is to be: bucket_uri=….")
            self.metadata_custom.add(KEY, "true", "The objects of a bucket are the model.", replace=True)
        else:  # it may have been one, or be loaded from one
            self.metadata_custom.remove(KEY)
        draft = saving.Draft(
            source=folder,
            details=self._details(options, settled, client),
            provenance=self.metadata_provenance.to_wire(),
            is_named=options.display_name is not None,
        )
        with reported("save") as reporter:
            saves = UnfinishedSaves(self._settings.saves)
            saved = (
                saving.save_artifact(client, draft, saves=saves, reporter=reporter)
                if bucket is None
                else save_by_bucket(
                    client,
                    draft,
                    bucket=bucket,
                    is_by_reference=bool(options.model_by_reference),
                    reporter=reporter,
                )
            )
        self._model_id = saved.model_id
        self._facts = replace(self._facts, is_saved=True)
        return saved.model_id

    def _checked_artifact(self, options: SaveOptions) -> Path:
        folder = Path(self.artifact_dir) if self.artifact_dir is not None else None
        if folder is None or not folder.is_dir() or not any(folder.iterdir()):
            raise ArtifactsNotAvailableError
        if self.runtime_info is not None and RuntimeInfo.in_folder(folder) != self.runtime_info:
            raise RuntimeInfoInconsistencyError(
                f"{folder / layout.RUNTIME_YAML} is not what the model knows of it: call reload_runtime_info() to take "
                "the file, or prepare() to write it again."
            )
        if not options.ignore_introspection:
            self._pass_introspection()
        if options.reload and can_be_tried(folder):
            self._trial.load(folder, default_python=self._settings.default_python)
            if (request := example.read_request(folder)) is not None:
                self._try_example(folder, request)
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

    def _details(self, options: SaveOptions, settled: ModelProperties, client: DataScienceClient) -> CreateModelDetails:
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
                options.model_version_set, self._settings, client=client, compartment_id=compartment_id
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
