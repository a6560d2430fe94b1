"""The REST operations of projects, models, provenance and artifacts."""

from __future__ import annotations

import base64
import re
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
from modelyard.wire.operation import Call, Content, Operation, Reply, operation, operations_of
from modelyard.wire.paging import ListQuery, filters_of
from modelyard.wire.ranges import parse_range
from modelyard.wire.replies import accepted, many, nothing, one

_LENGTH = re.compile(r"[0-9]{1,18}")


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
    handlers = (Projects(catalog), Models(catalog), Provenances(catalog), ModelArtifacts(artifacts))
    return [row for each in handlers for row in operations_of(each)]


class Projects:
    """Answer for projects."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("POST", "/projects", request=CreateProjectDetails, response=Project)
    def create_project(self, call: Call) -> Reply:
        """Create a project."""
        details = call.body_as(CreateProjectDetails)
        again = Repeatable.of(call, "create_project")
        return one(self._catalog.create_project(details, caller=call.caller, again=again))

    @operation("GET", "/projects", query=ListProjects, response=ProjectSummary, is_list=True)
    def list_projects(self, call: Call) -> Reply:
        """List the projects of a compartment."""
        query = call.query_as(ListProjects)
        return many(query, self._catalog.list_projects(query, filters_of(query)), ProjectSummary)

    @operation("GET", "/projects/{project_id}", response=Project)
    def get_project(self, call: Call) -> Reply:
        """Get a project."""
        return one(self._catalog.get_project(call.path["project_id"]))

    @operation("PUT", "/projects/{project_id}", request=UpdateProjectDetails, response=Project)
    def update_project(self, call: Call) -> Reply:
        """Change a project's name, description or tags."""
        details = call.body_as(UpdateProjectDetails)
        return one(self._catalog.update_project(call.path["project_id"], details, if_match=call.if_match))

    @operation("DELETE", "/projects/{project_id}", status=202)
    def delete_project(self, call: Call) -> Reply:
        """Delete an empty project."""
        return accepted(self._catalog.delete_project(call.path["project_id"], if_match=call.if_match))


class Models:
    """Answer for models."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("POST", "/models", request=CreateModelDetails, response=Model)
    def create_model(self, call: Call) -> Reply:
        """Create a model; its artifact follows."""
        details = call.body_as(CreateModelDetails)
        again = Repeatable.of(call, "create_model")
        return one(self._catalog.create_model(details, caller=call.caller, again=again))

    @operation("GET", "/models", query=ListModels, response=ModelSummary, is_list=True)
    def list_models(self, call: Call) -> Reply:
        """List the models of a compartment."""
        query = call.query_as(ListModels)
        return many(query, self._catalog.list_models(query, filters_of(query)), ModelSummary)

    @operation("GET", "/models/{model_id}", response=Model)
    def get_model(self, call: Call) -> Reply:
        """Get a model."""
        return one(self._catalog.get_model(call.path["model_id"]))

    @operation("PUT", "/models/{model_id}", request=UpdateModelDetails, response=Model)
    def update_model(self, call: Call) -> Reply:
        """Change a model's name, description, tags or metadata."""
        details = call.body_as(UpdateModelDetails)
        return one(self._catalog.update_model(call.path["model_id"], details, if_match=call.if_match))

    @operation("DELETE", "/models/{model_id}", status=204)
    def delete_model(self, call: Call) -> Reply:
        """Delete a model and its artifact."""
        self._catalog.delete_model(call.path["model_id"], if_match=call.if_match)
        return nothing()

    @operation("POST", "/models/{model_id}/actions/activate", response=Model)
    def activate_model(self, call: Call) -> Reply:
        """Let a model be deployed."""
        return one(self._catalog.move_model(call.path["model_id"], "activate", if_match=call.if_match))

    @operation("POST", "/models/{model_id}/actions/deactivate", response=Model)
    def deactivate_model(self, call: Call) -> Reply:
        """Keep a model from being deployed."""
        return one(self._catalog.move_model(call.path["model_id"], "deactivate", if_match=call.if_match))


class Provenances:
    """Answer for where models come from."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("POST", "/models/{model_id}/provenance", request=CreateModelProvenanceDetails, response=ModelProvenance)
    def create_model_provenance(self, call: Call) -> Reply:
        """Say where a model comes from."""
        again = Repeatable.of(call, "create_model_provenance")
        return one(self._catalog.create_provenance(call.path["model_id"], _provenance(call), again=again))

    @operation("GET", "/models/{model_id}/provenance", response=ModelProvenance)
    def get_model_provenance(self, call: Call) -> Reply:
        """Get where a model comes from."""
        return one(self._catalog.get_provenance(call.path["model_id"]))

    @operation("PUT", "/models/{model_id}/provenance", request=UpdateModelProvenanceDetails, response=ModelProvenance)
    def update_model_provenance(self, call: Call) -> Reply:
        """Change where a model comes from."""
        return one(self._catalog.update_provenance(call.path["model_id"], _provenance(call), if_match=call.if_match))


class ModelArtifacts:
    """Answer for the artifacts of models."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    @operation("POST", "/models/{model_id}/artifact", status=204)
    async def create_model_artifact(self, call: Call) -> Reply:
        """Upload a model's artifact, once."""
        assert call.stream is not None
        upload = _upload_of(call)
        incoming = await to_thread.run_sync(self._artifacts.begin, upload)
        if incoming is None:
            return nothing()
        try:
            async for piece in call.stream:
                if incoming.take(piece):
                    await to_thread.run_sync(incoming.flush)
        except BaseException:
            incoming.abort()
            raise
        artifact = await to_thread.run_sync(
            lambda: self._artifacts.complete(upload, incoming, signed_digest=call.digest)
        )
        return Reply(status=204, headers={"etag": _etag(artifact), "modelyard-artifact-digest": artifact.digest})

    @operation("GET", "/models/{model_id}/artifact/content")
    def get_model_artifact_content(self, call: Call) -> Reply:
        """Download a model's artifact, or a range of it."""
        artifact = self._artifacts.find(call.path["model_id"])
        asked = parse_range(call.headers.get("range"), artifact.size)
        start, stop = asked or (0, artifact.size)
        headers = _artifact_headers(artifact)
        if asked:
            headers["content-range"] = f"bytes {start}-{stop - 1}/{artifact.size}"
        content = Content(length=stop - start, open=lambda: self._artifacts.read(artifact, start=start, stop=stop))
        return Reply(status=206 if asked else 200, content=content, headers=headers)

    @operation("HEAD", "/models/{model_id}/artifact/content")
    def head_model_artifact(self, call: Call) -> Reply:
        """Get the size, name and digest of a model's artifact."""
        artifact = self._artifacts.find(call.path["model_id"])
        content = Content(length=artifact.size, open=lambda: iter(()))
        return Reply(content=content, headers=_artifact_headers(artifact))


def _upload_of(call: Call) -> Upload:
    length = call.headers.get("content-length")
    if length is not None and not _LENGTH.fullmatch(length):
        raise InvalidParameter(f"content-length is {length[:40]!r}; it takes a number of bytes.")
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
