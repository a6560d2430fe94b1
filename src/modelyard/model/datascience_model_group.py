"""Groups of models, said field by field: created, cloned, found, changed and deleted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from modelyard import ids
from modelyard.errors import UsageError, WaitTimeout
from modelyard.lifecycle import ModelGroupState
from modelyard.model.connection import client_of
from modelyard.model.drafted_model_group import DraftedModelGroup
from modelyard.model.failures import ModelGroupArtifactNotFoundError, ModelGroupArtifactValidationError
from modelyard.model.group_score import check_score
from modelyard.model.model_group_request import changes_of, creation_of, member_dicts
from modelyard.model.model_metadata import ModelCustomMetadata
from modelyard.model.places import fetched, place_of
from modelyard.model.progress import reported
from modelyard.model.version_set_choice import where_sets_are
from modelyard.resources import model_group as nouns
from modelyard.resources.model import Metadata
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.drafted_model_group import GroupFields

__all__ = ["DataScienceModelGroup", "ModelGroupArtifactNotFoundError", "ModelGroupArtifactValidationError"]

_PASSING = {"CREATING", "UPDATING", "DELETING"}

# the class has a method of the name `list`
_Groups: TypeAlias = "list[DataScienceModelGroup]"


class DataScienceModelGroup(DraftedModelGroup):
    """Be a group of models: as it is to be, and once it is created as it was last seen.

    Its type follows from what is said: with a base model it is ``STACKED``, with an artifact of its own
    ``HOMOGENEOUS``, otherwise ``HETEROGENEOUS``.

    Args:
        spec: What it is to be, by the names of the fields or those in files (``memberModels``).
        auth: Who talks to the service; by default what the environment and the home say.
        kwargs: The same as the spec, by keyword.

    Raises:
        ValueError: It says something that a group has not.

    Example:
        >>> group = DataScienceModelGroup(display_name="regions").with_member_models(
        ...     [{"inference_key": "north", "model_id": "ocid1.datasciencemodel.oc98..a"}]
        ... )
        >>> group.member_models[0]["inference_key"]
        'north'
    """

    def __init__(
        self, spec: Mapping[str, object] | None = None, *, auth: Auth | None = None, **kwargs: Unpack[GroupFields]
    ) -> None:
        self._seen: nouns.ModelGroup | None = None
        self.auth = auth
        super().__init__(spec, **kwargs)

    @cached_property
    def client(self) -> DataScienceClient:
        """Who talks to the service for this group; made at the first use."""
        return client_of(self.auth)

    # ── in the catalog ───────────────────────────────────────────────────────────────────────────────────────────────

    def create(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Create it in the catalog, with its artifact where it has one, or not at all; return the group.

        Args:
            wait_for_completion: Whether to wait until it is done.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.

        Raises:
            ValueError: It has no members, a clone has no source, or no project or compartment is known.
            RelatedResourceNotFound: One of its models is not there.
            ModelGroupArtifactValidationError: The artifact has no score.py, or one without load_model and predict.
        """
        if self.id is not None:
            raise UsageError(f"{self.id} is created already: update() changes it.")
        details = creation_of(self, settings=from_environ(), home=self.client.profile)
        created = self.client.create_model_group(details)
        try:
            if self.artifact is not None:
                self._send(created.id, self.artifact)
        except BaseException:
            self._delete(created.id)
            raise
        self._as_seen(self.client.get_model_group(created.id))
        return self._settled(wait_for_completion, max_wait_time, poll_interval)

    def upload_artifact(self) -> None:
        """Give the group in the catalog the artifact whose score.py serves all of its models, once and for all.

        Raises:
            ModelGroupArtifactNotFoundError: Nobody said where it is, or there is nothing.
            ModelGroupArtifactValidationError: It has no score.py, or one without load_model and predict.
            Conflict: The group has an artifact.
        """
        if self.artifact is None:
            raise ModelGroupArtifactNotFoundError("Nobody said where the artifact is: call with_artifact() first.")
        self._send(self._saved(), self.artifact)

    def update(
        self,
        wait_for_completion: bool | None = True,
        max_wait_time: float = 1200,
        poll_interval: float = 10,
        **kwargs: Unpack[GroupFields],
    ) -> Self:
        """Tell the catalog what was changed here; return the group. Its members never change.

        Args:
            wait_for_completion: Whether to wait until it is done.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.
            kwargs: Fields, in place of what was said before.

        Raises:
            ValueError: It is not in the catalog, or its members or others were changed that stay.
        """
        id = self._saved()
        for name, value in kwargs.items():
            self.set_spec(name, value)
        was = self._of(self._seen or self.client.get_model_group(id), self.client, self.auth)
        details = changes_of(self, was)
        if details == nouns.UpdateModelGroupDetails():
            return self.sync()
        self._as_seen(self.client.update_model_group(id, details))
        return self._settled(wait_for_completion, max_wait_time, poll_interval)

    def activate(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Let it be deployed; return the group. The arguments are those of :meth:`create`."""
        id = self._saved()
        self._as_seen(self.client.activate_model_group(id))
        return self._settled(wait_for_completion, max_wait_time, poll_interval)

    def deactivate(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Let it no longer be deployed; return the group. The arguments are those of :meth:`create`.

        Raises:
            Conflict: A deployment serves it.
        """
        id = self._saved()
        self._as_seen(self.client.deactivate_model_group(id))
        return self._settled(wait_for_completion, max_wait_time, poll_interval)

    def delete(
        self, wait_for_completion: bool | None = True, max_wait_time: float = 1200, poll_interval: float = 10
    ) -> Self:
        """Delete it, which its models are not; return the group.

        Args:
            wait_for_completion: Whether to wait until it is gone.
            max_wait_time: How long to wait, in seconds; negative: for ever.
            poll_interval: The longest pause between two looks, in seconds; never more than one second.

        Raises:
            Conflict: A deployment serves it.
        """
        from modelyard.client.waiters import wait_for_work_request

        id = self._saved()
        request = self.client.delete_model_group(id)
        if wait_for_completion:
            wait_for_work_request(self.client, request, max_wait_time=max_wait_time, poll_interval=poll_interval)
        return self.sync()

    def sync(self) -> Self:
        """Look again what the catalog says of it; return the group."""
        id = self._saved()
        return self._as_seen(self.client.get_model_group(id))

    @classmethod
    def list(
        cls,
        status: str | None = None,
        compartment_id: str | None = None,
        *,
        display_name: str | None = None,
        auth: Auth | None = None,
    ) -> _Groups:
        """Return the groups of a compartment.

        Args:
            status: Only those in a state; by default all that are not deleted.
            compartment_id: The compartment; by default the environment's, else the home's.
            display_name: Only those of a name.
            auth: Who talks to the service.
        """
        client = client_of(auth)
        found = client.list_model_groups(
            where_sets_are(compartment_id, client), display_name=display_name, lifecycle_state=status
        )
        return [
            cls._of(client.get_model_group(each.id), client, auth)
            for each in found
            if status is not None or each.lifecycle_state is not ModelGroupState.DELETED
        ]

    @classmethod
    def from_id(cls, model_group_id: str, *, auth: Auth | None = None) -> Self:
        """Return the group of an OCID.

        Args:
            model_group_id: The OCID.
            auth: Who talks to the service.

        Raises:
            NotFound: There is no such group.
            ValueError: It is the OCID of something else.
        """
        if not ids.is_ocid(model_group_id, ids.MODEL_GROUP):
            raise UsageError(f"{model_group_id!r} is not the OCID of a model group.")
        client = client_of(auth)
        return cls._of(client.get_model_group(model_group_id), client, auth)

    @classmethod
    def _of(cls, resource: nouns.ModelGroup, client: DataScienceClient, auth: Auth | None) -> Self:
        made = cls(auth=auth)
        made.client = client
        return made._as_seen(resource)

    def _as_seen(self, resource: nouns.ModelGroup) -> Self:
        self._seen = resource
        for name in self.fields:
            if hasattr(resource, name):
                self.set_spec(name, getattr(resource, name))
        details = resource.model_group_details
        items = [Metadata(**{name: getattr(item, name) for name in item.__struct_fields__}) for item in
                 details.custom_metadata_list or ()]  # fmt: skip
        self.set_spec("custom_metadata_list", ModelCustomMetadata.from_wire(items) if items else None)
        self.set_spec("base_model_id", getattr(details, "base_model_id", None))
        self.set_spec("source_id", resource.source_model_group_id)
        return self.set_spec("member_models", member_dicts(resource.member_model_entries.member_model_details or []))

    def _settled(self, is_waited_for: bool | None, max_wait_time: float, poll_interval: float) -> Self:
        """Wait until the catalog is done with a change, where told to; look again now and then."""
        deadline = time.monotonic() + max_wait_time
        while is_waited_for and self.lifecycle_state in _PASSING:
            if max_wait_time >= 0 and time.monotonic() > deadline:
                raise WaitTimeout(f"The model group {self.id} is {self.lifecycle_state} after {max_wait_time} s.")
            time.sleep(min(poll_interval, 1.0))
            self.sync()
        return self

    def _send(self, model_group_id: str, uri: str) -> None:
        from modelyard.artifact.archive import pack

        try:
            with (
                reported("upload") as reporter,
                fetched(place_of(uri, transport=self.client.transport)) as source,
                tempfile.TemporaryDirectory(prefix="modelyard-group-") as scratch,
            ):
                if not source.exists():
                    raise FileNotFoundError(f"There is no folder or archive {source}.")
                archive = source
                if source.is_dir():
                    check_score(source)
                    archive = Path(scratch) / f"{model_group_id}.zip"
                    pack(source, archive)
                reporter.step("uploading")
                self.client.create_model_group_artifact(model_group_id, archive, file_name=archive.name)
        except FileNotFoundError as error:
            raise ModelGroupArtifactNotFoundError(str(error)) from error

    def _delete(self, model_group_id: str) -> None:
        from modelyard.client.waiters import wait_for_work_request

        wait_for_work_request(self.client, self.client.delete_model_group(model_group_id))

    def _saved(self) -> str:
        if self.id is None:
            raise UsageError("The model group is not in the catalog: call create() first.")
        return self.id
