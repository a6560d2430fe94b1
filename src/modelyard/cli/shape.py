"""The shape commands."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, Noun
from modelyard.cli.options import COMPARTMENT

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.resources.deployment import ModelDeploymentShapeSummary

NOUN = Noun(name="shape", summary="Shapes: how large an instance of a deployment can be.")


def list_all(context: Context, given: Namespace) -> None:
    """List shapes."""
    shapes = context.client.list_model_deployment_shapes(context.compartment(given.compartment_id))
    context.output.table(shapes, _row, nothing="There are no shapes.")


def _row(one: ModelDeploymentShapeSummary) -> dict[str, object]:
    return {
        "NAME": one.name,
        "OCPUS": one.core_count,
        "MEMORY": f"{one.memory_in_gbs} GB",
        "SERIES": one.shape_series,
    }


COMMANDS = (
    Command(
        path=("shape", "list"),
        summary="List the shapes that an instance may have; a .Flex shape takes other sizes too.",
        example="modelyard shape list",
        run=list_all,
        arguments=(COMPARTMENT,),
    ),
)
