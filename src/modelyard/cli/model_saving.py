"""The commands that save a model, and those for saves that were interrupted."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.cli.artifact_source import as_folder
from modelyard.cli.command import Command, argument, flag, option, repeated
from modelyard.cli.names import version_set_id
from modelyard.cli.options import COMPARTMENT, DESCRIPTION, PROJECT, pairs
from modelyard.cli.output import size
from modelyard.errors import UsageError

if TYPE_CHECKING:
    from modelyard.cli.context import Context
    from modelyard.model.progress import Reporter
    from modelyard.model.unfinished import UnfinishedSave, UnfinishedSaves
    from modelyard.resources.model import CreateModelDetails

_LONGEST_SCHEMA = 32_000


def create(context: Context, given: Namespace) -> None:
    """Save an artifact as a model."""
    from modelyard.artifact.layout import judge
    from modelyard.model.saving import Draft, save_artifact

    with as_folder(given.artifact) as folder:
        for warning in judge(folder).warnings:
            context.output.note(f"warning: {warning}")
        details = _details(context, given, folder)
    with _saving(context) as (saves, reporter):
        draft = Draft(source=given.artifact, details=details)
        saved = save_artifact(context.client, draft, saves=saves, reporter=reporter)
    _say_saved(context, given.artifact, saved.model_id)


def save(context: Context, given: Namespace) -> None:
    """Save an artifact as a model, or go on with a save that was interrupted."""
    if given.resume:
        resume(context, given)
    elif given.artifact is None:
        raise UsageError("Say which folder or archive to save; or give --resume.")
    else:
        create(context, given)


def resume(context: Context, given: Namespace) -> None:
    """Go on with a save that was interrupted."""
    from modelyard.model import saving

    unfinished = _unfinished(context, given.artifact)
    with _saving(context) as (saves, reporter):
        saved = saving.resume(context.client, unfinished, saves=saves, reporter=reporter)
    _say_saved(context, Path(unfinished.source), saved.model_id)


def list_unfinished(context: Context, _given: Namespace) -> None:
    """List the saves that were interrupted."""
    context.output.table(_all_unfinished(context), _unfinished_row, nothing="No save was interrupted.")


def discard(context: Context, given: Namespace) -> None:
    """Drop what was made of a save that was interrupted."""
    from modelyard.model import saving
    from modelyard.model.unfinished import UnfinishedSaves

    unfinished = _unfinished(context, given.artifact)
    saving.discard(context.client, unfinished, saves=UnfinishedSaves(context.settings.saves))
    context.output.done(unfinished, f"Dropped the save of {unfinished.source}.")


def _details(context: Context, given: Namespace, folder: Path) -> CreateModelDetails:
    from modelyard.artifact.layout import INPUT_SCHEMA, OUTPUT_SCHEMA
    from modelyard.resources.model import CreateModelDetails

    return CreateModelDetails(
        compartment_id=context.compartment(given.compartment_id),
        model_version_set_id=_version_set(context, given),
        version_label=given.version_label,
        project_id=context.project(given.project),
        display_name=given.name or given.artifact.resolve().stem,
        description=given.description,
        freeform_tags=pairs(given.tag, option="--tag"),
        input_schema=_text(folder / INPUT_SCHEMA),
        output_schema=_text(folder / OUTPUT_SCHEMA),
    )


def _version_set(context: Context, given: Namespace) -> str | None:
    from modelyard.model.version_set_choice import version_set_of_save

    if given.version_set is not None:
        return version_set_id(context, given.version_set, compartment_id=given.compartment_id)
    compartment_id = context.compartment(given.compartment_id)
    return version_set_of_save(None, context.settings, client=context.client, compartment_id=compartment_id)


def _text(file: Path) -> str | None:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    return text if len(text) <= _LONGEST_SCHEMA else None  # a longer one stays in the artifact alone


@contextmanager
def _saving(context: Context) -> Iterator[tuple[UnfinishedSaves, Reporter]]:
    """Give what a save needs; after Ctrl-C its own words on how to go on are the command's."""
    from modelyard.model.progress import reported
    from modelyard.model.unfinished import UnfinishedSaves

    try:
        with reported("save") as reporter:
            yield UnfinishedSaves(context.settings.saves), reporter
    except KeyboardInterrupt as interrupted:
        context.goes_on = " ".join(map(str, interrupted.args)) or None
        raise


