"""What prepare() makes of an estimator: the files of an artifact, and what is known of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.artifact import example, introspect, layout, model_ignore, readme_md, runtime_yaml, score_py
from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.folder_files import list_files
from modelyard.artifact.metadata import MetadataItem
from modelyard.artifact.runtime_yaml import Provenance, RuntimeYaml
from modelyard.artifact.schema import Schema
from modelyard.artifact.score_blocks import Blocks, blocks_named
from modelyard.artifact.score_blocks.generic import GENERIC
from modelyard.artifact.score_blocks.scikit_learn import TABLES
from modelyard.errors import UsageError
from modelyard.model.draft import Draft, Writer, moved, text
from modelyard.model.environments import Environments, environments_of, lacks_here
from modelyard.model.model_properties import ModelProperties
from modelyard.model.notices import notice
from modelyard.model.options import PrepareOptions
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.model.sample_schema import schema_of_sample
from modelyard.model.serializing import Serialized, Wanted, serialize
from modelyard.settings import Settings

HYPERPARAMETERS_LIMIT = 16_000
"""The most bytes of hyperparameters that stand in the taxonomy; more of them become a file."""


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """Be what an artifact is made from."""

    folder: Path
    estimator: object
    facts: EstimatorFacts
    template: str
    """Which score.py: a name of :data:`modelyard.artifact.score_blocks.BLOCKS`."""

    wanted: Wanted | None
    """How the estimator is written; None leaves that to the user."""

    model_file_name: str
    """The name of the model's file where the user is to write it."""

    options: PrepareOptions
    settled: ModelProperties
    settings: Settings
    predict: Callable[[object], object] | None = None
    """What the estimator itself says to a sample; None where only the artifact can tell."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Be what is known of an artifact once it is written."""

    runtime: RuntimeYaml
    model_file_name: str
    facts: tuple[MetadataItem, ...]
    """Custom metadata of the model's file."""

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
    with Draft(made_from.folder) as draft:
        return _prepare(made_from, draft)


def _prepare(made_from: Ingredients, draft: Draft) -> Prepared:
    options = made_from.options
    schema_input = schema_of_sample(options.X_sample, max_col_num=options.max_col_num)
    schema_output = schema_of_sample(options.y_sample, max_col_num=options.max_col_num)
    environments = environments_of(
        made_from.settled, settings=made_from.settings, ignore_conda_error=options.ignore_conda_error
    )
    provenance = _provenance(made_from)
    runtime = RuntimeYaml(
        environment=environments.inference, provenance=_provenance_record(made_from.settled, environments)
    )
    draft.guard(layout.RUNTIME_YAML, text(runtime_yaml.render(runtime)))
    score_writer = _own_score_writer(options.score_py_uri)
    serialized = _serialize(made_from, draft, environments) if made_from.wanted is not None else None
    draft.guard(layout.SCORE_PY, score_writer or text(_score_py(made_from, serialized)))
    for name, schema in ((layout.INPUT_SCHEMA, schema_input), (layout.OUTPUT_SCHEMA, schema_output)):
        if schema.attributes:
            draft.guard(name, text(schema.to_json()))
    _add_example(draft, made_from, serialized)
    parameters = json.dumps(made_from.facts.hyperparameters, indent=2, ensure_ascii=False)
    too_many = len(parameters.encode("utf-8")) > HYPERPARAMETERS_LIMIT
    if too_many:
        draft.guard(layout.HYPERPARAMETERS, text(parameters))
    _add_companions(draft, made_from, environments, provenance, serialized)
    draft.check(force_overwrite=options.force_overwrite)
    draft.write()
    return Prepared(
        runtime=runtime,
        model_file_name=serialized.file_name if serialized is not None else made_from.model_file_name,
        facts=serialized.written.facts if serialized is not None else (),
        provenance=provenance,
        files=list_files(made_from.folder).files,
        schema_input=schema_input,
        schema_output=schema_output,
        hyperparameters_file=too_many,
    )


def write_model(folder: Path, estimator: object, wanted: Wanted, *, force_overwrite: bool) -> str:
    """Write an estimator alone; return its file's name.

    Raises:
        FileAlreadyExists: Its file is there, and was not to be written over.
    """
    with Draft(folder) as draft:
        serialized = serialize(estimator, wanted, staging=draft.staging, lacks=lacks_here)
        _guard_entries(draft, serialized)
        draft.check(force_overwrite=force_overwrite)
        draft.write()
        return serialized.file_name


