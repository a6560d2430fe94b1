"""The oci SDK, ocifs and pandas as programs for the managed service use them: nothing in code says where it is."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import oci
import pandas as pd
import requests
from ocifs import OCIFileSystem

SCORE_PY = """
def load_model():
    return 2

def predict(data, model=load_model()):
    return [model * value for value in data]
"""


def signer_and_config() -> tuple[dict[str, object], dict[str, object]]:
    """Return the config and the keywords of a client, by the three ways that documentation shows."""
    if os.environ["OCI_IAM_TYPE"] == "resource_principal":
        return {}, {"signer": oci.auth.signers.get_resource_principals_signer()}
    config = oci.config.from_file(profile_name=os.environ["OCI_CONFIG_PROFILE"])
    if os.environ["OCI_IAM_TYPE"] == "security_token":
        token = Path(config["security_token_file"]).read_text()
        key = oci.signer.load_private_key_from_file(config["key_file"])
        return {"region": config["region"]}, {"signer": oci.auth.signers.SecurityTokenSigner(token, key)}
    return config, {"signer": oci.signer.Signer.from_config(config)}


config, keywords = signer_and_config()
report: dict[str, object] = {}
compartment, project = os.environ["NB_SESSION_COMPARTMENT_OCID"], os.environ["PROJECT_OCID"]
science = oci.data_science.DataScienceClient(config, **keywords)
operations = oci.data_science.DataScienceClientCompositeOperations(science)
report["endpoint"] = science.base_client.endpoint

buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("score.py", SCORE_PY)
wanted = oci.data_science.models.CreateModelDetails(compartment_id=compartment, project_id=project, display_name="here")
model = science.create_model(wanted).data
report["created_by"] = model.created_by
science.create_model_artifact(model.id, buffer.getvalue(), content_disposition="attachment; filename=here.zip")
shape = oci.data_science.models.InstanceConfiguration(instance_shape_name="VM.Standard2.1")
details = oci.data_science.models.CreateModelDeploymentDetails(
    compartment_id=compartment,
    project_id=project,
    model_deployment_configuration_details=oci.data_science.models.SingleModelDeploymentConfigurationDetails(
        model_configuration_details=oci.data_science.models.ModelConfigurationDetails(
            model_id=model.id, instance_configuration=shape
        )
    ),
)
wait = {"waiter_kwargs": {"max_interval_seconds": 1}}
made = operations.create_model_deployment_and_wait_for_state(details, ["SUCCEEDED", "FAILED"], **wait).data
deployment = science.get_model_deployment(made.resources[0].identifier).data
report["state"] = deployment.lifecycle_state
inference = oci.model_deployment.ModelDeploymentClient(config, **keywords)
report["predicted"] = json.loads(inference.predict(deployment.id, [1, 2]).data)
url = f"https://modeldeployment.{os.environ['OCI_REGION']}.oci.modelyard.internal/{deployment.id}/predict"
report["by_url"] = requests.post(url, json=[3], auth=keywords["signer"], timeout=60).json()
operations.delete_model_deployment_and_wait_for_state(deployment.id, ["SUCCEEDED", "FAILED"], **wait)
science.delete_model(model.id)

storage = oci.object_storage.ObjectStorageClient(config, **keywords)
namespace = storage.get_namespace().data
bucket = f"untouched-{os.urandom(4).hex()}"
storage.create_bucket(namespace, oci.object_storage.models.CreateBucketDetails(name=bucket, compartment_id=compartment))
frame = pd.DataFrame({"a": [1, 2]})
frame.to_csv(f"oci://{bucket}@{namespace}/frame.csv", index=False)
report["frame"] = pd.read_csv(f"oci://{bucket}@{namespace}/frame.csv").to_dict("list")
files = OCIFileSystem()
files.invalidate_cache()
report["listed"] = [name.rpartition("/")[2] for name in files.ls(f"{bucket}@{namespace}")]
packs = json.loads(files.cat("service-conda-packs@id19sfcrra6z/service_pack/index.json"))["service_packs"]
report["packs"] = sorted(pack["slug"] for pack in packs)
head = storage.head_object("id19sfcrra6z", "service-conda-packs", "service_pack/local/default")
report["manifest"] = json.loads(head.headers["opc-meta-manifest"])["slug"]
try:
    storage.put_object("id19sfcrra6z", "service-conda-packs", "service_pack/mine", b"")
except oci.exceptions.ServiceError as error:
    report["refused"] = [error.status, error.code]
Path(sys.argv[1]).write_text(json.dumps(report))
