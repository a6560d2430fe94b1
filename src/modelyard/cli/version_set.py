"""The model version set commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument, flag
from modelyard.cli.names import version_set_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, PROJECT
from modelyard.cli.output import Section
from modelyard.errors import Conflict

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.model import ModelSummary
    from modelyard.resources.version_set import ModelVersionSet, ModelVersionSetSummary

NOUN = Noun(name="version-set", summary="Model version sets: models that are versions of one another.")


def list_all(context: Context, given: Namespace) -> None:
    """List version sets."""
    found = context.client.list_model_version_sets(
        context.compartment(given.compartment_id), lifecycle_state="ACTIVE", sort_by="timeCreated", sort_order="DESC"
    )
    nothing = "There are no model version sets: `modelyard version-set create NAME` makes one."
    context.output.table(found, _row, nothing=nothing)


def show(context: Context, given: Namespace) -> None:
    """Show a version set and its versions."""
    import msgspec

    found = version_set_id(context, given.version_set, compartment_id=given.compartment_id)
    version_set = context.client.get_model_version_set(found)
    models = _models(context, version_set)
    context.output.sections(
        {**msgspec.to_builtins(version_set), "models": msgspec.to_builtins(models)},
        [
            Section(f"model version set {version_set.name}", _values(version_set)),
            Section("versions", {str(model.version_id): _version(model) for model in models}),
            Section("tags", dict(version_set.freeform_tags)),
        ],
    )


def create(context: Context, given: Namespace) -> None:
    """Create a version set."""
    from modelyard.resources.version_set import CreateModelVersionSetDetails

    details = CreateModelVersionSetDetails(
        compartment_id=context.compartment(given.compartment_id),
        project_id=context.project(given.project),
        name=given.name,
        description=given.description,
    )
    made = context.client.create_model_version_set(details)
    context.output.done(made, f"Created model version set {made.name}: {made.id}")


def delete(context: Context, given: Namespace) -> None:
    """Delete a version set."""
    from modelyard.client.waiters import wait_for_work_request

    found = version_set_id(context, given.version_set, compartment_id=given.compartment_id)
    try:
        request = context.client.delete_model_version_set(found, is_delete_related_models=given.with_models)
    except Conflict as error:
        models = [] if given.with_models else _models(context, context.client.get_model_version_set(found))
        if not models:
            raise
        raise Conflict(
            f"The model version set still has {len(models)} model(s), {models[0].id} among them: delete them first, "
            "or give --with-models, which deletes them with it.",
            request_id=error.request_id,
        ) from error
    wait_for_work_request(context.client, request)
    deleted = context.client.get_model_version_set(found)
    context.output.done(deleted, f"Deleted model version set {deleted.name}.")


def _models(context: Context, version_set: ModelVersionSet) -> list[ModelSummary]:
    found = context.client.list_models(
        version_set.compartment_id, model_version_set_name=version_set.name, sort_by="timeCreated", sort_order="ASC"
    )
    own = [each for each in found if each.model_version_set_id == version_set.id and each.lifecycle_state != "DELETED"]
    return sorted(own, key=lambda model: model.version_id or 0)


def _row(one: ModelVersionSetSummary) -> dict[str, object]:
    return {"NAME": one.name, "STATE": one.lifecycle_state, "CREATED": one.time_created, "OCID": one.id}


def _values(version_set: ModelVersionSet) -> dict[str, object]:
    return {
        "ocid": version_set.id,
        "state": version_set.lifecycle_state,
        "description": version_set.description,
        "created": version_set.time_created,
        "by": version_set.created_by,
        "project": version_set.project_id,
        "compartment": version_set.compartment_id,
    }


def _version(model: ModelSummary) -> str:
    label = f" ({model.version_label})" if model.version_label else ""
    return f"{model.display_name}{label}, {model.id}"


_VERSION_SET = argument("version_set", about="The model version set's name or OCID.")

COMMANDS = (
    Command(
        path=("version-set", "list"),
        summary="List the model version sets, the newest first.",
        example="modelyard version-set list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
    Command(
        path=("version-set", "show"),
        summary="Show a model version set and its versions.",
        example="modelyard version-set show churn",
        run=show,
        arguments=(_VERSION_SET, COMPARTMENT),
    ),
    Command(
        path=("version-set", "create"),
        summary="Create a model version set, for models to join by `model create --version-set`.",
        example="modelyard version-set create churn --description 'Who leaves, and when'",
        run=create,
        arguments=(
            argument("name", about="What it is called, once in its compartment."),
            DESCRIPTION,
            PROJECT,
            COMPARTMENT,
        ),
    ),
    Command(
        path=("version-set", "delete"),
        summary="Delete a model version set that has no models, or with them.",
        example="modelyard version-set delete churn --with-models",
        run=delete,
        arguments=(_VERSION_SET, flag("--with-models", about="Delete its models, too."), COMPARTMENT),
    ),
)
