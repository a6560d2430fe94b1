"""The operations on uploads of artifacts in segments, and on the segments of stored artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelyard.client import artifact_transfer
from modelyard.client.artifact_transfer import DIGEST_HEADER, TRANSFER_TIMEOUT
from modelyard.client.endpoint import Endpoint, decode, path_of
from modelyard.client.transport import Request, new_retry_token
from modelyard.resources.artifact_upload import (
    ArtifactSegment,
    ArtifactUpload,
    CreateArtifactUploadDetails,
    StoredSegment,
)


class ArtifactUploadOperations:
    """Be the operations on uploads in segments."""

    _endpoint: Endpoint

    def create_artifact_upload(self, model_id: str, details: CreateArtifactUploadDetails) -> ArtifactUpload:
        """Begin an upload; the answer says which segments the service does not have."""
        return decode(self._endpoint.create(details, "models", model_id, "artifactUploads"), ArtifactUpload)

    def get_artifact_upload(self, model_id: str, upload_id: str) -> ArtifactUpload:
        """Return an upload with what is missing now."""
        return self._endpoint.get(ArtifactUpload, "models", model_id, "artifactUploads", upload_id)

    def list_artifact_uploads(self, model_id: str) -> Iterator[ArtifactUpload]:
        """Give the uploads of a model that are neither committed nor aborted."""
        return self._endpoint.pages(ArtifactUpload, "models", model_id, "artifactUploads", query={})

    def put_artifact_segment(
        self, upload: ArtifactUpload, segment: ArtifactSegment, blocks: Callable[[], Iterator[bytes]]
    ) -> None:
        """Send the bytes of a segment; ``blocks`` is called once for each attempt.

        Raises:
            InvalidParameter: They are not those with the digest.
        """
        self._endpoint.transport.send(
            Request(
                method="PUT",
                path=path_of("models", upload.model_id, "artifactUploads", upload.id, "segments", segment.digest),
                stream=blocks,
                length=segment.size,
                content_type="application/octet-stream",
                answer_timeout=TRANSFER_TIMEOUT,
                is_idempotent=True,
                is_bulk=True,
            )
        )

    def commit_artifact_upload(self, model_id: str, upload_id: str) -> str | None:
        """Make an upload the model's artifact; return the digest of the whole, where the service says it.

        Raises:
            Conflict: A segment is missing, or the model has an artifact.
        """
        answer = self._endpoint.transport.send(
            Request(
                method="POST",
                path=path_of("models", model_id, "artifactUploads", upload_id, "actions", "commit"),
                retry_token=new_retry_token(),
                answer_timeout=TRANSFER_TIMEOUT,
            )
        )
        return answer.headers.get(DIGEST_HEADER)

    def abort_artifact_upload(self, model_id: str, upload_id: str) -> None:
        """Drop an upload, and the segments that nothing else has."""
        self._endpoint.delete("models", model_id, "artifactUploads", upload_id, if_match=None)

    def list_artifact_segments(self, model_id: str) -> list[StoredSegment]:
        """Return the segments of a model's artifact, in the order of its bytes."""
        return artifact_transfer.list_segments(self._endpoint.transport, model_id)
