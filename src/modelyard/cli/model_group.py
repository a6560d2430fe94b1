"""The model group commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Argument, Command, Noun, argument
from modelyard.cli.names import model_group_id, model_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, NAME, PROJECT, pairs
from modelyard.cli.output import Section, by_name

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.model_group import ModelGroup, ModelGroupSummary

NOUN = Noun(name="model-group", summary="Model groups: models that one deployment serves.")


def list_all(context: Context, given: Namespace) -> None:
    """List model groups."""
    groups = context.client.list_model_groups(
        context.compartment(given.compartment_id), sort_by="timeCreated", sort_order="DESC"
    )
    shown = (group for group in groups if group.lifecycle_state != "DELETED")
    nothing = "There are no model groups: `modelyard model-group create --member KEY=MODEL` makes one."
    context.output.table(shown, _row, nothing=nothing)


def show(context: Context, given: Namespace) -> None:
    """Show a model group and its members."""
    group = context.client.get_model_group(model_group_id(context, given.group))
    members = group.member_model_entries.member_model_details or []
    context.output.sections(
        group,
        [
            Section(f"model group {group.display_name}", _values(group)),
            Section("members", by_name((one.inference_key or "-", one.model_id) for one in members)),
            Section("tags", dict(group.freeform_tags)),
        ],
    )


def create(context: Context, given: Namespace) -> None:
    """Create a model group."""
    from modelyard.resources.model_group import (
        CreateModelGroupDetails,
        HeterogeneousModelGroupDetails,
        MemberModelDetails,
        MemberModelEntries,
    )

    named = pairs(given.member, option="--member") or {}
    members = [MemberModelDetails(inference_key=key, model_id=model_id(context, model)) for key, model in named.items()]
    details = CreateModelGroupDetails(
        compartment_id=context.compartment(given.compartment_id),
        project_id=context.project(given.project),
        display_name=given.name,
        description=given.description,
        model_group_details=HeterogeneousModelGroupDetails(),
        member_model_entries=MemberModelEntries(member_model_details=members),
    )
    group = context.client.create_model_group(details)
    context.output.done(group, f"Created model group {group.display_name}: {group.id}")


def delete(context: Context, given: Namespace) -> None:
    """Delete a model group."""
    found = model_group_id(context, given.group)
    context.client.delete_model_group(found)
    context.output.done(context.client.get_model_group(found), f"Deleted model group {given.group}.")


def _row(one: ModelGroupSummary) -> dict[str, object]:
    return {"NAME": one.display_name, "STATE": one.lifecycle_state, "CREATED": one.time_created, "OCID": one.id}


def _values(group: ModelGroup) -> dict[str, object]:
    return {
        "ocid": group.id,
        "state": group.lifecycle_state,
        "details": group.lifecycle_details,
        "description": group.description,
        "created": group.time_created,
        "by": group.created_by,
        "project": group.project_id,
        "compartment": group.compartment_id,
    }


_GROUP = argument("group", about="The model group's name or OCID.")
_MEMBER = Argument(
    names=("--member",),
    metavar="KEY=MODEL",
    count="many",
    is_required=True,
    about="A model by name or OCID, and the key that predictions ask for it by; may be given several times.",
)

COMMANDS = (
    Command(
        path=("model-group", "list"),
        summary="List the model groups, the newest first.",
        example="modelyard model-group list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
    Command(
        path=("model-group", "show"),
        summary="Show a model group and its members.",
        example="modelyard model-group show regions",
        run=show,
        arguments=(_GROUP,),
    ),
    Command(
        path=("model-group", "create"),
        summary="Create a model group, to be served by `deployment create --model-group`.",
        example="modelyard model-group create --name regions --member north=iris-north --member south=iris-south",
        run=create,
        arguments=(_MEMBER, NAME, DESCRIPTION, PROJECT, COMPARTMENT),
    ),
    Command(
        path=("model-group", "delete"),
        summary="Delete a model group, unless a deployment uses it; its models stay.",
        example="modelyard model-group delete regions",
        run=delete,
        arguments=(_GROUP,),
    ),
)
