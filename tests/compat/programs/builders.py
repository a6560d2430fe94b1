"""A model and its deployment, built field by field."""

import sys
import tempfile

from ads.model import DataScienceModel, SklearnModel
from ads.model.deployment import (
    ModelDeployment,
    ModelDeploymentCondaRuntime,
    ModelDeploymentInfrastructure,
    ModelDeploymentProperties,
)
from sklearn.dummy import DummyClassifier

folder = tempfile.mkdtemp()
SklearnModel(DummyClassifier().fit([[0]], [1]), artifact_dir=folder).prepare()

model = (
    DataScienceModel()
    .with_display_name("built")
    .with_description("Field by field")
    .with_freeform_tags(kind="toy")
    .with_artifact(folder)
)
model.create()
found = DataScienceModel.from_id(model.id)
assert (found.display_name, found.freeform_tags) == ("built", {"kind": "toy"})
assert DataScienceModel.from_yaml(found.to_yaml()).display_name == "built"

infrastructure = ModelDeploymentInfrastructure().with_shape_name("VM.Standard.E4.Flex").with_replica(1)
infrastructure.with_shape_config_details(ocpus=1, memory_in_gbs=16)
runtime = ModelDeploymentCondaRuntime().with_model_uri(model.id).with_env({"GREETING": "hello"})
deployment = ModelDeployment().with_display_name("built").with_infrastructure(infrastructure).with_runtime(runtime)
assert ModelDeployment.from_yaml(deployment.to_yaml()).to_dict() == deployment.to_dict()
deployment.deploy(wait_for_completion=True)
assert deployment.predict({"data": [[0], [0]]})["prediction"] == [1, 1]
assert ModelDeployment.from_id(deployment.model_deployment_id).display_name == "built"
deployment.delete(wait_for_completion=True)
model.delete()
assert ModelDeploymentProperties is sys.modules["modelyard.model.deployment"].ModelDeploymentProperties
