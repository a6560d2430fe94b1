"""The model commands."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli.artifact_source import as_archive, as_folder
from modelyard.cli.command import Command, Noun, argument, flag, option, repeated
from modelyard.cli.names import model_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, NEW_NAME, PROJECT, pairs
from modelyard.cli.output import Section, size
from modelyard.errors import FileAlreadyExists, ModelyardError, NotFound

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.client.artifact_transfer import ArtifactHead, Progress
    from modelyard.resources.model import CreateModelDetails, Metadata, Model, ModelProvenance, ModelSummary

NOUN = Noun(name="model", summary="Models: entries of the catalog, each with an artifact that never changes.")

_LARGE = 64 * 1024 * 1024
_LONGEST_SCHEMA = 32_000


def list_all(context: Context, given: Namespace) -> None:
    """List models."""
    models = context.client.list_models(
        context.compartment(given.compartment_id),
        project_id=context.project(given.project) if given.project else None,
        lifecycle_state=given.state,
        sort_by="timeCreated",
        sort_order="DESC",
    )
    shown = (model for model in models if given.state or model.lifecycle_state != "DELETED")
    context.output.table(shown, _row, nothing="There are no models: `modelyard model create FOLDER` saves one.")


def show(context: Context, given: Namespace) -> None:
    """Show a model."""
    import msgspec

    model = context.client.get_model(model_id(context, given.model))
    provenance = _provenance(context, model.id)
    head = _artifact(context, model.id)
    thing = {
        **msgspec.to_builtins(model),
        "provenance": provenance,
        "artifact": {"size": head.size, "digest": head.digest, "fileName": head.file_name} if head else None,
    }
    context.output.sections(
        thing,
        [
            Section(f"model {model.display_name}", _values(model)),
            Section("artifact", _artifact_values(head)),
            Section("provenance", _provenance_values(provenance)),
            Section("defined metadata", _metadata_values(model.defined_metadata_list)),
            Section("custom metadata", _metadata_values(model.custom_metadata_list)),
            Section("tags", dict(model.freeform_tags)),
        ],
    )


def create(context: Context, given: Namespace) -> None:
    """Save an artifact as a model."""
    from modelyard.artifact.layout import judge

    with as_folder(given.artifact) as folder:
        for warning in judge(folder).warnings:
            context.output.note(f"warning: {warning}")
        details = _details(context, given, folder)
    with as_archive(given.artifact) as archive:
        model = context.client.create_model(details)
        try:
            context.client.create_model_artifact(model.id, archive, progress=_progress(context, archive))
        except (ModelyardError, KeyboardInterrupt):
            with suppress(ModelyardError):  # an entry without its artifact is of no use to anybody
                context.client.delete_model(model.id)
            raise
    sentence = f"Saved {given.artifact} as model {model.display_name}: {model.id}"
    context.output.done(context.client.get_model(model.id), sentence)


def update(context: Context, given: Namespace) -> None:
    """Change what may change of a model."""
    from modelyard.resources.model import UpdateModelDetails

    details = UpdateModelDetails(
        display_name=given.name, description=given.description, freeform_tags=pairs(given.tag, option="--tag")
    )
    model = context.client.update_model(model_id(context, given.model), details)
    context.output.done(model, f"Updated model {model.display_name}.")


def delete(context: Context, given: Namespace) -> None:
    """Delete a model."""
    found = model_id(context, given.model)
    context.client.delete_model(found)
    context.output.done(context.client.get_model(found), f"Deleted model {given.model}.")


def activate(context: Context, given: Namespace) -> None:
    """Let a model be deployed."""
    model = context.client.activate_model(model_id(context, given.model))
    context.output.done(model, f"Model {model.display_name} is {model.lifecycle_state}.")


def deactivate(context: Context, given: Namespace) -> None:
    """Let a model no longer be deployed."""
    model = context.client.deactivate_model(model_id(context, given.model))
    context.output.done(model, f"Model {model.display_name} is {model.lifecycle_state}.")


def download(context: Context, given: Namespace) -> None:
    """Write a model's artifact to a file."""
    found = model_id(context, given.model)
    head = context.client.head_model_artifact(found)
    file = given.to or Path(head.file_name or "artifact.zip")
    if file.is_dir():
        file = file / (head.file_name or "artifact.zip")
    if file.exists() and not given.force:
        raise FileAlreadyExists(f"{file} is there already. Give --force to replace it.")
    got = context.client.get_model_artifact_content(found, file)
    thing = {"file": str(file), "size": got.size, "digest": got.digest}
    context.output.done(thing, f"Wrote {file}: {size(got.size)}, {got.digest}")


def _row(one: ModelSummary) -> dict[str, object]:
    return {
        "NAME": one.display_name,
        "STATE": one.lifecycle_state,
        "CREATED": one.time_created,
        "OCID": one.id,
    }


