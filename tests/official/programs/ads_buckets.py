"""oracle-ads with artifacts that go by a bucket, and with models that are the objects of one."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import ads
import oci
from ads.model.datascience_model import DataScienceModel
from ads.model.model_metadata import ModelCustomMetadata

report_file, bucket, namespace, compartment_id, project_id = sys.argv[1:]
endpoint = os.environ["MODELYARD_ENDPOINT"]
ads.set_auth(
    "api_key",
    oci_config_location=os.environ["OCI_CONFIG_FILE"],
    profile="DEFAULT",
    client_kwargs={"service_endpoint": endpoint},
)
report: dict[str, object] = {}

artifact = Path(tempfile.mkdtemp()) / "artifact"
artifact.mkdir()
(artifact / "score.py").write_text(
    "def load_model():\n    return 3\n\ndef predict(data, model=3):\n    return data * model\n"
)
(artifact / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
(artifact / "weights.bin").write_bytes(bytes(range(256)) * 4096)


def model(name: str, source: str) -> DataScienceModel:
    # without an item of metadata, download_artifact of oracle-ads fails before it asks for anything
    metadata = ModelCustomMetadata()
    metadata.add(key="note", value="kept", category="Other", description="an item")
    return (
        DataScienceModel()
        .with_compartment_id(compartment_id)
        .with_project_id(project_id)
        .with_display_name(name)
        .with_artifact(source)
        .with_custom_metadata_list(metadata)
    )


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


by_bucket = model("by bucket", str(artifact)).create(
    bucket_uri=f"oci://{bucket}@{namespace}/large/", overwrite_existing_artifact=True, remove_existing_artifact=True
)
report["by_bucket"] = by_bucket.id
target = Path(tempfile.mkdtemp())
by_bucket.download_artifact(
    target_dir=str(target / "back"), bucket_uri=f"oci://{bucket}@{namespace}/back/", remove_existing_artifact=False
)
report["came_back"] = files(target / "back")
report["sent"] = files(artifact)

storage = oci.object_storage.ObjectStorageClient(
    oci.config.from_file(os.environ["OCI_CONFIG_FILE"]), service_endpoint=endpoint
)
for path in artifact.iterdir():
    storage.put_object(namespace, bucket, f"model/{path.name}", path.read_bytes())
referring = model("by reference", f"oci://{bucket}@{namespace}/model/").create(model_by_reference=True)
report["by_reference"] = referring.id
again = DataScienceModel.from_id(referring.id)
report["is_by_reference"] = again.to_dict()["spec"].get("modelDescription") is not None
again.download_artifact(target_dir=str(target / "referred"), force_overwrite=True)
report["referred"] = files(target / "referred")
Path(report_file).write_text(json.dumps(report))
