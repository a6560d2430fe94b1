"""What a model version set is to be: seven fields, and what the service is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING

from modelyard.errors import UsageError
from modelyard.model.deploying import needed
from modelyard.resources.noun import DefinedTags, wire_name
from modelyard.resources.version_set import (
    CreateModelVersionSetDetails,
    ModelVersionSet,
    UpdateModelVersionSetDetails,
)

if TYPE_CHECKING:
    from modelyard.client.profile import Profile

KIND = "modelVersionSet"
"""What the file of a version set says that it is."""


@dataclass(frozen=True)
class VersionSetSpec:
    """Be what a version set is to be; None leaves it to somebody else."""

    id: str | None = None
    project_id: str | None = None
    compartment_id: str | None = None
    name: str | None = None
    description: str | None = None
    freeform_tags: dict[str, str] | None = None
    defined_tags: DefinedTags | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            kind, word = (dict, "a dictionary") if name.endswith("_tags") else (str, "text")
            if value is not None and not isinstance(value, kind):
                raise UsageError(f"{name} of a model version set is {word}, not {value!r}.")

    def overlaid(self, values: Mapping[str, object]) -> VersionSetSpec:
        """Return the spec with the values that are not None, by their names here or on the wire.

        Raises:
            UsageError: A name is none, or a value is of the wrong type.
        """
        known = {written: field.name for field in fields(self) for written in (field.name, wire_name(field.name))}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise UsageError(
                f"A model version set has no {', '.join(unknown)}. It has {', '.join(sorted(set(known.values())))}."
            )
        said = {known[name]: value for name, value in values.items() if value is not None}
        return replace(self, **said)  # type: ignore[arg-type] # judged by __post_init__

    def to_wire(self) -> dict[str, object]:
        """Return what is said, by its names on the wire."""
        return {wire_name(name): value for name, value in asdict(self).items() if value is not None}


ATTRIBUTE_MAP = {wire_name(field.name): field.name for field in fields(VersionSetSpec)}
"""The name on the wire → the name here."""


def spec_of(resource: ModelVersionSet) -> VersionSetSpec:
    """Return what a version set is; its tags are copies, so that a change of them is seen as one."""
    return deepcopy(VersionSetSpec(**{field.name: getattr(resource, field.name) for field in fields(VersionSetSpec)}))


def creation_of(spec: VersionSetSpec, *, home: Profile, now: datetime) -> CreateModelVersionSetDetails:
    """Return what creates a version set; what is not said is the home's.

    Raises:
        UsageError: No project or compartment is known.
    """
    return CreateModelVersionSetDetails(
        compartment_id=needed(
            spec.compartment_id or home.compartment_id, "compartment_id", "NB_SESSION_COMPARTMENT_OCID"
        ),
        project_id=needed(spec.project_id or home.project_id, "project_id", "PROJECT_OCID"),
        name=spec.name or default_name(now),
        description=spec.description,
        freeform_tags=spec.freeform_tags,
        defined_tags=spec.defined_tags,
    )


def changes_of(spec: VersionSetSpec, was: VersionSetSpec) -> UpdateModelVersionSetDetails:
    """Return the update that makes a version set what it is to be.

    Raises:
        UsageError: Its name, project or compartment is to be another, which stay as they were created.
    """
    for field in ("name", "project_id", "compartment_id"):
        if getattr(spec, field) not in (None, getattr(was, field)):
            raise UsageError(f"The {field} of a model version set stays {getattr(was, field)!r}: create another.")
    return UpdateModelVersionSetDetails(
        description=spec.description if spec.description != was.description else None,
        freeform_tags=spec.freeform_tags if spec.freeform_tags != was.freeform_tags else None,
        defined_tags=spec.defined_tags if spec.defined_tags != was.defined_tags else None,
    )


def default_name(now: datetime) -> str:
    """Return the name of a version set that was given none."""
    return f"model-version-set-{now:%Y%m%d-%H%M}"
