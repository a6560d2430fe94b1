"""The REST operations of projects, models, provenance and artifacts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Literal

import msgspec
from anyio import to_thread

from modelyard.catalog.artifacts import Artifacts, Upload, download_name
from modelyard.catalog.service import Catalog
from modelyard.catalog.store import Artifact
from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import InvalidParameter
from modelyard.lifecycle import ModelState, ProjectState
from modelyard.resources.model import (
    CreateModelDetails,
    CreateModelProvenanceDetails,
    Model,
    ModelProvenance,
    ModelSummary,
    UpdateModelDetails,
    UpdateModelProvenanceDetails,
)
from modelyard.resources.noun import Identifier
from modelyard.resources.project import CreateProjectDetails, Project, ProjectSummary, UpdateProjectDetails
from modelyard.wire.disposition import attachment, file_name_of
from modelyard.wire.operation import Call, Content, Operation, Reply
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.ranges import parse_range
from modelyard.wire.replies import accepted, many, nothing, one


class ListProjects(ListQuery, frozen=True, kw_only=True):
    """Be what projects are listed by."""

    compartment_id: Identifier
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ProjectState | None = None
    created_by: str | None = None
    sort_by: Literal["timeCreated", "displayName"] | None = None


class ListModels(ListQuery, frozen=True, kw_only=True):
    """Be what models are listed by."""

    compartment_id: Identifier
    project_id: str | None = None
    id: str | None = None
    display_name: str | None = None
    lifecycle_state: ModelState | None = None
    created_by: str | None = None
    category: Literal["USER", "SERVICE"] | None = None
    model_version_set_name: str | None = None
    version_label: str | None = None
    sort_by: Literal["timeCreated", "displayName", "lifecycleState"] | None = None


def operations(catalog: Catalog, artifacts: Artifacts) -> list[Operation]:
    """Return the catalog's rows of the route table."""
    return [*_project_operations(catalog), *_model_operations(catalog), *_artifact_operations(artifacts)]


def _project_operations(catalog: Catalog) -> list[Operation]:
    def create(call: Call) -> Reply:
        details = call.body_as(CreateProjectDetails)
        return one(catalog.create_project(details, caller=call.caller, again=Repeatable.of(call, "create_project")))

    def list_(call: Call) -> Reply:
        query = call.query_as(ListProjects)
        return many(query, catalog.list_projects(query, filters_of(query)), ProjectSummary)

    def update(call: Call) -> Reply:
        details = call.body_as(UpdateProjectDetails)
        return one(catalog.update_project(call.path["project_id"], details, if_match=call.if_match))

    return [
        Operation(
            name="create_project",
            method="POST",
            path="/projects",
            handler=create,
            request=CreateProjectDetails,
            response=Project,
            summary="Create a project.",
        ),
        Operation(
            name="list_projects",
            method="GET",
            path="/projects",
            handler=list_,
            query=ListProjects,
            response=ProjectSummary,
            is_list=True,
            summary="List the projects of a compartment.",
        ),
        Operation(
            name="get_project",
            method="GET",
            path="/projects/{project_id}",
            handler=lambda call: one(catalog.get_project(call.path["project_id"])),
            response=Project,
            summary="Get a project.",
        ),
        Operation(
            name="update_project",
            method="PUT",
            path="/projects/{project_id}",
            handler=update,
            request=UpdateProjectDetails,
            response=Project,
            summary="Change a project's name, description or tags.",
        ),
        Operation(
            name="delete_project",
            method="DELETE",
            path="/projects/{project_id}",
            handler=lambda call: accepted(catalog.delete_project(call.path["project_id"], if_match=call.if_match)),
            status=202,
            summary="Delete an empty project.",
        ),
    ]


