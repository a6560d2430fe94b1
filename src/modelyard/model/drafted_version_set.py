"""A model version set on paper: what it is to be, said in Python or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from modelyard.lifecycle import VersionSetState
from modelyard.model.notebook_view import view
from modelyard.model.serializable import Serializable
from modelyard.model.spec_files import spec_within
from modelyard.model.version_set_spec import ATTRIBUTE_MAP, KIND, VersionSetSpec, default_name
from modelyard.resources.noun import DefinedTags
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from typing_extensions import Self


class DraftedVersionSet(Serializable):
    """Be what a version set is to be; see :class:`~modelyard.model.model_version_set.ModelVersionSet`."""

    CONST_ID = "id"
    CONST_PROJECT_ID = "projectId"
    CONST_COMPARTMENT_ID = "compartmentId"
    CONST_NAME = "name"
    CONST_DESCRIPTION = "description"
    CONST_FREEFORM_TAG = "freeformTags"
    CONST_DEFINED_TAG = "definedTags"
    LIFECYCLE_STATE_ACTIVE = VersionSetState.ACTIVE.value
    LIFECYCLE_STATE_DELETING = VersionSetState.DELETING.value
    LIFECYCLE_STATE_DELETED = VersionSetState.DELETED.value
    LIFECYCLE_STATE_FAILED = VersionSetState.FAILED.value
    attribute_map = ATTRIBUTE_MAP

    def __init__(
        self,
        spec: dict[str, object] | None = None,
        *,
        id: str | None = None,
        project_id: str | None = None,
        compartment_id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        freeform_tags: dict[str, str] | None = None,
        defined_tags: DefinedTags | None = None,
    ) -> None:
        given = VersionSetSpec(
            id=id,
            project_id=project_id,
            compartment_id=compartment_id,
            name=name,
            description=description,
            freeform_tags=freeform_tags,
            defined_tags=defined_tags,
        )
        said = VersionSetSpec().overlaid(spec or {}).overlaid(given.to_wire())
        self._spec = said if said.id else _assumed().overlaid(said.to_wire())

    # ── what it is ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def kind(self) -> str:
        """What its file says that it is: ``modelVersionSet``."""
        return KIND

    @property
    def type(self) -> str:
        """The same as :attr:`kind`: there is one type of version set."""
        return KIND

    @property
    def id(self) -> str | None:
        """The OCID; None before it is created."""
        return self._spec.id

    @property
    def project_id(self) -> str | None:
        """The OCID of its project."""
        return self._spec.project_id

    @project_id.setter
    def project_id(self, project_id: str) -> None:
        self.with_project_id(project_id)

    @property
    def compartment_id(self) -> str | None:
        """The OCID of its compartment."""
        return self._spec.compartment_id

    @compartment_id.setter
    def compartment_id(self, compartment_id: str) -> None:
        self.with_compartment_id(compartment_id)

    @property
    def name(self) -> str | None:
        """Its name, which is that of one version set in the compartment and never changes."""
        return self._spec.name

    @name.setter
    def name(self, name: str) -> None:
        self.with_name(name)

    @property
    def description(self) -> str | None:
        """What people read of it."""
        return self._spec.description

    @description.setter
    def description(self, description: str) -> None:
        self.with_description(description)

    @property
    def freeform_tags(self) -> dict[str, str] | None:
        """Its tags."""
        return self._spec.freeform_tags

    @freeform_tags.setter
    def freeform_tags(self, tags: dict[str, str]) -> None:
        self._spec = replace(self._spec, freeform_tags=tags)

    @property
    def defined_tags(self) -> DefinedTags | None:
        """Its tags by namespace."""
        return self._spec.defined_tags

    @defined_tags.setter
    def defined_tags(self, tags: DefinedTags) -> None:
        self._spec = replace(self._spec, defined_tags=tags)

    # ── say what it is to be ─────────────────────────────────────────────────────────────────────────────────────────

    def with_project_id(self, project_id: str) -> Self:
        """Say which project it belongs to; return the version set."""
        self._spec = replace(self._spec, project_id=project_id)
        return self

    def with_compartment_id(self, compartment_id: str) -> Self:
        """Say which compartment it is in; return the version set."""
        self._spec = replace(self._spec, compartment_id=compartment_id)
        return self

    def with_name(self, name: str) -> Self:
        """Say what it is called; return the version set."""
        self._spec = replace(self._spec, name=name)
        return self

    def with_description(self, description: str) -> Self:
        """Say what people read of it; return the version set."""
        self._spec = replace(self._spec, description=description)
        return self

    def with_freeform_tags(self, **kwargs: str) -> Self:
        """Say its tags, one keyword each, in place of those that it has; return the version set."""
        self._spec = replace(self._spec, freeform_tags=kwargs)
        return self

    def with_defined_tags(self, **kwargs: dict[str, object]) -> Self:
        """Say its tags, one keyword for each namespace, in place of those that it has; return the version set."""
        self._spec = replace(self._spec, defined_tags=kwargs)
        return self

    # ── in a file ────────────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def from_dict(cls, config: Mapping[str, object]) -> Self:
        """Return the version set that a dictionary says, as :meth:`to_dict` returns it; the service is not asked.

        Raises:
            ValueError: It says something else.
        """
        return cls(spec=dict(spec_within(config, kind=KIND, type=KIND)))

    def to_dict(self) -> dict[str, object]:
        """Return it as ``{"kind": …, "type": …, "spec": {…}}``, the spec by the names on the wire."""
        return {"kind": self.kind, "type": self.type, "spec": self._spec.to_wire()}

    def __repr__(self) -> str:
        return self.to_yaml()

    def _repr_html_(self) -> str:
        return view(type(self).__name__, self._spec.to_wire())


def _assumed() -> VersionSetSpec:
    """Return what a new version set is to be where nobody says anything."""
    settings = from_environ()
    return VersionSetSpec(
        project_id=settings.project_id,
        compartment_id=settings.compartment_id,
        name=default_name(datetime.now(timezone.utc)),
    )
