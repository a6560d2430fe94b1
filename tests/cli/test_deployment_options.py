"""What a deployment can be asked for on the command line: logs, scaling by load, groups of models, streams."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.cli.commands import COMMANDS, NOUNS
from modelyard.cli.containers import environment
from modelyard.cli.deployment_shown import scaling_sentence
from modelyard.cli.parser import build_parser
from modelyard.cli.scaling import scaling_policy
from modelyard.errors import UsageError
from modelyard.resources.deployment import (
    DefaultModelDeploymentEnvironmentConfigurationDetails as Default,
)
from modelyard.resources.deployment import (
    OcirModelDeploymentEnvironmentConfigurationDetails as Container,
)
from modelyard.resources.scaling import (
    AutoScalingPolicy,
    CustomExpressionQueryScalingConfiguration,
    CustomMetricExpressionRule,
    FixedSizeScalingPolicy,
    ThresholdBasedAutoScalingPolicyDetails,
)


def policy_of(*options: str, current: Any = None) -> Any:
    given = build_parser(COMMANDS, NOUNS).parse_args(["deployment", "update", "d", *options])
    return scaling_policy(given, current=current)


def wait_for(condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "not in time"
    return found


# ── scaling ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_counts_are_enough_to_scale_by_load() -> None:
    assert scaling_sentence(policy_of("--scale", "1:4")) == (
        "1 to 4 by load: more when processor use is at least 70 % for 3 minutes, fewer when processor use is at most "
        "30 % for 3 minutes, then no change for 300 s"
    )


def test_an_update_refines_the_policy_that_is_there() -> None:
    options = ["--scale-on", "memory", "--scale-out-above", "80", "--scale-in-below", "20", "--pending", "5"]
    before = policy_of("--scale", "2:4", *options, "--cool-down", "600")
    assert "memory use is at least 90 % for 5 minutes" in str(
        scaling_sentence(policy_of("--scale-out-above", "90", current=before))
    )
    assert policy_of("--scale", "2:4", current=before) == before
    assert policy_of(current=before) is None


def test_scaling_begins_with_the_instances_that_run() -> None:
    policy = policy_of("--scale", "1:2", current=FixedSizeScalingPolicy(instance_count=3))
    assert policy.auto_scaling_policies[0].initial_instance_count == 2


def test_a_policy_of_queries_is_said_and_not_refined() -> None:
    out, into = (CustomExpressionQueryScalingConfiguration(query=f"CPUUtilization[1m].mean() {at}") for at in "><")
    details = ThresholdBasedAutoScalingPolicyDetails(
        rules=[CustomMetricExpressionRule(scale_out_configuration=out, scale_in_configuration=into)],
        minimum_instance_count=1,
        initial_instance_count=1,
        maximum_instance_count=2,
    )
    policy = AutoScalingPolicy(auto_scaling_policies=[details])
    assert "more when CPUUtilization[1m].mean() > for 3 minutes" in str(scaling_sentence(policy))
    with pytest.raises(UsageError, match="--scale 1:4"):
        policy_of("--cool-down", "400", current=policy)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--instances", "2", "--scale", "1:4"], "--instances 2 .* --scale lets the load decide"),
        (["--instances", "2", "--pending", "4"], "--pending lets the load decide"),
        (["--instances", "0"], "0, and takes a number from 1 on"),
        (["--scale-on", "cpu"], "--scale-on refines --scale"),
        (["--scale", "4"], "'4', and takes MIN:MAX"),
        (["--scale", "4:1"], "'4:1', and takes MIN:MAX"),
        (["--scale", "1:4", "--scale-out-above", "20"], "up to 30 % and added from 20 %"),
    ],
)
def test_options_of_scaling_that_make_no_sense_are_refused(options: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        policy_of(*options)


# ── with a service ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deployment_writes_the_logs_it_is_given_and_scales(cli: Any, model: Any) -> None:
    group = f"group-{uuid.uuid4()}"
    group_id = cli.json("log-group", "create", group)["id"]
    access, predict = (cli.json("log", "create", group, name)["id"] for name in ("access", "predict"))
    created = cli.json(
        *("deployment", "create", "--model", "double", "--name", "logged", "--scale", "1:2"),
        *("--access-log", f"{group}/access", "--predict-log", predict),
    )
    assert created["categoryLogDetails"] == {
        "access": {"logId": access, "logGroupId": group_id},
        "predict": {"logId": predict, "logGroupId": group_id},
    }
    cli.text("deployment", "predict", "logged", "[1]")
    query = f'search "{created["compartmentId"]}/{group_id}/{access}"'
    assert wait_for(lambda: cli.json("log", "search", query))
    again = cli.json("log", "create", group, "again")["id"]
    cli.text("deployment", "update", "logged", "--access-log", "again", "--log-group", group, "--scale-out-above", "80")
    shown = cli.text("deployment", "show", "logged")
    assert again in shown
    assert predict in shown
    assert "1 to 2 by load: more when processor use is at least 80 %" in shown
    assert "write GROUP/access" in cli.failure("deployment", "update", "logged", "--access-log", "access", status=2)
    assert "No log is called 'acess'. Did you mean 'access'" in cli.failure(
        "deployment", "update", "logged", "--access-log", f"{group}/acess"
    )
    assert "give --access-log" in cli.failure("deployment", "update", "logged", "--log-group", group, status=2)
    cli.text("deployment", "delete", "logged")


def test_a_group_of_models_is_made_served_and_asked_by_key(cli: Any, artifact: Path) -> None:
    north, south = (cli.json("model", "create", artifact, "--name", name)["id"] for name in ("north-1", "south-1"))
    group = cli.json(
        "model-group", "create", "--name", "regions", "--member", "nörth=north-1", "--member", f"s={south}"
    )
    assert "regions" in cli.text("model-group", "list")
    shown = cli.text("model-group", "show", "regions").partition("members\n")[2].split()
    assert shown == ["nörth", north, "s", south]
    assert cli.json("model-group", "show", group["id"])["displayName"] == "regions"
    created = cli.json("deployment", "create", "--model-group", "regions", "--name", "by region")
    configuration = created["modelDeploymentConfigurationDetails"]
    assert configuration["modelGroupConfigurationDetails"]["modelGroupId"] == group["id"]
    for name, answers in (("nörth", north), (south, south)):
        done = cli.run("deployment", "predict", "by region", "[1]", "--for", name, "--trace")
        assert json.loads(done.stdout or done.stderr)["prediction"] == [2]
        assert f"model: {answers}" in done.stderr
    assert "there are" in cli.failure("deployment", "predict", "by region", "[1]", "--for", "west")
    cli.failure("deployment", "predict", "by region", "[1]", "--for", "a\nb", status=2)
    assert "--model-group, and neither" in cli.failure(
        "deployment", "update", "by region", "--model", "double", status=2
    )
    other = cli.json("model-group", "create", "--name", "one region", "--member", "north=north-1")["id"]
    cli.text("deployment", "update", "by region", "--model-group", "one region")
    assert other in cli.text("deployment", "show", "by region")
    cli.text("deployment", "delete", "by region")
    assert cli.json("model-group", "delete", "regions")["lifecycleState"] in {"DELETING", "DELETED"}


def test_a_deployment_of_streams_answers_messages(cli: Any, model: Any) -> None:
    orders, answers = (f"{name} {uuid.uuid4()}" for name in ("orders", "answers"))
    streams = [cli.json("stream", "create", name)["id"] for name in (orders, answers)]
    cli.text("stream", "put", orders, "[4]")
    said = cli.text(
        *("deployment", "create", "--model", "double", "--name", "streaming"),
        *("--input-stream", orders, "--output-stream", streams[1]),
    )
    assert "/predict" not in said
    (answer,) = wait_for(lambda: cli.json("stream", "get", answers))
    assert json.loads(base64.b64decode(answer["value"]))["prediction"] == [8]
    shown = cli.text("deployment", "show", "streaming")
    assert all(stream in shown for stream in streams)
    cli.text("deployment", "delete", "streaming")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--model MODEL, or --model-group"),
        (["--model", "double", "--model-group", "g"], "one of them alone"),
        (["--model", "double", "--input-stream", "s"], "No stream is called 's'"),
        (["--model-group", "regoins"], "No model group is called"),
    ],
)
def test_a_deployment_of_nothing_or_of_what_is_not_there_is_refused(
    cli: Any, model: Any, options: list[str], said: str
) -> None:
    status = 1 if said.startswith("No ") else 2
    assert said in cli.failure("deployment", "create", *options, status=status)


@pytest.mark.parametrize("option", ["--instances", "--bandwidth", "--ocpus", "--server-port"])
def test_zero_is_a_value_that_is_refused_by_name(cli: Any, deployment: Any, option: str) -> None:
    done = cli.run("deployment", "update", deployment["id"], option, "0")
    assert done.returncode in (1, 2)
    assert "Nothing is to change" not in done.stderr


def test_a_deployment_that_reads_streams_writes_to_streams(cli: Any, model: Any) -> None:
    stream = cli.json("stream", "create", f"s {uuid.uuid4()}")["id"]
    said = cli.failure("deployment", "create", "--model", "double", "--input-stream", stream, status=2)
    assert "--output-stream" in said
    said = cli.failure("deployment", "create", "--model", "double", "--input-stream", model["id"], status=2)
    assert "a stream is wanted" in said


# ── containers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def environment_of(*options: str, current: Any = None) -> Any:
    given = build_parser(COMMANDS, NOUNS).parse_args(["deployment", "update", "d", *options])
    return environment(given, current=current)


def test_an_image_is_named_with_its_words_and_ports() -> None:
    words = ["--entrypoint", "python -m server", "--cmd", "--name 'a b'", "--server-port", "9000"]
    assert environment_of("--image", "x/y:1", "--image-digest", "sha256:1", *words, "--env", "A=b") == Container(
        image="x/y:1",
        image_digest="sha256:1",
        entrypoint=["python", "-m", "server"],
        cmd=["--name", "a b"],
        server_port=9000,
        environment_variables={"A": "b"},
    )


def test_what_an_update_leaves_out_stays_in_the_container() -> None:
    before = Container(image="x:1", image_digest="sha256:1", cmd=["c"], environment_variables={"A": "b"})
    assert environment_of("--health-port", "9001", current=before) == msgspec.structs.replace(
        before, health_check_port=9001
    )
    assert environment_of("--env", "C=d", current=before) == msgspec.structs.replace(
        before, environment_variables={"C": "d"}
    )
    assert environment_of("--image", "x:2", current=before) == Container(image="x:2", environment_variables={"A": "b"})
    assert environment_of("--no-image", current=before) == Default(environment_variables={"A": "b"})
    assert environment_of("--instances", "2", current=before) is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--cmd", "x", "--server-port", "9000"], "--cmd, --server-port: of a container"),
        (["--image", "x", "--no-image"], "contradict"),
        (["--image", "x", "--cmd", "'"], "could not read"),
    ],
)
def test_words_that_fit_no_container_are_refused(options: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        environment_of(*options)


def test_a_container_where_none_runs_is_refused_with_what_to_do(cli: Any, model: Any) -> None:
    said = cli.failure("deployment", "create", "--model", model["id"], "--image", "x:1")
    assert "MODELYARD_CONTAINER_RUNTIME" in said
