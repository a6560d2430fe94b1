"""The long signatures: as the reference has them, and seen by everybody."""

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

from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel
from modelyard.model.options import DeployOptions, PrepareOptions, PrepareSaveDeployOptions, SaveOptions

PREPARE = """inference_conda_env=None inference_python_version=None training_conda_env=None training_python_version=None
model_file_name=None as_onnx=False initial_types=None force_overwrite=False namespace='id19sfcrra6z' use_case_type=None
X_sample=None y_sample=None training_script_path=None training_id=None ignore_pending_changes=True max_col_num=2000
ignore_conda_error=False"""
INFRASTRUCTURE = """deployment_instance_shape=None deployment_instance_subnet_id=None
deployment_instance_private_endpoint_id=None deployment_instance_count=None deployment_bandwidth_mbps=None
deployment_log_group_id=None deployment_access_log_id=None deployment_predict_log_id=None
deployment_memory_in_gbs=None deployment_ocpus=None deployment_image=None"""
FROM = """model_file_name=None artifact_dir=None auth=None force_overwrite=False properties=None bucket_uri=None
remove_existing_artifact=True ignore_conda_error=False download_artifact=True"""

REFERENCE = {
    "prepare": f"{PREPARE} score_py_uri=None",
    "save": """bucket_uri=None defined_tags=None description=None display_name=None featurestore_dataset=None
        freeform_tags=None ignore_introspection=False model_version_set=None overwrite_existing_artifact=True
        parallel_process_count=9 remove_existing_artifact=True reload=True version_label=None
        model_by_reference=False""",
    "deploy": f"wait_for_completion=True display_name=None description=None {INFRASTRUCTURE}",
    "prepare_save_deploy": f"""{PREPARE} model_display_name=None model_description=None model_freeform_tags=None
        model_defined_tags=None ignore_introspection=False wait_for_completion=True deployment_display_name=None
        deployment_description=None {INFRASTRUCTURE} bucket_uri=None overwrite_existing_artifact=True
        remove_existing_artifact=True model_version_set=None version_label=None model_by_reference=False""",
    "update_deployment": """model_deployment_id=None properties=None wait_for_completion=True max_wait_time=1200
        poll_interval=10""",
    "from_model_artifact": """uri model_file_name=None artifact_dir=None auth=None force_overwrite=False
        properties=None ignore_conda_error=False""",
    "from_model_catalog": f"model_id {FROM}",
    "from_model_deployment": f"model_deployment_id {FROM}",
    "from_id": f"ocid {FROM}",
    "delete": """model_id=None delete_associated_model_deployment=False delete_model_artifact=False
        artifact_dir=None""",
    "delete_deployment": "wait_for_completion=True",
    "restart_deployment": "max_wait_time=1200 poll_interval=10",
    "verify": "data=None reload_artifacts=True auto_serialize_data=False",
    "predict": "data=None auto_serialize_data=False local=False",
    "serialize_model": "as_onnx=False initial_types=None force_overwrite=False X_sample=None",
    "download_artifact": """artifact_dir=None auth=None force_overwrite=False bucket_uri=None
        remove_existing_artifact=True""",
    "upload_artifact": "uri auth=None force_overwrite=False parallel_process_count=9",
    "update_summary_status": "detail status",
    "update_summary_action": "detail action",
}


@pytest.mark.parametrize("name", REFERENCE)
def test_positional_parameters_are_those_of_the_reference(name: str) -> None:
    parameters = [*inspect.signature(getattr(GenericModel, name)).parameters.values()]
    seen = [each.replace(annotation=inspect.Parameter.empty) for each in parameters if each.name not in {"self", "cls"}]
    positional = [str(each) for each in seen if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == REFERENCE[name].split()


def test_a_framework_sends_data_as_it_is_unless_told() -> None:
    for name in ("verify", "predict"):
        assert inspect.signature(getattr(SklearnModel, name)).parameters["auto_serialize_data"].default is True


def test_every_option_of_the_three_steps_can_be_given_to_all_at_once() -> None:
    renamed = {"display_name", "description"}
    given = {field.name for field in fields(PrepareSaveDeployOptions)}
    for step in (PrepareOptions, SaveOptions, DeployOptions):
        assert {field.name for field in fields(step)} - given <= renamed


def test_every_option_of_all_at_once_arrives_where_it_belongs() -> None:
    values: dict[str, Any] = {field.name: f"<{field.name}>" for field in fields(PrepareSaveDeployOptions)}
    options = PrepareSaveDeployOptions(**values)
    steps = (options.prepare_options(), options.save_options(), options.deploy_options())
    arrived = {getattr(step, field.name) for step in steps for field in fields(step)}
    assert arrived == set(values.values())
    assert (steps[1].display_name, steps[2].display_name) == ("<model_display_name>", "<deployment_display_name>")
    tags: list[Any] = [steps[1].freeform_tags, steps[2].freeform_tags]
    assert tags == ["<model_freeform_tags>", "<freeform_tags>"]


def test_a_misspelt_option_is_an_error_that_knows_better() -> None:
    with pytest.raises(TypeError, match="Did you mean inference_conda_env"):
        GenericModel().prepare(inference_conda_environment="x")  # type: ignore[call-arg]


def test_too_many_positional_arguments_are_an_error() -> None:
    with pytest.raises(TypeError, match=r"delete\(\)|too many|takes from"):
        GenericModel.delete("a", False, False, "b", "c")  # type: ignore[call-arg, arg-type]


def test_help_shows_every_parameter() -> None:
    text = pydoc.plain(pydoc.render_doc(GenericModel.deploy))
    for field in fields(DeployOptions):
        assert f"{field.name}: " in text
    assert "Serve the saved model" in text


REFERS_TO_OTHERS = {"prepare_save_deploy", "from_model_deployment", "from_id"}


@pytest.mark.parametrize("name", sorted(set(REFERENCE) - REFERS_TO_OTHERS))
def test_every_parameter_is_explained(name: str) -> None:
    method = getattr(GenericModel, name)
    explained = inspect.getdoc(method) or ""
    names = {each for each in inspect.signature(method).parameters if each not in {"self", "cls"}}
    if len(names) > 5:
        assert {each for each in names if f"{each}:" not in explained} <= {"impute_values"}


USES = """
from modelyard.model.framework.sklearn_model import SklearnModel
model = SklearnModel().prepare(None, "3.11", use_case_type="regression")
other: SklearnModel = SklearnModel.from_id("ocid", artifact_dir="x")
identifier: str = model.save(display_name="x", freeform_tags={"a": "b"})
deployment = SklearnModel.update_deployment("ocid", model_id=identifier)
url: str = model.deploy(deployment_ocpus=2).url
model.prepare(use_case="regression")
model.save(display_name=3)
model.update_deployment(model="x")
model.prepare_save_deploy(deployment_displayname="x")
""".lstrip()


@pytest.mark.parametrize(
    "checker", [("mypy", "--strict", "--no-error-summary"), ("basedpyright", "--pythonpath", sys.executable)]
)
def test_type_checkers_reject_a_misspelt_keyword_and_a_wrong_type(checker: tuple[str, ...], tmp_path: Path) -> None:
    pytest.importorskip(checker[0])
    code = tmp_path / "code.py"
    code.write_text(USES)
    done = subprocess.run([sys.executable, "-m", *checker, str(code)], capture_output=True, text=True, cwd=tmp_path)
    wrong = re.findall(r"code\.py:(\d+):.* error:|code\.py:(\d+): error:", done.stdout)
    assert ["".join(lines) for lines in wrong] == ["7", "8", "9", "10"], done.stdout
