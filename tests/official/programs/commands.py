"""Commands of the oci command line, one after the other in one process: its start is what costs seconds."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from oci_cli import dynamic_loader
from oci_cli.cli import cli

for service in ("data-science", "model-deployment", "os"):
    dynamic_loader.load_service(service)

compartment_id, project_id, bucket = sys.argv[2:]
SCORE_PY = """
def load_model():
    return 2

def predict(data, model=load_model()):
    return {"prediction": [model * value for value in data]}
"""


def oci(*arguments: object) -> Any:
    """Run a command and return its JSON."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            cli(args=[str(each) for each in arguments], prog_name="oci")
        except SystemExit as ended:
            status = ended.code or 0
    if status:
        raise RuntimeError(f"oci {' '.join(map(str, arguments))}: {status}\n{out.getvalue()}\n{err.getvalue()[-3000:]}")
    text = out.getvalue().strip()
    try:
        return json.loads(text)["data"]
    except (ValueError, KeyError, TypeError):
        return text


def file_of(name: str, value: object) -> str:
    """Write JSON to a file and return how a command names it."""
    Path(name).write_text(json.dumps(value))
    return f"file://{Path(name).resolve()}"


science = ("data-science",)
here = ("--compartment-id", compartment_id, "--project-id", project_id)
listed = ("--compartment-id", compartment_id)
wait = ("--wait-for-state", "SUCCEEDED", "--wait-interval-seconds", "1")
force = ("--force",)
report: dict[str, Any] = {}

# ── a project ────────────────────────────────────────────────────────────────────────────────────────────────────────
project = oci(*science, "project", "create", *listed, "--display-name", "commands", "--description", "of a test")
found = oci(*science, "project", "get", "--project-id", project["id"])
oci(*science, "project", "update", "--project-id", project["id"], "--description", "changed", *force)
names = [each["display-name"] for each in oci(*science, "project", "list", *listed, "--all")]
report["project"] = [found["display-name"], "commands" in names]
oci(*science, "project", "delete", "--project-id", project["id"], *force, *wait)

# ── a model, its artifact, provenance and metadata ───────────────────────────────────────────────────────────────────
versions = oci(*science, "model-version-set", "create", *here, "--name", f"set {bucket}")
metadata = file_of("metadata.json", [{"key": "note", "value": "kept", "category": "Other"}])
model = oci(
    *science, "model", "create", *here, "--display-name", "by command", "--custom-metadata-list", metadata,
    "--model-version-set-id", versions["id"], "--version-label", "first",
)  # fmt: skip
of_model = ("--model-id", model["id"])
with zipfile.ZipFile("artifact.zip", "w") as archive:
    archive.writestr("score.py", SCORE_PY)
oci(*science, "model", "create-model-artifact", *of_model, "--model-artifact-file", "artifact.zip")
head = oci(*science, "model", "head-model-artifact", *of_model)
oci(*science, "model", "get-artifact-content", *of_model, "--file", "back.zip")
report["artifact"] = [Path("back.zip").read_bytes() == Path("artifact.zip").read_bytes()]
commit = ("--git-commit", "0123abc", "--git-branch", "main", "--repository-url", "https://example.com/x.git")
oci(*science, "model", "create-model-provenance", *of_model, *commit)
oci(*science, "model", "update-model-provenance", *of_model, "--git-branch", "other")
provenance = oci(*science, "model", "get-model-provenance", *of_model)
report["provenance"] = [provenance["git-commit"], provenance["git-branch"]]
item = ("--metadatum-key-name", "note")
note = ("--model-custom-metadatum-artifact", "a note")
oci(*science, "model", "create-model-custom-metadatum-artifact", *of_model, *item, *note)
oci(*science, "model", "get-model-custom-metadatum-artifact-content", *of_model, *item, "--file", "note.back")
report["note"] = Path("note.back").read_text()
oci(*science, "model", "update", *of_model, "--display-name", "renamed", *force)
oci(*science, "model", "deactivate", *of_model)
oci(*science, "model", "activate", *of_model)
found = oci(*science, "model", "get", *of_model)
report["model"] = [found["display-name"], found["lifecycle-state"], found["version-label"],
                   found["custom-metadata-list"][0]["value"]]  # fmt: skip
named = ("--display-name", "renamed", "--model-version-set-name", f"set {bucket}")
report["listed"] = [each["id"] for each in oci(*science, "model", "list", *listed, *named)] == [model["id"]]
sets = oci(*science, "model-version-set", "list", *listed, "--name", f"set {bucket}")
report["version set"] = [each["id"] for each in sets] == [versions["id"]]

