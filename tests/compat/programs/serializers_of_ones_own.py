"""Serializers by name, by type and of one's own."""

import json
import tempfile

from ads.model.generic_model import GenericModel
from ads.model.serde.common import SERDE


class AsText(SERDE):
    def __init__(self):
        super().__init__()

    def serialize(self, data):
        return json.dumps({"text": str(data)})

    def deserialize(self, data):
        return json.loads(data)["text"]


class Squares:
    def predict(self, x):
        return x**2


model = GenericModel(estimator=Squares(), artifact_dir=tempfile.mkdtemp())
model.set_model_save_serializer(GenericModel.model_save_serializer_type.CLOUDPICKLE)
model.set_model_save_serializer("cloudpickle")
model.set_model_input_serializer(GenericModel.model_input_serializer_type.JSON)
model.set_model_input_serializer("json")
model.prepare()
assert model.model_file_name == "model.pkl"
assert model.verify(3, auto_serialize_data=True) == {"prediction": 9}

mine = AsText()
assert GenericModel(estimator=Squares(), model_input_serializer=mine).get_data_serializer() is mine
model.set_model_input_serializer(mine)
assert model.get_data_serializer() is model.model_input_serializer is mine
for name in ("nonsense", "joblib_onnx"):
    try:
        model.set_model_save_serializer(name)
    except (ValueError, TypeError):
        continue
    raise AssertionError(name)
