"""The half of a model that needs no service: prepare, verify, introspect, and the table of what is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact import layout
from modelyard.artifact.estimator import EstimatorFacts, describe_estimator
from modelyard.artifact.metadata import custom_items
from modelyard.artifact.schema import Schema
from modelyard.artifact.serializers import Serializer, serializer_named
from modelyard.errors import UsageError
from modelyard.model import loading, preparing
from modelyard.model.failures import ArtifactsNotAvailableError, SerializeInputNotImplementedError
from modelyard.model.model_introspect import Introspectable, ModelIntrospect
from modelyard.model.model_metadata import (
    ModelCustomMetadata,
    ModelProvenanceMetadata,
    ModelTaxonomyMetadata,
    ModelTaxonomyMetadataItem,
)
from modelyard.model.model_properties import DEFAULTS, ModelProperties, from_settings, of_options, settle
from modelyard.model.options import PrepareOptions, takes
from modelyard.model.request_data import body_of
from modelyard.model.states import ModelInputSerializerType, ModelSerializerType
from modelyard.model.summary_status import Facts, SummaryStatus
from modelyard.model.trying import Trial
from modelyard.settings import Settings, from_environ

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self

    from modelyard.artifact.runtime_yaml import RuntimeYaml
    from modelyard.client.profile import Auth


class LocalModel(Introspectable):
    """Be a trained model and its artifact on this machine.

    Args:
        estimator: The trained model.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service: ``{"config": {…}}`` or ``{"signer": …}``, and ``client_kwargs`` with a
            ``service_endpoint``. By default what the environment and the home say.
        serialize: Whether prepare() writes the estimator; otherwise its file and load_model() are the user's.
        model_save_serializer: How the estimator is written: ``joblib``, ``cloudpickle``, …
        model_input_serializer: How data is sent: ``json``.
    """

    model_save_serializer_type: ClassVar[type] = ModelSerializerType
    model_input_serializer_type: ClassVar[type] = ModelInputSerializerType

    _template: ClassVar[str] = "generic"
    _default_serializer: ClassVar[str] = ModelSerializerType.CLOUDPICKLE
    _serializers: ClassVar[tuple[str, ...]] = ("cloudpickle", "joblib", "pickle")

    def __init__(
        self,
        estimator: object = None,
        artifact_dir: str | None = None,
        properties: ModelProperties | dict[str, object] | None = None,
        auth: Auth | None = None,
        serialize: bool = True,
        model_save_serializer: str | Serializer | None = None,
        model_input_serializer: str | None = None,
    ) -> None:
        self.estimator = estimator
        self.artifact_dir: str | None = str(Path(artifact_dir).expanduser().absolute()) if artifact_dir else None
        self.properties = (
            properties if isinstance(properties, ModelProperties) else ModelProperties.from_dict(properties or {})
        )
        self.auth = auth
        self.serialize = serialize
        self.model_file_name: str | None = None
        self.runtime_info: RuntimeYaml | None = None
        self.schema_input = Schema()
        self.schema_output = Schema()
        self.metadata_custom = ModelCustomMetadata()
        self.metadata_taxonomy = ModelTaxonomyMetadata()
        self.metadata_provenance = ModelProvenanceMetadata()
        self._described = self._describe(estimator)
        self._introspect = ModelIntrospect(self)
        self._trial = Trial()
        self._facts = Facts()
        self._summary_status = SummaryStatus()
        self.set_model_save_serializer(model_save_serializer or self._default_serializer)
        self.set_model_input_serializer(model_input_serializer or ModelInputSerializerType.JSON)

    # ── what is known of the estimator ───────────────────────────────────────────────────────────────────────────────

    @property
    def algorithm(self) -> str | None:
        """The name of the estimator's class."""
        return self._described.algorithm

    @property
    def framework(self) -> str | None:
        """The library that trained it: a word of :class:`~modelyard.model.model_metadata.Framework`."""
        return self._described.framework

    @property
    def version(self) -> str | None:
        """The version of that library."""
        return self._described.framework_version

    @property
    def hyperparameter(self) -> dict[str, str] | None:
        """The estimator's own parameters."""
        return self._described.hyperparameters

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_estimator(estimator)

    def set_model_save_serializer(self, model_save_serializer: str | Serializer) -> None:
        """Choose how the estimator is written; raise ValueError for a name that is none."""
        if isinstance(model_save_serializer, Serializer):
            self._serializer = model_save_serializer
            return
        if model_save_serializer not in self._serializers:
            raise UsageError(
                f"A {type(self).__name__} is not written with {model_save_serializer!r}, but with one of "
                f"{', '.join(self._serializers)}."
            )
        self._serializer = serializer_named(model_save_serializer)

    def set_model_input_serializer(self, model_input_serializer: str) -> None:
        """Choose how data is sent; raise NotImplementedError for a way that is not known."""
        if model_input_serializer != ModelInputSerializerType.JSON:
            raise SerializeInputNotImplementedError(
                f"Data is sent as json, not as {model_input_serializer!r}: that loses nothing, and runs no code."
            )
        self.model_input_serializer = model_input_serializer

    # ── prepare ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @takes(PrepareOptions)
    def prepare(self, options: PrepareOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Write the artifact: the model's file, score.py, runtime.yaml, requirements.txt, README.md and schemas.

        All files are written, or none. The model serves in the environment that runs now, unless told otherwise.

        Args:
            inference_conda_env: Where to serve: a slug, the ``oci://`` path of a pack, or the folder of an environment.
            inference_python_version: Its Python version; needed for a pack.
            training_conda_env: Where it was trained; by default the environment that runs now.
            training_python_version: Its Python version.
            model_file_name: The name of the model's file.
            as_onnx: Not there yet.
            initial_types: Not there yet.
            force_overwrite: Whether files that are there already may be written over.
            namespace: Where slugs are looked up.
            use_case_type: What the model is for: a word of ``UseCaseType``.
            X_sample: Some rows of input, for input_schema.json.
            y_sample: Some rows of output, for output_schema.json.
            training_script_path: The script that trained.
            training_id: The OCID of the job or notebook that trained.
            ignore_pending_changes: Whether the script may have changes that are not committed.
            max_col_num: The most columns for which a schema is made.
            ignore_conda_error: Whether an artifact that names no environment will do; the default one is used then.
            score_py_uri: A score.py of the user's own.

        Raises:
            FileAlreadyExists: A file is there already; it is a FileExistsError and a ValueError. Nothing was touched.
            ChangesNotCommitted: There are changes that are not committed, and they were not to be ignored.
            ArtifactError: The estimator cannot be written.

        Example:
            >>> from sklearn.dummy import DummyClassifier
            >>> model = GenericModel(DummyClassifier().fit([[0]], [1])).prepare()
            >>> model.verify([[0]])
            {'prediction': [1]}
        """
        ModelTaxonomyMetadataItem("UseCaseType", options.use_case_type).validate()
        name = options.model_file_name or self.model_file_name or f"model{self._serializer.suffix}"
        made_from = preparing.Ingredients(
            folder=self._folder(),
            estimator=self.estimator,
            facts=self._described,
            template=self._template,
            serializer=self._serializer if self.serialize else None,
            model_file_name=name,
            options=options,
            settled=settle(of_options(options), self.properties, from_settings(self._settings), DEFAULTS),
        )
        self._take(preparing.prepare_artifact(made_from), made_from)
        return self

    def _take(self, prepared: preparing.Prepared, made_from: preparing.Ingredients) -> None:
        self.model_file_name = made_from.model_file_name
        self.runtime_info = prepared.runtime
        self.schema_input, self.schema_output = prepared.schema_input, prepared.schema_output
        self.metadata_provenance = prepared.provenance
        if made_from.options.use_case_type is not None:
            self.metadata_taxonomy["UseCaseType"].update(made_from.options.use_case_type)
        self.metadata_taxonomy.describe(self._described, with_hyperparameters=not prepared.hyperparameters_file)
        self.metadata_custom.take(
            custom_items(
                environment=prepared.runtime.environment,
                files=prepared.files,
                model_file_name=made_from.model_file_name,
            )
        )
        self._facts = Facts(is_prepared=True, is_serialized=self.serialize)

    def serialize_model(
        self,
        as_onnx: bool = False,
        initial_types: list[tuple[str, object]] | None = None,
        force_overwrite: bool = False,
        X_sample: object = None,  # noqa: ARG002, N803 (the reference's; needed for ONNX alone)
    ) -> None:
        """Write the estimator alone into the artifact's folder."""
        preparing.refuse_onnx(as_onnx=as_onnx, initial_types=initial_types)
        if self.model_file_name is None:
            self.model_file_name = f"model{self._serializer.suffix}"
        preparing.write_model(
            self._folder(),
            self.model_file_name,
            self._serializer,
            estimator=self.estimator,
            force_overwrite=force_overwrite,
        )

    # ── verify and introspect ────────────────────────────────────────────────────────────────────────────────────────

    def verify(
        self,
        data: object = None,
        reload_artifacts: bool = True,
        auto_serialize_data: bool = False,
        *,
        content_type: str | None = None,
        image: object = None,
        storage_options: dict[str, object] | None = None,  # noqa: ARG002 (for images from far)
    ) -> dict[str, object]:
        """Predict with the artifact as the endpoint will: in the same worker, in its own environment.

        Args:
            data: What the endpoint would be sent.
            reload_artifacts: Whether to load the artifact again where a file has changed since the last time.
            auto_serialize_data: Whether DataFrames, arrays and the like are sent so that they arrive as they are.
            content_type: What the body is said to be.
            image: For frameworks that take images.
            storage_options: For images from object storage.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            ModelLoadError: The model does not load; the message is its own traceback.
            PredictionFailed: The model's own code raised.
            TypeError: The data is nothing that JSON holds, and ``auto_serialize_data`` is False.
        """
        folder = self._artifact()
        body = body_of(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
        answer = self._trial.predict(
            folder, body, reload=reload_artifacts, default_python=self._settings.default_python
        )
        self._facts = replace(self._facts, is_verified=True)
        return answer

    def introspect(self) -> pd.DataFrame:
        """Run the tests that an artifact has to pass; return their results and write them to its folder."""
        if self.artifact_dir is None:
            raise ArtifactsNotAvailableError
        table = self._introspect.run()
        self._facts = replace(self._facts, introspection=self._introspect.status)
        return table

    # ── the summary ──────────────────────────────────────────────────────────────────────────────────────────────────

    def summary_status(self) -> pd.DataFrame:
        """Return the table of what is done and what can be done next; it asks nobody."""
        self._summary_status.follow(self._facts_now())
        return self._summary_status.df

    def update_summary_status(self, detail: str, status: str) -> None:
        """Write a status into the summary's row with this detail."""
        self._summary_status.follow(self._facts_now())
        self._summary_status.update_status(detail, status)

    def update_summary_action(self, detail: str, action: str) -> None:
        """Write what the user has to do into the summary's row with this detail."""
        self._summary_status.follow(self._facts_now())
        self._summary_status.update_action(detail, action)

    def _facts_now(self) -> Facts:
        return self._facts

    # ── the artifact's files ─────────────────────────────────────────────────────────────────────────────────────────

    def reload(self) -> Self:
        """Take the artifact's files as they are now."""
        self._trial.close()
        self.reload_runtime_info()
        return self

    def reload_runtime_info(self) -> None:
        """Take runtime.yaml as it is now."""
        self.runtime_info = loading.read_runtime(self._artifact())

    @property
    def _settings(self) -> Settings:
        return from_environ()

    def _folder(self) -> Path:
        if self.artifact_dir is None:
            self.artifact_dir = str(loading.fresh_folder())
        return Path(self.artifact_dir)

    def _artifact(self) -> Path:
        if self.artifact_dir is None or not (Path(self.artifact_dir) / layout.SCORE_PY).is_file():
            raise ArtifactsNotAvailableError
        return Path(self.artifact_dir)
