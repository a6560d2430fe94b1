"""Deployments, field by field: on paper, and deployed, asked, changed and deleted at a real service."""

from __future__ import annotations

import inspect
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard import errors
from modelyard.client.data_science import DataScienceClient
from modelyard.client.logging import LoggingClient
from modelyard.client.profile import resolve
from modelyard.lifecycle import DeploymentState
from modelyard.model.datascience_model import DataScienceModel, ModelWithActiveDeploymentError
from modelyard.model.deployment import (
    ModelDeployer,
    ModelDeployment,
    ModelDeploymentCondaRuntime,
    ModelDeploymentContainerRuntime,
    ModelDeploymentInfrastructure,
    ModelDeploymentProperties,
    State,
)
from modelyard.model.deployment.deployment_answer import infrastructure_of, runtime_of_seen
from modelyard.model.deployment.model_deployment import (
    LogNotConfiguredError,
    ModelDeploymentPredictError,
    ModelDeploymentUpdateType,
)
from modelyard.model.failures import NotActiveDeploymentError, PathNotFoundError
from modelyard.model.generic_model import GenericModel
from modelyard.resources import deployment as nouns
from modelyard.resources.logging import CreateLogDetails, CreateLogGroupDetails
from modelyard.resources.scaling import AutoScalingPolicy, FixedSizeScalingPolicy

MODEL = "ocid1.datasciencemodel.oc98.local-1.a"
SCORE = """
def load_model():
    return {number}


def predict(data, model=load_model()):
    print("asked", data)
    return {{"prediction": [model, data]}}
"""

#: What the reference lets a caller pass by position.
WAITING = "wait_for_completion=True max_wait_time=1200 poll_interval=10"
REFERENCE = {
    ModelDeployment: {
        "deploy": WAITING,
        "delete": WAITING,
        "activate": WAITING,
        "deactivate": WAITING,
        "update": f"properties=None {WAITING} update_type='ZDT'",
        "watch": "log_type=None time_start=None interval=3 log_filter=None",
        "predict": "json_input=None data=None serializer=None auto_serialize_data=False model_name=None "
        "model_version=None",
        "logs": "log_type=None",
        "show_logs": "time_start=None time_end=None limit=100 log_type=None",
        "sync": "",
        "list": "status=None compartment_id=None project_id=None",
        "list_df": "status=None compartment_id=None project_id=None",
        "from_id": "id",
        "with_display_name": "display_name",
        "with_description": "description",
        "with_freeform_tags": "",
        "with_defined_tags": "",
        "with_runtime": "runtime",
        "with_infrastructure": "infrastructure",
        "build": "",
        "to_dict": "",
    },
    ModelDeploymentInfrastructure: {
        "with_shape_config_details": "ocpus memory_in_gbs",
        "with_auto_scaling": "scaling_type minimum_instance_count=None maximum_instance_count=None "
        "initial_instance_count=None scale_in_threshold=None scale_out_threshold=None cool_down_in_seconds=None "
        "is_enabled=None",
        "with_access_log": "log_group_id log_id",
        "with_predict_log": "log_group_id log_id",
        "with_compute_target": "compute_target_details",
        **{
            f"with_{name}": name
            for name in (
                *("compartment_id", "project_id", "shape_name", "replica", "bandwidth_mbps", "log_group_id", "log_id"),
                *("web_concurrency", "subnet_id", "private_endpoint_id", "capacity_reservation_ids"),
            )
        },
    },
    ModelDeploymentCondaRuntime: {
        f"with_{name}": name
        for name in (
            *("env", "deployment_mode", "input_stream_ids", "output_stream_ids", "model_uri", "model_group_id"),
            *("bucket_uri", "auth", "region", "overwrite_existing_artifact", "remove_existing_artifact", "timeout"),
        )
    },
    ModelDeploymentContainerRuntime: {
        "with_inference_server": "inference_server='triton'",
        **{
            f"with_{name}": name
            for name in ("image", "image_digest", "cmd", "entrypoint", "server_port", "health_check_port")
        },
    },
    ModelDeploymentProperties: {
        "with_instance_configuration": "config",
        "with_category_log": "log_type group_id log_id",
        "with_access_log": "log_group_id log_id",
        "with_predict_log": "log_group_id log_id",
        "with_logging_configuration": "access_log_group_id access_log_id predict_log_group_id=None predict_log_id=None",
        "with_prop": "property_name value",
        "build": "",
        "to_update_deployment": "",
    },
    ModelDeployer: {
        "deploy": f"properties=None {WAITING}",
        "deploy_from_model_uri": f"model_uri properties=None {WAITING}",
        "update": f"model_deployment_id properties=None {WAITING}",
        "get_model_deployment": "model_deployment_id",
        "get_model_deployment_state": "model_deployment_id",
        "delete": f"model_deployment_id {WAITING}",
        "list_deployments": "status=None compartment_id=None",
        "show_deployments": "status=None compartment_id=None",
    },
}


