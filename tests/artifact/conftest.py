"""Artifacts for tests: real models, real interpreters."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.artifact import payload, runtime_yaml, score_py
from modelyard.artifact.runtime_yaml import InferenceEnvironment, RuntimeYaml
from modelyard.artifact.serializers import serializer_named

_SERVER = """
import importlib.util, json, pickle, sys
spec = importlib.util.spec_from_file_location("score", sys.argv[1])
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)
function = getattr(score, sys.argv[2])
arguments = sys.argv[3:]
answers = [function(json.loads(line), *arguments) for line in sys.stdin]
pickle.dump(answers, sys.stdout.buffer)
"""

MINIMAL_SCORE = """
def load_model():
    return None


def predict(data, model=None):
    return {"prediction": data}
"""


@pytest.fixture
def answers_of(tmp_path: Path) -> Callable[..., list[object]]:
    """Call a function of an artifact's score.py in a process of its own, once for each request."""

    def call(folder: Path, function: str, requests: Sequence[object], *arguments: str) -> list[object]:
        lines = "\n".join(json.dumps(request) for request in requests)
        done = subprocess.run(
            [sys.executable, "-c", _SERVER, str(folder / "score.py"), function, *arguments],
            input=lines.encode(),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        found = pickle.loads(done.stdout)
        assert isinstance(found, list)
        return found

    return call


@pytest.fixture
def arrived(answers_of: Callable[..., list[object]], generic_artifact: Path) -> Callable[..., list[object]]:
    """Return what data has become once it was encoded, sent as JSON and read by a generated score.py."""

    def send(*data: object) -> list[object]:
        requests = [payload.encode(each) for each in data]
        return answers_of(generic_artifact, "deserialize", requests, str(generic_artifact / "input_schema.json"))

    return send


@pytest.fixture
def generic_artifact(tmp_path: Path) -> Path:
    """Make the artifact of a model that nobody loads."""
    folder = tmp_path / "generic"
    folder.mkdir()
    load_block = serializer_named("cloudpickle").load_block
    text = score_py.render("generic", model_file_name="model.pkl", load_block=load_block)
    (folder / "score.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """Make the smallest artifact that passes every test: it serves in the environment that runs this."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "score.py").write_text(MINIMAL_SCORE, encoding="utf-8")
    version = ".".join(map(str, sys.version_info[:2]))
    environment = InferenceEnvironment(path=f"file://{sys.prefix}", python_version=version, slug="here")
    text = runtime_yaml.render(RuntimeYaml(environment=environment))
    (folder / "runtime.yaml").write_text(text, encoding="utf-8")
    return folder
