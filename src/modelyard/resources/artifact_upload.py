"""The upload of a model's artifact in segments: only those are sent that the service does not have."""

from __future__ import annotations

from typing import Annotated

import msgspec

from modelyard.resources.noun import Moment, Noun

MOST_SEGMENTS = 20_000
LARGEST_SEGMENT = 64 * 1024 * 1024
"""The most bytes that a segment may have."""

Digest = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
"""``sha256:`` and 64 hexadecimal digits."""


class ArtifactSegment(Noun, frozen=True, kw_only=True):
    """Be a run of an artifact's bytes, by its digest."""

    digest: Digest
    size: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_SEGMENT)]


class StoredSegment(Noun, frozen=True, kw_only=True):
    """Be a run of a stored artifact's bytes, and where it begins."""

    start: int
    size: int
    digest: str


class CreateArtifactUploadDetails(Noun, frozen=True, kw_only=True):
    """Say what an artifact consists of, in the order of its bytes."""

    segments: Annotated[list[ArtifactSegment], msgspec.Meta(min_length=1, max_length=MOST_SEGMENTS)]
    file_name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "artifact.zip"


class ArtifactUpload(Noun, frozen=True, kw_only=True):
    """Be an upload that has begun."""

    id: str
    model_id: str
    file_name: str
    size: int
    """How many bytes the artifact has."""

    time_created: Moment
    segments: list[ArtifactSegment]
    missing: list[ArtifactSegment]
    """Those whose bytes are still to be sent, each once."""