def _say_saved(context: Context, source: Path, found: str) -> None:
    model = context.client.get_model(found)
    context.output.done(model, f"Saved {source} as model {model.display_name}: {model.id}")


def _all_unfinished(context: Context) -> list[UnfinishedSave]:
    from modelyard.client.profile import resolve
    from modelyard.model.unfinished import UnfinishedSaves

    return UnfinishedSaves(context.settings.saves).all(endpoint=resolve(context.settings).endpoint)


def _unfinished(context: Context, source: Path | None) -> UnfinishedSave:
    """Return the save of a source that was interrupted; without a source the only one."""
    found = _all_unfinished(context)
    if source is not None:
        found = [each for each in found if each.source == str(source.absolute())]
    if not found:
        what = f"of {source} " if source is not None else ""
        raise UsageError(f"No save {what}was interrupted: `modelyard model unfinished` lists those that were.")
    if len(found) > 1:
        sources = ", ".join(each.source for each in found)
        raise UsageError(f"Several saves were interrupted: say which, of {sources}.")
    return found[0]


def _unfinished_row(one: UnfinishedSave) -> dict[str, object]:
    return {
        "SOURCE": one.source,
        "NAME": one.details.display_name,
        "SIZE": size(one.size),
        "BEGUN": one.begun,
        "MODEL": one.model_id,
    }


_UNFINISHED = argument("artifact", metavar="FOLDER_OR_ZIP", convert=Path, about="What was being saved.")
_TAG = repeated("--tag", metavar="KEY=VALUE", about="A freeform tag; may be given several times.")
_SAVED_AS = (
    option("--name", about="What it is called; by default as the folder or file."),
    DESCRIPTION,
    option("--version-set", metavar="NAME_OR_OCID", about="The model version set that it joins; by default none."),
    option("--version-label", metavar="LABEL", about="What this version is called in the version set."),
    _TAG,
    PROJECT,
    COMPARTMENT,
)

COMMANDS = (
    Command(
        path=("model", "create"),
        summary="Save an artifact as a model.",
        details="The artifact is judged before anything is sent; a folder is sent as a zip.",
        example="modelyard model create ./artifact --name iris",
        run=create,
        arguments=(
            argument("artifact", metavar="FOLDER_OR_ZIP", convert=Path, about="The artifact."),
            *_SAVED_AS,
        ),
    ),
    Command(
        path=("model", "save"),
        summary="Save an artifact as a model, or go on with a save that was interrupted.",
        details="Only what the service does not have is sent. With --resume, what it is saved as was said before.",
        example="modelyard model save --resume ./artifact",
        run=save,
        arguments=(
            argument(
                "artifact",
                metavar="FOLDER_OR_ZIP",
                count="optional",
                convert=Path,
                about="The artifact; with --resume the only one whose save was interrupted, unless said.",
            ),
            flag("--resume", about="Go on with a save that was interrupted."),
            *_SAVED_AS,
        ),
    ),
    Command(
        path=("model", "unfinished"),
        summary="List the saves that were interrupted.",
        example="modelyard model unfinished",
        run=list_unfinished,
    ),
    Command(
        path=("model", "discard"),
        summary="Drop what was made of a save that was interrupted.",
        details="Its entry and what was sent of it go; its folder stays.",
        example="modelyard model discard ./artifact",
        run=discard,
        arguments=(_UNFINISHED,),
    ),
)