def _positional(callee: Any) -> str:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [each for each in inspect.signature(callee).parameters.values() if each.kind in kinds]
    return " ".join(
        each.name if each.default is each.empty else f"{each.name}={each.default!r}"
        for each in found
        if each.name != "self"
    )


@pytest.mark.parametrize(("kind", "method"), [(kind, method) for kind, said in REFERENCE.items() for method in said])
def test_every_method_takes_what_the_reference_says(kind: type, method: str) -> None:
    assert _positional(getattr(kind, method)) == REFERENCE[kind][method]


def test_constructors_take_what_the_reference_says() -> None:
    assert _positional(ModelDeployment) == (
        "properties=None config=None model_deployment_id=None model_deployment_url='' spec=None"
    )
    assert _positional(ModelDeploymentProperties) == (
        "model_id=None model_uri=None oci_model_deployment=None config=None"
    )
    assert _positional(ModelDeployer) == "config=None ds_client=None"


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _draft() -> ModelDeployment:
    infrastructure = (
        ModelDeploymentInfrastructure()
        .with_project_id("p")
        .with_compartment_id("c")
        .with_shape_config_details(2, 8.5, cpu_baseline="BASELINE_1_2")
        .with_auto_scaling("cpu_utilization", 1, 4, scale_out_threshold=60, is_enabled=True)
        .with_bandwidth_mbps(20)
        .with_access_log("group", "access")
        .with_predict_log("group", "predict")
        .with_web_concurrency(3)
    )
    runtime = ModelDeploymentCondaRuntime().with_model_uri(MODEL).with_env({"LEVEL": "info"})
    return (
        ModelDeployment()
        .with_display_name("wine")
        .with_description("d")
        .with_freeform_tags(a="b")
        .with_defined_tags(space={"key": 1})
        .with_infrastructure(infrastructure)
        .with_runtime(runtime)
    )


def test_a_deployment_with_everything_survives_every_form(nowhere: Path, tmp_path: Path) -> None:
    draft = _draft()
    said = draft.to_dict()
    for again in (
        ModelDeployment.from_dict(said),
        ModelDeployment.from_yaml(draft.to_yaml()),
        ModelDeployment.from_json(draft.to_json()),
        ModelDeployment(spec=said["spec"]),  # type: ignore[arg-type]
    ):
        assert again.to_dict() == said
        assert isinstance(again.runtime, ModelDeploymentCondaRuntime)
        assert again.infrastructure is not None
        assert again.infrastructure.access_log == {"logGroupId": "group", "logId": "access"}
    assert said["kind"] == "deployment"
    infrastructure = said["spec"]["infrastructure"]  # type: ignore[index]
    assert (infrastructure["kind"], infrastructure["type"]) == ("infrastructure", "datascienceModelDeployment")
    assert infrastructure["spec"]["shapeConfigDetails"] == {
        "ocpus": 2,
        "memoryInGBs": 8.5,
        "cpuBaseline": "BASELINE_1_2",
    }
    draft.to_yaml(uri=str(tmp_path / "deployment.yaml"))
    assert ModelDeployment.from_yaml(uri=str(tmp_path / "deployment.yaml")).to_dict() == said


