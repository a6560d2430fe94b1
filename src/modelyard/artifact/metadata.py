"""The custom metadata that prepare fills in by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from modelyard.artifact.runtime_yaml import InferenceEnvironment

CLIENT_LIBRARY = "modelyard"
TRAINING_ENVIRONMENT = "Training Environment"
OTHER = "Other"
VALUE_LIMIT = 16_000


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


def _listed(files: Sequence[str]) -> str:
    """Return names with commas between them, as many as fit, and how many do not."""
    names = sorted(files)
    text = ", ".join(names)
    kept = len(names)
    while len(text) > VALUE_LIMIT:
        kept = kept * 9 // 10
        text = ", ".join([*names[:kept], f"… and {len(names) - kept} more"])
    return text
