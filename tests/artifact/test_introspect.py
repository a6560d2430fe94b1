"""The introspection tests: what they say, in what order, and that they say it the same way everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modelyard.artifact import introspect
from modelyard.artifact.archive import pack

KEYS = (
    "score_py",
    "runtime_yaml",
    "score_syntax",
    "score_load_model",
    "score_predict",
    "score_predict_data",
    "score_predict_arg",
    "runtime_version",
    "runtime_env_python",
    "runtime_env_path",
    "runtime_path_exist",
)


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_good_artifact_passes_every_test(artifact: Path) -> None:
    result = introspect.introspect(artifact)
    assert result.status == "Passed"
    assert result.failures == 0
    assert {test.status for test in result.tests} == {"Passed"}
    assert tuple(test.key for test in result.tests)[: len(KEYS)] == KEYS


def test_before_a_run_everything_is_skipped() -> None:
    result = introspect.untested()
    assert result.status == "Skipped"
    assert {row[2] for row in result.to_rows()} == {"Skipped"}
    assert "success" not in str(result.report)


def test_the_report_has_the_shape_that_readers_know(artifact: Path) -> None:
    file = introspect.write_report(introspect.introspect(artifact), artifact)
    text = file.read_text()
    report = json.loads(text)
    assert file.name == "test_json_output.json"
    assert text == json.dumps(report, indent=4)
    assert report["score_py"]["key"] == "score_py"
    assert report["score_py"]["category"] == "Mandatory Files Check"
    assert report["runtime_env_python"]["value"] == ".".join(map(str, sys.version_info[:2]))
    assert report["runtime_env_path"]["value"] == f"file://{sys.prefix}"
    assert all({"category", "description", "error_msg", "success"} <= set(row) for row in report.values())


@pytest.mark.parametrize(
    ("key", "file", "old", "new"),
    [
        ("score_syntax", "score.py", "def predict", "def def predict"),
        ("score_load_model", "score.py", "load_model", "load"),
        ("score_predict", "score.py", "def predict", "def answer"),
        ("score_predict", "score.py", "def predict", "async def predict"),
        ("score_predict_data", "score.py", "predict(data, model=None)", "predict(model=None)"),
        ("score_predict_data", "score.py", "predict(data, model=None)", "predict()"),
        ("score_predict_arg", "score.py", "predict(data, model=None)", "predict(data, model)"),
        ("score_predict_arg", "score.py", "predict(data, model=None)", "predict(data=1)"),
        ("score_predict_arg", "score.py", "predict(data, model=None)", "predict(data, *, key)"),
        ("runtime_version", "runtime.yaml", "'3.0'", "'2.0'"),
        ("runtime_version", "runtime.yaml", "'3.0'", "3.0"),
        ("runtime_version", "runtime.yaml", "MODEL_DEPLOYMENT:", "\tMODEL_DEPLOYMENT:"),
        ("runtime_env_python", "runtime.yaml", f"'{sys.version_info[0]}.{sys.version_info[1]}'", "'2.7'"),
        ("runtime_env_python", "runtime.yaml", "INFERENCE_PYTHON_VERSION", "OTHER"),
        ("runtime_env_path", "runtime.yaml", "INFERENCE_ENV_PATH", "OTHER"),
        ("runtime_path_exist", "runtime.yaml", f"file://{sys.prefix}", "file:///no/such/prefix"),
        ("runtime_path_exist", "runtime.yaml", f"'{sys.version_info[0]}.{sys.version_info[1]}'", "'3.6'"),
        ("runtime_env_type", "runtime.yaml", "published", "other"),
    ],
)
def test_the_first_failure_is_said_and_ends_the_run(artifact: Path, key: str, file: str, old: str, new: str) -> None:
    _replace(artifact / file, old, new)
    result = introspect.introspect(artifact)
    failed = next(test for test in result.tests if test.status == "Failed")
    assert failed.key == key
    assert failed.message
    assert result.failures == 1
    assert result.status == "Failed"
    behind = [test.key for test in result.tests].index(key) + 1
    assert {test.status for test in result.tests[behind:]} <= {"Skipped"}
    report = json.loads(result.to_json())
    assert all("success" not in report[test.key] for test in result.tests[behind:])


@pytest.mark.parametrize("name", ["score.py", "runtime.yaml"])
def test_a_missing_file_is_said_and_where_it_is_instead(artifact: Path, name: str) -> None:
    (artifact / "sub").mkdir()
    (artifact / name).rename(artifact / "sub" / name)
    result = introspect.introspect(artifact)
    failed = next(test for test in result.tests if test.status == "Failed")
    assert failed.key == name.replace(".", "_")
    assert f"sub/{name}" in failed.message


def test_an_environment_elsewhere_is_a_warning_and_no_failure(artifact: Path) -> None:
    _replace(artifact / "runtime.yaml", f"file://{sys.prefix}", "oci://bucket@namespace/env.tar.gz")
    result = introspect.introspect(artifact)
    unknown = next(test for test in result.tests if test.key == "runtime_path_exist")
    assert result.status == "Passed"
    assert unknown.status == "Skipped"
    assert unknown.is_warning
    assert unknown.message.startswith("WARNING")
    assert json.loads(result.to_json())["runtime_path_exist"]["success"] is None


def test_an_unquoted_3_10_is_3_10(artifact: Path) -> None:
    _replace(artifact / "runtime.yaml", f"'{sys.version_info[0]}.{sys.version_info[1]}'", "3.10")
    assert json.loads(introspect.introspect(artifact).to_json())["runtime_env_python"]["success"] is True


def test_a_zip_is_introspected_at_its_top(artifact: Path, tmp_path: Path) -> None:
    packed = pack(artifact, tmp_path / "a.zip")
    assert introspect.introspect(packed.path).status == "Passed"
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        archive.writestr("x/score.py", "")
    failed = introspect.introspect(tmp_path / "nested.zip").tests[0]
    assert "x/score.py" in failed.message


def test_what_is_no_artifact_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        introspect.introspect(tmp_path / "none")
    (tmp_path / "text").write_text("x")
    with pytest.raises(ValueError, match="neither"):
        introspect.introspect(tmp_path / "text")


def test_two_runs_do_not_know_of_each_other(artifact: Path, tmp_path: Path) -> None:
    good = introspect.introspect(artifact)
    (tmp_path / "empty").mkdir()
    bad = introspect.introspect(tmp_path / "empty")
    assert (good.status, bad.status) == ("Passed", "Failed")
    assert introspect.untested().status == "Skipped"


def test_rows_are_sorted_by_key(artifact: Path) -> None:
    keys = [row[0] for row in introspect.introspect(artifact).to_rows()]
    assert keys == sorted(keys)


# ── the script that travels with the artifact ────────────────────────────────────────────────────────────────────────


def _run_alone(script: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, "-I", "-S", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=script.parent)


def test_the_script_runs_alone_and_says_the_same(artifact: Path) -> None:
    script = introspect.write_validator(artifact)
    assert script == artifact / "artifact_introspection_test" / "model_artifact_validate.py"
    done = _run_alone(script)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((artifact / "test_json_output.json").read_text())
    assert report.pop("Final_message") in done.stdout
    assert report == json.loads(introspect.introspect(artifact).to_json())
    page = (artifact / "test_html_output.html").read_text()
    assert all(key in page for key in KEYS)


def test_the_script_fails_with_status_1_for_a_folder_and_for_a_zip(artifact: Path, tmp_path: Path) -> None:
    script = introspect.write_validator(artifact)
    (artifact / "runtime.yaml").unlink()
    assert _run_alone(script, "--artifact", str(artifact)).returncode == 1
    archive = pack(artifact, tmp_path / "zips.zip").path
    done = _run_alone(script, "--artifact", str(archive))
    assert done.returncode == 1
    assert "Failed   runtime_yaml" in done.stdout
    assert json.loads((tmp_path / "test_json_output.json").read_text())["runtime_yaml"]["success"] is False


def test_the_script_says_what_it_cannot_read(artifact: Path) -> None:
    done = _run_alone(introspect.write_validator(artifact), "--artifact", "/no/such/thing")
    assert done.returncode == 2
    assert "/no/such/thing" in done.stderr


def test_the_script_runs_on_the_oldest_python_of_this_machine(artifact: Path) -> None:
    olds = sorted(Path.home().glob(".pyenv/versions/3.[789]*/bin/python"))
    if not olds:
        pytest.skip("there is no Python 3.7, 3.8 or 3.9 on this machine")
    done = _run_alone(introspect.write_validator(artifact), python=str(olds[0]))
    assert done.returncode == 0, done.stdout + done.stderr