def test_a_container_survives_every_form_and_keeps_secrets_out_of_files(nowhere: Path) -> None:
    runtime = (
        ModelDeploymentContainerRuntime()
        .with_image("registry.example.org/wine:1")
        .with_image_digest("sha256:" + "0" * 64)
        .with_cmd(["serve"])
        .with_entrypoint(["python"])
        .with_server_port(5000)
        .with_inference_server()
        .with_auth({"config": {"user": "me"}})
    )
    again = ModelDeploymentContainerRuntime.from_yaml(runtime.to_yaml())
    assert again.to_dict() == runtime.to_dict()
    assert (again.type, again.environment_config_type, again.auth) == ("container", "OCIR_CONTAINER", None)
    assert (again.server_port, again.health_check_port) == (5000, 8080)
    assert again.variables() == {"CONTAINER_TYPE": "TRITON"}


@given(
    replica=st.integers(1, 500),
    bandwidth=st.integers(10, 8000),
    env=st.dictionaries(st.text(min_size=1), st.text()),
    limits=st.none() | st.tuples(st.integers(1, 9), st.integers(10, 99)),
    shape=st.sampled_from(["VM.Standard.E4.Flex", "VM.Standard2.1"]),
)
def test_what_is_asked_for_is_read_back(
    replica: int, bandwidth: int, env: dict[str, str], limits: tuple[int, int] | None, shape: str
) -> None:
    infrastructure = ModelDeploymentInfrastructure(
        project_id="p", compartment_id="c", replica=replica, bandwidth_mbps=bandwidth, shape_name=shape
    )
    if not shape.endswith(".Flex"):
        infrastructure.set_spec("shape_config_details", None)
    if limits is not None:
        infrastructure.set_spec("replica", 1).with_auto_scaling(
            "memory_utilization", *limits, limits[0], 30, 70, is_enabled=True
        )
    runtime = ModelDeploymentCondaRuntime(model_uri=MODEL, deployment_mode="HTTPS_ONLY")
    runtime.set_spec("env", {name: value for name, value in env.items() if name != "WEB_CONCURRENCY"} or None)
    wanted = ModelDeployment(infrastructure=infrastructure, runtime=runtime, display_name="n").wanted(
        model_id=MODEL, home=None
    )
    seen = nouns.ModelDeployment(
        id="i",
        time_created=datetime(2026, 11, 22, tzinfo=timezone.utc),
        display_name="n",
        project_id="p",
        compartment_id="c",
        created_by="u",
        lifecycle_state=DeploymentState.ACTIVE,
        model_deployment_url="u",
        model_deployment_configuration_details=wanted.model_deployment_configuration_details,
    )
    assert infrastructure_of(seen).to_dict() == infrastructure.to_dict()
    assert runtime_of_seen(seen).to_dict() == runtime.to_dict()


def test_defaults_are_one_small_flexible_instance(nowhere: Path) -> None:
    assert ModelDeploymentInfrastructure().to_dict()["spec"] == {
        "shapeName": "VM.Standard.E4.Flex",
        "shapeConfigDetails": {"ocpus": 1.0, "memoryInGBs": 16.0},
        "replica": 1,
        "bandwidthMbps": 10,
    }


