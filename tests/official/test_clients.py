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

#: the steps of a model's life, and what each does, as the summary has them
SUMMARY = [
    ("initiate", "Initiated the model"),
    ("prepare()", "Generated runtime.yaml"),
    ("prepare()", "Generated score.py"),
    ("prepare()", "Serialized model"),
    ("prepare()", "Populated metadata(Custom, Taxonomy and Provenance)"),
    ("verify()", "Local tested .predict from score.py"),
    ("save()", "Conducted Introspect Test"),
    ("save()", "Uploaded artifact to model catalog"),
    ("deploy()", "Deployed the model"),
    ("predict()", "Called deployment predict endpoint"),
]


def test_oracle_ads_takes_a_model_through_its_whole_life(program: Any) -> None:
    report = program("ads_life.py")
    assert report["verified"] == report["expected"]
    assert report["predicted"] == report["expected"]
    assert report["state"] == "ACTIVE"
    assert report["renamed"] == "renamed"
    assert (report["label"], report["in_set"], report["note"]) == ("one", True, "kept")
    assert report["custom artifact"] == {
        "status": "204",
        "read": ["# one", "# two", "# two"],
        "there": [False, True, False],
        "listed": ["True", "False"],
    }
    assert report["defined artifact"] == {"status": "204", "read": ["# one", "# two", "# two"], "after": "gone"}
    assert report["listed"] is True
    assert set(report["files"][0]) <= set(report["files"][1])
    assert report["gone"] == "DELETED"
    assert [step_and_details(rows) for rows in report["summary"]] == [SUMMARY] * 3
    assert [statuses(rows) for rows in report["summary"]] == [
        ["Done", *["Done"] * 4, "Done", "Not Available", "Available", "UNKNOWN", "Not Available"],
        ["Done", *["Done"] * 4, "Done", "Not Available", "Done", "ACTIVE", "Available"],
        ["Done", *["Done"] * 4, "Done", "Not Available", "Done", "DELETED", "Not Available"],
    ]
    assert report["introspection"]["columns"] == ["Test key", "Test name", "Result", "Message"]
    failed = {key for key, result in report["introspection"]["results"].items() if result != "Passed"}
    assert len(report["introspection"]["results"]) == 11
    assert failed == {"runtime_path_exist"}  # it knows no environments of this machine, only addresses of buckets
    assert report["custom"]["columns"] == ["Key", "Value", "Description", "Category", "HasArtifact"]
    assert report["custom"]["note"] == ["kept", "an item", "Other", "False"]
    assert report["taxonomy"]["columns"] == ["Key", "Value", "HasArtifact"]
    assert report["taxonomy"]["Algorithm"] == ["LogisticRegression", "False"]
    assert report["taxonomy"]["Framework"] == ["scikit-learn", "False"]
    assert {"FrameworkVersion", "Hyperparameters", "ArtifactTestResults", "UseCaseType"} <= set(report["taxonomy"])
    assert report["same"] == {"custom": True, "taxonomy": True, "schema": True}
    assert report["version set"] == [True, "ACTIVE", True]
    assert report["printed"] == ["algorithm", "artifact_dir", "framework", "model_deployment_id", "model_id"]


def step_and_details(rows: list[list[str]]) -> list[tuple[str, str]]:
    return [(step, details) for step, _, details in rows]


def statuses(rows: list[list[str]]) -> list[str]:
    return [status for _, status, _ in rows]


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


def test_oracle_ads_reads_the_logs_of_a_deployment(program: Any) -> None:
    report = program("ads_logs.py")
    assert report["logs"] == ["access", "predict"]
    assert report["predicted"] == [2, 4]
    assert report["printed"] == ["loading", "loading", "doubling [1, 2]", "doubling [3]"]
    assert (report["first"], report["last"]) == ("loading", "doubling [3]")
    assert report["filtered"] == ["doubling [1, 2]", "doubling [3]"]
    assert ['"POST /ocid1.datasciencemodeldeployment.' in line for line in report["requests"]] == [True, True]
    assert [line.split()[3] for line in report["requests"]] == ["200", "200"]
    assert report["of_another"] == []
    assert report["halved"] == 4
    assert report["frame"] == [["type", "id", "message", "time"], ["access"]]
    assert "doubling [3]" in report["watched"]
    assert "POST" in report["watched"]
    assert report["left"] == []
