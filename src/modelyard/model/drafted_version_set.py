"""A model version set on paper: what it is to be, said in Python or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypedDict

from modelyard.lifecycle import VersionSetState
from modelyard.model.builder import text
from modelyard.model.drafted_resource import DescribedBuilder, PlacedBuilder
from modelyard.resources.noun import DefinedTags
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class VersionSetFields(TypedDict, total=False):
    """Be what can be said of a version set, by keyword; None says nothing."""

    id: str | None
    project_id: str | None
    compartment_id: str | None
    name: str | None
    description: str | None
    freeform_tags: dict[str, str] | None
    defined_tags: DefinedTags | None


class DraftedVersionSet(DescribedBuilder, PlacedBuilder):
    """Be what a version set is to be; see :class:`~modelyard.model.model_version_set.ModelVersionSet`."""

    KIND = "modelVersionSet"
    TYPE = "modelVersionSet"

    CONST_NAME = "name"
    LIFECYCLE_STATE_ACTIVE = VersionSetState.ACTIVE.value
    LIFECYCLE_STATE_DELETING = VersionSetState.DELETING.value
    LIFECYCLE_STATE_DELETED = VersionSetState.DELETED.value
    LIFECYCLE_STATE_FAILED = VersionSetState.FAILED.value

    name = text("Its name, which is that of one version set in the compartment and never changes.")

    def __init__(self, spec: Mapping[str, object] | None = None, **kwargs: Unpack[VersionSetFields]) -> None:
        super().__init__(spec, **{name: value for name, value in kwargs.items() if value is not None})
        if self.id is None:
            self.build()

    def build(self) -> Self:
        """Fill in what can be known without being said: project, compartment and a name; return the version set."""
        settings = from_environ()
        assumed = {
            "project_id": settings.project_id,
            "compartment_id": settings.compartment_id,
            "name": _default_name(datetime.now(timezone.utc)),
        }
        for name, value in assumed.items():
            if self.get_spec(name) is None:
                self.set_spec(name, value)
        return self

    def with_name(self, name: str) -> Self:
        """Say what it is called; return the version set."""
        return self.set_spec("name", name)

    @classmethod
    def from_dict(cls, config: Mapping[str, object]) -> Self:
        """Return the version set that a dictionary says, as :meth:`to_dict` returns it; the service is not asked.

        Raises:
            ValueError: It says something else.
        """
        return super().from_dict(config)


def _default_name(now: datetime) -> str:
    """Return the name of a version set that was given none."""
    return f"model-version-set-{now:%Y%m%d-%H%M}"
