"""The nouns' commands against a real service: what a user types on the way from an artifact to a prediction."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.resources.model import Metadata, UpdateModelDetails
from modelyard.settings import from_environ

_SLOW = """
import threading

def load_model():
    threading.Event().wait(5)

def predict(data, model=load_model()):
    return 1
"""


def test_status_shows_what_runs(cli: Any, deployment: Any) -> None:
    status = cli.json("status")
    assert status["state"] == "READY"
    assert sorted(process["name"] for process in status["processes"]) == ["gateway", "service"]
    shown = [one for one in status["deployments"] if one["id"] == deployment["id"]]
    assert [one["readyReplicas"] for one in shown] == [1]
    assert f"http://127.0.0.1:{status['endpoint'].rpartition(':')[2]}" in cli.text("status")


def test_env_gives_the_official_clients_all_they_need(cli: Any) -> None:
    variables = cli.json("env")
    assert Path(variables["OCI_CONFIG_FILE"]).is_file()
    assert json.loads(variables["FSSPEC_OCI"])["config_kwargs"]["service_endpoint"] == variables["MODELYARD_ENDPOINT"]
    lines = cli.text("env").splitlines()
    read = dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines)
    assert read == variables


def test_env_in_a_shell_points_this_command_line_at_the_service_too(cli: Any, tmp_path: Path) -> None:
    ours = f"{sys.executable} -m modelyard"
    script = f'eval "$({ours} env)" && export MODELYARD_HOME={tmp_path} && {ours} project list'
    done = subprocess.run(["sh", "-c", script], env=cli.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "default" in done.stdout


def test_env_official_makes_the_service_the_proxy_of_programs_that_know_nothing_of_it(cli: Any) -> None:
    variables = cli.json("env", "--official")
    assert variables["HTTPS_PROXY"] == variables["https_proxy"] == cli.json("status")["endpoint"]
    region = json.loads(variables["OCI_REGION_METADATA"])
    assert region["regionIdentifier"] == variables["OCI_REGION"] == "local-1"
    assert Path(variables["REQUESTS_CA_BUNDLE"]).read_bytes().count(b"BEGIN CERTIFICATE") > 50
    config = Path(variables["OCI_CONFIG_FILE"]).read_text()
    assert "region=local-1" in config
    assert not {"FSSPEC_OCI", "OCI_CLI_ENDPOINT", "OCI_ODSC_SERVICE_ENDPOINT"} & variables.keys()
    assert f"export HTTPS_PROXY={variables['HTTPS_PROXY']}" in cli.text("env", "--official").splitlines()


def test_env_official_as_a_resource_names_a_token_and_its_key(cli: Any) -> None:
    variables = cli.json("env", "--official", "--auth", "resource_principal", "--hours", "1")
    assert variables["OCI_IAM_TYPE"] == variables["OCI_CLI_AUTH"] == "resource_principal"
    assert Path(variables["OCI_RESOURCE_PRINCIPAL_RPST"]).read_text().count(".") == 2
    assert "PRIVATE KEY" in Path(variables["OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"]).read_text()


def test_env_official_warns_of_a_config_file_that_the_sdk_prefers(cli: Any, tmp_path: Path) -> None:
    theirs = tmp_path / ".oci" / "config"
    theirs.parent.mkdir()
    theirs.write_text("[DEFAULT]\n")
    done = cli.run("env", "--official", HOME=str(tmp_path))
    assert f"{theirs} is there" in done.stderr
    assert theirs.read_text() == "[DEFAULT]\n"
    assert [path.name for path in theirs.parent.iterdir()] == ["config"]


@pytest.mark.parametrize(
    "wrong", [("env", "--auth", "security_token"), ("token", "--resource", "me"), ("token", "--hours", "169")]
)
def test_a_session_that_cannot_be_made_is_a_wrong_usage(cli: Any, wrong: tuple[str, ...]) -> None:
    done = cli.run(*wrong)
    assert (done.returncode, done.stdout) == (2, "")


def test_token_says_where_its_files_are_and_until_when_it_is_good(cli: Any) -> None:
    said = cli.json("token", "--name", "mine", "--hours", "2")
    assert f"security_token_file={said['token_file']}" in Path(said["config_file"]).read_text()
    assert said["token_file"].endswith("/oci/sessions/mine/token")
    assert datetime.fromisoformat(said["expires"].replace("Z", "+00:00")) > datetime.now(timezone.utc)


def test_env_for_fish_sets_the_same(cli: Any) -> None:
    assert f"set -gx MODELYARD_ENDPOINT '{cli.json('env')['MODELYARD_ENDPOINT']}'" in cli.text("env", "--shell", "fish")


def test_a_project_is_created_changed_shown_and_deleted_by_name(cli: Any) -> None:
    created = cli.json("project", "create", "churn", "--description", "who leaves")
    assert created["displayName"] == "churn"
    cli.text("project", "update", "churn", "--name", "churn-2")
    assert "who leaves" in cli.text("project", "show", "churn-2")
    assert cli.json("project", "show", "churn-2")["id"] == created["id"]
    assert cli.json("project", "delete", "churn-2")["lifecycleState"] in {"DELETING", "DELETED"}
    assert "churn-2" not in cli.text("project", "list")


def test_a_model_is_shown_with_artifact_metadata_and_provenance(cli: Any, model: Any) -> None:
    shown = cli.json("model", "show", "double")
    assert shown["id"] == model["id"]
    assert shown["artifact"]["digest"].startswith("sha256:")
    assert shown["artifact"]["digest"] in cli.text("model", "show", "double")
    assert "provenance" in shown


def test_models_are_listed_as_a_table_and_as_json(cli: Any, model: Any) -> None:
    lines = cli.text("model", "list").splitlines()
    assert lines[0].split() == ["NAME", "STATE", "CREATED", "OCID"]
    assert any(model["id"] in line for line in lines)
    assert model["id"] in {one["id"] for one in cli.json("model", "list", "--state", "ACTIVE")}


def test_an_update_of_nothing_is_a_wrong_usage(cli: Any, model: Any, deployment: Any) -> None:
    for noun, name in (("project", "default"), ("model", model["id"]), ("deployment", deployment["id"])):
        assert "Nothing is to change" in cli.failure(noun, "update", name, status=2)


def test_the_report_of_the_introspection_is_shown_by_its_result(cli: Any, artifact: Path) -> None:
    report = {"score_py": {"success": True}, "runtime_yaml": {"success": False}, "score_syntax": {}}
    made = cli.json("model", "create", artifact, "--name", "told")
    with DataScienceClient(resolve(from_environ(cli.environ))) as client:
        item = Metadata(key="ArtifactTestResults", value=json.dumps(report))
        client.update_model(made["id"], UpdateModelDetails(defined_metadata_list=[item]))
    assert "3 tests, 1 failed: runtime_yaml\n" in cli.text("model", "show", made["id"])
    shown = cli.json("model", "show", made["id"])["definedMetadataList"]
    assert json.loads(shown[0]["value"]) == report
    cli.text("model", "delete", made["id"])


def test_a_downloaded_artifact_is_the_one_that_was_saved(cli: Any, model: Any, artifact: Path, tmp_path: Path) -> None:
    cli.text("model", "download", model["id"], "--to", tmp_path / "got.zip")
    with zipfile.ZipFile(tmp_path / "got.zip") as archive:
        assert archive.read("score.py") == (artifact / "score.py").read_bytes()
    assert "is there already" in cli.failure("model", "download", model["id"], "--to", tmp_path / "got.zip")
    cli.text("model", "download", model["id"], "--to", tmp_path / "got.zip", "--force")


def test_a_model_is_deactivated_activated_changed_and_deleted(cli: Any, artifact: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "short-lived"), "zip", artifact)
    assert cli.json("model", "create", archive, "--tag", "team=a b")["freeformTags"] == {"team": "a b"}
    assert cli.json("model", "deactivate", "short-lived")["lifecycleState"] == "INACTIVE"
    assert cli.json("model", "activate", "short-lived")["lifecycleState"] == "ACTIVE"
    assert cli.json("model", "update", "short-lived", "--description", "for a while")["description"] == "for a while"
    assert cli.json("model", "delete", "short-lived")["lifecycleState"] == "DELETED"
    assert "No model is called 'short-lived'" in cli.failure("model", "show", "short-lived")


def test_a_bad_artifact_is_refused_before_anything_is_sent(cli: Any, tmp_path: Path) -> None:
    before = cli.json("model", "list")
    (tmp_path / "score.py").write_text("def predict(data: pass")
    assert "score.py" in cli.failure("model", "create", tmp_path)
    assert cli.json("model", "list") == before


def test_two_models_of_one_name_have_to_be_told_apart(cli: Any, artifact: Path) -> None:
    twins = [cli.json("model", "create", artifact, "--name", "twin")["id"] for _ in range(2)]
    said = cli.failure("model", "show", "twin", status=2)
    assert all(twin in said for twin in twins)


def test_an_ocid_of_another_noun_is_refused_by_name(cli: Any, model: Any) -> None:
    said = cli.failure("deployment", "show", model["id"], status=2)
    assert "is the OCID of a datasciencemodel, and a deployment is wanted" in said


def test_an_unknown_ocid_is_not_found(cli: Any, model: Any) -> None:
    said = cli.failure("model", "show", model["id"][:-4] + "aaaa")
    assert "request " in said


def test_deploying_shows_how_it_goes_and_where_it_answers(cli: Any, model: Any) -> None:
    done = cli.run("deployment", "create", "--model", "double", "--name", "told", "--env", "GREETING=hello")
    assert done.returncode == 0, done.stderr
    assert "100 %" in done.stderr
    assert "/predict" in done.stdout
    assert json.loads(cli.text("deployment", "predict", "told", "[1]"))["greeting"] == "hello"
    assert cli.json("deployment", "delete", "told")["lifecycleState"] == "DELETED"


def test_a_prediction_is_printed_and_traced(cli: Any, deployment: Any, model: Any, tmp_path: Path) -> None:
    done = cli.run("deployment", "predict", "doubling", "[1, 2]", "--trace")
    assert json.loads(done.stdout)["prediction"] == [2, 4]
    assert f"model: {model['id']}" in done.stderr
    assert "artifact: sha256:" in done.stderr
    (tmp_path / "data.json").write_text("[3]")
    assert json.loads(cli.text("deployment", "predict", "doubling", f"@{tmp_path}/data.json"))["prediction"] == [6]
    assert json.loads(cli.text("deployment", "predict", "doubling", "-", stdin="[4]"))["prediction"] == [8]


def test_bad_data_for_a_prediction_says_what_was_wrong(cli: Any, deployment: Any) -> None:
    assert "Send JSON" in cli.failure("deployment", "predict", "doubling", "{")
    assert "TypeError" in cli.failure("deployment", "predict", "doubling", '[{"a": 1}]')
    assert "no.json cannot be read" in cli.failure("deployment", "predict", "doubling", "@no.json", status=2)


def test_the_logs_are_what_the_model_printed(cli: Any, deployment: Any) -> None:
    assert "loading" in cli.text("deployment", "logs", "doubling")
    assert any("loading" in one["lines"] for one in cli.json("deployment", "logs", "doubling"))


def test_followed_logs_end_with_ctrl_c(cli: Any, deployment: Any) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "modelyard", "deployment", "logs", "doubling", "--follow"],
        env=cli.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "loading\n"
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == 130


def test_a_model_that_does_not_load_fails_with_its_own_traceback(cli: Any, broken_artifact: Path) -> None:
    cli.text("model", "create", broken_artifact, "--name", "broken")
    said = cli.failure("deployment", "create", "--model", "broken", "--name", "never")
    assert "error: RuntimeError: the weights are gone" in said
    assert 'raise RuntimeError("the weights are gone")' in said
    failed = cli.json("work-request", "list", "--status", "FAILED")
    shown = cli.json("work-request", "show", failed[0]["id"])
    assert "the weights are gone" in shown["errors"][0]["message"]
    assert "the weights are gone" in cli.text("work-request", "show", failed[0]["id"])
    assert cli.json("deployment", "show", "never")["lifecycleState"] == "FAILED"


def test_an_update_to_a_broken_model_keeps_the_old_one_serving(
    cli: Any, deployment: Any, broken_artifact: Path
) -> None:
    cli.text("model", "create", broken_artifact, "--name", "broken-update")
    assert "the weights are gone" in cli.failure("deployment", "update", "doubling", "--model", "broken-update")
    assert json.loads(cli.text("deployment", "predict", "doubling", "[5]"))["prediction"] == [10]


def test_an_update_changes_what_it_names_and_nothing_else(cli: Any, deployment: Any) -> None:
    before = cli.json("deployment", "show", "doubling")
    cli.text("deployment", "update", "doubling", "--description", "twice as much")
    changed = cli.json("deployment", "update", "doubling", "--instances", "2", "--ocpus", "1")
    assert changed["description"] == "twice as much"
    assert changed["modelDeploymentUrl"] == before["modelDeploymentUrl"]
    configuration = changed["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]
    assert configuration["scalingPolicy"]["instanceCount"] == 2
    assert configuration["instanceConfiguration"]["modelDeploymentInstanceShapeConfigDetails"]["ocpus"] == 1
    assert "Nothing is to change" in cli.failure("deployment", "update", "doubling", status=2)


def test_a_deployment_is_deactivated_and_activated_at_the_same_address(cli: Any, model: Any) -> None:
    created = cli.json("deployment", "create", "--model", "double", "--name", "napping")
    assert cli.json("deployment", "deactivate", "napping")["lifecycleState"] == "INACTIVE"
    cli.failure("deployment", "predict", "napping", "[1]")
    activated = cli.json("deployment", "activate", "napping")
    assert activated["lifecycleState"] == "ACTIVE"
    assert activated["modelDeploymentUrl"] == created["modelDeploymentUrl"]
    cli.text("deployment", "delete", "napping")
    assert "napping" not in cli.text("deployment", "list")
    assert "napping" in cli.text("deployment", "list", "--state", "DELETED")


def test_no_wait_returns_at_once_and_says_how_to_follow(cli: Any, model: Any) -> None:
    said = cli.text("deployment", "create", "--model", "double", "--name", "later", "--no-wait")
    work_request = said.split("work-request show ")[1].strip("`\n ")
    assert cli.json("work-request", "show", work_request)["operationType"] == "MODEL_DEPLOYMENT_CREATE"
    cli.text("deployment", "delete", "later")


def test_a_work_request_shows_every_line_of_its_log(cli: Any, deployment: Any) -> None:
    (request,) = [
        one
        for one in cli.json("work-request", "list", "--resource", deployment["id"])
        if one["operationType"] == "MODEL_DEPLOYMENT_CREATE"
    ]
    logs = cli.json("work-request", "show", request["id"])["logs"]
    assert len(logs) > len({line["timestamp"][:19] for line in logs})  # several in one second
    shown = cli.text("work-request", "show", request["id"])
    assert [line["message"] for line in logs if line["message"] not in shown] == []


def test_followed_lines_are_no_json(cli: Any, deployment: Any) -> None:
    assert "no JSON" in cli.failure("deployment", "logs", deployment["id"], "--follow", "-o", "json", status=2)


def test_ctrl_c_while_waiting_says_what_goes_on(cli: Any, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "score.py").write_text(_SLOW)
    cli.text("model", "create", slow)
    with subprocess.Popen(
        [sys.executable, "-m", "modelyard", "deployment", "create", "--model", "slow", "--name", "slow"],
        env=cli.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stderr is not None
        assert "%" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        rest = waiting.stderr.read()
    assert waiting.returncode == 130
    assert "The deployment goes on: `modelyard work-request show ocid1." in rest
    cli.text("deployment", "delete", "slow")


def test_waiting_too_long_is_an_error_that_says_that_it_goes_on(cli: Any, model: Any) -> None:
    said = cli.failure("deployment", "create", "--model", "double", "--name", "hasty", "--max-wait", "0")
    assert "goes on" in said
    cli.text("deployment", "delete", "hasty")


def test_shapes_are_listed(cli: Any) -> None:
    assert "VM.Standard.E4.Flex" in cli.text("shape", "list")
    assert {"name", "coreCount", "memoryInGBs"} <= set(cli.json("shape", "list")[0])


def test_an_unknown_shape_is_refused_with_the_ones_there_are(cli: Any, model: Any) -> None:
    assert "VM.Standard.E4.Flex" in cli.failure("deployment", "create", "--model", "double", "--shape", "VM.None")


def test_a_terminal_gets_a_table_of_the_same_words(cli: Any, model: Any) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "modelyard", "shape", "list"], env={**cli.environ, "COLUMNS": "120"}, stdout=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(30) == 0
    assert b"VM.Standard.E4.Flex" in shown


@pytest.mark.parametrize("arguments", [["model", "list"], ["shape", "list"]])
def test_a_reader_that_has_enough_is_no_error_worth_a_word(cli: Any, arguments: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m modelyard {' '.join(arguments)} --output json | true"],
        env=cli.environ,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
