"""Introspection: what is wrong with an artifact before it is saved."""

import tempfile

from ads.model.framework.sklearn_model import SklearnModel
from ads.model.model_introspect import TEST_STATUS, Introspectable, IntrospectionNotPassed, ModelIntrospect, PrintItem
from sklearn.dummy import DummyClassifier

model = SklearnModel(estimator=DummyClassifier().fit([[0]], [1]), artifact_dir=tempfile.mkdtemp())
model.prepare()
assert isinstance(model, Introspectable)
introspect = ModelIntrospect(artifact=model)
assert introspect.status == TEST_STATUS.NOT_TESTED
table = introspect()
assert list(table.columns) == ["Test key", "Test name", "Result", "Message"]
assert (introspect.status, introspect.failures) == (TEST_STATUS.PASSED, 0)
assert PrintItem("key", "case").to_list() == ["key", "case", "", ""]
with open(f"{model.artifact_dir}/score.py", "w") as score:
    score.write("def load_model(:\n")
assert introspect.run()["Result"].eq(TEST_STATUS.NOT_PASSED).any()
said = ""
try:
    model.save()
except IntrospectionNotPassed as error:
    said = str(error)
assert "score.py" in said