def test_scaling_by_load_takes_the_place_of_a_count(nowhere: Path) -> None:
    wanted = _draft().wanted(model_id=MODEL, home=None)
    details = wanted.model_deployment_configuration_details
    assert isinstance(details, nouns.SingleModelDeploymentConfigurationDetails)
    policy = details.model_configuration_details.scaling_policy
    assert isinstance(policy, AutoScalingPolicy)
    limits = policy.auto_scaling_policies[0]
    counts = (limits.minimum_instance_count, limits.maximum_instance_count, limits.initial_instance_count)
    assert counts == (1, 4, 1)
    environment = details.environment_configuration_details
    assert environment is not None
    assert environment.environment_variables == {"LEVEL": "info", "WEB_CONCURRENCY": "3"}
    assert wanted.category_log_details is not None
    assert wanted.category_log_details.access == nouns.LogDetails(log_id="access", log_group_id="group")


def test_a_compute_target_and_a_group_are_asked_for_as_such(nowhere: Path) -> None:
    on_target = _draft()
    assert on_target.infrastructure is not None
    on_target.infrastructure.set_spec("auto_scaling", None).with_compute_target({"compute_target_id": "t", "ocpus": 4})
    details = on_target.wanted(model_id=MODEL, home=None).model_deployment_configuration_details
    assert isinstance(details, nouns.SingleModelDeploymentFlexConfigurationDetails)
    group = _draft().with_runtime(ModelDeploymentCondaRuntime(model_group_id="g"))
    details = group.wanted(model_id=None, home=None).model_deployment_configuration_details
    assert isinstance(details, nouns.ModelGroupDeploymentConfigurationDetails)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: ModelDeploymentInfrastructure(colour="red"), "has no colour"),  # type: ignore[call-arg]
        (lambda: ModelDeploymentInfrastructure(replica=0), "whole number from 1 on, not 0"),
        (lambda: ModelDeploymentInfrastructure(replica=True), "whole number"),
        (lambda: ModelDeploymentInfrastructure().with_auto_scaling("moon_phase"), "scales by cpu_utilization"),
        (lambda: ModelDeploymentInfrastructure(auto_scaling={"replica": 3}), "has no replica"),
        (lambda: ModelDeploymentInfrastructure(access_log={"log_group_id": "g"}), "needs log_id too"),
        (lambda: ModelDeploymentInfrastructure().with_category_log("error", "g", "l"), "access and predict logs"),
        (lambda: ModelDeploymentInfrastructure().with_compute_target({"ocpus": 3}), "needs compute_target_id"),
        (lambda: ModelDeploymentCondaRuntime().with_deployment_mode("SMOKE"), "HTTPS_ONLY, STREAM_ONLY"),
        (lambda: ModelDeploymentCondaRuntime().with_env({"A": 1}), "it is text, not 1"),  # type: ignore[dict-item]
        (lambda: ModelDeploymentContainerRuntime().with_cmd("serve"), "list of texts"),  # type: ignore[arg-type]
        (lambda: ModelDeploymentContainerRuntime().with_inference_server("other"), "triton"),
        (lambda: ModelDeployment().with_runtime({"type": "moon"}), "'conda' or 'container'"),  # type: ignore[arg-type]
        (lambda: ModelDeployment().with_infrastructure(3), "ModelDeploymentInfrastructure"),  # type: ignore[arg-type]
        (lambda: ModelDeployment.from_dict({"kind": "model", "spec": {}}), "This is a 'model'"),
        (lambda: ModelDeployment.from_id("ocid1.datasciencemodel.oc98.local-1.a"), "not the OCID of a model deploy"),
        (lambda: ModelDeployment().deploy(), "what is to be served"),
        (lambda: ModelDeployment.list(status="SLEEPY"), "it takes CREATING"),
        (lambda: ModelDeployment().update(), "call deploy"),
        (lambda: ModelDeployment().delete(), "call deploy"),
        (lambda: ModelDeployment().sync(), "call deploy"),
        (lambda: ModelDeployment().logs(), "call deploy"),
        (lambda: ModelDeployment().predict(), "Give the data once"),
        (lambda: ModelDeployment().predict([1], [1]), "Give the data once"),
        (lambda: ModelDeployment().predict([1], model_version="1"), "model_name too"),
        (lambda: ModelDeployment().predict([1]), "UNKNOWN"),
        (lambda: ModelDeploymentProperties(colour="red"), "has no colour"),  # type: ignore[call-arg]
        (lambda: ModelDeploymentProperties().to_update_deployment(), "nothing to change"),
        (lambda: ModelDeploymentProperties().with_category_log("error", "g", "l"), "access and predict"),
        (lambda: ModelDeploymentProperties(minimum_instance_count=1).build(), "say scaling_type too"),
        (lambda: ModelDeploymentProperties(oci_model_deployment=3), "dictionary of properties"),  # type: ignore[arg-type]
        (lambda: ModelDeploymentProperties().with_instance_configuration({"color": 1}), "has no color"),
    ],
)
def test_what_makes_no_sense_says_why(nowhere: Path, wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda draft: draft.with_runtime(ModelDeploymentCondaRuntime()), "Say what is to be served"),
        (lambda draft: draft.runtime.with_model_group_id("g"), "has its own models"),
        (lambda draft: draft.runtime.with_input_stream_ids(["s"]), "STREAM_ONLY"),
        (lambda draft: draft.runtime.with_deployment_mode("STREAM_ONLY"), "needs both"),
        (lambda draft: draft.with_runtime(ModelDeploymentContainerRuntime(model_uri=MODEL)), "needs its image"),
        (lambda draft: draft.infrastructure.set_spec("access_log", {"log_id": "l"}), "needs its group"),
        (lambda draft: draft.infrastructure.with_compute_target({"compute_target_id": "t"}), "through the API"),
    ],
)
def test_what_does_not_go_together_is_refused(nowhere: Path, change: Callable[[Any], object], said: str) -> None:
    draft = _draft()
    change(draft)
    model_id = draft.runtime.model_uri if draft.runtime else None
    with pytest.raises(ValueError, match=said):
        draft.wanted(model_id=model_id, home=None)


