"""Metadata and schemas of a model, filled in outside of prepare() as well."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from modelyard.artifact import layout
from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.folder_files import list_files
from modelyard.artifact.metadata import custom_items
from modelyard.artifact.schema import Schema
from modelyard.model.metadata_items import ModelTaxonomyMetadataItem
from modelyard.model.metadata_names import MetadataTaxonomyKeys
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata
from modelyard.model.notices import notice
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.model.sample_schema import schema_of_sample

if TYPE_CHECKING:
    from modelyard.model.options import Sample
    from modelyard.model.runtime.runtime_info import RuntimeInfo


@runtime_checkable
class SampleOfBoth(Protocol):
    """Be a sample of input and output in one, such as a dataset of a training library."""

    X: Sample | None
    y: Sample | None


class MetadataMixin:
    """Be a model whose metadata, schemas and provenance can be filled in."""

    artifact_dir: str | None
    model_file_name: str | None
    runtime_info: RuntimeInfo | None
    schema_input: Schema
    schema_output: Schema
    metadata_custom: ModelCustomMetadata
    metadata_taxonomy: ModelTaxonomyMetadata
    metadata_provenance: ModelProvenanceMetadata
    _described: EstimatorFacts

    def populate_metadata(
        self,
        use_case_type: str | None = None,
        data_sample: SampleOfBoth | None = None,
        X_sample: Sample | None = None,  # noqa: N803 (the reference's)
        y_sample: Sample | None = None,
        training_script_path: str | None = None,
        training_id: str | None = None,
        ignore_pending_changes: bool = True,
        max_col_num: int = 2000,
        ignore_conda_error: bool = False,
    ) -> None:
        """Fill in taxonomy, custom metadata, provenance and schemas; prepare() does so by itself.

        Args:
            use_case_type: What the model is for: a word of ``UseCaseType``.
            data_sample: Input and output in one: something with ``X`` and ``y``.
            X_sample: Some rows of input.
            y_sample: Some rows of output.
            training_script_path: The script that trained.
            training_id: The OCID of the job or notebook that trained.
            ignore_pending_changes: Whether the script may have changes that are not committed.
            max_col_num: The most columns for which a schema is made.
            ignore_conda_error: Whether metadata that names no environment will do.

        Raises:
            ValueError: There is no such use case. Nothing was filled in.
            ChangesNotCommitted: There are changes that are not committed, and they were not to be ignored.
        """
        ModelTaxonomyMetadataItem(MetadataTaxonomyKeys.USE_CASE_TYPE, use_case_type).validate()
        provenance = ModelProvenanceMetadata.fetch_training_code_details(
            training_script_path=training_script_path, training_id=training_id, artifact_dir=self.artifact_dir
        )
        for path in filter(None, (training_script_path, self.artifact_dir)):
            provenance.assert_path_not_dirty(path, ignore_pending_changes)
        self.populate_schema(data_sample, X_sample, y_sample, max_col_num)
        self.metadata_provenance = provenance
        if use_case_type is not None:
            self.metadata_taxonomy[MetadataTaxonomyKeys.USE_CASE_TYPE].update(use_case_type)
        self.metadata_taxonomy.describe(self._described, with_hyperparameters=True)
        record = self.runtime_info.record() if self.runtime_info is not None else None
        folder = Path(self.artifact_dir) if self.artifact_dir else None
        if record is None and not ignore_conda_error:
            notice("No environment is known before prepare(): the metadata names none.")
        self.metadata_custom.take(
            custom_items(
                environment=record.environment if record is not None else None,
                files=list_files(folder).files if folder is not None and folder.is_dir() else (),
                model_file_name=self.model_file_name,
            )
        )

    def populate_schema(
        self,
        data_sample: SampleOfBoth | None = None,
        X_sample: Sample | None = None,  # noqa: N803 (the reference's)
        y_sample: Sample | None = None,
        max_col_num: int = 2000,
    ) -> None:
        """Fill in the schemas of what there is a sample of; they are files of the artifact as well.

        Args:
            data_sample: Input and output in one: something with ``X`` and ``y``.
            X_sample: Some rows of input.
            y_sample: Some rows of output.
            max_col_num: The most columns for which a schema is made.

        Raises:
            TypeError: data_sample has no X and y.
        """
        if data_sample is not None:
            if not isinstance(data_sample, SampleOfBoth):
                raise TypeError(
                    f"data_sample is a {type(data_sample).__name__} without X and y: pass X_sample and y_sample."
                )
            X_sample, y_sample = data_sample.X, data_sample.y  # noqa: N806
        if X_sample is not None:
            self.schema_input = self._schema_of(X_sample, max_col_num, layout.INPUT_SCHEMA)
        if y_sample is not None:
            self.schema_output = self._schema_of(y_sample, max_col_num, layout.OUTPUT_SCHEMA)

    def _schema_of(self, sample: Sample, max_col_num: int, file_name: str) -> Schema:
        schema = schema_of_sample(sample, max_col_num=max_col_num)
        if schema.attributes and self.artifact_dir and Path(self.artifact_dir).is_dir():
            (Path(self.artifact_dir) / file_name).write_text(schema.to_json(), encoding="utf-8")
        return schema
