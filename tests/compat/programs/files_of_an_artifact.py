"""An artifact's files: made by hand, taken from an archive, written elsewhere."""

import os
import tempfile

import ads
from ads.common.auth import AuthType, api_keys
from ads.model.artifact import AritfactFolderStructureError, ModelArtifact
from ads.model.generic_model import ArtifactsNotAvailableError, GenericModel


class Squares:
    def predict(self, x):
        return x**2


folder = tempfile.mkdtemp()
model = GenericModel(estimator=Squares(), artifact_dir=folder, properties={"training_id": "ocid1.a"}, auth=api_keys())
try:
    model.upload_artifact(uri=tempfile.mkdtemp())
except ArtifactsNotAvailableError:
    pass
else:
    raise AssertionError
model.prepare(ignore_conda_error=True, force_overwrite=True)
assert model.runtime_info.model_deployment.inference_conda_env.inference_env_path == ""
target = tempfile.mkdtemp()
model.upload_artifact(uri=target)
[archive] = os.listdir(target)
artifact = ModelArtifact.from_uri(os.path.join(target, archive), artifact_dir=tempfile.mkdtemp(), reload=True)
assert artifact.predict(5) == {"prediction": 25}
loaded = GenericModel.from_model_artifact(
    uri=os.path.join(target, archive), artifact_dir=folder, force_overwrite=True, ignore_conda_error=True, reload=True
)
assert loaded.model_file_name == "model.pkl"
assert loaded.reload().verify(6) == {"prediction": 36}
assert issubclass(AritfactFolderStructureError, Exception)

ads.set_auth(auth=AuthType.API_KEY, oci_config_location=os.environ["OCI_CONFIG_FILE"], profile="DEFAULT")
assert GenericModel.from_model_artifact(uri=folder, artifact_dir=folder).save(ignore_introspection=True)
