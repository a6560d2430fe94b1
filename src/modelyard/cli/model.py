"""The model commands."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli import model_buckets, model_saving
from modelyard.cli.command import Command, Noun, argument, flag, option, repeated
from modelyard.cli.names import model_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, NEW_NAME, PROJECT, pairs
from modelyard.cli.output import Section, size
from modelyard.errors import FileAlreadyExists, NotFound, UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.client.artifact_transfer import ArtifactHead
    from modelyard.resources.model import Metadata, Model, ModelProvenance, ModelSummary

NOUN = Noun(name="model", summary="Models: entries of the catalog, each with an artifact that never changes.")


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


def update(context: Context, given: Namespace) -> None:
    """Change what may change of a model."""
    from modelyard.resources.model import UpdateModelDetails

    details = UpdateModelDetails(
        display_name=given.name, description=given.description, freeform_tags=pairs(given.tag, option="--tag")
    )
    if details == UpdateModelDetails():
        raise UsageError("Nothing is to change: give --name, --description or --tag.")
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
    from modelyard.client.artifact_download import download_file
    from modelyard.model.progress import reported

    found = model_id(context, given.model)
    head = context.client.head_model_artifact(found)
    file = given.to or Path(head.file_name or "artifact.zip")
    if file.is_dir():
        file = file / (head.file_name or "artifact.zip")
    if file.exists() and not given.force:
        raise FileAlreadyExists(f"{file} is there already. Give --force to replace it.")
    with reported("download") as reporter:
        got = download_file(context.client, found, file, progress=reporter.amount)
    thing = {"file": str(file), "size": got.size, "digest": got.digest}
    context.output.done(thing, f"Wrote {file}: {size(got.size)}, {got.digest}")


def _row(one: ModelSummary) -> dict[str, object]:
    return {
        "NAME": one.display_name,
        "STATE": one.lifecycle_state,
        "CREATED": one.time_created,
        "OCID": one.id,
    }


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
    return {item.key: _tests_told(item.value) if item.key == _TESTS else item.value for item in items if item.key}


def _tests_told(report: object) -> object:
    """Return a sentence in place of the page that introspection writes."""
    import msgspec

    try:
        tests = msgspec.json.decode(str(report), type=dict[str, dict[str, object]])
    except msgspec.DecodeError:
        return report
    failed = [name for name, test in tests.items() if test.get("success") is False]
    return f"{len(tests)} tests, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}"


_TESTS = "ArtifactTestResults"
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
    *model_saving.COMMANDS,
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
    *model_buckets.COMMANDS,
)
