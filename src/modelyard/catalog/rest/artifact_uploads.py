"""The REST operations of uploads of artifacts in segments: beside the wire's own, for clients that know them."""

from __future__ import annotations

from anyio import to_thread

from modelyard.catalog.artifact_uploads import ArtifactUploads as Uploads
from modelyard.catalog.artifact_uploads import SegmentPlace
from modelyard.catalog.rest.payloads import receive, stored
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.artifact_upload import ArtifactUpload, CreateArtifactUploadDetails
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import nothing


class ArtifactUploads:
    """Answer for uploads of artifacts in segments."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    @operation(
        "POST", "/models/{model_id}/artifactUploads", request=CreateArtifactUploadDetails, response=ArtifactUpload
    )
    def create_artifact_upload(self, call: Call) -> Reply:
        """Begin an upload of a model's artifact in segments; the answer says which are to be sent."""
        upload = self._uploads.create(
            call.path["model_id"],
            call.body_as(CreateArtifactUploadDetails),
            if_match=call.if_match,
            again=Repeatable.of(call, "create_artifact_upload"),
        )
        return Reply(body=upload)

    @operation("GET", "/models/{model_id}/artifactUploads", response=ArtifactUpload, is_list=True)
    def list_artifact_uploads(self, call: Call) -> Reply:
        """List the uploads that have begun for a model."""
        return Reply(body=[*self._uploads.list(call.path["model_id"])])

    @operation("GET", "/models/{model_id}/artifactUploads/{upload_id}", response=ArtifactUpload)
    def get_artifact_upload(self, call: Call) -> Reply:
        """Get an upload, and which segments are still to be sent."""
        return Reply(body=self._uploads.get(call.path["model_id"], call.path["upload_id"]))

    @operation("PUT", "/models/{model_id}/artifactUploads/{upload_id}/segments/{digest}", status=204, needs_bytes=True)
    async def put_artifact_segment(self, call: Call) -> Reply:
        """Send the bytes of a segment."""
        place = SegmentPlace(call.path["model_id"], call.path["upload_id"], call.path["digest"])
        incoming = await to_thread.run_sync(self._uploads.begin_segment, place)
        if incoming is not None:
            await receive(call, incoming)
            await to_thread.run_sync(self._uploads.complete_segment, place, incoming)
        return nothing()

    @operation("POST", "/models/{model_id}/artifactUploads/{upload_id}/actions/commit", status=204)
    def commit_artifact_upload(self, call: Call) -> Reply:
        """Make the segments the model's artifact."""
        artifact = self._uploads.commit(
            call.path["model_id"],
            call.path["upload_id"],
            if_match=call.if_match,
            again=Repeatable.of(call, "commit_artifact_upload"),
        )
        return stored(artifact.digest)

    @operation("DELETE", "/models/{model_id}/artifactUploads/{upload_id}", status=204)
    def abort_artifact_upload(self, call: Call) -> Reply:
        """Drop an upload."""
        self._uploads.abort(call.path["model_id"], call.path["upload_id"])
        return nothing()
