"""Predictions that oracle-ads asks of a deployment which another SDK made, for each type of data that it sends."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ads.model.framework.sklearn_model import SklearnModel
from sklearn.datasets import load_iris

features = load_iris(as_frame=True).data[::10]
model = SklearnModel.from_model_deployment(
    sys.argv[2], model_file_name="model.joblib", artifact_dir=tempfile.mkdtemp(), ignore_conda_error=True
)
sent = {
    "frame": features,
    "array": features.to_numpy(),
    "list": features.to_numpy().tolist(),
    "tuple": tuple(features.to_numpy().tolist()),
    "columns": features.to_dict("list"),
    "text": features.to_json(),
}
report = {name: model.predict(data, auto_serialize_data=True)["prediction"] for name, data in sent.items()}
report["bare"] = model.predict(features.to_numpy().tolist(), auto_serialize_data=False)["prediction"]
Path(sys.argv[1]).write_text(json.dumps(report))
