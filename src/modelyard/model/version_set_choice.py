"""Which model version set a save goes into: the one it names, that of the experiment around it, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from modelyard import ids
from modelyard.errors import UsageError
from modelyard.lifecycle import VersionSetState
from modelyard.model.deploying import needed
from modelyard.model.failures import ModelVersionSetNotExists, ModelVersionSetNotSaved
from modelyard.settings import Settings, from_environ

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.resources.version_set import ModelVersionSetSummary

_GONE = {VersionSetState.DELETING, VersionSetState.DELETED}

_around: ContextVar[str | None] = ContextVar("modelyard_version_set", default=None)


@runtime_checkable
class VersionSet(Protocol):
    """Be a model version set, as far as a save needs it."""

    @property
    def id(self) -> str | None:
        """Its OCID; None before it is created."""

    @property
    def name(self) -> str | None:
        """Its name."""


@contextmanager
def saves_go_into(version_set_id: str) -> Iterator[None]:
    """Let saves that name no version set go into this one, in this thread or task, as long as the block runs."""
    token = _around.set(version_set_id)
    try:
        yield
    finally:
        _around.reset(token)


def version_set_of_save(
    given: str | VersionSet | None, settings: Settings, *, client: DataScienceClient, compartment_id: str
) -> str | None:
    """Return the OCID of the version set that a save goes into; None for none.

    Args:
        given: A version set, its OCID or its name; None leaves it to the experiment, then to the environment.
        settings: The environment.
        client: Who looks a name up.
        compartment_id: Where a name is looked up.

    Raises:
        ModelVersionSetNotExists: No version set has the name.
        ModelVersionSetNotSaved: The version set is not in the catalog.
        UsageError: It is something else.
    """
    if given is None:
        return _around.get() or _of_environment(settings, client=client, compartment_id=compartment_id)
    if isinstance(given, str):
        return _named(given, client=client, compartment_id=compartment_id)
    if not isinstance(given, VersionSet):
        raise UsageError(f"model_version_set takes a ModelVersionSet, its OCID or its name, not {given!r}.")
    if given.id is None:
        raise ModelVersionSetNotSaved(f"The model version set {given.name!r} is not in the catalog: create() it first.")
    return checked_ocid(given.id)


def find_by_name(client: DataScienceClient, name: str, *, compartment_id: str) -> ModelVersionSetSummary:
    """Return the living version set of a name; raise ModelVersionSetNotExists where there is none."""
    found = client.list_model_version_sets(compartment_id, name=name)
    living = next((each for each in found if each.lifecycle_state not in _GONE), None)
    if living is None:
        raise ModelVersionSetNotExists(
            f"The compartment {compartment_id} has no model version set {name!r}: create it first."
        )
    return living


def where_sets_are(compartment_id: str | None, client: DataScienceClient) -> str:
    """Return the compartment of version sets: the one that is given, else the environment's, else the home's.

    Raises:
        UsageError: None is known.
    """
    known = compartment_id or from_environ().compartment_id or client.profile.compartment_id
    return needed(known, "compartment_id", "NB_SESSION_COMPARTMENT_OCID")


def checked_ocid(text: str) -> str:
    """Return the OCID of a version set; raise UsageError for anything else."""
    if not isinstance(text, str) or not ids.is_ocid(text, ids.MODEL_VERSION_SET):
        raise UsageError(f"{text!r} is not the OCID of a model version set.")
    return text


def _of_environment(settings: Settings, *, client: DataScienceClient, compartment_id: str) -> str | None:
    if settings.model_version_set_id:
        return checked_ocid(settings.model_version_set_id)
    if settings.model_version_set_name is None:
        return None
    where = settings.model_version_set_compartment_id or compartment_id
    return find_by_name(client, settings.model_version_set_name, compartment_id=where).id


def _named(text: str, *, client: DataScienceClient, compartment_id: str) -> str:
    if text.startswith("ocid1."):
        return checked_ocid(text)
    if not text:
        raise UsageError("model_version_set is empty: name a version set, or leave it out.")
    return find_by_name(client, text, compartment_id=compartment_id).id