def _model_operations(catalog: Catalog) -> list[Operation]:
    def create(call: Call) -> Reply:
        details = call.body_as(CreateModelDetails)
        return one(catalog.create_model(details, caller=call.caller, again=Repeatable.of(call, "create_model")))

    def list_(call: Call) -> Reply:
        query = call.query_as(ListModels)
        return many(query, catalog.list_models(query, filters_of(query)), ModelSummary)

    def update(call: Call) -> Reply:
        details = call.body_as(UpdateModelDetails)
        return one(catalog.update_model(call.path["model_id"], details, if_match=call.if_match))

    def move(verb: str) -> Callable[[Call], Reply]:
        return lambda call: one(catalog.move_model(call.path["model_id"], verb, if_match=call.if_match))

    def delete(call: Call) -> Reply:
        catalog.delete_model(call.path["model_id"], if_match=call.if_match)
        return nothing()

    def create_provenance(call: Call) -> Reply:
        again = Repeatable.of(call, "create_model_provenance")
        return one(catalog.create_provenance(call.path["model_id"], _provenance(call), again=again))

    def update_provenance(call: Call) -> Reply:
        return one(catalog.update_provenance(call.path["model_id"], _provenance(call), if_match=call.if_match))

    return [
        Operation(
            name="create_model",
            method="POST",
            path="/models",
            handler=create,
            request=CreateModelDetails,
            response=Model,
            summary="Create a model; its artifact follows.",
        ),
        Operation(
            name="list_models",
            method="GET",
            path="/models",
            handler=list_,
            query=ListModels,
            response=ModelSummary,
            is_list=True,
            summary="List the models of a compartment.",
        ),
        Operation(
            name="get_model",
            method="GET",
            path="/models/{model_id}",
            handler=lambda call: one(catalog.get_model(call.path["model_id"])),
            response=Model,
            summary="Get a model.",
        ),
        Operation(
            name="update_model",
            method="PUT",
            path="/models/{model_id}",
            handler=update,
            request=UpdateModelDetails,
            response=Model,
            summary="Change a model's name, description, tags or metadata.",
        ),
        Operation(
            name="delete_model",
            method="DELETE",
            path="/models/{model_id}",
            handler=delete,
            status=204,
            summary="Delete a model and its artifact.",
        ),
        Operation(
            name="activate_model",
            method="POST",
            path="/models/{model_id}/actions/activate",
            handler=move("activate"),
            response=Model,
            summary="Let a model be deployed.",
        ),
        Operation(
            name="deactivate_model",
            method="POST",
            path="/models/{model_id}/actions/deactivate",
            handler=move("deactivate"),
            response=Model,
            summary="Keep a model from being deployed.",
        ),
        Operation(
            name="create_model_provenance",
            method="POST",
            path="/models/{model_id}/provenance",
            handler=create_provenance,
            request=CreateModelProvenanceDetails,
            response=ModelProvenance,
            summary="Say where a model comes from.",
        ),
        Operation(
            name="get_model_provenance",
            method="GET",
            path="/models/{model_id}/provenance",
            handler=lambda call: one(catalog.get_provenance(call.path["model_id"])),
            response=ModelProvenance,
            summary="Get where a model comes from.",
        ),
        Operation(
            name="update_model_provenance",
            method="PUT",
            path="/models/{model_id}/provenance",
            handler=update_provenance,
            request=UpdateModelProvenanceDetails,
            response=ModelProvenance,
            summary="Change where a model comes from.",
        ),
    ]


def _artifact_operations(artifacts: Artifacts) -> list[Operation]:
    async def create(call: Call) -> Reply:
        assert call.stream is not None
        upload = _upload_of(call)
        incoming = await to_thread.run_sync(artifacts.begin, upload)
        if incoming is None:
            return nothing()
        try:
            async for piece in call.stream:
                if incoming.take(piece):
                    await to_thread.run_sync(incoming.flush)
        except BaseException:
            incoming.abort()
            raise
        artifact = await to_thread.run_sync(lambda: artifacts.complete(upload, incoming, signed_digest=call.digest))
        return Reply(status=204, headers={"etag": _etag(artifact), "modelyard-artifact-digest": artifact.digest})

    def get(call: Call) -> Reply:
        artifact = artifacts.find(call.path["model_id"])
        asked = parse_range(call.headers.get("range"), artifact.size)
        start, stop = asked or (0, artifact.size)
        headers = _artifact_headers(artifact)
        if asked:
            headers["content-range"] = f"bytes {start}-{stop - 1}/{artifact.size}"
        content = Content(length=stop - start, open=lambda: artifacts.read(artifact, start=start, stop=stop))
        return Reply(status=206 if asked else 200, content=content, headers=headers)

    def head(call: Call) -> Reply:
        artifact = artifacts.find(call.path["model_id"])
        return Reply(content=Content(length=artifact.size, open=lambda: iter(())), headers=_artifact_headers(artifact))

    return [
        Operation(
            name="create_model_artifact",
            method="POST",
            path="/models/{model_id}/artifact",
            stream_handler=create,
            status=204,
            summary="Upload a model's artifact, once.",
        ),
        Operation(
            name="get_model_artifact_content",
            method="GET",
            path="/models/{model_id}/artifact/content",
            handler=get,
            summary="Download a model's artifact, or a range of it.",
        ),
        Operation(
            name="head_model_artifact",
            method="HEAD",
            path="/models/{model_id}/artifact/content",
            handler=head,
            summary="Get the size, name and digest of a model's artifact.",
        ),
    ]


def _upload_of(call: Call) -> Upload:
    length = call.headers.get("content-length")
    if length is not None and not length.isdigit():
        raise InvalidParameter(f"content-length is {length!r}; it takes a number of bytes.")
    return Upload(
        model_id=call.path["model_id"],
        file_name=file_name_of(call.headers.get("content-disposition"), default="artifact.zip"),
        length=int(length) if length else None,
        if_match=call.if_match,
        again=Repeatable.of(call, "create_model_artifact"),
    )


def _artifact_headers(artifact: Artifact) -> dict[str, str]:
    return {
        "accept-ranges": "bytes",
        "content-disposition": attachment(download_name(artifact)),
        "content-type": "application/octet-stream",
        "etag": _etag(artifact),
        "modelyard-artifact-digest": artifact.digest,
        "opc-content-sha256": base64.b64encode(bytes.fromhex(artifact.digest.removeprefix("sha256:"))).decode(),
    }


def _etag(artifact: Artifact) -> str:
    return artifact.digest.removeprefix("sha256:")


def _provenance(call: Call) -> ModelProvenance:
    assert isinstance(call.body, ModelProvenance)
    return ModelProvenance(**msgspec.structs.asdict(call.body))
