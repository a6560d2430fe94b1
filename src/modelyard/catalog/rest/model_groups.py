"""The REST operations of model groups and their artifacts."""

from __future__ import annotations

from typing import Literal, Union, cast

from anyio import to_thread

from modelyard.catalog.group_artifacts import GroupArtifacts, GroupUpload
from modelyard.catalog.model_groups import ModelGroups
from modelyard.catalog.rest.payloads import download, head, length_of, receive, stored
from modelyard.database.retry_tokens import Repeatable
from modelyard.lifecycle import ModelGroupState, ModelState
from modelyard.resources.model import Model
from modelyard.resources.model_group import (
    ChangeModelGroupCompartmentDetails,
    CloneModelGroupDetails,
    CreateModelGroupDetails,
    ModelGroup,
    ModelGroupModelSummary,
    ModelGroupSummary,
    UpdateModelGroupDetails,
)
from modelyard.resources.noun import Identifier, Noun
from modelyard.wire.disposition import file_name_of
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.paging import ListQuery, Page, filters_of
from modelyard.wire.replies import accepted, many, nothing, one

CREATE_OR_CLONE = cast("type[Noun]", Union[CreateModelGroupDetails, CloneModelGroupDetails])
"""The two bodies of one operation, told apart by ``createType``."""


class ListModelGroups(ListQuery, frozen=True, kw_only=True):
    """Be what model groups are listed by."""

    compartment_id: Identifier
    project_id: str | None = None
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ModelGroupState | None = None
    created_by: str | None = None
    model_group_version_history_id: str | None = None
    sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None


class ListModelGroupModels(ListQuery, frozen=True, kw_only=True):
    """Be what the members of a group are listed by."""

    compartment_id: Identifier
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ModelState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None


class Groups:
    """Answer for model groups."""

    def __init__(self, groups: ModelGroups) -> None:
        self._groups = groups

    @operation("POST", "/modelGroups", request=CREATE_OR_CLONE, response=ModelGroup)
    def create_model_group(self, call: Call) -> Reply:
        """Create a model group, anew or like another."""
        again = Repeatable.of(call, "create_model_group")
        if isinstance(call.body, CloneModelGroupDetails):
            group, request = self._groups.clone(call.body, caller=call.caller, again=again)
        else:
            details = call.body_as(CreateModelGroupDetails)
            group, request = self._groups.create(details, caller=call.caller, again=again)
        return one(group, work_request=request)

    @operation("GET", "/modelGroups", query=ListModelGroups, response=ModelGroupSummary, is_list=True)
    def list_model_groups(self, call: Call) -> Reply:
        """List the model groups of a compartment."""
        query = call.query_as(ListModelGroups)
        return many(query, self._groups.list(query, filters_of(query)), ModelGroupSummary)

    @operation("GET", "/modelGroups/{model_group_id}", response=ModelGroup)
    def get_model_group(self, call: Call) -> Reply:
        """Get a model group."""
        return one(self._groups.get(_id(call)))

    @operation("PUT", "/modelGroups/{model_group_id}", request=UpdateModelGroupDetails, response=ModelGroup)
    def update_model_group(self, call: Call) -> Reply:
        """Change a model group's name, description, tags or version."""
        details = call.body_as(UpdateModelGroupDetails)
        return one(self._groups.update(_id(call), details, if_match=call.if_match))

    @operation("POST", "/modelGroups/{model_group_id}/actions/activate", response=ModelGroup)
    def activate_model_group(self, call: Call) -> Reply:
        """Let a model group be used."""
        return one(self._groups.move(_id(call), "activate", if_match=call.if_match))

    @operation("POST", "/modelGroups/{model_group_id}/actions/deactivate", response=ModelGroup)
    def deactivate_model_group(self, call: Call) -> Reply:
        """Keep a model group from being used."""
        return one(self._groups.move(_id(call), "deactivate", if_match=call.if_match))

    @operation(
        "POST",
        "/modelGroups/{model_group_id}/actions/changeCompartment",
        request=ChangeModelGroupCompartmentDetails,
        status=204,
    )
    def change_model_group_compartment(self, call: Call) -> Reply:
        """Put a model group into another compartment."""
        to = call.body_as(ChangeModelGroupCompartmentDetails).compartment_id
        again = Repeatable.of(call, "change_model_group_compartment")
        return nothing(etag=self._groups.change_compartment(_id(call), to, again=again, if_match=call.if_match))

    @operation("DELETE", "/modelGroups/{model_group_id}", status=202)
    def delete_model_group(self, call: Call) -> Reply:
        """Delete a model group; its models stay."""
        return accepted(self._groups.delete(_id(call), if_match=call.if_match))

    @operation(
        "GET",
        "/modelGroups/{model_group_id}/models",
        query=ListModelGroupModels,
        response=ModelGroupModelSummary,
        is_list=True,
    )
    def list_model_group_models(self, call: Call) -> Reply:
        """List the members of a model group that are in a compartment."""
        query = call.query_as(ListModelGroupModels)
        group, page = self._groups.list_models(_id(call), query, filters_of(query))
        keys = {
            member.model_id: member.inference_key for member in group.member_model_entries.member_model_details or ()
        }
        members = Page([_member(model, keys[model.id]) for model in page.nouns], page.next)
        return many(query, members, ModelGroupModelSummary)


