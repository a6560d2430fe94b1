"""A class of one's own, all the way to an endpoint and back."""

import sys
import tempfile

from ads.model.generic_model import GenericModel


class Squares:
    def predict(self, x):
        return x**2


model = GenericModel(estimator=Squares(), artifact_dir=tempfile.mkdtemp())
assert list(model.summary_status().reset_index()["Status"])[:2] == ["Done", "Available"]
model.prepare(
    inference_conda_env="default",
    inference_python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    namespace="id19sfcrra6z",
    model_file_name="squares.pkl",
    training_id=None,
    force_overwrite=True,
)
assert model.verify(3) == {"prediction": 9}
model_id = model.save(display_name="squares")
model.deploy()
model.update_deployment(description="Multiplies by itself", freeform_tags={"kind": "toy"})
assert model.predict(4)["prediction"] == 16
assert model.model_deployment.resource.freeform_tags == {"kind": "toy"}

again = GenericModel.from_id(model.model_deployment_id, artifact_dir=tempfile.mkdtemp())
assert again.model_id == model_id
assert again.predict(5) == {"prediction": 25}
again = GenericModel.from_model_catalog(model_id, artifact_dir=tempfile.mkdtemp(), model_file_name="squares.pkl")
assert again.verify(6) == {"prediction": 36}
model.restart_deployment()
assert model.predict(7) == {"prediction": 49}
model.delete(delete_associated_model_deployment=True)
