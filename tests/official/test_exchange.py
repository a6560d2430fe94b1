"""Models that oracle-ads saved and this SDK reads, and the other way round."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from modelyard.model.framework.sklearn_model import SklearnModel

SIDES = ("custom", "taxonomy", "provenance", "input schema", "output schema", "files")


@pytest.fixture
def at_service(monkeypatch: pytest.MonkeyPatch, service: Any) -> Any:
    """An environment in which the SDK finds the service."""
    for name in os.environ:
        if name.startswith(("MODELYARD_", "OCI_")) or name.endswith("_OCID"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_HOME", str(service.home))
    return service


@pytest.mark.usefixtures("at_service")
def test_oracle_ads_reads_what_this_sdk_saved(program: Any, tmp_path: Path) -> None:
    data = load_iris(as_frame=True)
    model = SklearnModel(
        LogisticRegression(max_iter=300).fit(data.data, data.target),
        artifact_dir=str(tmp_path / "artifact"),
        model_save_serializer="joblib",
    )
    model.prepare(
        X_sample=data.data,
        y_sample=data.target,
        use_case_type="multinomial_classification",
        training_script_path=str(script_in_a_repository(tmp_path)),
    )
    model.metadata_custom.add("accuracy", 0.97, category="Performance", description="on the flowers")
    model_id = model.save(display_name="for oracle-ads")
    saved = told(model)
    saved["provenance"]["artifact_dir"] = None  # a folder of this machine is nobody else's business, and is not sent
    read = program("ads_exchange.py", model_id)
    for side in SIDES:
        assert read[side] == saved[side], side


@pytest.mark.usefixtures("at_service")
def test_oracle_ads_predicts_with_a_deployment_of_this_sdk(program: Any, tmp_path: Path) -> None:
    data = load_iris(as_frame=True)
    estimator = LogisticRegression(max_iter=300).fit(data.data, data.target)
    model = SklearnModel(estimator, artifact_dir=str(tmp_path / "artifact"), model_save_serializer="joblib")
    model.prepare(X_sample=data.data)
    model.save()
    deployment = model.deploy()
    try:
        answers = program("ads_predicts.py", str(deployment.id))
    finally:
        model.delete_deployment(wait_for_completion=False)
    expected = estimator.predict(data.data[::10]).tolist()
    assert answers == dict.fromkeys(answers, expected)
    assert len(answers) == 7


@pytest.mark.usefixtures("at_service")
def test_this_sdk_reads_what_oracle_ads_saved(program: Any, tmp_path: Path) -> None:
    saved = program("ads_exchange.py")
    read = told(SklearnModel.from_model_catalog(saved["id"], artifact_dir=str(tmp_path / "artifact")))
    del read["files"]["model_artifact_manifest.json"]  # oracle-ads adds it on the way
    for side in SIDES:
        assert read[side] == saved[side], side


def told(model: SklearnModel) -> dict[str, Any]:
    """What a model tells of itself and its files, as JSON has it."""
    assert model.artifact_dir is not None
    folder = Path(model.artifact_dir)
    found = {
        "custom": {item["key"]: item for item in model.metadata_custom.to_dict()["data"]},
        "taxonomy": {item["key"]: item for item in model.metadata_taxonomy.to_dict()["data"]},
        "provenance": model.metadata_provenance.to_dict(),
        "input schema": model.schema_input.to_dict(),
        "output schema": model.schema_output.to_dict(),
        "files": {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        },
    }
    return json.loads(json.dumps(found))


def script_in_a_repository(folder: Path) -> Path:
    """A training script with a commit."""
    (folder / "code").mkdir()
    script = folder / "code" / "train.py"
    script.write_text("print('trained')\n")
    git = ["git", "-C", str(script.parent), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    return script
