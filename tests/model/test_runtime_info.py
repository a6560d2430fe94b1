"""runtime.yaml as something that can be changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard import errors
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import RuntimeInfoInconsistencyError
from modelyard.model.runtime import EnvInfo, InferenceEnvInfo, RuntimeInfo, TrainingEnvInfo
from modelyard.model.runtime.env_info import PACK_TYPE


def test_what_was_changed_is_written_and_read_again(make_model: Callable[..., SklearnModel], nowhere: Path) -> None:
    model = make_model().prepare()
    info = model.runtime_info
    assert info is not None
    before = info.to_yaml()
    assert (Path(str(model.artifact_dir)) / "runtime.yaml").read_text() == before
    info.model_provenance.training_code.artifact_directory = "/home/somebody"
    assert info.to_yaml() == before  # it would tell everybody the layout of the author's home
    info.model_provenance.user_ocid = "ocid1.user.oc1..a"
    with pytest.raises(RuntimeInfoInconsistencyError, match="reload_runtime_info"):
        model.save()
    info.save()
    model.reload_runtime_info()
    assert model.runtime_info is not None
    assert model.runtime_info.model_provenance.user_ocid == "ocid1.user.oc1..a"
    assert RuntimeInfo.from_yaml(uri=f"{model.artifact_dir}/runtime.yaml") == model.runtime_info


def test_what_would_be_no_runtime_yaml_is_not_written(make_model: Callable[..., SklearnModel], nowhere: Path) -> None:
    model = make_model().prepare()
    info = model.runtime_info
    assert info is not None
    before = (Path(str(model.artifact_dir)) / "runtime.yaml").read_text()
    info.model_deployment.inference_conda_env.inference_python_version = "3.1"
    with pytest.raises(errors.RuntimeYamlError, match=r"INFERENCE_PYTHON_VERSION is '3.1'"):
        info.save()
    assert (Path(str(model.artifact_dir)) / "runtime.yaml").read_text() == before
    with pytest.raises(ValueError, match="has no file yet"):
        RuntimeInfo().save()


def test_it_survives_a_dictionary(make_model: Callable[..., SklearnModel], nowhere: Path) -> None:
    info = make_model().prepare().runtime_info
    assert info is not None
    assert RuntimeInfo.from_dict(info.to_dict()) == info
    assert RuntimeInfo.from_json(info.to_json()) == info
    with pytest.raises(ValueError, match="has no model_deploiment"):
        RuntimeInfo.from_dict({"model_deploiment": {}})


def test_the_environment_that_runs_now_is_known() -> None:
    env = RuntimeInfo.from_env().model_deployment.inference_conda_env
    assert env.inference_env_path == Path(sys.prefix).as_uri()
    assert env.inference_python_version.startswith(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_an_environment_comes_from_a_slug_or_a_path() -> None:
    pack = InferenceEnvInfo.from_slug("generalml_p311_cpu_x86_64_v1")
    assert (pack.inference_env_slug, pack.inference_env_type) == (
        "generalml_p311_cpu_x86_64_v1",
        PACK_TYPE.SERVICE_PACK.value,
    )
    own = TrainingEnvInfo.from_path("oci://bucket@ns/packs/mine_v1")
    assert (own.training_env_slug, own.training_env_type) == ("mine_v1", PACK_TYPE.USER_CUSTOM_PACK.value)
    assert isinstance(own, EnvInfo)
    with pytest.raises(errors.EnvironmentNotFound):
        InferenceEnvInfo.from_path("/no/such/environment")
