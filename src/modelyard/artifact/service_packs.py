"""Service packs: environments that the managed service keeps in a bucket; environments of this machine stand for them.

A pack is known by the last part of its path, its slug: whatever the folders before it are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from modelyard.settings import Settings

Packs = Mapping[str, Path]
"""Slug → the interpreter, or the prefix, of the environment that serves as the pack."""

BUCKET = "service-conda-packs"
NAMESPACE = "id19sfcrra6z"
"""Where oracle-ads looks for packs, unless CONDA_BUCKET_NS says otherwise."""

INDEX_NAMESPACE = "ociodscdev"
"""Where the introspection of oracle-ads looks for the index alone."""

INDEX = "service_pack/index.json"
DEFAULT = "default"
"""The slug of the default environment."""

_PATH = re.compile(rf"oci://{BUCKET}@[^/]+/service_pack/(?:[^/]+/)*(?P<slug>[^/]+?)/?")


def packs_of(settings: Settings) -> Packs:
    """Return what serves as packs on this machine: the default environment, and those that the settings name."""
    return {DEFAULT: Path(settings.default_python), **settings.packs}


def slug_of(path: str) -> str | None:
    """Return the slug of a service pack from its path; None for the path of anything else."""
    match = _PATH.fullmatch(path)
    return match["slug"] if match else None


def object_name_of(slug: str) -> str:
    """Return the name of the object that stands for a pack."""
    return f"service_pack/local/{slug}"


def path_of(slug: str) -> str:
    """Return the path by which runtime.yaml names a pack of this machine."""
    return f"oci://{BUCKET}@{NAMESPACE}/{object_name_of(slug)}"
