"""The metadata that prepare fills in by itself, and the limits that all metadata keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.runtime_yaml import InferenceEnvironment
from modelyard.errors import ArtifactError

CLIENT_LIBRARY = "modelyard"
TRAINING_ENVIRONMENT = "Training Environment"
OTHER = "Other"
VALUE_LIMIT = 16_000
DESCRIPTION_LIMIT = 255
TOTAL_LIMIT = 32_000
"""Bytes of UTF-8 of a model's custom and taxonomy metadata together, as JSON."""


@dataclass(frozen=True)
class MetadataItem:
    """Be one item of custom or taxonomy metadata."""

    key: str
    value: str | None = None
    description: str = ""
    category: str | None = None
    """One of the categories of custom metadata; None for taxonomy."""


def custom_items(
    *, environment: InferenceEnvironment | None, files: Sequence[str], model_file_name: str | None
) -> tuple[MetadataItem, ...]:
    """Return the custom metadata of an artifact: its environment, its files and who made it."""
    env = environment or InferenceEnvironment(path="", type="")
    model = PurePosixPath(model_file_name or "")
    values = (
        (
            "CondaEnvironment",
            env.path,
            "The environment that the model was trained and serves in",
            TRAINING_ENVIRONMENT,
        ),
        ("CondaEnvironmentPath", env.path, "Where that environment is", TRAINING_ENVIRONMENT),
        ("EnvironmentType", env.type, "Whether it is published or data_science", TRAINING_ENVIRONMENT),
        ("SlugName", env.slug, "Its short name", TRAINING_ENVIRONMENT),
        ("ModelArtifacts", _listed(files), "The files of the artifact", TRAINING_ENVIRONMENT),
        ("ModelSerializationFormat", model.suffix.removeprefix("."), "How the model is written", TRAINING_ENVIRONMENT),
        ("ModelFileName", model_file_name or "", "The file of the model", OTHER),
        ("ClientLibrary", CLIENT_LIBRARY, "The library that prepared the artifact", OTHER),
    )
    return tuple(MetadataItem(key, value or None, said, category) for key, value, said, category in values)


def taxonomy_items(
    facts: EstimatorFacts, *, use_case_type: str | None = None, test_results: str | None = None
) -> tuple[MetadataItem, ...]:
    """Return the taxonomy metadata of a model, every key of it, with None where nothing is known."""
    parameters = None if facts.hyperparameters is None else json.dumps(facts.hyperparameters)
    values = {
        "UseCaseType": use_case_type,
        "Framework": facts.framework,
        "FrameworkVersion": facts.framework_version,
        "Algorithm": facts.algorithm,
        "Hyperparameters": parameters,
        "ArtifactTestResults": test_results,
    }
    return tuple(MetadataItem(key, value) for key, value in values.items())


def _listed(files: Sequence[str]) -> str:
    """Return names with commas between them, as many as fit, and how many do not."""
    names = sorted(files)
    text = ", ".join(names)
    kept = len(names)
    while len(text) > VALUE_LIMIT:
        kept = kept * 9 // 10
        text = ", ".join([*names[:kept], f"… and {len(names) - kept} more"])
    return text


def size_of(items: Sequence[MetadataItem]) -> int:
    """Return the bytes that items take as JSON in UTF-8."""
    rows = [{"key": item.key, "value": item.value, "description": item.description} for item in items]
    return len(json.dumps(rows, ensure_ascii=False).encode())


def check_limits(items: Sequence[MetadataItem]) -> None:
    """Raise ArtifactError that names the first item over a limit, or the size of all when that is over."""
    for item in items:
        if item.value is not None and len(item.value) > VALUE_LIMIT:
            raise ArtifactError(
                f"The metadata {item.key!r} has {len(item.value)} characters; {VALUE_LIMIT} are the most."
            )
        if len(item.description) > DESCRIPTION_LIMIT:
            raise ArtifactError(
                f"The description of the metadata {item.key!r} has {len(item.description)} characters; "
                f"{DESCRIPTION_LIMIT} are the most."
            )
    size = size_of(items)
    if size > TOTAL_LIMIT:
        raise ArtifactError(
            f"The metadata takes {size} bytes; {TOTAL_LIMIT} are the most. Put the largest into a file."
        )
