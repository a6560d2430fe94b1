"""Models that are versions of one another: a model version set, and the experiment whose saves go into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from modelyard.errors import Conflict
from modelyard.lifecycle import ModelState, VersionSetState
from modelyard.model.connection import client_of, saved_id
from modelyard.model.datascience_model import Models, models_of
from modelyard.model.drafted_version_set import DraftedVersionSet, VersionSetFields
from modelyard.model.failures import ModelVersionSetNotExists, ModelVersionSetNotSaved
from modelyard.model.version_set_choice import checked_ocid, find_by_name, saves_go_into, where_sets_are
from modelyard.model.version_set_request import changes_of, creation_of
from modelyard.resources import version_set as nouns
from modelyard.resources.model import UpdateModelDetails
from modelyard.resources.noun import DefinedTags

if TYPE_CHECKING:
    from typing_extensions import Self

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth

__all__ = ["ModelVersionSet", "ModelVersionSetNotExists", "ModelVersionSetNotSaved", "experiment"]

# the class has a method of the name `list`
_VersionSets: TypeAlias = "list[ModelVersionSet]"


class ModelVersionSet(DraftedVersionSet):
    """Be models that are versions of one another: as it is to be, and once it is created as it was last seen.

    Args:
        spec: What it is to be, by the names below or those on the wire (``projectId``).
        id: The OCID of one that is there already.
        project_id: The project that it belongs to; by default the environment's, else the home's.
        compartment_id: The compartment that it is in; by default the environment's, else the home's.
        name: What it is called, once in its compartment; by default ``model-version-set-<UTC time>``.
        description: What people read of it.
        freeform_tags: Tags.
        defined_tags: Tags by namespace.
        auth: Who talks to the service; by default what the environment and the home say.

    Raises:
        ValueError: The spec has something that a version set has not.

    Example:
        >>> churn = ModelVersionSet(name="churn").with_description("Who leaves, and when")
        >>> churn.to_dict()["spec"]["description"]
        'Who leaves, and when'
    """

    def __init__(
        self,
        spec: Mapping[str, object] | None = None,
        *,
        id: str | None = None,
        project_id: str | None = None,
        compartment_id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        freeform_tags: dict[str, str] | None = None,
        defined_tags: DefinedTags | None = None,
        auth: Auth | None = None,
    ) -> None:
        super().__init__(
            spec,
            id=id,
            project_id=project_id,
            compartment_id=compartment_id,
            name=name,
            description=description,
            freeform_tags=freeform_tags,
            defined_tags=defined_tags,
        )
        self._seen: nouns.ModelVersionSet | None = None
        self.auth = auth

    @cached_property
    def client(self) -> DataScienceClient:
        """Who talks to the service for this version set; made at the first use."""
        return client_of(self.auth)

    @property
    def status(self) -> str | None:
        """Its state when it was last seen; None before."""
        return self._seen.lifecycle_state.value if self._seen else None

    @property
    def details_link(self) -> str | None:
        """The address at which the service tells of it; None before it is created."""
        from modelyard.client.endpoint import path_of

        return f"{self.client.profile.endpoint}{path_of('modelVersionSets', self.id)}" if self.id else None

    # ── in the catalog ───────────────────────────────────────────────────────────────────────────────────────────────

    def create(
        self,
        *,
        project_id: str | None = None,
        compartment_id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        freeform_tags: dict[str, str] | None = None,
        defined_tags: DefinedTags | None = None,
    ) -> Self:
        """Create it in the catalog, without models; return the version set.

        Args:
            project_id: The project that it belongs to, in place of what was said before; so are the others.
            compartment_id: The compartment that it is in.
            name: What it is called.
            description: What people read of it.
            freeform_tags: Tags.
            defined_tags: Tags by namespace.

        Raises:
            Conflict: The compartment has a version set of this name.
            ValueError: No project or compartment is known.
        """
        said = VersionSetFields(
            project_id=project_id,
            compartment_id=compartment_id,
            name=name,
            description=description,
            freeform_tags=freeform_tags,
            defined_tags=defined_tags,
        )
        details = creation_of(self._overlaid(said), home=self.client.profile)
        return self._as_seen(self.client.create_model_version_set(details))

    def update(
        self,
        *,
        description: str | None = None,
        freeform_tags: dict[str, str] | None = None,
        defined_tags: DefinedTags | None = None,
    ) -> Self:
        """Tell the catalog what was changed here: the description and the tags; return the version set.

        Args:
            description: What people read of it.
            freeform_tags: Tags, in place of those that it has.
            defined_tags: Tags by namespace, in place of those that it has.

        Raises:
            ModelVersionSetNotSaved: It is not in the catalog.
            ValueError: Its name, project or compartment was changed here, which stay as they were created.
        """
        id = self._saved()
        said = VersionSetFields(description=description, freeform_tags=freeform_tags, defined_tags=defined_tags)
        was = self._seen or self.client.get_model_version_set(id)
        changes = changes_of(self._overlaid(said), was)
        return self._as_seen(self.client.update_model_version_set(id, changes))

    def delete(self, delete_model: bool | None = False) -> Self:
        """Delete it from the catalog; return the version set.

        Args:
            delete_model: Whether to delete its models with it; otherwise it must have none.

        Raises:
            ModelVersionSetNotSaved: It is not in the catalog.
            Conflict: It has models that are not to be deleted, or that a deployment serves. Nothing was deleted.
        """
        from modelyard.client.waiters import wait_for_work_request

        id = self._saved()
        try:
            request = self.client.delete_model_version_set(id, is_delete_related_models=bool(delete_model))
        except Conflict as error:
            if delete_model or not (models := self.models()):
                raise
            raise Conflict(
                f"The model version set {self.name!r} still has {len(models)} model(s), {models[0].id} among them: "
                "delete them first, or call delete(delete_model=True), which deletes them with it.",
                request_id=error.request_id,
            ) from error
        wait_for_work_request(self.client, request)
        return self._as_seen(self.client.get_model_version_set(id))

    def model_add(self, model_id: str, version_label: str | None = None) -> None:
        """Make a model of the catalog the next version.

        Args:
            model_id: The model's OCID.
            version_label: The label of this version; no other model of the set may have it.

        Raises:
            ModelVersionSetNotSaved: The version set is not in the catalog.
            Conflict: Another model of the set has the label.
            NotFound: There is no such model.
        """
        details = UpdateModelDetails(model_version_set_id=self._saved(), version_label=version_label)
        self.client.update_model(saved_id(model_id), details)

    def models(
        self,
        *,
        compartment_id: str | None = None,
        project_id: str | None = None,
        display_name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        version_label: str | None = None,
        sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
    ) -> Models:
        """Return its models, each with its ``version_id`` and ``version_label``; as a table: ``.to_dataframe()``.

        Args:
            compartment_id: The compartment of the models; by default that of the version set.
            project_id: Only those of a project.
            display_name: Only those of a name.
            lifecycle_state: Only those in a state; by default all that are not deleted.
            created_by: Only those that somebody created.
            version_label: Only the one with a label.
            sort_by: What they are sorted by.
            sort_order: In which direction.

        Raises:
            ModelVersionSetNotSaved: It is not in the catalog.
        """
        id = self._saved()
        seen = self._seen or self.client.get_model_version_set(id)
        found = self.client.list_models(
            compartment_id or seen.compartment_id,
            project_id=project_id,
            display_name=display_name,
            lifecycle_state=lifecycle_state,
            created_by=created_by,
            version_label=version_label,
            model_version_set_name=seen.name,
            sort_by=sort_by,
            sort_order=sort_order,
        )
        # a deleted version set may have had the same name
        own = (
            model
            for model in found
            if model.model_version_set_id == id and (lifecycle_state or model.lifecycle_state != ModelState.DELETED)
        )
        return models_of(own, self.client, self.auth)

    model_list = models

    @classmethod
    def from_id(cls, id: str, *, auth: Auth | None = None) -> Self:
        """Return the version set of an OCID.

        Args:
            id: The OCID.
            auth: Who talks to the service.

        Raises:
            NotFound: There is no such version set.
            ValueError: It is the OCID of something else.
        """
        client = client_of(auth)
        return cls._of(client.get_model_version_set(checked_ocid(id)), client, auth)

    @classmethod
    def from_ocid(cls, ocid: str, *, auth: Auth | None = None) -> Self:
        """Return the version set of an OCID; see :meth:`from_id`."""
        return cls.from_id(ocid, auth=auth)

    @classmethod
    def from_name(cls, name: str, compartment_id: str | None = None, *, auth: Auth | None = None) -> Self:
        """Return the version set of a name.

        Args:
            name: The name.
            compartment_id: Where it is looked up; by default in the environment's compartment, else in the home's.
            auth: Who talks to the service.

        Raises:
            ModelVersionSetNotExists: No version set there has this name.
        """
        client = client_of(auth)
        found = find_by_name(client, name, compartment_id=where_sets_are(compartment_id, client))
        return cls._of(client.get_model_version_set(found.id), client, auth)

    @classmethod
    def list(
        cls,
        compartment_id: str | None = None,
        category: Literal["USER", "SERVICE"] = "USER",
        *,
        project_id: str | None = None,
        name: str | None = None,
        lifecycle_state: str | None = None,
        created_by: str | None = None,
        sort_by: Literal["timeCreated", "name", "lifecycleState"] | None = None,
        sort_order: Literal["ASC", "DESC"] | None = None,
        auth: Auth | None = None,
    ) -> _VersionSets:
        """Return the version sets of a compartment.

        Args:
            compartment_id: The compartment; by default the environment's, else the home's.
            category: Whose they are: ``USER`` or ``SERVICE``.
            project_id: Only those of a project.
            name: Only those of a name.
            lifecycle_state: Only those in a state; by default all that are not deleted.
            created_by: Only those that somebody created.
            sort_by: What they are sorted by.
            sort_order: In which direction.
            auth: Who talks to the service.
        """
        client = client_of(auth)
        found = client.list_model_version_sets(
            where_sets_are(compartment_id, client),
            category=category,
            project_id=project_id,
            name=name,
            lifecycle_state=lifecycle_state,
            created_by=created_by,
            sort_by=sort_by,
            sort_order=sort_order,
        )
        # a list leaves the descriptions out
        return [
            cls._of(client.get_model_version_set(each.id), client, auth)
            for each in found
            if lifecycle_state or each.lifecycle_state != VersionSetState.DELETED
        ]

    @classmethod
    def _of(cls, resource: nouns.ModelVersionSet, client: DataScienceClient, auth: Auth | None) -> Self:
        made = cls(auth=auth)
        made.client = client
        return made._as_seen(resource)

    def _as_seen(self, resource: nouns.ModelVersionSet) -> Self:
        self._seen = resource
        for name in self.fields:
            self.set_spec(name, getattr(resource, name))
        return self

    def _overlaid(self, said: VersionSetFields) -> DraftedVersionSet:
        """Return what it is to be once more is said; it stays itself until the catalog has taken it."""
        return DraftedVersionSet(self._spec, **said)

    def _saved(self) -> str:
        if self.id is None:
            raise ModelVersionSetNotSaved
        return checked_ocid(self.id)


@contextmanager
def experiment(
    name: str,
    create_if_not_exists: bool | None = True,
    *,
    compartment_id: str | None = None,
    project_id: str | None = None,
    description: str | None = None,
    auth: Auth | None = None,
) -> Iterator[ModelVersionSet]:
    """Let every ``save()`` inside that names no version set go into the one of this name; give that version set.

    It holds for the thread or the task that entered it: two threads with an experiment each do not meet. A thread that
    is started inside is outside of it, unless it is run in a copy of the context (``contextvars.copy_context().run``).

    Args:
        name: The name of the version set.
        create_if_not_exists: Whether to create it where there is none.
        compartment_id: The compartment that it is in; by default the environment's, else the home's.
        project_id: The project to create it in; by default the environment's, else the home's.
        description: What people read of one that is created.
        auth: Who talks to the service.

    Raises:
        ModelVersionSetNotExists: There is none, and it was not to be created.
        ValueError: No compartment or project is known.

    Example:
        with experiment("churn"):
            model.save(version_label="first try")
    """
    try:
        version_set = ModelVersionSet.from_name(name, compartment_id, auth=auth)
    except ModelVersionSetNotExists:
        if not create_if_not_exists:
            raise
        version_set = ModelVersionSet(
            name=name, compartment_id=compartment_id, project_id=project_id, description=description, auth=auth
        )
        try:
            version_set.create()
        except Conflict:  # somebody else created it in between
            version_set = ModelVersionSet.from_name(name, compartment_id, auth=auth)
    with saves_go_into(str(version_set.id)):
        yield version_set
