"""The project commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun, argument
from modelyard.cli.names import project_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, NEW_NAME
from modelyard.cli.output import Section
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.project import Project

NOUN = Noun(name="project", summary="Projects: the folders of models and deployments.")


def list_all(context: Context, given: Namespace) -> None:
    """List projects."""
    projects = context.client.list_projects(
        context.compartment(given.compartment_id), lifecycle_state="ACTIVE", sort_by="timeCreated", sort_order="DESC"
    )
    context.output.table(projects, _row, nothing="There are no projects: `modelyard project create NAME` makes one.")


def show(context: Context, given: Namespace) -> None:
    """Show a project."""
    project = context.client.get_project(project_id(context, given.project))
    context.output.sections(project, [Section(f"project {project.display_name}", _values(project))])


def create(context: Context, given: Namespace) -> None:
    """Create a project."""
    from modelyard.resources.project import CreateProjectDetails

    details = CreateProjectDetails(
        compartment_id=context.compartment(given.compartment_id),
        display_name=given.name,
        description=given.description,
    )
    project = context.client.create_project(details)
    context.output.done(project, f"Created project {project.display_name}: {project.id}")


def update(context: Context, given: Namespace) -> None:
    """Change a project."""
    from modelyard.resources.project import UpdateProjectDetails

    details = UpdateProjectDetails(display_name=given.name, description=given.description)
    if details == UpdateProjectDetails():
        raise UsageError("Nothing is to change: give --name or --description.")
    project = context.client.update_project(project_id(context, given.project), details)
    context.output.done(project, f"Updated project {project.display_name}.")


def delete(context: Context, given: Namespace) -> None:
    """Delete a project."""
    found = project_id(context, given.project)
    context.client.delete_project(found)
    context.output.done(context.client.get_project(found), f"Deleted project {given.project}.")


def _row(one: Project) -> dict[str, object]:
    return {
        "NAME": one.display_name,
        "STATE": one.lifecycle_state,
        "CREATED": one.time_created,
        "OCID": one.id,
    }


def _values(project: Project) -> dict[str, object]:
    return {
        "ocid": project.id,
        "state": project.lifecycle_state,
        "description": project.description,
        "created": project.time_created,
        "by": project.created_by,
        "compartment": project.compartment_id,
    }


_PROJECT = argument("project", about="The project's name or OCID.")

COMMANDS = (
    Command(
        path=("project", "list"),
        summary="List the projects, the newest first.",
        example="modelyard project list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
    Command(
        path=("project", "show"),
        summary="Show a project.",
        example="modelyard project show churn",
        run=show,
        arguments=(_PROJECT,),
    ),
    Command(
        path=("project", "create"),
        summary="Create a project.",
        example="modelyard project create churn --description 'Who leaves, and when'",
        run=create,
        arguments=(argument("name", about="What it is called."), DESCRIPTION, COMPARTMENT),
    ),
    Command(
        path=("project", "update"),
        summary="Change a project's name or description.",
        example="modelyard project update churn --name churn-2026",
        run=update,
        arguments=(_PROJECT, NEW_NAME, DESCRIPTION),
    ),
    Command(
        path=("project", "delete"),
        summary="Delete a project that has no models and no deployments.",
        example="modelyard project delete churn",
        run=delete,
        arguments=(_PROJECT,),
    ),
)