def _serialize(made_from: Ingredients, draft: Draft, environments: Environments) -> Serialized:
    assert made_from.wanted is not None
    serialized = serialize(made_from.estimator, made_from.wanted, staging=draft.staging, lacks=environments.lacks)
    _guard_entries(draft, serialized)
    return serialized


def _guard_entries(draft: Draft, serialized: Serialized) -> None:
    for name, path in serialized.entries.items():
        draft.guard(name, moved(path))
    for name, path in serialized.modules.items():
        add = draft.once if draft.has(name, path.read_bytes()) else draft.guard
        add(name, moved(path))


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


def _own_score_writer(uri: str | None) -> Writer | None:
    if uri is None:
        return None
    source = Path(uri.removeprefix("file://")).expanduser()
    if not source.is_file():
        raise UsageError(f"score_py_uri is {uri!r}: there is no such file on this machine.")
    return lambda path: shutil.copyfile(source, path)


def _score_py(made_from: Ingredients, serialized: Serialized | None) -> str:
    if serialized is None:
        return score_py.render_without_model(made_from.template, model_file_name=made_from.model_file_name)
    written = serialized.written
    return score_py.render(
        _blocks(made_from, written.blocks), model_file_name=serialized.file_name, load_block=written.load_block
    )


def _blocks(made_from: Ingredients, written: Blocks | None) -> Blocks:
    """Return what score.py does: rows by names are left to an estimator that reads such rows, as its sample shows."""
    blocks = written or blocks_named(made_from.template)
    sample = made_from.options.X_sample
    are_records = isinstance(sample, list) and bool(sample) and all(isinstance(row, dict) for row in sample)
    if are_records and blocks.pre_block == TABLES and not hasattr(made_from.estimator, "feature_names_in_"):
        return replace(blocks, pre_block=GENERIC.pre_block)
    return blocks


def _add_example(draft: Draft, made_from: Ingredients, serialized: Serialized | None) -> None:
    """Add the first rows of the sample as a request, and what the estimator itself says to them."""
    if serialized is None or made_from.options.score_py_uri is not None:
        return  # only a score.py that was written here is known to take it
    files = _example_files(made_from, serialized)
    for name in (layout.INPUT_EXAMPLE, layout.EXPECTED_OUTPUT):
        if name in files:
            draft.guard(name, text(files[name]))
        else:
            draft.drop(name)  # it is that of the model that was there before


def _example_files(made_from: Ingredients, serialized: Serialized) -> dict[str, str]:
    """Return the texts of the example's files; none of a sample that the model itself does not take."""
    sample = made_from.options.X_sample
    if sample is None:
        return {}
    rows = example.first_rows(sample)
    request = example.request_of(rows)
    if request is None:
        return {}
    files = {layout.INPUT_EXAMPLE: request}
    predict = serialized.written.predict or made_from.predict
    if predict is None:
        return files
    try:
        answer = example.answer_of(predict(rows))
    except Exception as error:  # whatever the user's own model raises
        notice(
            f"The model does not predict from its own X_sample ({type(error).__name__}: {error}), so the artifact has "
            "no example: fit the model first, or give a sample of what it takes."
        )
        return {}
    return files if answer is None else {**files, layout.EXPECTED_OUTPUT: answer}


def _add_companions(
    draft: Draft,
    made_from: Ingredients,
    environments: Environments,
    provenance: ModelProvenanceMetadata,
    serialized: Serialized | None,
) -> None:
    draft.once(layout.MODEL_IGNORE, text(model_ignore.DEFAULT_TEXT))
    draft.once(layout.REQUIREMENTS, text(environments.lock.requirements()))
    draft.renew(layout.VALIDATOR, lambda path: introspect.write_validator(path.parents[1]))
    readme = readme_md.Readme(
        facts=replace(made_from.facts, hyperparameters=None),
        environment=environments.inference,
        code=provenance.to_code(),
        files=(*draft.names, layout.README),
        model_file_name=serialized.file_name if serialized is not None else None,
    )
    draft.once(layout.README, text(readme_md.render(readme)))
