"""The classes of the frameworks: called as in the reference, and seen so by help() and by type checkers."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from modelyard import model as exported
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.generic_model import GenericModel
from modelyard.model.options import DeployOptions, PrepareOptions, PrepareSaveDeployOptions, SaveOptions

FRAMEWORKS = (
    *("SklearnModel", "LightGBMModel", "XGBoostModel", "PyTorchModel", "TensorFlowModel"),
    *("HuggingFacePipelineModel", "SparkPipelineModel"),
)
STEPS = {
    "prepare": PrepareOptions,
    "save": SaveOptions,
    "deploy": DeployOptions,
    "prepare_save_deploy": PrepareSaveDeployOptions,
}
SENT_AS_JSON = {"HuggingFacePipelineModel": ["json", "huggingface"], "SparkPipelineModel": ["json", "spark"]}
CONSTRUCTOR = (
    "(estimator=None, artifact_dir=None, properties=None, auth=None, model_save_serializer=None, "
    "model_input_serializer=None, *, as_onnx=False)"
)


def class_of(name: str) -> Any:
    return getattr(exported, name)


def seen(callee: Any) -> str:
    """Return a signature without its annotations."""
    signature = inspect.signature(callee)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(bare))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_each_class_is_made_from_an_estimator_and_no_choice_of_serializing(name: str) -> None:
    kind = class_of(name)
    assert issubclass(kind, EstimatorModel)
    assert seen(kind) == CONSTRUCTOR
    made = kind(None, "folder", {"project_id": "p"}, None, None, "json")
    assert (made.estimator, Path(made.artifact_dir).name, made.properties.project_id) == (None, "folder", "p")
    assert made.serialize is True
    with pytest.raises(TypeError, match="serialize"):
        kind(serialize=False)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_parameter_of_a_class_is_explained(name: str) -> None:
    kind = class_of(name)
    explained = inspect.getdoc(kind) or ""
    assert {each for each in inspect.signature(kind).parameters if f"{each}: " not in explained} == set()


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_help_shows_the_whole_signatures(name: str) -> None:
    kind = class_of(name)
    for step, options in STEPS.items():
        text = pydoc.plain(pydoc.render_doc(getattr(kind, step)))
        assert [field.name for field in fields(options) if f"{field.name}: " not in text] == []


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_each_class_takes_the_serializers_that_it_names(name: str) -> None:
    kind = class_of(name)
    for word in kind.model_save_serializer_type.values():
        made = kind(model_save_serializer=word)
        assert made.get_model_serializer().name == word
    with pytest.raises(ValueError, match="tape"):
        kind(model_save_serializer="tape")
    for word in SENT_AS_JSON.get(name, ["json"]):
        assert kind(model_input_serializer=word).get_data_serializer().name == "json"


@pytest.mark.parametrize("name", ["SklearnModel", "LightGBMModel", "XGBoostModel"])
def test_the_model_is_written_alone_in_the_order_of_the_reference(name: str, tmp_path: Path) -> None:
    from lightgbm import LGBMClassifier
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from xgboost import XGBClassifier

    made_of = {
        "SklearnModel": LogisticRegression(max_iter=200),
        "LightGBMModel": LGBMClassifier(n_estimators=3, verbose=-1),
        "XGBoostModel": XGBClassifier(n_estimators=3),
    }
    data = load_iris(as_frame=True)
    made = class_of(name)(made_of[name].fit(data.data.to_numpy(), data.target), str(tmp_path))
    made.serialize_model(True, None, False, data.data.to_numpy()[:5])
    assert made.model_file_name == "model.onnx"
    with pytest.raises(FileExistsError):
        made.serialize_model(True, None, False, data.data.to_numpy()[:5])
    made.serialize_model(True, None, True, data.data.to_numpy()[:5])


@pytest.mark.parametrize("name", ["HuggingFacePipelineModel", "SparkPipelineModel"])
def test_a_pipeline_that_is_to_be_onnx_is_refused(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"A {name} is not converted to ONNX here"):
        class_of(name)().serialize_model(True)


# ── type checkers ────────────────────────────────────────────────────────────────────────────────────────────────────

RIGHT = """
model{n} = {name}(None, "folder", auth=None, model_input_serializer="json")
same{n}: {name} = model{n}.prepare(None, "3.11", use_case_type="regression")
saved{n}: str = model{n}.save(display_name="x", freeform_tags={{"a": "b"}})
url{n}: str = model{n}.deploy(deployment_ocpus=2).url
there{n}: {name} = {name}.from_id("ocid", artifact_dir="x")
model{n}.prepare_save_deploy(deployment_display_name="x").predict([1])
"""
WRONG = """
{name}(estimater=None)
{name}(artifact_dir=3)
model{n}.prepare(use_case="regression")
model{n}.save(displayname="x")
model{n}.save(display_name=3)
model{n}.deploy(deployment_ocpu=2)
model{n}.prepare_save_deploy(deployment_displayname="x")
model{n}.serialize_model(force_overwrit=True)
model{n}.update_deployment(model="x")
{name}.from_model_catalog("ocid", artifactdir="x")
"""
CHECKERS = [
    ("mypy", "--strict", "--no-error-summary"),
    ("basedpyright", "--level", "error", "--pythonpath", sys.executable),
]


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker[0])
def test_type_checkers_reject_every_misspelt_keyword_of_every_class(checker: tuple[str, ...], tmp_path: Path) -> None:
    pytest.importorskip(checker[0])
    names = ("GenericModel", *FRAMEWORKS)
    lines = [f"from modelyard.model import {', '.join(names)}"]
    wrong = set()
    for n, name in enumerate(names):
        lines += RIGHT.format(n=n, name=name).split("\n")
        bad = WRONG.format(n=n, name=name).strip("\n").split("\n")
        wrong |= set(range(len(lines) + 1, len(lines) + 1 + len(bad)))
        lines += bad
    code = tmp_path / "code.py"
    code.write_text("\n".join(lines) + "\n")
    done = subprocess.run([sys.executable, "-m", *checker, str(code)], capture_output=True, text=True, cwd=tmp_path)
    found = {int(line) for line in re.findall(r"code\.py:(\d+):.*error:", done.stdout)}
    assert {number: lines[number - 1] for number in found ^ wrong} == {}, done.stdout


def test_a_generic_model_keeps_its_choice_of_serializing() -> None:
    assert list(inspect.signature(GenericModel).parameters)[4] == "serialize"
