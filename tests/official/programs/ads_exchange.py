"""One model saved by oracle-ads, another read by it: what is known of each, in words that both sides can tell."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import ads
from ads.model.framework.sklearn_model import SklearnModel
from ads.model.model_metadata import MetadataCustomCategory
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def told(model: SklearnModel) -> dict[str, object]:
    """Return what a model tells of itself and its files."""
    return {
        "custom": {item["key"]: item for item in model.metadata_custom.to_dict()["data"]},
        "taxonomy": {item["key"]: item for item in model.metadata_taxonomy.to_dict()["data"]},
        "provenance": model.metadata_provenance.to_dict(),
        "input schema": model.schema_input.to_dict(),
        "output schema": model.schema_output.to_dict(),
        "files": {
            str(path.relative_to(model.artifact_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(Path(model.artifact_dir).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        },
    }


def repository() -> Path:
    """Return a training script in a repository with a commit."""
    folder = Path(tempfile.mkdtemp())
    script = folder / "train.py"
    script.write_text("print('trained')\n")
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    return script


def save() -> dict[str, object]:
    """Save a model with everything that can be told of it."""
    features, labels = load_iris(return_X_y=True, as_frame=True)
    model = SklearnModel(
        estimator=LogisticRegression(max_iter=500).fit(features, labels), artifact_dir=tempfile.mkdtemp()
    )
    model.prepare(
        X_sample=features,
        y_sample=labels,
        force_overwrite=True,
        ignore_conda_error=True,
        use_case_type="multinomial_classification",
        training_script_path=str(repository()),
    )
    model.metadata_custom.add(
        key="accuracy", value=0.97, category=MetadataCustomCategory.PERFORMANCE, description="on the flowers"
    )
    model_id = model.save(display_name="from oracle-ads", ignore_introspection=True, reload=False)
    return {"id": model_id, **told(model)}


def read(model_id: str) -> dict[str, object]:
    """Read a model that somebody else saved."""
    return told(
        SklearnModel.from_model_catalog(
            model_id, artifact_dir=tempfile.mkdtemp(), model_file_name="model.joblib", ignore_conda_error=True
        )
    )


ads.set_auth(
    "api_key",
    oci_config_location=os.environ["OCI_CONFIG_FILE"],
    profile="DEFAULT",
    client_kwargs={"service_endpoint": os.environ["MODELYARD_ENDPOINT"]},
)
report = read(sys.argv[2]) if len(sys.argv) > 2 else save()
Path(sys.argv[1]).write_text(json.dumps(report))