class ModelGroupArtifacts:
    """Answer for the artifacts of model groups."""

    def __init__(self, artifacts: GroupArtifacts) -> None:
        self._artifacts = artifacts

    @operation("POST", "/modelGroups/{model_group_id}/artifact", status=204, needs_bytes=True)
    async def create_model_group_artifact(self, call: Call) -> Reply:
        """Upload a model group's artifact, once."""
        upload = GroupUpload(
            model_group_id=_id(call),
            file_name=file_name_of(call.headers.get("content-disposition"), default=f"{_id(call)}.zip"),
            length=length_of(call),
            if_match=call.if_match,
            again=Repeatable.of(call, "create_model_group_artifact"),
        )
        incoming = await to_thread.run_sync(self._artifacts.begin, upload)
        if incoming is None:
            return nothing()
        await receive(call, incoming)
        artifact = await to_thread.run_sync(
            lambda: self._artifacts.complete(upload, incoming, signed_digest=call.digest)
        )
        return stored(artifact.digest)

    @operation("GET", "/modelGroups/{model_group_id}/artifact/content")
    def get_model_group_artifact_content(self, call: Call) -> Reply:
        """Download a model group's artifact, or a range of it."""
        artifact = self._artifacts.find(_id(call))
        return download(
            call,
            digest=artifact.digest,
            size=artifact.size,
            file_name=artifact.file_name,
            read=lambda start, stop: self._artifacts.read(artifact, start=start, stop=stop),
        )

    @operation("HEAD", "/modelGroups/{model_group_id}/artifact/content")
    def head_model_group_artifact(self, call: Call) -> Reply:
        """Get the size, name and digest of a model group's artifact."""
        artifact = self._artifacts.find(_id(call))
        return head(digest=artifact.digest, size=artifact.size, file_name=artifact.file_name)


def _member(model: Model, inference_key: str | None) -> ModelGroupModelSummary:
    return ModelGroupModelSummary(
        id=model.id,
        model_id=model.id,
        inference_key=inference_key,
        compartment_id=model.compartment_id,
        project_id=model.project_id,
        display_name=model.display_name,
        created_by=model.created_by,
        time_created=model.time_created,
        time_updated=model.time_created,  # of a model it is not kept
        lifecycle_state=model.lifecycle_state,
        lifecycle_details=model.lifecycle_details,
        category=model.category,
        is_model_by_reference=model.is_model_by_reference,
        freeform_tags=model.freeform_tags,
        defined_tags=model.defined_tags,
    )


def _id(call: Call) -> str:
    return call.path["model_group_id"]
