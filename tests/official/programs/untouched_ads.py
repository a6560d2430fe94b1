"""A model from prepare to delete in oracle-ads: nothing in it names this service or spares it anything."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import yaml
from ads.model.framework.sklearn_model import SklearnModel
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, labels = load_iris(return_X_y=True, as_frame=True)
estimator = LogisticRegression(max_iter=500).fit(features, labels)
folder = Path(tempfile.mkdtemp())
report: dict[str, object] = {"expected": estimator.predict(features).tolist()}

model = SklearnModel(estimator=estimator, artifact_dir=str(folder))
model.prepare(
    inference_conda_env="generalml_p311_cpu_x86_64_v1", X_sample=features, y_sample=labels, force_overwrite=True
)
report["environment"] = yaml.safe_load((folder / "runtime.yaml").read_text())["MODEL_DEPLOYMENT"]
report["verified"] = model.verify(features)["prediction"]
report["introspected"] = sorted(set(model.introspect()["Result"]))
model_id = model.save(display_name="untouched")
deployment = model.deploy(
    display_name="untouched",
    poll_interval=1,
    deployment_instance_shape="VM.Standard.E4.Flex",
    deployment_ocpus=1,
    deployment_memory_in_gbs=16,
)
report["state"] = deployment.state.name
answer = model.predict(features)
assert "prediction" in answer, answer
report["predicted"] = answer["prediction"]
model.delete_deployment()
model.delete()
report["gone"] = model.dsc_model.from_id(model_id).status
Path(sys.argv[1]).write_text(json.dumps(report))
