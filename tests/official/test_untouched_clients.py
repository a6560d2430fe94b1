"""Programs and commands written for the managed service, without a changed line: `modelyard env --official` is all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.server.installation import Installation, load
from modelyard.settings import from_environ

PROGRAMS = Path(__file__).with_name("programs")
OFFICIAL = Path(__file__).parents[2] / ".official"
SLUG = "generalml_p311_cpu_x86_64_v1"


class Managed:
    """A service that is found as the managed one is: by region, through names that nobody resolves."""

    def __init__(self, home: Path, empty: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI"))}
        self.environ = {**kept, "MODELYARD_HOME": str(home), "MODELYARD_PACKS": f"{SLUG}={OFFICIAL}"}
        self._kept = {**kept, "HOME": str(empty), "SUPPRESS_LABEL_WARNING": "True", "PYTHONWARNINGS": "ignore"}

    def modelyard(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "modelyard", *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def installation(self) -> Installation:
        return load(from_environ(self.environ))

    def official(self, *command: str | Path, auth: str = "api_key") -> str:
        """Run a command with what is printed for official clients, and nothing else that is ours."""
        variables = json.loads(self.modelyard("env", "--official", "--auth", auth, "--output", "json"))
        done = subprocess.run(
            [OFFICIAL / "bin" / command[0], *command[1:]],
            env={**self._kept, **variables},
            capture_output=True,
            text=True,
            timeout=170,
            cwd=self._kept["HOME"],
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managed]:
    if not (OFFICIAL / "bin" / "python").exists():
        pytest.skip("the official clients are not installed: `make install-official`")
    service = Managed(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("empty"))
    service.environ["MODELYARD_PORT"] = "0"
    service.modelyard("up", "--detach")
    yield service
    service.modelyard("down")
    shutil.rmtree(from_environ(service.environ).sockets, ignore_errors=True)


@pytest.fixture
def program(managed: Managed, tmp_path: Path) -> Callable[..., Any]:
    """Runs a program of this folder; returns what it reports."""

    def run(name: str, *, auth: str = "api_key") -> Any:
        managed.official("python", PROGRAMS / name, tmp_path / "report.json", auth=auth)
        return json.loads((tmp_path / "report.json").read_text())

    return run


def test_oracle_ads_prepares_introspects_saves_deploys_and_predicts(program: Callable[..., Any]) -> None:
    report = program("untouched_ads.py")
    named = report["environment"]["INFERENCE_CONDA_ENV"]
    assert named["INFERENCE_ENV_SLUG"] == SLUG
    assert named["INFERENCE_ENV_PATH"].startswith("oci://service-conda-packs@id19sfcrra6z/service_pack/")
    assert report["introspected"] == ["Passed"]
    assert report["verified"] == report["predicted"] == report["expected"]
    assert (report["state"], report["gone"]) == ("ACTIVE", "DELETED")


def test_the_sdk_and_ocifs_find_everything_by_region_as_a_resource(
    managed: Managed, program: Callable[..., Any]
) -> None:
    report = program("untouched_sdk.py", auth="resource_principal")
    assert report["endpoint"] == "https://datascience.local-1.oci.modelyard.internal/20190101"
    assert report["created_by"] == managed.installation.project_id
    assert (report["state"], report["predicted"], report["by_url"]) == ("ACTIVE", [2, 4], [6])
    assert (report["frame"], report["listed"]) == ({"a": [1, 2]}, ["frame.csv"])
    assert (report["packs"], report["manifest"]) == (["default", SLUG], "default")
    assert report["refused"] == [404, "NotAuthorizedOrNotFound"]


def test_the_command_line_needs_no_endpoint_and_takes_a_session_token(managed: Managed) -> None:
    here = ("--compartment-id", managed.installation.compartment_id)
    said = managed.official("oci", "data-science", "project", "list", *here, auth="security_token")
    assert [each["display-name"] for each in json.loads(said)["data"]] == ["default"]


def test_a_raw_request_goes_through_the_proxy_that_it_is_given(managed: Managed) -> None:
    uri = "https://objectstorage.local-1.modelyard.internal/n"
    said = managed.official("oci", "--proxy", managed.installation.endpoint, "raw-request", "--http-method", "GET",
                            "--target-uri", uri)  # fmt: skip
    assert json.loads(said)["status"] == "200 OK"
