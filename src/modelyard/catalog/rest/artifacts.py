"""The REST operations of the artifacts of models."""

from __future__ import annotations

from anyio import to_thread

from modelyard.catalog.artifacts import Artifacts, Upload, download_name
from modelyard.catalog.rest.payloads import download, head, length_of, receive, stored
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.artifact_upload import StoredSegment
from modelyard.wire.disposition import file_name_of
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import nothing


class ModelArtifacts:
    """Answer for the artifacts of models."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    @operation("POST", "/models/{model_id}/artifact", status=204, needs_bytes=True)
    async def create_model_artifact(self, call: Call) -> Reply:
        """Upload a model's artifact, once."""
        upload = _upload_of(call)
        incoming = await to_thread.run_sync(self._artifacts.begin, upload)
        if incoming is None:
            return nothing()
        await receive(call, incoming)
        artifact = await to_thread.run_sync(
            lambda: self._artifacts.complete(upload, incoming, signed_digest=call.digest)
        )
        return stored(artifact.digest)

    @operation("GET", "/models/{model_id}/artifact/content")
    def get_model_artifact_content(self, call: Call) -> Reply:
        """Download a model's artifact, or a range of it."""
        artifact = self._artifacts.find(call.path["model_id"])
        return download(
            call,
            digest=artifact.digest,
            size=artifact.size,
            file_name=download_name(artifact),
            read=lambda start, stop: self._artifacts.read(artifact, start=start, stop=stop),
        )

    @operation("HEAD", "/models/{model_id}/artifact/content")
    def head_model_artifact(self, call: Call) -> Reply:
        """Get the size, name and digest of a model's artifact."""
        artifact = self._artifacts.find(call.path["model_id"])
        return head(digest=artifact.digest, size=artifact.size, file_name=download_name(artifact))

    @operation("GET", "/models/{model_id}/artifact/segments", response=StoredSegment, is_list=True)
    def list_artifact_segments(self, call: Call) -> Reply:
        """List the runs of bytes that a model's artifact is kept in, each with its digest."""
        segments = self._artifacts.segments(self._artifacts.find(call.path["model_id"]))
        return Reply(body=[StoredSegment(**segment._asdict()) for segment in segments])


def _upload_of(call: Call) -> Upload:
    return Upload(
        model_id=call.path["model_id"],
        file_name=file_name_of(call.headers.get("content-disposition"), default="artifact.zip"),
        length=length_of(call),
        if_match=call.if_match,
        again=Repeatable.of(call, "create_model_artifact"),
    )
