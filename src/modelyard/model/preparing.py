"""What prepare() makes of an estimator: the files of an artifact, and what is known of it."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.artifact import introspect, layout, model_ignore, readme_md, runtime_yaml, schema, score_py
from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.folder_files import list_files
from modelyard.artifact.runtime_yaml import Provenance, RuntimeYaml
from modelyard.artifact.schema import Schema
from modelyard.artifact.serializers import Serializer
from modelyard.errors import UsageError
from modelyard.model.draft import Draft, Writer, text
from modelyard.model.environments import Environments, environments_of
from modelyard.model.failures import SerializeModelNotImplementedError
from modelyard.model.model_properties import ModelProperties
from modelyard.model.options import PrepareOptions
from modelyard.model.provenance_metadata import ModelProvenanceMetadata

HYPERPARAMETERS_LIMIT = 16_000
"""The most bytes of hyperparameters that stand in the taxonomy; more of them become a file."""


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """Be what an artifact is made from."""

    folder: Path
    estimator: object
    facts: EstimatorFacts
    template: str
    """Which score.py: a name of :data:`modelyard.artifact.score_py.FRAMEWORKS`."""

    serializer: Serializer | None
    """How the estimator is written; None leaves that to the user."""

    model_file_name: str
    options: PrepareOptions
    settled: ModelProperties


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Be what is known of an artifact once it is written."""

    runtime: RuntimeYaml
    provenance: ModelProvenanceMetadata
    files: tuple[str, ...]
    schema_input: Schema
    schema_output: Schema
    hyperparameters_file: bool
    """Whether the hyperparameters were too many for the taxonomy."""


def prepare_artifact(made_from: Ingredients) -> Prepared:
    """Write an artifact's files, all of them or none.

    Raises:
        FileAlreadyExists: A file is in the way, and ``force_overwrite`` was not given. Nothing was touched.
        ArtifactError: The estimator cannot be written. Nothing was touched.
        ChangesNotCommitted: The script has changes that no commit has, and they were not to be ignored.
    """
    options = made_from.options
    refuse_onnx(as_onnx=options.as_onnx, initial_types=options.initial_types, impute_values=options.impute_values)
    draft = Draft(made_from.folder)
    schemas = _schemas(options)
    environments = environments_of(made_from.settled, ignore_conda_error=options.ignore_conda_error)
    provenance = _provenance(made_from)
    runtime = RuntimeYaml(
        environment=environments.inference, provenance=_provenance_record(made_from.settled, environments)
    )
    draft.guard(layout.RUNTIME_YAML, text(runtime_yaml.render(runtime)))
    if made_from.serializer is not None:
        draft.guard(made_from.model_file_name, _model_writer(made_from.estimator, made_from.serializer))
    draft.guard(layout.SCORE_PY, _score_writer(made_from))
    for name, described in zip((layout.INPUT_SCHEMA, layout.OUTPUT_SCHEMA), schemas, strict=True):
        if described.attributes:
            draft.guard(name, text(described.to_json()))
    parameters = json.dumps(made_from.facts.hyperparameters, indent=2, ensure_ascii=False)
    too_many = len(parameters.encode("utf-8")) > HYPERPARAMETERS_LIMIT
    if too_many:
        draft.guard(layout.HYPERPARAMETERS, text(parameters))
    _add_companions(draft, made_from, environments, provenance)
    draft.check(force_overwrite=options.force_overwrite)
    draft.write()
    return Prepared(
        runtime=runtime,
        provenance=provenance,
        files=list_files(made_from.folder).files,
        schema_input=schemas[0],
        schema_output=schemas[1],
        hyperparameters_file=too_many,
    )


def write_model(folder: Path, name: str, serializer: Serializer, *, estimator: object, force_overwrite: bool) -> None:
    """Write an estimator alone; raise FileAlreadyExists where its file is there and was not to be written over."""
    draft = Draft(folder)
    draft.guard(name, _model_writer(estimator, serializer))
    draft.check(force_overwrite=force_overwrite)
    draft.write()


def refuse_onnx(*, as_onnx: bool, initial_types: object = None, impute_values: object = None) -> None:
    """Raise for a conversion that this version does not make."""
    if as_onnx or initial_types is not None or impute_values is not None:
        raise SerializeModelNotImplementedError(
            "Conversion to ONNX is not there yet: leave out as_onnx, initial_types and impute_values, or convert the "
            "model yourself, put it into artifact_dir and pass serialize=False."
        )


def _schemas(options: PrepareOptions) -> tuple[Schema, Schema]:
    found = []
    for sample in (options.X_sample, options.y_sample):
        if sample is None:
            found.append(Schema())
            continue
        described = schema.describe(sample, max_columns=options.max_col_num)
        for sentence in described.warnings:
            warnings.warn(sentence, stacklevel=5)
        found.append(described.schema)
    return found[0], found[1]


def _provenance(made_from: Ingredients) -> ModelProvenanceMetadata:
    settled = made_from.settled
    provenance = ModelProvenanceMetadata.fetch_training_code_details(
        training_script_path=settled.training_script_path,
        training_id=settled.training_id,
        artifact_dir=str(made_from.folder),
    )
    for path in (settled.training_script_path, str(made_from.folder)):
        if path is not None:
            provenance.assert_path_not_dirty(path, made_from.options.ignore_pending_changes)
    return provenance


def _provenance_record(settled: ModelProperties, environments: Environments) -> Provenance:
    return Provenance(
        project_ocid=settled.project_id or "",
        training_compartment_ocid=settled.compartment_id or "",
        training_environment=environments.training,
        training_resource_ocid=settled.training_resource_id or settled.training_id or "",
    )


def _model_writer(estimator: object, serializer: Serializer) -> Writer:
    if estimator is None:
        raise UsageError(
            "There is no estimator to write: pass estimator=… to the model, or serialize=False and put the model's "
            "file into artifact_dir yourself."
        )
    return lambda path: serializer.save(estimator, path)


def _score_writer(made_from: Ingredients) -> Writer:
    uri = made_from.options.score_py_uri
    if uri is not None:
        source = Path(uri.removeprefix("file://")).expanduser()
        if not source.is_file():
            raise UsageError(f"score_py_uri is {uri!r}: there is no such file on this machine.")
        return lambda path: shutil.copyfile(source, path)
    if made_from.serializer is None:
        return text(score_py.render_without_model(made_from.template, model_file_name=made_from.model_file_name))
    return text(
        score_py.render(made_from.template, model_file_name=made_from.model_file_name, serializer=made_from.serializer)
    )


def _add_companions(
    draft: Draft, made_from: Ingredients, environments: Environments, provenance: ModelProvenanceMetadata
) -> None:
    draft.once(layout.MODEL_IGNORE, text(model_ignore.DEFAULT_TEXT))
    draft.once(layout.REQUIREMENTS, text(environments.lock.requirements()))
    draft.renew(layout.VALIDATOR, lambda path: introspect.write_validator(path.parents[1]))
    readme = readme_md.Readme(
        facts=replace(made_from.facts, hyperparameters=None),
        environment=environments.inference,
        code=provenance.to_code(),
        files=(*draft.names, layout.README),
        model_file_name=made_from.model_file_name if made_from.serializer is not None else None,
    )
    draft.once(layout.README, text(readme_md.render(readme)))
