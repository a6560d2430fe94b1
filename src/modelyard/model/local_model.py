"""The half of a model that needs no service: prepare, verify and introspect."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import example, layout
from modelyard.artifact.metadata import custom_items
from modelyard.artifact.schema import Schema
from modelyard.artifact.serializers import FACTS_OF_FILES, Given, Serializer
from modelyard.errors import ArtifactLayoutError, UsageError
from modelyard.model import loading, preparing
from modelyard.model.artifact_dirs import folder_of
from modelyard.model.described_model import DescribedModel
from modelyard.model.failures import ArtifactsNotAvailableError
from modelyard.model.model_introspect import Introspectable, ModelIntrospect
from modelyard.model.model_metadata import (
    ModelCustomMetadata,
    ModelProvenanceMetadata,
    ModelTaxonomyMetadata,
    ModelTaxonomyMetadataItem,
)
from modelyard.model.model_properties import DEFAULTS, ModelProperties, from_settings, of_options, settle
from modelyard.model.notices import notice
from modelyard.model.options import PrepareOptions, takes
from modelyard.model.places import is_local, place_of
from modelyard.model.request_data import JSON, Body
from modelyard.model.runtime.runtime_info import RuntimeInfo
from modelyard.model.serde.common import SERDE
from modelyard.model.serde.names import ModelInputSerializerType
from modelyard.model.serialized_model import SerializedModel
from modelyard.model.serializer_choice import wanted_of
from modelyard.model.summary_status import Facts, SummaryStatus
from modelyard.model.trying import Trial
from modelyard.settings import Settings, from_environ

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self

    from modelyard.client.profile import Auth
    from modelyard.model.artifact import ModelArtifact


class LocalModel(DescribedModel, SerializedModel, Introspectable):
    """Be a trained model and its artifact on this machine.

    Args:
        estimator: The trained model.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service: ``{"config": {…}}`` or ``{"signer": …}``, and ``client_kwargs`` with a
            ``service_endpoint``. By default what the environment and the home say.
        serialize: Whether prepare() writes the estimator; otherwise its file and load_model() are the user's.
        model_save_serializer: How the estimator is written: ``joblib``, ``cloudpickle``, …, or a ``SERDE``.
        model_input_serializer: How data is sent: ``json``, or a ``SERDE``.
        as_onnx: Whether the estimator is converted to ONNX, unless prepare() says otherwise.
    """

    def __init__(
        self,
        estimator: object = None,
        artifact_dir: str | None = None,
        properties: ModelProperties | dict[str, object] | None = None,
        auth: Auth | None = None,
        serialize: bool = True,
        model_save_serializer: str | SERDE | Serializer | None = None,
        model_input_serializer: str | SERDE | None = None,
        *,
        as_onnx: bool = False,
    ) -> None:
        self.estimator = estimator
        self._as_onnx = as_onnx
        self.artifact_dir: str | None = str(folder_of(artifact_dir)) if artifact_dir else None
        self.properties = (
            properties if isinstance(properties, ModelProperties) else ModelProperties.from_dict(properties or {})
        )
        self.auth = auth
        self.serialize = serialize
        self.model_file_name: str | None = None
        self.runtime_info: RuntimeInfo | None = None
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
        if model_save_serializer is not None:
            self.set_model_save_serializer(model_save_serializer)
        self.set_model_input_serializer(model_input_serializer or ModelInputSerializerType.JSON)

    def _heed(self, options: PrepareOptions) -> None:
        """Take what only one framework's models are asked for; raise for what is another's."""
        if options.use_torch_script is not None or options.onnx_args is not None:
            raise UsageError(f"use_torch_script and onnx_args are for a PyTorchModel, not a {type(self).__name__}.")

    def _fetched(self, image: object, storage_options: dict[str, object] | None = None) -> object:
        """Return the bytes of an image that is not on this machine; any other as it is."""
        if not isinstance(image, str) or is_local(image):
            return image
        return place_of(image, auth=self.auth, storage_options=storage_options).read()

    # ── prepare ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @takes(PrepareOptions)
    def prepare(self, options: PrepareOptions) -> Self:  # noqa: D417 (the options' are its arguments)
        """Write the artifact: the model's file, score.py, runtime.yaml, requirements.txt, README.md and schemas.

        All files are written, or none. The model serves in the environment that runs now, unless told otherwise.

        Args:
            inference_conda_env: Where to serve: a slug, the ``oci://`` path of a pack, or the folder of an environment.
            inference_python_version: Its Python version; needed for a pack.
            training_conda_env: Where it was trained; by default the environment that runs now.
            training_python_version: Its Python version; alone, and not the one here: of an environment that is not
                named.
            model_file_name: The name of the model's file.
            as_onnx: Whether to convert the model to ONNX; its answers to ``X_sample`` are compared with the original.
            initial_types: The names and ONNX types of its inputs; by default those of ``X_sample``.
            force_overwrite: Whether files that are there already may be written over.
            namespace: Where slugs are looked up.
            use_case_type: What the model is for: a word of ``UseCaseType``.
            X_sample: Some rows of input, for input_schema.json; the first five become the artifact's example.
            y_sample: Some rows of output, for output_schema.json.
            training_script_path: The script that trained.
            training_id: The OCID of the job or notebook that trained.
            ignore_pending_changes: Whether the script may have changes that are not committed.
            max_col_num: The most columns for which a schema is made.
            ignore_conda_error: Whether an artifact that names no environment will do; the default one is used then.
            score_py_uri: A score.py of the user's own.
            use_torch_script: For PyTorch: whether to save TorchScript.
            onnx_args: For PyTorch: what the model is called with while it is converted; by default ``X_sample``.
            impute_values: What stands for missing values in a model that is converted to ONNX, by column.

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
        self._heed(options)
        if self.estimator is not None:  # it may be another one since
            self._described = self._describe(self.estimator)
        with self._filled() as folder:
            made_from = self._ingredients(folder, options)
            prepared = preparing.prepare_artifact(made_from)
        self._take(prepared, made_from)
        return self

    def _ingredients(self, folder: Path, options: PrepareOptions) -> preparing.Ingredients:
        given = Given(
            sample=options.X_sample,
            initial_types=options.initial_types,
            impute_values=options.impute_values,
            options=self._serializer_options(),
        )
        onnx, name = options.as_onnx or self._as_onnx, options.model_file_name
        wanted = wanted_of(self._offer(), chosen=self._chosen, given=given, as_onnx=onnx, file_name=name)
        return preparing.Ingredients(
            folder=folder,
            estimator=self.estimator,
            facts=self._described,
            template=self._template_for(self.estimator),
            wanted=wanted if self.serialize else None,
            model_file_name=name or self.model_file_name or wanted.name_of(wanted.choices[0]),
            options=options,
            settled=settle(of_options(options), self.properties, from_settings(self._settings), DEFAULTS),
            settings=self._settings,
            predict=self._own_predict(),
        )

    def _take(self, prepared: preparing.Prepared, made_from: preparing.Ingredients) -> None:
        self.model_file_name = prepared.model_file_name
        self.runtime_info = RuntimeInfo.of(prepared.runtime, file=made_from.folder / layout.RUNTIME_YAML)
        self.schema_input, self.schema_output = prepared.schema_input, prepared.schema_output
        self.metadata_provenance = prepared.provenance
        if made_from.options.use_case_type is not None:
            self.metadata_taxonomy["UseCaseType"].update(made_from.options.use_case_type)
        self.metadata_taxonomy.describe(self._described, with_hyperparameters=not prepared.hyperparameters_file)
        self.metadata_custom.take(
            custom_items(
                environment=prepared.runtime.environment,
                files=prepared.files,
                model_file_name=prepared.model_file_name,
            )
        )
        for key in FACTS_OF_FILES:  # those of the file that was there before hold no more
            self.metadata_custom.remove(key)
        self.metadata_custom.take(prepared.facts)
        self._facts = Facts(is_prepared=True, is_serialized=self.serialize)

    def serialize_model(
        self,
        as_onnx: bool = False,
        initial_types: list[tuple[str, object]] | None = None,
        force_overwrite: bool = False,
        X_sample: object = None,  # noqa: N803 (the reference's)
        *,
        impute_values: dict[object, object] | None = None,
    ) -> None:
        """Write the estimator alone into the artifact's folder.

        Args:
            as_onnx: Whether to convert it to ONNX.
            initial_types: The names and ONNX types of its inputs; by default those of ``X_sample``.
            force_overwrite: Whether a file that is there already may be written over.
            X_sample: Some rows of input, for conversions.
            impute_values: What stands for missing values, by column, before a conversion.

        Raises:
            FileAlreadyExists: There is such a file already. Nothing was touched.
            ArtifactError: The estimator cannot be written.
        """
        given = Given(
            sample=X_sample,
            initial_types=initial_types,
            impute_values=impute_values,
            options=self._serializer_options(),
        )
        onnx = as_onnx or self._as_onnx
        wanted = wanted_of(
            self._offer(), chosen=self._chosen, given=given, as_onnx=onnx, file_name=self.model_file_name
        )
        with self._filled() as folder:
            self.model_file_name = preparing.write_model(
                folder, self.estimator, wanted, force_overwrite=force_overwrite
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
        storage_options: dict[str, object] | None = None,
    ) -> dict[str, object]:
        """Predict with the artifact as the endpoint will: in the same worker, in its own environment.

        Args:
            data: What the endpoint would be sent; by default the artifact's own example, and a warning where the
                answer is not what the model itself said to it.
            reload_artifacts: Whether to load the artifact again where a file has changed since the last time.
            auto_serialize_data: Whether DataFrames, arrays and the like are sent so that they arrive as they are.
            content_type: What the body is said to be.
            image: For frameworks that take images: one of PIL's, a path, a URI, or bytes.
            storage_options: Given to fsspec, for an image that is elsewhere.

        Raises:
            ArtifactsNotAvailableError: There is no artifact yet.
            ModelLoadError: The model does not load; the message is its own traceback.
            PredictionFailed: The model's own code raised.
            TypeError: The data is nothing that JSON holds, and ``auto_serialize_data`` is False.
            ValueError: There is no data, and the artifact has no example.
        """
        folder = self._artifact()
        if data is None and image is None:
            request = example.read_request(folder)
            if request is None:
                raise UsageError(
                    "There is no data, and the artifact has no example: pass data=…, or prepare() it with an X_sample."
                )
            answer = self._try_example(folder, request, reload=reload_artifacts)
        else:
            image = self._fetched(image, storage_options)
            body = self._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
            answer = self._try(folder, body, reload=reload_artifacts)
        self._facts = replace(self._facts, is_verified=True)
        return answer

    def _try(self, folder: Path, body: Body, *, reload: bool = False) -> dict[str, object]:
        return self._trial.predict(folder, body, reload=reload, default_python=self._settings.default_python)

    def _try_example(self, folder: Path, request: bytes, *, reload: bool = False) -> dict[str, object]:
        """Return the artifact's answer to its own example; warn where the model itself said something else."""
        answer = self._try(folder, Body(request, JSON), reload=reload)
        expected = example.read_answer(folder)
        said = example.difference(expected, answer) if expected is not None else None
        if said is not None:
            notice(
                f"The artifact does not answer its example as the model did: {said}. Look at score.py and the "
                f"model's file, or prepare() again; {layout.EXPECTED_OUTPUT} has the model's own answer."
            )
        return answer

    def introspect(self) -> pd.DataFrame:
        """Run the tests that an artifact has to pass; return their results and write them to its folder."""
        if self.artifact_dir is None:
            raise ArtifactsNotAvailableError
        table = self._introspect.run()
        self._facts = replace(self._facts, introspection=self._introspect.status)
        return table

    # ── the artifact's files ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def model_artifact(self) -> ModelArtifact | None:
        """The artifact's folder, whose score.py can be called; None before there is one."""
        from modelyard.model.artifact import ModelArtifact

        is_there = self.artifact_dir is not None and Path(self.artifact_dir).is_dir()
        return ModelArtifact(str(self.artifact_dir), self.model_file_name, auth=self.auth) if is_there else None

    def reload(self) -> Self:
        """Take the artifact's files as they are now."""
        self._trial.close()
        self.reload_runtime_info()
        return self

    def reload_runtime_info(self) -> None:
        """Take runtime.yaml as it is now."""
        self.runtime_info = RuntimeInfo.in_folder(self._artifact())

    @property
    def _settings(self) -> Settings:
        return from_environ()

    def _folder(self) -> Path:
        if self.artifact_dir is None:
            self.artifact_dir = str(loading.fresh_folder())
        return Path(self.artifact_dir)

    @contextmanager
    def _filled(self) -> Iterator[Path]:
        """Give the artifact's folder to what fills it; one that was made for that goes again where it fails."""
        is_new = self.artifact_dir is None
        folder = self._folder()
        try:
            yield folder
        except BaseException:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
                self.artifact_dir = None
            raise

    def _artifact(self) -> Path:
        folder = Path(self.artifact_dir) if self.artifact_dir is not None else None
        if folder is None or not folder.is_dir() or not any(folder.iterdir()):
            raise ArtifactsNotAvailableError
        try:
            layout.check_layout(folder)
        except ArtifactLayoutError as error:
            raise ArtifactsNotAvailableError(str(error)) from None
        return folder
