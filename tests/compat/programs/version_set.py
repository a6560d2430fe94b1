"""Versions of a model, kept together."""

import tempfile

from ads.model import ModelVersionSet, SklearnModel, experiment
from ads.model.model_properties import ModelProperties
from sklearn.dummy import DummyClassifier


def prepared():
    model = SklearnModel(DummyClassifier().fit([[0]], [1]), artifact_dir=tempfile.mkdtemp())
    return model.prepare()


versions = ModelVersionSet().with_name("compat_experiment").with_description("The first one")
versions.create()
first = prepared().save(display_name="first")
versions.model_add(first, version_label="one")
assert [each.display_name for each in versions.model_list()] == ["first"]
second = prepared().save(display_name="second", model_version_set=versions, version_label="two")
with experiment(name="compat_experiment", create_if_not_exists=False):
    prepared().save(display_name="third")
assert {each.display_name for each in versions.models()} == {"first", "second", "third"}
assert versions.id in versions.details_link
assert ModelVersionSet.from_name("compat_experiment").id == ModelVersionSet.from_id(versions.id).id
assert ModelVersionSet.from_dict(versions.to_dict()).name == "compat_experiment"
versions.delete(delete_model=True)

properties = ModelProperties.from_dict({"deployment_instance_count": 1}).with_prop("deployment_ocpus", 2)
config = f"{tempfile.mkdtemp()}/models.ini"
properties.to_config(config, "SMALL")
assert ModelProperties.from_config(config, "SMALL") == properties
