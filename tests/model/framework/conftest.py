"""Models of several frameworks trained on real data, and a process that asks artifacts without knowing modelyard."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from modelyard.artifact import payload

Answers = Callable[[Mapping[str, tuple[Path, object]]], dict[str, Any]]

ASK = """
import importlib.util, json, sys, traceback

answers = {}
for name, (score_py, request) in json.load(sys.stdin).items():
    try:
        spec = importlib.util.spec_from_file_location("score", score_py)
        score = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(score)
        answers[name] = score.predict(request)["prediction"]
    except Exception:
        answers[name] = traceback.format_exc()
assert "modelyard" not in sys.modules
print(json.dumps(answers))
"""


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Ask many artifacts, each with its data, in one process that starts afresh."""

    def answers(asked: Mapping[str, tuple[Path, object]]) -> dict[str, Any]:
        requests = {
            name: (str(Path(folder) / "score.py"), payload.encode(data)) for name, (folder, data) in asked.items()
        }
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            input=json.dumps(requests),
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path_factory.mktemp("elsewhere"),
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return answers


@dataclass(frozen=True)
class Data:
    """Real data: what is known, what is to be told, and the same in words."""

    features: pd.DataFrame
    target: pd.Series
    words: np.ndarray


@pytest.fixture(scope="session")
def flowers() -> Data:
    """Three kinds of iris."""
    found = load_iris(as_frame=True)
    return Data(found.data, found.target, found.target_names[found.target])


@pytest.fixture(scope="session")
def tumours() -> Data:
    """Malignant and benign ones."""
    found = load_breast_cancer(as_frame=True)
    return Data(found.data, found.target, found.target_names[found.target])


@pytest.fixture(scope="session")
def patients() -> Data:
    """Ten numbers of each, and how their diabetes went on; one of the numbers as a word."""
    found = load_diabetes(as_frame=True)
    return Data(found.data, found.target, np.where(found.data["sex"] > 0, "one", "other"))


@pytest.fixture(scope="session")
def mixed(patients: Data) -> pd.DataFrame:
    """Patients as a table of numbers and words."""
    frame = patients.features[["age", "bmi", "bp"]].rename(columns={"bmi": "body mass (kg/m²)"})
    frame["sex"] = patients.words
    frame["ward"] = [f"ward {number % 4}" for number in range(len(frame))]
    return frame