def test_the_constants_are_the_names_in_files(nowhere: Path) -> None:
    builders = (
        *(ModelDeployment, ModelDeploymentInfrastructure),
        *(ModelDeploymentCondaRuntime, ModelDeploymentContainerRuntime),
    )
    for builder in builders:
        constants = {getattr(builder, name) for name in dir(builder) if name.startswith("CONST_")}
        assert set(builder.attribute_map) <= constants
    names = ModelDeploymentInfrastructure
    spec = {
        names.CONST_SHAPE_NAME: "VM.Standard.E4.Flex",
        names.CONST_SHAPE_CONFIG_DETAILS: {names.CONST_OCPUS: 2, names.CONST_MEMORY_IN_GBS: 32},
        names.CONST_ACCESS_LOG: {names.CONST_LOG_GROUP_ID: "g", names.CONST_LOG_ID: "l"},
        names.CONST_AUTO_SCALING: {
            names.CONST_SCALING_TYPE: names.CONST_SCALING_TYPE_CPU_UTILIZATION,
            names.CONST_MINIMUM_INSTANCE_COUNT: 1,
            names.CONST_MAXIMUM_INSTANCE_COUNT: 3,
            names.CONST_INITIAL_INSTANCE_COUNT: 2,
            names.CONST_SCALE_IN_THRESHOLD: 10,
            names.CONST_SCALE_OUT_THRESHOLD: 90,
            names.CONST_COOL_DOWN_IN_SECONDS: 60,
            names.CONST_IS_ENABLED: True,
        },
        names.CONST_COMPUTE_TARGET_DETAILS: {names.CONST_COMPUTE_TARGET_ID: "t", names.CONST_GPU_COUNT: 1},
    }
    said = names(spec).to_dict()["spec"]
    assert isinstance(said, dict)
    assert {name: said[name] for name in spec} == spec


