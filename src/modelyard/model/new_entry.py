"""A new entry of the catalog: it comes with its artifact, or nothing is left of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from modelyard.errors import ModelyardError
from modelyard.model.notices import notice
from modelyard.model.progress import Reporter
from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient

T = TypeVar("T")


def create_with(
    client: DataScienceClient,
    details: CreateModelDetails,
    provenance: CreateModelProvenanceDetails | None,
    give: Callable[[str], T],
    *,
    reporter: Reporter,
) -> tuple[str, T]:
    """Create an entry and give it its artifact; return its OCID, and what that returned.

    Nothing is left of the entry where that fails, or somebody stops it.

    Args:
        client: Who talks to the service.
        details: What the entry is to be.
        provenance: Where the model comes from.
        give: Gives the model of an OCID its artifact.
        reporter: Is told how it goes.
    """
    from modelyard.client.transport import new_retry_token

    reporter.step("creating the entry")
    token, model_id = new_retry_token(), None
    try:
        model_id = client.create_model(details, retry_token=token).id
        if provenance is not None:
            client.create_model_provenance(model_id, provenance)
        return model_id, give(model_id)
    except BaseException as error:
        is_stopped = not isinstance(error, Exception)
        if model_id is not None or is_stopped:  # an OCID that nobody heard is asked for once more
            undo(lambda: client.delete_model(model_id or client.create_model(details, retry_token=token).id))
        raise


def undo(step: Callable[[], None]) -> None:
    """Take a step back after something went wrong; warn where that goes wrong, too."""
    try:
        step()
    except ModelyardError as left:
        # What went wrong first is what is raised; that something stays behind is said beside it.
        notice(f"The model's entry could not be deleted again: {left}")
