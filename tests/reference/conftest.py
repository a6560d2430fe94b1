"""Things of each class of the reference that has attributes of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def instances(tmp_path: Path) -> dict[str, Any]:
    """One thing of each class that can be had without a service, by the class's name."""
    from modelyard.model import artifact, artifact_uploader, generic_model, model_metadata, model_version_set
    from modelyard.model.datascience_model import DataScienceModel

    return {
        "LargeArtifactUploader": artifact_uploader.LargeArtifactUploader(DataScienceModel(), str(tmp_path)),
        "GenericModel": generic_model.GenericModel(artifact_dir=str(tmp_path / "artifact")),
        "ModelArtifact": artifact.ModelArtifact(str(tmp_path / "artifact")),
        "ModelCustomMetadataItem": model_metadata.ModelCustomMetadataItem("key"),
        "ModelTaxonomyMetadataItem": model_metadata.ModelTaxonomyMetadataItem("key"),
        "ModelVersionSet": model_version_set.ModelVersionSet(name="set"),
        "SummaryStatus": generic_model.SummaryStatus(),
    }