def test_what_a_runtime_has_not_is_said_by_its_own_name() -> None:
    with pytest.raises(ValueError, match=r"A ModelDeploymentCondaRuntime has no images?\."):
        ModelDeploymentCondaRuntime(image="i")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match=r"A ModelDeploymentContainerRuntime has no imge\. Did you mean image\?"):
        ModelDeploymentContainerRuntime({"imge": "i"})
    with pytest.raises(ValueError, match="A ModelDeploymentCondaRuntime is written as"):
        ModelDeploymentCondaRuntime.from_yaml("kind: runtime")


@pytest.mark.parametrize("kind", [ModelDeployment, ModelDeploymentInfrastructure, ModelDeploymentContainerRuntime])
def test_a_file_that_is_not_there_is_an_error_of_ours(nowhere: Path, tmp_path: Path, kind: Any) -> None:
    for read in (kind.from_yaml, kind.from_json):
        with pytest.raises(PathNotFoundError, match=f"There is no file {tmp_path}/x to read a {kind.__name__} from"):
            read(uri=str(tmp_path / "x"))


def test_flat_properties_say_the_same(nowhere: Path) -> None:
    properties = (
        ModelDeploymentProperties(model_id=MODEL, display_name="n", project_id="p", compartment_id="c")
        .with_prop("description", "d")
        .with_instance_configuration({"INSTANCE_SHAPE": "VM.Standard2.1", "instance_count": 2, "bandwidth_mbps": 20})
        .with_logging_configuration("g", "l")
    )
    created = properties.build()
    assert (created.display_name, created.description, created.project_id) == ("n", "d", "p")
    details = created.model_deployment_configuration_details
    assert isinstance(details, nouns.SingleModelDeploymentConfigurationDetails)
    assert details.model_configuration_details.model_id == MODEL
    assert details.model_configuration_details.scaling_policy == FixedSizeScalingPolicy(instance_count=2)
    log = nouns.LogDetails(log_id="l", log_group_id="g")
    assert created.category_log_details == nouns.CategoryLogDetails(access=log, predict=log)
    scaled = ModelDeploymentProperties(scaling_type="cpu_utilization", maximum_instance_count=5).to_update_deployment()
    configuration = scaled.model_deployment_configuration_details
    assert isinstance(configuration, nouns.UpdateSingleModelDeploymentConfigurationDetails)
    assert configuration.model_configuration_details is not None
    assert isinstance(configuration.model_configuration_details.scaling_policy, AutoScalingPolicy)
    assert configuration.model_configuration_details.model_id is None


def test_the_states_are_words(nowhere: Path) -> None:
    assert ModelDeployment().state is State.UNKNOWN is ModelDeployment().status
    assert State.ACTIVE == "ACTIVE" == DeploymentState.ACTIVE
    assert issubclass(ModelDeploymentPredictError, NotActiveDeploymentError)


# ── at a service ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def client(at_service: Any) -> Iterator[DataScienceClient]:
    with DataScienceClient(resolve(at_service.settings)) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"deployment {uuid.uuid4()}"


