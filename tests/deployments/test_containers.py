"""Containers: what a configuration comes to, which program runs it, and what that program is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.deployments import configuration, containers
from modelyard.deployments.configuration import check
from modelyard.deployments.spec import Container, Revision
from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.deployment import (
    InferenceHttpEndpoint,
    InstanceConfiguration,
    InstancePoolInfrastructureConfigurationDetails,
    ModelConfigurationDetails,
    ModelDeploymentInstanceShapeConfigDetails,
    ModelGroupConfigurationDetails,
    ModelGroupDeploymentConfigurationDetails,
    OcirModelDeploymentEnvironmentConfigurationDetails,
    SingleModelDeploymentConfigurationDetails,
    UpdateModelDeploymentDetails,
    UpdateSingleModelDeploymentConfigurationDetails,
)
from modelyard.serving.container import handed_over, run_command
from modelyard.serving.spec import ReplicaSpec, read_spec, write_spec
from modelyard.settings import Settings

DIGEST = "sha256:" + "a" * 64
INSTANCE = InstanceConfiguration(
    instance_shape_name="VM.Standard.E4.Flex",
    model_deployment_instance_shape_config_details=ModelDeploymentInstanceShapeConfigDetails(
        ocpus=1.5, memory_in_gbs=0.5
    ),
)


def environment(**fields: Any) -> OcirModelDeploymentEnvironmentConfigurationDetails:
    return OcirModelDeploymentEnvironmentConfigurationDetails(**{"image": "iad.ocir.io:443/x/y:1", **fields})


def wanted(**fields: Any) -> SingleModelDeploymentConfigurationDetails:
    return SingleModelDeploymentConfigurationDetails(
        model_configuration_details=ModelConfigurationDetails(model_id="m", instance_configuration=INSTANCE),
        environment_configuration_details=environment(**fields),
    )


def made(**fields: Any) -> Container:
    container = configuration.container(wanted(**fields))
    assert container is not None
    return container


# ── what is wanted ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_container_is_as_large_as_an_instance_and_answers_on_the_known_port() -> None:
    assert made() == Container(
        image="iad.ocir.io:443/x/y:1", processors=3.0, memory=2**29, server_port=8080, health_check_port=8080
    )


@pytest.mark.parametrize(
    ("given", "ports"),
    [
        ({"server_port": 9000}, (9000, 9000)),
        ({"health_check_port": 9001}, (8080, 9001)),
        ({"server_port": 9000, "health_check_port": 9001}, (9000, 9001)),
    ],
)
def test_health_is_asked_where_predictions_are_unless_told(given: dict[str, int], ports: tuple[int, int]) -> None:
    container = made(**given)
    assert (container.server_port, container.health_check_port) == ports


@pytest.mark.parametrize(
    ("image", "digest", "reference"),
    [
        ("iad.ocir.io:443/x/y:1", None, "iad.ocir.io:443/x/y:1"),
        ("iad.ocir.io:443/x/y:1", DIGEST, f"iad.ocir.io:443/x/y@{DIGEST}"),
        ("y:1", DIGEST, f"y@{DIGEST}"),
        ("iad.ocir.io:443/x/y", DIGEST, f"iad.ocir.io:443/x/y@{DIGEST}"),
        (f"x/y@{DIGEST}", None, f"x/y@{DIGEST}"),
        (f"x/y@{DIGEST}", DIGEST, f"x/y@{DIGEST}"),
    ],
)
def test_a_digest_takes_the_place_of_the_tag(image: str, digest: str | None, reference: str) -> None:
    fields = {"image": image, "image_digest": digest}
    check(wanted(**fields))
    assert made(**fields).image == reference


def test_a_container_is_given_eight_requests_at_a_time_unless_told() -> None:
    assert configuration.workers(wanted()) == 8
    assert configuration.workers(wanted(environment_variables={"WEB_CONCURRENCY": "30"})) == 30


def test_memory_beyond_all_machines_is_still_a_number_of_bytes() -> None:
    size = ModelDeploymentInstanceShapeConfigDetails(ocpus=1, memory_in_gbs=1e300)
    instance = InstanceConfiguration(
        instance_shape_name="VM.Standard.E4.Flex", model_deployment_instance_shape_config_details=size
    )
    large = SingleModelDeploymentConfigurationDetails(
        model_configuration_details=ModelConfigurationDetails(model_id="m", instance_configuration=instance),
        environment_configuration_details=environment(),
    )
    container = configuration.container(large)
    assert container is not None
    assert container.memory < 2**63


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"image": "-v/:/host"}, "no name of an image"),
        ({"image": "a b"}, "no name of an image"),
        ({"image": "y@sha256:1"}, "no name of an image"),
        ({"image_digest": "sha256:" + "G" * 64}, "64 hexadecimal digits"),
        ({"image": f"y@{DIGEST}", "image_digest": "sha256:" + "b" * 64}, "name one"),
        ({"cmd": ["a\0b"]}, "NUL"),
    ],
)
def test_what_could_never_run_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        check(wanted(**fields))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"custom_http_endpoints": [InferenceHttpEndpoint(endpoint_uri_suffix="/v1", http_methods=["GET"])]},
            "customHttpEndpoints",
        ),
        ({"image_signature_id": "s"}, "not verified"),
    ],
)
def test_what_is_not_done_for_containers_is_said(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(MethodNotImplemented, match=says):
        check(wanted(**fields))


def test_a_group_is_not_served_by_a_container() -> None:
    group = ModelGroupDeploymentConfigurationDetails(
        model_group_configuration_details=ModelGroupConfigurationDetails(model_group_id="g"),
        infrastructure_configuration_details=InstancePoolInfrastructureConfigurationDetails(
            instance_configuration=INSTANCE
        ),
        environment_configuration_details=environment(),
    )
    with pytest.raises(MethodNotImplemented, match="or deploy one model"):
        check(group)


def test_a_revision_without_a_container_is_what_it_was_before_there_were_any() -> None:
    plain = Revision(model_id="m", artifact_digest="sha256:0", workers=2)
    assert plain.id == "bb99dcbc7dda111d"
    contained = Revision(model_id="m", artifact_digest="sha256:0", workers=2, container=made())
    other = Revision(model_id="m", artifact_digest="sha256:0", workers=2, container=made(cmd=["x"]))
    assert len({plain.id, contained.id, other.id}) == 3


# ── who runs it ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_runtime_is_the_one_that_is_set_and_must_be_there(tmp_path: Path) -> None:
    words = (sys.executable, "-x")
    assert containers.runtime_of(Settings(home=tmp_path, container_runtime=words)) == words
    with pytest.raises(MethodNotImplemented, match="MODELYARD_CONTAINER_RUNTIME is 'nowhere -x'"):
        containers.runtime_of(Settings(home=tmp_path, container_runtime=("nowhere", "-x")))


def test_an_update_to_a_container_is_refused_where_none_runs(yard: Any) -> None:
    id = yard.deploy(yard.model())
    yard.settle()
    before = yard.deployments.get(id)
    change = UpdateModelDeploymentDetails(
        model_deployment_configuration_details=UpdateSingleModelDeploymentConfigurationDetails(
            environment_configuration_details=environment()
        )
    )
    with pytest.raises(MethodNotImplemented, match="no-such-runtime"):
        yard.deployments.update(id, change, if_match=None)
    assert yard.deployments.get(id) == before
    yard.container_runtime = (sys.executable,)
    yard.request = yard.deployments.update(id, change, if_match=None)
    yard.settle()
    (replica,) = yard.of(id)
    assert replica.revision_id != before.noun.id
    assert yard.state(id) == "ACTIVE"


def test_a_runtime_is_told_words_and_never_a_shell(tmp_path: Path) -> None:
    container = containers.spec_of(
        made(entrypoint=["/bin/e", "$x"], cmd=["--a b"], server_port=9000, health_check_port=9001),
        runtime=("podman", "--root", "/r"),
        replica_id="abc",
        log_file=tmp_path / "log",
        variables={"A": "b c=$d", "PATH": "/opt/bin", "https_proxy": "http://p"},
    )
    command = run_command(container, "/the/artifact")
    assert command[:6] == ["podman", "--root", "/r", "run", "--rm", "--name"]
    assert command[6] == "modelyard-abc"
    assert "type=bind,source=/the/artifact,target=/opt/ds/model/deployed_model,readonly" in command
    variables = [command[at + 1] for at, word in enumerate(command) if word == "--env"]
    assert variables == ["A", "PATH=/opt/bin", "https_proxy=http://p"]  # these two would change the runtime itself
    assert handed_over(container) == {"A": "b c=$d"}  # and what may be secret is in no command
    published = [command[at + 1] for at, word in enumerate(command) if word == "--publish"]
    assert published == ["127.0.0.1::9000", "127.0.0.1::9001"]
    assert command[-5:] == ["--entrypoint", "/bin/e", "iad.ocir.io:443/x/y:1", "$x", "--a b"]


@pytest.mark.parametrize(
    ("runtime", "is_told"),
    [
        (("podman",), True),
        (("/usr/bin/podman", "--root", "/r"), True),
        (("sudo", "podman"), True),
        (("docker",), False),
        (("docker", "--host", "/run/podman"), False),
    ],
)
def test_podman_is_told_to_keep_its_own_proxies_to_itself(
    runtime: tuple[str, ...], is_told: bool, tmp_path: Path
) -> None:
    container = containers.spec_of(made(), runtime=runtime, replica_id="r", log_file=tmp_path / "log", variables={})
    assert ("--http-proxy=false" in run_command(container, "/artifact")) is is_told


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("/a/b:c d", "source=/a/b:c d"),
        ("/a,b/c", '"source=/a,b/c"'),
        ('/a"b', '"source=/a""b"'),
    ],
)
def test_a_folder_is_mounted_whatever_its_name(folder: str, source: str, tmp_path: Path) -> None:
    container = containers.spec_of(made(), runtime=("podman",), replica_id="r", log_file=tmp_path / "log", variables={})
    assert f"type=bind,{source},target=/opt/ds/model/deployed_model,readonly" in run_command(container, folder)


def test_a_share_of_a_processor_too_small_to_be_said_is_no_share_without_a_limit(tmp_path: Path) -> None:
    small = Container(image="i", processors=0.001, memory=1000)
    container = containers.spec_of(small, runtime=("podman",), replica_id="r", log_file=tmp_path / "log", variables={})
    command = run_command(container, "/artifact")
    assert command[command.index("--cpus") + 1] == "0.01"
    assert command[command.index("--memory") + 1] == f"{6 * 1024**2}b"


def test_a_spec_with_a_container_is_read_as_it_was_written(tmp_path: Path) -> None:
    container = containers.spec_of(
        made(cmd=["a", "b"]), runtime=("docker",), replica_id="r", log_file=tmp_path / "log", variables={"A": "b"}
    )
    spec = ReplicaSpec(
        replica_id="r", artifact_dir=str(tmp_path), sockets=("/s",), state_file="/state", container=container
    )
    write_spec(str(tmp_path / "spec"), spec)
    assert read_spec(str(tmp_path / "spec")) == spec
