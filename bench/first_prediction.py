"""How long it takes from ``save()`` to the first prediction, beside what the model itself takes to load."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.figures import Figure

RUNS = 5

_LOAD = """
import time
began = time.perf_counter()
import score
score.load_model()
print(time.perf_counter() - began)
"""


def figures() -> Iterator[Figure]:
    """Measure and give the figures."""
    with tempfile.TemporaryDirectory(prefix="modelyard-bench-") as folder, _service(Path(folder) / "home"):
        artifact = Path(folder) / "artifact"
        waits = [_save_to_prediction(artifact, number) for number in range(RUNS + 1)][1:]
        own = median(_load_seconds(artifact) for _ in range(RUNS))
    total = median(waits)
    yield Figure(what="save() to the first prediction", value=f"{total:.2f} s", peer=f"load_model(): {own:.2f} s")
    yield Figure(what="  without the model's own loading", value=f"{total - own:.2f} s", target="<= 1.5 s")


def _save_to_prediction(artifact: Path, number: int) -> float:
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from modelyard import SklearnModel

    features, labels = load_breast_cancer(return_X_y=True)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
    model = SklearnModel(estimator, artifact_dir=str(artifact))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.prepare(model_file_name="model.joblib", force_overwrite=True)
        model.verify(features[:1].tolist())  # as everybody should; without it save() tries the model itself
        began = time.perf_counter()
        model.save(display_name=f"bench {number}")
        model.deploy(display_name=f"bench {number}")
        model.predict(features[:1].tolist())
        took = time.perf_counter() - began
    model.delete_deployment(wait_for_completion=True)
    return took


def _load_seconds(artifact: Path) -> float:
    """Return how long the artifact's own code takes to import and load, in a fresh interpreter."""
    loaded = subprocess.run([sys.executable, "-c", _LOAD], cwd=artifact, capture_output=True, text=True, check=True)
    return float(loaded.stdout)


@contextmanager
def _service(home: Path) -> Iterator[None]:
    """Run a service of our own, with nothing of the caller's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "OCI_"))}
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(kept, MODELYARD_HOME=str(home), MODELYARD_PORT="0")
    command = [sys.executable, "-m", "modelyard"]
    try:
        subprocess.run([*command, "up", "--detach"], check=True, stdout=subprocess.DEVNULL)
        yield
    finally:
        subprocess.run([*command, "down"], check=True, stdout=subprocess.DEVNULL)
        os.environ.clear()
        os.environ.update(before)
