"""oracle-ads, ocifs and the oci command line, unmodified."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

SCORE_PY = """
def load_model():
    return 2

def predict(data, model=load_model()):
    return {"prediction": [model * value for value in data]}
"""


def test_oracle_ads_takes_a_model_through_its_whole_life(program: Any) -> None:
    report = program("ads_life.py")
    assert report["verified"] == report["expected"]
    assert report["predicted"] == report["expected"]
    assert report["state"] == "ACTIVE"
    assert report["renamed"] == "renamed"
    assert (report["label"], report["in_set"], report["note"]) == ("one", True, "kept")
    assert report["listed"] is True
    assert set(report["files"][0]) <= set(report["files"][1])
    assert report["gone"] == "DELETED"


def test_ocifs_and_pandas_read_and_write_a_bucket(program: Any, oci: Any, service: Any) -> None:
    namespace = oci("os", "ns", "get")
    bucket = f"files-{uuid.uuid4().hex[:8]}"
    oci("os", "bucket", "create", "--name", bucket, "--compartment-id", service.compartment_id)
    report = program("files.py", bucket, namespace)
    assert report["hello"] == "hello"
    assert report["frame"] == {"a": [1, 2], "b": ["x", "y"]}
    assert report["middle"] is True
    assert report["listed"] == ["hello.txt", "large.bin"]
    assert report["size"] == 12 * 1024 * 1024
    assert report["left"] is False


def test_the_command_line_saves_deploys_and_predicts(oci: Any, service: Any, tmp_path: Path) -> None:
    here = ("--compartment-id", service.compartment_id, "--project-id", service.project_id)
    model = oci("data-science", "model", "create", *here, "--display-name", "by command")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("score.py", SCORE_PY)
    artifact = tmp_path / "artifact.zip"
    artifact.write_bytes(buffer.getvalue())
    of_model = ("--model-id", model["id"])
    oci("data-science", "model", "create-model-artifact", *of_model, "--model-artifact-file", artifact)
    back = tmp_path / "back.zip"
    oci("data-science", "model", "get-artifact-content", *of_model, "--file", back)
    assert back.read_bytes() == artifact.read_bytes()

    details = tmp_path / "details.json"
    instance = {"instanceShapeName": "VM.Standard2.1"}
    details.write_text(
        json.dumps(
            {
                "deploymentType": "SINGLE_MODEL",
                "modelConfigurationDetails": {"modelId": model["id"], "instanceConfiguration": instance},
            }
        )
    )
    wait = ("--wait-for-state", "SUCCEEDED", "--wait-interval-seconds", "1")
    created = oci(
        "data-science", "model-deployment", "create", *here, *wait,
        "--model-deployment-configuration-details", f"file://{details}",
    )  # fmt: skip
    deployment = created["resources"][0]["identifier"]
    body = ("--request-body", "[1, 2]", "--model-deployment-id", deployment)
    answer = oci("model-deployment", "inference-result", "predict", *body)
    assert (answer if isinstance(answer, dict) else json.loads(answer)) == {"prediction": [2, 4]}
    oci("data-science", "model-deployment", "delete", "--model-deployment-id", deployment, "--force", *wait)
    oci("data-science", "model", "delete", *of_model, "--force")