def _details(context: Context, given: Namespace, folder: Path) -> CreateModelDetails:
    from modelyard.artifact.layout import INPUT_SCHEMA, OUTPUT_SCHEMA
    from modelyard.resources.model import CreateModelDetails

    return CreateModelDetails(
        compartment_id=context.compartment(given.compartment_id),
        project_id=context.project(given.project),
        display_name=given.name or given.artifact.resolve().stem,
        description=given.description,
        freeform_tags=pairs(given.tag, option="--tag"),
        input_schema=_text(folder / INPUT_SCHEMA),
        output_schema=_text(folder / OUTPUT_SCHEMA),
    )


def _text(file: Path) -> str | None:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    return text if len(text) <= _LONGEST_SCHEMA else None  # a longer one stays in the artifact alone


def _progress(context: Context, archive: Path) -> Progress | None:
    if archive.stat().st_size < _LARGE:
        return None
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // total
        if tenth > told:
            told = tenth
            context.output.note(f"{size(done)} of {size(total)} sent")

    return tell


def _provenance(context: Context, found: str) -> ModelProvenance | None:
    try:
        return context.client.get_model_provenance(found)
    except NotFound:
        return None


def _artifact(context: Context, found: str) -> ArtifactHead | None:
    try:
        return context.client.head_model_artifact(found)
    except NotFound:
        return None


def _values(model: Model) -> dict[str, object]:
    return {
        "ocid": model.id,
        "state": model.lifecycle_state,
        "description": model.description,
        "created": model.time_created,
        "by": model.created_by,
        "project": model.project_id,
        "compartment": model.compartment_id,
    }


def _artifact_values(head: ArtifactHead | None) -> dict[str, object]:
    if head is None:
        return {"file": "none yet"}
    return {"file": head.file_name, "size": size(head.size), "digest": head.digest}


def _provenance_values(provenance: ModelProvenance | None) -> dict[str, object]:
    if provenance is None:
        return {}
    values = {
        "repository": provenance.repository_url,
        "branch": provenance.git_branch,
        "commit": provenance.git_commit,
        "folder": provenance.script_dir,
        "script": provenance.training_script,
        "training": provenance.training_id,
    }
    return {name: value for name, value in values.items() if value}


def _metadata_values(items: list[Metadata]) -> dict[str, object]:
    return {item.key: item.value for item in items if item.key}


_MODEL = argument("model", about="The model's name or OCID.")
_TAG = repeated("--tag", metavar="KEY=VALUE", about="A freeform tag; may be given several times.")

COMMANDS = (
    Command(
        path=("model", "list"),
        summary="List the models, the newest first.",
        example="modelyard model list --state ACTIVE",
        run=list_all,
        arguments=(
            option("--state", choices=("ACTIVE", "INACTIVE", "FAILED", "DELETED"), about="Only those in this state."),
            PROJECT,
            COMPARTMENT,
        ),
    ),
    Command(
        path=("model", "show"),
        summary="Show a model with its artifact, provenance and metadata.",
        example="modelyard model show iris",
        run=show,
        arguments=(_MODEL,),
    ),
    Command(
        path=("model", "create"),
        summary="Save an artifact as a model.",
        details="The artifact is judged before anything is sent; a folder is sent as a zip.",
        example="modelyard model create ./artifact --name iris",
        run=create,
        arguments=(
            argument("artifact", metavar="FOLDER_OR_ZIP", convert=Path, about="The artifact."),
            option("--name", about="What it is called; by default as the folder or file."),
            DESCRIPTION,
            _TAG,
            PROJECT,
            COMPARTMENT,
        ),
    ),
    Command(
        path=("model", "update"),
        summary="Change a model's name, description or tags; its artifact never changes.",
        example="modelyard model update iris --description 'Fisher, 1936'",
        run=update,
        arguments=(_MODEL, NEW_NAME, DESCRIPTION, _TAG),
    ),
    Command(
        path=("model", "delete"),
        summary="Delete a model and its artifact, unless a deployment uses it.",
        example="modelyard model delete iris",
        run=delete,
        arguments=(_MODEL,),
    ),
    Command(
        path=("model", "activate"),
        summary="Let a model be deployed.",
        example="modelyard model activate iris",
        run=activate,
        arguments=(_MODEL,),
    ),
    Command(
        path=("model", "deactivate"),
        summary="Let a model no longer be deployed; what is deployed goes on.",
        example="modelyard model deactivate iris",
        run=deactivate,
        arguments=(_MODEL,),
    ),
    Command(
        path=("model", "download"),
        summary="Write a model's artifact to a file, checked by its digest.",
        example="modelyard model download iris --to iris.zip",
        run=download,
        arguments=(
            _MODEL,
            option("--to", metavar="FILE", convert=Path, about="The file or folder; by default its own name, here."),
            flag("--force", about="Replace a file that is there."),
        ),
    ),
)