group = oci(
    *science, "model-group", "create-model-group-create-model-group-details", *here, "--display-name", "a group",
    "--model-group-details", file_of("group.json", {"type": "HOMOGENEOUS"}),
    "--member-model-entries", file_of("members.json", {"memberModelDetails": [{"modelId": model["id"]}]}),
    "--wait-for-state", "SUCCEEDED", "--wait-interval-seconds", "1",
)  # fmt: skip
of_group = ("--model-group-id", group["resources"][0]["identifier"])
found = oci(*science, "model-group", "get", *of_group)
members = oci(*science, "model-group", "list-model-group-models", *of_group, *listed)
report["group"] = [found["lifecycle-state"], model["id"] in json.dumps(members)]
oci(*science, "model-group", "delete", *of_group, *force, *wait)

# ── a deployment ─────────────────────────────────────────────────────────────────────────────────────────────────────
shapes = oci(*science, "model-deployment-shape", "list", *listed)
report["shapes"] = "VM.Standard.E4.Flex" in [each["name"] for each in shapes]
details = file_of(
    "deployment.json",
    {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": model["id"],
            "instanceConfiguration": {"instanceShapeName": "VM.Standard2.1"},
            "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
        },
    },
)
created = oci(
    *science, "model-deployment", "create", *here, "--model-deployment-configuration-details", details, *wait
)  # fmt: skip
deployment = ("--model-deployment-id", created["resources"][0]["identifier"])
answer = oci("model-deployment", "inference-result", "predict", "--request-body", "[1, 2]", *deployment)
report["predicted"] = answer if isinstance(answer, dict) else json.loads(answer)
oci(*science, "model-deployment", "update", *deployment, "--display-name", "renamed", *force, *wait)
oci(*science, "model-deployment", "deactivate", *deployment, *wait)
oci(*science, "model-deployment", "activate", *deployment, *wait)
found = oci(*science, "model-deployment", "get", *deployment)
report["deployment"] = [found["display-name"], found["lifecycle-state"]]
requests = oci(*science, "work-request", "list", *listed, "--resource-id", deployment[1])
report["work requests"] = sorted(each["operation-type"] for each in requests)
last = ("--work-request-id", requests[0]["id"])
oci(*science, "work-request", "get", *last)
lines = oci(*science, "work-request", "list-work-request-logs", *last)
report["work request"] = [len(lines) > 0, oci(*science, "work-request", "list-work-request-errors", *last) or []]
oci(*science, "model-deployment", "delete", *deployment, *force, *wait)
oci(*science, "model", "delete", *of_model, *force)
oci(*science, "model-version-set", "delete", "--model-version-set-id", versions["id"], *force, *wait)
report["deleted"] = oci(*science, "model", "get", *of_model)["lifecycle-state"]

# ── a bucket ─────────────────────────────────────────────────────────────────────────────────────────────────────────
in_bucket = ("--bucket-name", bucket)
report["namespace"] = oci("os", "ns", "get") != ""
oci("os", "bucket", "create", "--name", bucket, *listed)
Path("large.bin").write_bytes(os.urandom(25 * 1024 * 1024))
Path("small.txt").write_text("small")
parts = ("--part-size", "10", "--parallel-upload-count", "3")
oci("os", "object", "put", *in_bucket, "--file", "large.bin", "--name", "a/large.bin", *parts)
oci("os", "object", "put", *in_bucket, "--file", "small.txt", "--name", "a/small.txt", "--no-overwrite")
oci("os", "object", "get", *in_bucket, "--name", "a/large.bin", "--file", "large.back")
report["large"] = Path("large.back").read_bytes() == Path("large.bin").read_bytes()
oci("os", "object", "rename", *in_bucket, "--source-name", "a/small.txt", "--new-name", "b/small.txt")
oci("os", "object", "copy", *in_bucket, "--source-object-name", "b/small.txt", "--destination-bucket", bucket,
    "--destination-object-name", "c/small.txt")  # fmt: skip
head = oci("os", "object", "head", *in_bucket, "--name", "b/small.txt")
objects = oci("os", "object", "list", *in_bucket, "--all")
report["objects"] = [each["name"] for each in objects]
Path("folder").mkdir()
oci("os", "object", "bulk-download", *in_bucket, "--download-dir", "folder", "--prefix", "b/")
report["downloaded"] = Path("folder/b/small.txt").read_text()
expires = ("--time-expires", "2099-01-01T00:00:00Z", "--access-type", "ObjectRead")
par = oci("os", "preauth-request", "create", *in_bucket, "--name", "p", "--object-name", "b/small.txt", *expires)
report["address"] = par["access-uri"]
oci("os", "preauth-request", "delete", *in_bucket, "--par-id", par["id"], *force)
oci("os", "object", "bulk-delete", *in_bucket, *force)
oci("os", "bucket", "delete", *in_bucket, *force)

Path(sys.argv[1]).write_text(json.dumps(report))
