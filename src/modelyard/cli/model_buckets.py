"""The model commands that move artifacts between the catalog and buckets."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from modelyard.cli.command import Command, argument, option
from modelyard.cli.following import WAITING, follow
from modelyard.cli.names import model_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, PROJECT
from modelyard.errors import ModelyardError, WorkRequestFailed

if TYPE_CHECKING:
    from modelyard.cli.context import Context


def from_bucket(context: Context, given: Namespace) -> None:
    """Save an object of a bucket as a model."""
    from modelyard.client.object_storage import namespace_of
    from modelyard.resources.model import ArtifactExportDetailsObjectStorage, CreateModelDetails

    source = ArtifactExportDetailsObjectStorage(
        namespace=given.namespace or namespace_of(context.client.transport),
        source_bucket=given.bucket,
        source_object_name=given.object,
    )
    model = context.client.create_model(
        CreateModelDetails(
            project_id=context.project(given.project),
            compartment_id=context.compartment(given.compartment_id),
            display_name=given.name or given.object.rpartition("/")[2].rpartition(".")[0] or given.object,
            description=given.description,
        )
    )
    try:
        work_request_id = context.client.export_model_artifact(model.id, source)
    except BaseException:
        _drop(context, model.id)
        raise
    try:
        if given.wait:
            follow(context, work_request_id, what="The copy", seconds=given.max_wait)
    except WorkRequestFailed:
        _drop(context, model.id)
        raise
    said = "Saved" if given.wait else "Begun to save"
    context.output.done(
        context.client.get_model(model.id), f"{said} {given.object} as model {model.display_name}: {model.id}"
    )


def _drop(context: Context, model_id: str) -> None:
    # an entry without an artifact is of no use to anybody; what went wrong first is what is told
    with suppress(ModelyardError):
        context.client.delete_model(model_id)


def to_bucket(context: Context, given: Namespace) -> None:
    """Copy a model's artifact into a bucket."""
    from modelyard.client.object_storage import namespace_of
    from modelyard.resources.model import ArtifactImportDetailsObjectStorage

    found = model_id(context, given.model)
    target = ArtifactImportDetailsObjectStorage(
        namespace=given.namespace or namespace_of(context.client.transport),
        destination_bucket=given.bucket,
        destination_object_name=given.object,
    )
    work_request_id = context.client.import_model_artifact(found, target)
    if given.wait:
        follow(context, work_request_id, what="The copy", seconds=given.max_wait)
    said = "Copied the artifact" if given.wait else "Begun to copy the artifact"
    context.output.done(target, f"{said} to {given.object} in bucket {given.bucket}.")


_PLACE = (
    option("--bucket", metavar="NAME", is_required=True, about="The bucket."),
    option("--object", metavar="NAME", is_required=True, about="The object's name in the bucket."),
    option("--namespace", metavar="NAME", about="The namespace of the bucket; by default the service's own."),
)

COMMANDS = (
    Command(
        path=("model", "from-bucket"),
        summary="Save an artifact that is an object of a bucket as a model.",
        example="modelyard model from-bucket --bucket models --object iris.zip --name iris",
        run=from_bucket,
        arguments=(
            *_PLACE,
            option("--name", about="What it is called; by default as the object, without folder and ending."),
            DESCRIPTION,
            PROJECT,
            COMPARTMENT,
            *WAITING,
        ),
    ),
    Command(
        path=("model", "to-bucket"),
        summary="Copy a model's artifact into a bucket.",
        example="modelyard model to-bucket iris --bucket models --object iris.zip",
        run=to_bucket,
        arguments=(argument("model", about="The model's name or OCID."), *_PLACE, *WAITING),
    ),
)