@pytest.fixture
def artifact(tmp_path: Path) -> Callable[[int], str]:
    """Makes the folder of an artifact that answers with a number."""

    def make(number: int) -> str:
        folder = tmp_path / f"artifact {number}"
        folder.mkdir()
        (folder / "score.py").write_text(SCORE.format(number=number))
        (folder / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
        return str(folder)

    return make


@pytest.fixture
def logs(client: DataScienceClient) -> tuple[str, str]:
    """A log and its group."""
    logging = LoggingClient(client.transport)
    details = CreateLogGroupDetails(compartment_id=str(client.profile.compartment_id), display_name=str(uuid.uuid4()))
    group = logging.create_log_group(details)
    return group, logging.create_log(group, CreateLogDetails(display_name="all", log_type="CUSTOM"))


def test_a_deployment_is_made_from_an_artifact_asked_changed_and_deleted(
    client: DataScienceClient, artifact: Callable[[int], str], logs: tuple[str, str], name: str
) -> None:
    deployment = (
        ModelDeployment()
        .with_display_name(name)
        .with_infrastructure(ModelDeploymentInfrastructure().with_log_group_id(logs[0]).with_log_id(logs[1]))
        .with_runtime(ModelDeploymentCondaRuntime().with_model_uri(artifact(1)))
    )
    assert (deployment.url, deployment.id) == ("", None)
    assert deployment.deploy() is deployment
    assert deployment.url.endswith(str(deployment.id))
    assert (deployment.state, deployment.status, deployment.lifecycle_state) == ("ACTIVE", "ACTIVE", "ACTIVE")
    assert deployment.predict([7]) == {"prediction": [1, [7]]}
    assert deployment.predict(data=b"[7]", content_type="application/json") == {"prediction": [1, [7]]}
    assert deployment.predict(b"[7]") == {"prediction": [1, [7]]}
    with pytest.raises(TypeError, match="auto_serialize_data"):
        deployment.predict(data=object())
    found = ModelDeployment.from_id(str(deployment.id))
    assert found.to_dict() == deployment.to_dict()
    assert ModelDeployment.from_yaml(found.to_yaml()).infrastructure is not None
    _logs_are_read(deployment)
    with pytest.raises(ModelWithActiveDeploymentError):
        DataScienceModel.from_id(str(deployment.model_id)).delete()

    assert deployment.runtime is not None
    deployment.runtime.with_model_uri(artifact(2)).with_env({"A": "b"})
    deployment.with_description("second").update()
    assert deployment.predict([7]) == {"prediction": [2, [7]]}
    assert (deployment.description, deployment.runtime.env) == ("second", {"A": "b"})
    before = len(list(client.list_work_requests(str(client.profile.compartment_id), resource_id=deployment.id)))
    assert deployment.update() is deployment
    after = len(list(client.list_work_requests(str(client.profile.compartment_id), resource_id=deployment.id)))
    assert before == after
    for wrong, said in (
        ({"update_type": "SLOW"}, "ZDT or LIVE"),
        ({"update_type": "LIVE"}, "groups of models"),
        ({"properties": {"description": "x"}, "display_name": "y"}, "in one way"),
        ({"runtime": ModelDeploymentCondaRuntime(model_group_id="g")}, "stays so"),
    ):
        with pytest.raises(ValueError, match=said):
            deployment.update(**wrong)  # type: ignore[arg-type]
        deployment.sync()
    with pytest.raises(ValueError, match="deployed already"):
        deployment.deploy()

    deployment.deactivate()
    assert deployment.state is DeploymentState.INACTIVE
    with pytest.raises(ModelDeploymentPredictError) as caught:
        deployment.predict([7])
    assert isinstance(caught.value, NotActiveDeploymentError)
    deployment.activate()
    assert deployment.predict([7]) == {"prediction": [2, [7]]}
    assert [each.id for each in ModelDeployment.list(display_name=name)] == [deployment.id]
    assert deployment.id in set(ModelDeployment.list_df("ACTIVE")["deployment_id"])
    model = DataScienceModel.from_id(str(deployment.model_id))
    assert model.delete(delete_associated_model_deployment=True).status == "DELETED"
    assert deployment.sync().state is DeploymentState.DELETED
    assert ModelDeployment.list(display_name=name) == []
    assert [each.state for each in ModelDeployment.list("deleted", display_name=name)] == [State.DELETED]


def _logs_are_read(deployment: ModelDeployment) -> None:
    entries = {entry.type for entry in deployment.logs().stream(interval=0.05, stop_condition=lambda: True)}
    assert entries <= {"access", "predict"}
    since = deployment.time_created
    for entry in deployment.predict_log.stream(interval=0.05, time_start=since):
        if "asked" in entry.message:
            assert str(entry).endswith("asked [7]")
            break
    assert [each.id for each in deployment.logs("predict").tail(1)] != [deployment.predict_log.head(1)[0].id]
    table = deployment.show_logs(limit=5)
    assert list(table.columns) == ["id", "type", "message", "time"]
    with redirect_stdout(io.StringIO()) as printed:
        assert deployment.watch("predict", time_start=deployment.time_created, interval=0.05) is deployment
    assert "asked [7]" in printed.getvalue()
    with pytest.raises(ValueError, match="access and predict"):
        deployment.logs("error")
    with pytest.raises(ValueError, match="nothing between"):
        deployment.logs().search(limit=0)
    with pytest.raises(errors.InvalidParameter):
        deployment.logs().tail(log_filter="nonsense ((")


def test_a_deployment_that_does_not_come_up_is_an_error(
    at_service: Any, artifact: Callable[[int], str], name: str, tmp_path: Path
) -> None:
    folder = Path(artifact(1))
    (folder / "score.py").write_text(
        "def load_model():\n    raise OSError('no licence')\n\n\ndef predict(data):\n    return {}\n"
    )
    deployment = ModelDeployment(display_name=name, runtime=ModelDeploymentCondaRuntime(model_uri=str(folder)))
    with pytest.raises(errors.WorkRequestFailed, match="no licence"):
        deployment.deploy()
    assert deployment.state is DeploymentState.FAILED
    with pytest.raises(LogNotConfiguredError):
        deployment.logs()
    deployment.delete()
    missing = ModelDeployment(runtime=ModelDeploymentCondaRuntime(model_uri=str(tmp_path / "nothing")))
    with pytest.raises(PathNotFoundError):
        missing.deploy()
    assert missing.state is State.UNKNOWN


def test_a_deployer_deploys_updates_finds_and_deletes(
    client: DataScienceClient, artifact: Callable[[int], str], name: str
) -> None:
    deployer = ModelDeployer(ds_client=client)
    deployment = deployer.deploy_from_model_uri(artifact(1), {"display_name": name}, description="d", instance_count=1)
    id = str(deployment.id)
    assert deployment.predict([7]) == {"prediction": [1, [7]]}
    assert deployer.get_model_deployment(id).description == "d"
    assert deployer.get_model_deployment_state(id) is DeploymentState.ACTIVE
    second = DataScienceModel(artifact=artifact(2)).create()
    deployer.update(id, ModelDeploymentProperties(model_id=str(second.id)))
    assert deployment.predict([7]) == {"prediction": [2, [7]]}
    assert [each.id for each in deployer.list_deployments(display_name=name)] == [id]
    assert id in set(deployer.show_deployments("ACTIVE")["deployment_id"])
    told = ModelDeploymentProperties(oci_model_deployment=deployment.sync().resource)
    assert (told.model_id, told.display_name, told.instance_count) == (second.id, name, 1)
    with pytest.raises(ValueError, match="name the model"):
        deployer.deploy_from_model_uri("x", ModelDeploymentProperties(model_id=MODEL))
    with pytest.raises(ValueError, match="nothing to change"):
        deployer.update(id)
    assert deployer.delete(id).state is DeploymentState.DELETED
    with pytest.raises(errors.NotFound):
        deployer.get_model_deployment("ocid1.datasciencemodeldeployment.oc98.local-1.a")


def test_what_a_model_deploys_is_the_same_class(at_service: Any, artifact: Callable[[int], str], name: str) -> None:
    model = DataScienceModel(artifact=artifact(1)).create()
    generic = GenericModel.from_id(str(model.id), artifact_dir=str(Path(artifact(2)).parent / "loaded"))
    deployment = generic.deploy(display_name=name)
    assert isinstance(deployment, ModelDeployment)
    assert deployment.infrastructure is not None
    assert deployment.infrastructure.replica == 1
    assert ModelDeploymentUpdateType.ZDT == "ZDT"
    generic.delete_deployment()
    assert deployment.state is DeploymentState.DELETED
