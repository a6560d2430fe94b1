"""An artifact into the catalog: the whole of it, or nothing."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact import archive
from modelyard.errors import ArtifactError, ModelyardError, UsageError
from modelyard.model.options import SaveOptions
from modelyard.model.progress import Reporter
from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Be a model in the catalog."""

    model_id: str
    digest: str
    """The digest of the artifact's bytes: ``sha256:…``."""


def refuse_unsupported(options: SaveOptions) -> None:
    """Raise UsageError for options that cannot be honoured, before anything is done."""
    refusals = {
        "bucket_uri": "artifacts of any size go straight to the catalog",
        "featurestore_dataset": "there is no feature store",
        "model_version_set": "version sets are not there yet",
        "model_by_reference": "the catalog keeps the artifact itself",
    }
    for name, reason in refusals.items():
        if getattr(options, name):
            raise UsageError(f"{name} cannot be honoured: {reason}. Leave it out.")


def save_artifact(
    client: DataScienceClient,
    *,
    folder: Path,
    details: CreateModelDetails,
    provenance: CreateModelProvenanceDetails,
    reporter: Reporter,
) -> Saved:
    """Pack a folder and put it into the catalog with its entry; an entry without an artifact does not stay."""
    with tempfile.TemporaryDirectory(prefix="modelyard-save-") as scratch:
        reporter.step("packing")
        packed = archive.pack(folder, Path(scratch) / "artifact.zip")
        if packed.left_out:
            names = ", ".join(each.name for each in packed.left_out[:10])
            warnings.warn(f"Left out of the artifact by .model-ignore: {names}.", stacklevel=5)
        reporter.step("creating the entry")
        model = client.create_model(details)
        with _undone_by(lambda: client.delete_model(model.id)):
            client.create_model_provenance(model.id, provenance)
            reporter.step(f"uploading {packed.size / 1e6:.1f} MB")
            client.create_model_artifact(model.id, packed.path, file_name=f"{model.id}.zip", progress=reporter.amount)
            _check_stored(client, model.id, packed.digest)
    return Saved(model_id=model.id, digest=packed.digest)


def _check_stored(client: DataScienceClient, model_id: str, digest: str) -> None:
    stored = client.head_model_artifact(model_id).digest
    if stored is not None and stored != digest:
        raise ArtifactError(f"The catalog has other bytes ({stored}) than were sent ({digest}): save again.")


@contextlib.contextmanager
def _undone_by(undo: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        try:
            undo()
        except ModelyardError as left:
            # What went wrong first is what is raised; that something stays behind is said beside it.
            warnings.warn(f"The model's entry could not be deleted again: {left}", stacklevel=6)
        raise
