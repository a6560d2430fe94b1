"""Bytes in segments to the service: only those that it does not have, side by side, each sent again where it broke."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelyard.artifact.segments import Segmented
from modelyard.artifact.threads import Stop, in_threads
from modelyard.client import artifact_transfer
from modelyard.client.artifact_transfer import Progress
from modelyard.errors import ArtifactError, InvalidParameter
from modelyard.resources.artifact_upload import ArtifactSegment, ArtifactUpload, CreateArtifactUploadDetails

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient

CONNECTIONS = 4
"""How many segments are sent or fetched at a time: one writes while others hash and travel; more add nothing."""


def upload_details(source: Segmented, *, file_name: str) -> CreateArtifactUploadDetails:
    """Return what to begin an upload with."""
    segments = [ArtifactSegment(digest=segment.digest, size=segment.size) for segment in source.segments]
    return CreateArtifactUploadDetails(segments=segments, file_name=file_name)


def send_missing(
    client: DataScienceClient,
    upload: ArtifactUpload,
    source: Segmented,
    *,
    progress: Progress | None = None,
    connections: int = CONNECTIONS,
) -> None:
    """Send what is missing of an upload.

    Args:
        client: Who talks to the service.
        upload: The upload, with what is missing.
        source: Where the bytes are.
        progress: Is told how many bytes of the artifact the service has, and of how many.
        connections: How many segments to send at a time.

    Raises:
        ArtifactError: A file has changed since its digests were made.
        ServiceUnreachable: The connection broke too often; a later call goes on.
    """
    missing = {segment.digest for segment in upload.missing}
    numbers: dict[str, int] = {}
    for number, segment in enumerate(source.segments):
        if segment.digest in missing:
            numbers.setdefault(segment.digest, number)
    tally = _Tally(source.size, sum(segment.size for segment in upload.missing), progress)

    def send(number: int, stop: Stop) -> None:
        segment = source.segments[number]

        def blocks() -> Iterator[bytes]:
            tally.begin(number)
            for block in source.read(number):
                stop.check()
                yield block
                tally.add(number, len(block))

        try:
            client.put_artifact_segment(upload, ArtifactSegment(digest=segment.digest, size=segment.size), blocks)
        except InvalidParameter as error:
            raise ArtifactError(
                f"The service refused a part of the artifact: {error.message} If something writes to its files, wait "
                "until that is done, and try again."
            ) from error

    in_threads(send, list(numbers.values()), threads=connections)


def send_whole(
    client: DataScienceClient,
    model_id: str,
    source: Segmented,
    *,
    file_name: str,
    progress: Progress | None = None,
) -> str | None:
    """Send an artifact in one request: a small one, or any to a service that takes no segments.

    Returns:
        The digest of the whole, where the service says it.
    """
    tally = _Tally(source.size, source.size, progress)

    def blocks() -> Iterator[bytes]:
        tally.begin(0)
        for number in range(len(source.segments)):
            for block in source.read(number):
                yield block
                tally.add(0, len(block))

    return artifact_transfer.send(
        client.transport, model_id=model_id, blocks=blocks, size=source.size, file_name=file_name
    )


class _Tally:
    """Count the bytes that have gone, from several threads; an attempt that is made again is counted again."""

    def __init__(self, total: int, missing: int, progress: Progress | None) -> None:
        self._lock = threading.Lock()
        self._total = total
        self._done = total - missing
        self._sent: dict[int, int] = {}
        self._progress = progress
        if progress is not None and self._done:
            progress(self._done, total)

    def begin(self, number: int) -> None:
        """Count from the beginning of a segment."""
        with self._lock:
            self._done -= self._sent.pop(number, 0)

    def add(self, number: int, count: int) -> None:
        """Count bytes of a segment."""
        with self._lock:
            self._sent[number] = self._sent.get(number, 0) + count
            self._done += count
            if self._progress is not None:
                self._progress(self._done, self._total)


def is_stored(client: DataScienceClient, model_id: str, source: Segmented) -> bool:
    """Tell whether the model's artifact consists of just these segments."""
    stored = client.list_artifact_segments(model_id)
    return [(each.size, each.digest) for each in stored] == [(each.size, each.digest) for each in source.segments]
