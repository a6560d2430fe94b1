"""A model's whole life in oracle-ads, as a user of the managed service writes it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import ads
import yaml
from ads.model import DataScienceModel, ModelVersionSet
from ads.model.common.utils import MetadataArtifactPathType
from ads.model.framework.sklearn_model import SklearnModel
from ads.model.service.oci_datascience_model import ModelMetadataArtifactNotFoundError
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def serve_in_this_environment(folder: Path) -> None:
    """Name this program's own environment in runtime.yaml: there is no pack to name."""
    path = folder / "runtime.yaml"
    runtime = yaml.safe_load(path.read_text())
    runtime["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"] = {
        "INFERENCE_ENV_SLUG": "local",
        "INFERENCE_ENV_TYPE": "published",
        "INFERENCE_ENV_PATH": f"file://{sys.prefix}",
        "INFERENCE_PYTHON_VERSION": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    path.write_text(yaml.safe_dump(runtime))


def summary(model: SklearnModel) -> list[list[str]]:
    """Return the rows of the summary: step, status, details."""
    return [list(index) for index in model.summary_status().index]


def table(metadata: object) -> dict[str, list[str]]:
    """Return a table of metadata as it is shown: its columns, and its rows by key."""
    frame = metadata.to_dataframe()
    rows = {row[0]: [str(cell) for cell in row[1:]] for row in frame.itertuples(index=False)}
    return {"columns": list(frame.columns), **dict(sorted(rows.items()))}


def custom_artifact(entry: DataScienceModel, folder: Path) -> dict[str, object]:
    """Give an item of the custom metadata a file, replace it by bytes, and take it away."""
    (folder / "note.md").write_text("# one")
    had = entry.if_model_custom_metadata_artifact_exist("note")
    made = entry.create_custom_metadata_artifact("note", str(folder / "note.md"), MetadataArtifactPathType.LOCAL)
    first = entry.get_custom_metadata_artifact("note", str(folder))
    listed = table(DataScienceModel.from_id(entry.id).custom_metadata_list)["note"][-1]
    entry.update_custom_metadata_artifact("note", b"# two", MetadataArtifactPathType.CONTENT)
    second = entry.get_custom_metadata_artifact("note", str(folder), override=True)
    has = entry.if_model_custom_metadata_artifact_exist("note")
    entry.delete_custom_metadata_artifact("note")
    return {
        "status": made.status,
        "read": [first.decode(), second.decode(), (folder / "note").read_text()],
        "there": [had, has, entry.if_model_custom_metadata_artifact_exist("note")],
        "listed": [listed, table(DataScienceModel.from_id(entry.id).custom_metadata_list)["note"][-1]],
    }


def defined_artifact(entry: DataScienceModel, folder: Path) -> dict[str, object]:
    """Do the same with an item of the defined metadata."""
    made = entry.create_defined_metadata_artifact("Hyperparameters", b"# one", MetadataArtifactPathType.CONTENT)
    first = entry.get_defined_metadata_artifact("Hyperparameters", str(folder))
    (folder / "second.md").write_text("# two")
    entry.update_defined_metadata_artifact("Hyperparameters", str(folder / "second.md"), MetadataArtifactPathType.LOCAL)
    second = entry.get_defined_metadata_artifact("Hyperparameters", str(folder), override=True)
    entry.delete_defined_metadata_artifact("Hyperparameters")
    try:
        entry.get_defined_metadata_artifact("Hyperparameters", str(folder), override=True)
        after = "there"
    except ModelMetadataArtifactNotFoundError:
        after = "gone"
    return {
        "status": made.status,
        "read": [first.decode(), second.decode(), (folder / "Hyperparameters").read_text()],
        "after": after,
    }


ads.set_auth(
    "api_key",
    oci_config_location=os.environ["OCI_CONFIG_FILE"],
    profile="DEFAULT",
    client_kwargs={"service_endpoint": os.environ["MODELYARD_ENDPOINT"]},
)
features, labels = load_iris(return_X_y=True, as_frame=True)
estimator = LogisticRegression(max_iter=500).fit(features, labels)
folder = Path(tempfile.mkdtemp())
report: dict[str, object] = {"expected": estimator.predict(features).tolist()}

model = SklearnModel(estimator=estimator, artifact_dir=str(folder))
model.prepare(X_sample=features, y_sample=labels, force_overwrite=True, ignore_conda_error=True)
serve_in_this_environment(folder)
report["verified"] = model.verify(features)["prediction"]
introspection = model.introspect()
report["introspection"] = {
    "columns": list(introspection.columns),
    "results": dict(zip(introspection["Test key"], introspection["Result"], strict=True)),
}
report["summary"] = [summary(model)]  # without a deployment it takes a quarter of a minute

versions = ModelVersionSet(name=f"iris-{folder.name}", description="for the test")
versions.create()
# without an item of its own, from_model_catalog of oracle-ads fails before it asks for anything
model.metadata_custom.add(key="note", value="kept", category="Other", description="an item")
model_id = model.save(
    display_name="iris", ignore_introspection=True, model_version_set=versions, version_label="one", reload=False
)
deployment = model.deploy(
    display_name="iris",
    poll_interval=1,
    deployment_instance_shape="VM.Standard.E4.Flex",
    deployment_ocpus=1,
    deployment_memory_in_gbs=16,
)
report["state"] = deployment.state.name
report["predicted"] = model.predict(features)["prediction"]
report["summary"].append(summary(model))
model.update_deployment(display_name="renamed", poll_interval=1)
report["renamed"] = model.model_deployment.sync().display_name

entry = DataScienceModel.from_id(model_id)
report["label"] = entry.version_label
report["in_set"] = entry.model_version_set_id == versions.id
report["note"] = entry.custom_metadata_list.get("note").value
report["custom artifact"] = custom_artifact(entry, Path(tempfile.mkdtemp()))
report["defined artifact"] = defined_artifact(entry, Path(tempfile.mkdtemp()))
report["listed"] = model_id in [each.id for each in DataScienceModel.list()]
back = SklearnModel.from_model_catalog(
    model_id, artifact_dir=tempfile.mkdtemp(), model_file_name="model.joblib", ignore_conda_error=True
)
report["files"] = [sorted(path.name for path in Path(where).iterdir()) for where in (folder, back.artifact_dir)]

report["custom"] = table(back.metadata_custom)
report["taxonomy"] = table(back.metadata_taxonomy)
report["same"] = {
    "custom": table(model.metadata_custom) == table(back.metadata_custom),
    "taxonomy": table(model.metadata_taxonomy) == table(back.metadata_taxonomy),
    "schema": model.schema_input.to_dict() == back.schema_input.to_dict(),
}
found = ModelVersionSet.from_name(name=versions.name)
report["version set"] = [found.id == versions.id, found.status, [each.id for each in found.models()] == [model_id]]
report["printed"] = sorted(yaml.safe_load(repr(model)))

model.delete_deployment()
report["summary"].append(summary(model))
model.delete()
report["gone"] = DataScienceModel.from_id(model_id).status
Path(sys.argv[1]).write_text(json.dumps(report))
