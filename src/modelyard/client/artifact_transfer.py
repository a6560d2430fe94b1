"""Artifacts to and from the service: in pieces, with progress, and checked by digest at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.artifact.digests import digest_of_file, digest_of_file_in_segments, is_composite
from modelyard.client.endpoint import decode_list, path_of
from modelyard.client.transport import Request, Transport, new_retry_token
from modelyard.client.work_folder import short_name
from modelyard.errors import ServiceUnreachable, UnsafeArchiveError
from modelyard.resources.artifact_upload import StoredSegment
from modelyard.wire.disposition import file_name_of

PIECE = 1024 * 1024
AT_ONCE = 4 * 1024 * 1024
"""Up to how many bytes an artifact is sent and fetched in one request: to ask for its segments would take as long."""

DIGEST_HEADER = "modelyard-artifact-digest"

TRANSFER_TIMEOUT = 600.0
"""How long a piece of a transfer may take, in seconds."""

_RESUMES = 5

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


@dataclass(frozen=True, kw_only=True)
class ArtifactHead:
    """Be what is known of a stored artifact without its bytes."""

    size: int
    digest: str | None
    """``sha256:…``, with how many segments it is made of where it is composite; None where the service does not say."""

    file_name: str | None = None


def pieces_of(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, in pieces."""
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def artifact_path(model_id: str) -> str:
    """Return the path that an artifact is posted to."""
    return path_of("models", model_id, "artifact")


def upload(
    transport: Transport, *, model_id: str, file: Path, file_name: str, progress: Progress | None = None
) -> None:
    """Send a file as a model's artifact, with the same memory whatever its size."""
    size = file.stat().st_size

    def pieces() -> Iterator[bytes]:
        done = 0
        for piece in pieces_of(file):
            yield piece
            done += len(piece)
            if progress is not None:
                progress(done, size)

    send(transport, model_id=model_id, blocks=pieces, size=size, file_name=file_name)


def send(
    transport: Transport, *, model_id: str, blocks: Callable[[], Iterator[bytes]], size: int, file_name: str
) -> str | None:
    """Send a model its artifact in one request; what fits a small body is signed with its digest.

    Args:
        transport: What sends.
        model_id: The model.
        blocks: Opens the bytes; called once for each attempt.
        size: How many there are.
        file_name: What a download is called.

    Returns:
        The digest of the whole, where the service says it.

    Raises:
        Conflict: The model has an artifact.
    """
    is_small = size <= AT_ONCE
    answer = transport.send(
        Request(
            method="POST",
            path=artifact_path(model_id),
            body=b"".join(blocks()) if is_small else None,
            stream=None if is_small else blocks,
            length=size,
            content_type="application/octet-stream",
            headers={"content-disposition": f'attachment; filename="{file_name}"'},
            retry_token=new_retry_token(),
            answer_timeout=TRANSFER_TIMEOUT,
        )
    )
    return answer.headers.get(DIGEST_HEADER)


def download(transport: Transport, *, model_id: str, file: Path, progress: Progress | None = None) -> ArtifactHead:
    """Write a model's artifact to a file, which is there whole or not at all.

    A connection that breaks is taken up where it broke.

    Raises:
        UnsafeArchiveError: What arrived is not what the service says it has.
        ServiceUnreachable: The connection broke too often.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{short_name(file)}.")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            head = _Download(transport, model_id, progress).run(target.write)
        if head.digest is not None and is_composite(head.digest):
            segments = list_segments(transport, model_id)
            digest = digest_of_file_in_segments(part, [segment.size for segment in segments])
        else:
            digest = digest_of_file(part)
        arrived = checked(head, digest)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return arrived


def checked(head: ArtifactHead, digest: str) -> ArtifactHead:
    """Return what is known of an artifact that has arrived with a digest.

    Raises:
        UnsafeArchiveError: The service has another.
    """
    if head.digest not in (None, digest):
        raise UnsafeArchiveError(
            f"The artifact arrived with {digest}; the service has {head.digest}. Nothing was kept: download it again."
        )
    return replace(head, digest=digest)


def list_segments(transport: Transport, model_id: str) -> list[StoredSegment]:
    """Return the segments of a model's artifact, in the order of its bytes."""
    return decode_list(transport.send(Request(method="GET", path=f"{artifact_path(model_id)}/segments")), StoredSegment)


class _Download:
    """Be one download, with what it has so far."""

    def __init__(self, transport: Transport, model_id: str, progress: Progress | None) -> None:
        self._transport = transport
        self._path = f"{artifact_path(model_id)}/content"
        self._progress = progress
        self._done = 0
        self._head: ArtifactHead | None = None

    def run(self, write: Callable[[bytes], object]) -> ArtifactHead:
        for attempt in range(_RESUMES + 1):
            try:
                self._read(write)
                break
            except ServiceUnreachable:
                if self._head is None or attempt == _RESUMES:
                    raise
        head = self._head
        assert head is not None
        if self._done != head.size:
            raise UnsafeArchiveError(
                f"{self._done} bytes of the artifact arrived; the service has {head.size}. Nothing was kept: download "
                "it again."
            )
        return head

    def _read(self, write: Callable[[bytes], object]) -> None:
        headers = {"accept": "application/octet-stream"}
        if self._done:
            headers["range"] = f"bytes={self._done}-"
        request = Request(method="GET", path=self._path, headers=headers, answer_timeout=TRANSFER_TIMEOUT)
        with self._transport.stream(request) as response:
            if self._head is None:
                self._head = head_of(response.headers)
            if self._done and response.status_code != 206:
                raise UnsafeArchiveError("The service sent the artifact from its beginning when asked for its rest.")
            for piece in response.iter_raw(PIECE):
                write(piece)
                self._done += len(piece)
                if self._progress is not None:
                    self._progress(self._done, self._head.size)


def head_of(headers: Mapping[str, str]) -> ArtifactHead:
    """Return what the headers of an artifact say."""
    return ArtifactHead(
        size=int(headers.get("content-length", "0")),
        digest=headers.get(DIGEST_HEADER),
        file_name=file_name_of(headers.get("content-disposition"), default="") or None,
    )
