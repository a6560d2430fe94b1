"""The package offers what the reference's offers, and imports it when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from modelyard import model

NAMES = """
AutoMLModel DataScienceModel DataScienceModelGroup EmbeddingONNXModel GenericModel HuggingFacePipelineModel
LightGBMModel ModelDeployer ModelDeployment ModelDeploymentProperties ModelInputSerializer ModelProperties ModelState
ModelVersionSet ModelVersionSetNotExists ModelVersionSetNotSaved PyTorchModel SERDE Serializer SklearnModel
SparkPipelineModel TensorFlowModel XGBoostModel experiment
""".split()  # noqa: SIM905


def test_the_names_are_those_of_the_reference() -> None:
    assert sorted(model.__all__) == sorted(dir(model)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_there_and_is_itself(name: str) -> None:
    import ads.model

    assert getattr(model, name).__name__ == name
    assert getattr(ads.model, name) is getattr(model, name)


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = model.nonsense


def test_importing_the_package_imports_none_of_its_modules() -> None:
    program = "import sys, modelyard.model; print([m for m in sys.modules if m.startswith('modelyard.model.')])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip() == b"[]"
