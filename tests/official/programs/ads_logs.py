"""The logs of a deployment in oracle-ads, as a user of the managed service reads them."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import ads
import yaml
from ads.common.oci_logging import OCILogGroup
from ads.model import GenericModel

SCORE_PY = """
def load_model():
    print("loading")
    return 2

_model = load_model()

def predict(data, model=_model):
    print("doubling", data)
    return {"prediction": [model * value for value in data]}
"""


def when(condition):
    """Return what a condition gives as soon as it gives something."""
    until = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.2)
    return found


ads.set_auth(
    "api_key",
    oci_config_location=os.environ["OCI_CONFIG_FILE"],
    profile="DEFAULT",
    client_kwargs={"service_endpoint": os.environ["MODELYARD_ENDPOINT"]},
)
folder = Path(tempfile.mkdtemp())
report: dict[str, object] = {}

group = OCILogGroup(display_name=f"group-{folder.name}").create()
access, predict = group.create_log("access"), group.create_log("predict")
report["logs"] = sorted(log.display_name for log in group.list_logs())

model = GenericModel(estimator=None, artifact_dir=str(folder), serialize=False)
(folder / "model.bin").write_bytes(b"two")
model.prepare(
    model_file_name="model.bin", inference_python_version="3.11", force_overwrite=True, ignore_conda_error=True
)
(folder / "score.py").write_text(SCORE_PY)
(folder / "runtime.yaml").write_text(yaml.safe_dump({"MODEL_ARTIFACT_VERSION": "3.0"}))
model.metadata_custom.add(key="note", value="kept", category="Other", description="an item")
model.save(display_name="with logs", ignore_introspection=True, reload=False)
deployment = model.deploy(
    display_name="with logs",
    poll_interval=1,
    deployment_instance_shape="VM.Standard.E4.Flex",
    deployment_ocpus=1,
    deployment_memory_in_gbs=16,
    deployment_log_group_id=group.id,
    deployment_access_log_id=access.id,
    deployment_predict_log_id=predict.id,
)
report["predicted"] = deployment.predict(data=[1, 2])["prediction"]
deployment.predict(data=[3])

printed = when(lambda: [lines for lines in [deployment.predict_log.tail()] if len(lines) >= 4])[0]
report["printed"] = [line["message"] for line in printed]
report["first"] = deployment.predict_log.head(limit=1)[0]["message"]
report["last"] = deployment.predict_log.tail(limit=1)[0]["message"]
report["filtered"] = [line["message"] for line in deployment.predict_log.tail(log_filter="data.message = 'doubling*'")]
requests = when(lambda: [lines for lines in [deployment.access_log.tail()] if len(lines) == 2])[0]
report["requests"] = [line["message"] for line in requests]
report["of_another"] = deployment.access_log.tail(source="ocid1.datasciencemodeldeployment.oc98..none")
report["halved"] = len(deployment.predict_log.search(time_start=dt.datetime(2026, 1, 1)))  # noqa: DTZ001 - as users write it

frame = deployment.show_logs(log_type="access")
report["frame"] = [list(frame.columns), sorted(frame["type"].unique())]
screen = io.StringIO()
with contextlib.redirect_stdout(screen):
    deployment.logs().stream(source=deployment.model_deployment_id, interval=1, stop_condition=lambda: True)
report["watched"] = screen.getvalue()

model.delete_deployment()
model.delete()
group.delete()
report["left"] = [each.id for each in OCILogGroup.list_resource() if each.id == group.id]
Path(sys.argv[1]).write_text(json.dumps(report))
