"""Models that are more than one file, libraries that are missing, and what is told of a file that is no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sklearn.tree import DecisionTreeClassifier

from modelyard.artifact.installed import has_distribution
from modelyard.artifact.serializers import Extent, Given, Serializer
from modelyard.errors import FileAlreadyExists
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel

pytestmark = pytest.mark.usefixtures("nowhere")

LOAD = """
import types

with open(os.path.join(path, "weights")) as file:
    weights = [int(each) for each in file.read().split()]
return types.SimpleNamespace(predict=lambda data: [weights, sorted(os.listdir(path))[-1:]])
"""


def write(estimator: Any, path: Path, given: Given) -> None:
    """Write a folder with one file, and another in a folder of it."""
    path.mkdir()
    (path / "weights").write_text(" ".join(map(str, estimator)))
    (path / "words").mkdir()
    (path / "words" / "some").write_text("x")


@pytest.mark.parametrize(("extent", "name"), [(Extent.FOLDER, "model"), (Extent.ARTIFACT, "")])
def test_a_model_may_be_a_folder_or_the_whole_artifact(extent: Extent, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    way = Serializer(name="folder", suffix="", save=write, load_block=LOAD, extent=extent)
    model = GenericModel([1, 2], artifact_dir=str(folder), model_save_serializer=way).prepare()
    assert model.model_file_name == name
    assert (folder / name / "words" / "some").read_text() == "x"
    assert model.verify([0]) == {"prediction": [[1, 2], ["words"]]}
    (folder / name / "words" / "old").write_text("what the next prepare does not write")
    with pytest.raises(FileAlreadyExists, match=name or "weights, words"):
        model.prepare()
    model.estimator = [3]
    model.prepare(force_overwrite=True)
    assert sorted(each.name for each in (folder / name / "words").iterdir()) == ["some"]
    assert model.verify([0]) == {"prediction": [[3], ["words"]]}
    assert not list(folder.glob(".preparing-*"))


def test_what_was_told_of_a_file_goes_with_it(flowers: Any, tmp_path: Path) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(flowers.features, flowers.target)
    model = SklearnModel(tree, artifact_dir=str(tmp_path / "a")).prepare()
    assert "SkopsTrustedTypes" in model.metadata_custom.keys
    model.prepare(as_onnx=True, X_sample=flowers.features, force_overwrite=True)
    assert {"SkopsTrustedTypes", "OnnxDifference"} & set(model.metadata_custom.keys) == {"OnnxDifference"}


@pytest.mark.parametrize(
    ("blocked", "serializer", "extra"),
    [
        ("skops", "skops", "sklearn"),
        ("joblib", "joblib", "sklearn"),
        ("lightgbm", "lightgbm", "lightgbm"),
        ("xgboost", "xgboost", "xgboost"),
        ("skl2onnx", "sklearn_onnx", "onnx"),
        ("onnxruntime", "xgboost_onnx", "onnx"),
    ],
)
def test_a_library_that_is_missing_is_named_with_the_extra_that_brings_it(
    blocked: str, serializer: str, extra: str, tmp_path: Path
) -> None:
    program = f"""
import sys
sys.modules[{blocked!r}] = None
from pathlib import Path
from modelyard.artifact.serializers import serializer_named
try:
    serializer_named({serializer!r}).written(1, Path({str(tmp_path / "m")!r}))
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert f"pip install 'modelyard[{extra}]'" in done.stdout, done.stderr
    assert blocked in done.stdout


def test_what_another_environment_has_is_told_from_its_folders(tmp_path: Path) -> None:
    records = tmp_path / "lib" / "python3.9" / "site-packages"
    for name in ("Scikit_Learn-1.4.0.dist-info", "old.thing-1.0.egg-info"):
        (records / name).mkdir(parents=True)
    python = tmp_path / "bin" / "python"
    assert has_distribution(python, "scikit-learn")
    assert has_distribution(python, "old-thing")
    assert not has_distribution(python, "scikit")
    assert not has_distribution(tmp_path / "none" / "bin" / "python", "skops")
