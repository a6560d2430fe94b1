"""PyTorch models, from a trained module to an endpoint that answers as the module does."""

from __future__ import annotations

import importlib
import io
import linecache
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.errors import ArtifactError, UsageError
from modelyard.model.framework.pytorch_model import PyTorchModel

pytestmark = pytest.mark.frameworks


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def network(torch: Any, digits: Any) -> Any:
    """A network whose classes are in a file of the user's, trained on digits, and left in training mode."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        module = importlib.import_module("digits_network")
    finally:
        sys.path.pop(0)
    torch.manual_seed(0)
    return _train(torch, module.Network(width=32), digits)


def _train(torch: Any, network: Any, digits: Any) -> Any:
    pictures, labels = torch.from_numpy(digits.data), torch.from_numpy(digits.target)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(pictures), labels).backward()
        optimizer.step()
    return network


def _own(torch: Any, network: Any, rows: np.ndarray) -> np.ndarray:
    was_training = network.training
    network.eval()
    with torch.no_grad():
        answer = network(torch.from_numpy(rows)).numpy()
    network.train(was_training)
    return answer


def _close(answer: dict[str, Any], expected: np.ndarray) -> bool:
    return np.allclose(answer["prediction"], expected, rtol=1e-5, atol=1e-5)


def test_the_endpoint_answers_as_the_network_does(
    torch: Any, network: Any, digits: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    rows = digits.data[:100]
    expected = _own(torch, network, rows)
    model = PyTorchModel(network, artifact_dir=str(tmp_path)).prepare(X_sample=digits.data[:20])
    assert (model.framework, model.algorithm) == ("pytorch", "Network")
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pt", ".pkl", ".bin"}]
    assert _close(model.verify(torch.from_numpy(rows)), expected)
    assert network.training  # as it was
    deploy(model)
    assert _close(model.predict(torch.from_numpy(rows)), expected)
    assert _close(model.predict(rows.astype(np.float64)), expected)
    assert _close(model.predict(pd.DataFrame(rows)), expected)
    assert _close(model.predict(rows.tolist()), expected)
    assert "digits_network.py" in str(model.metadata_custom["ModelClassFiles"].value)


def test_its_layers_are_its_hyperparameters(network: Any, tmp_path: Path) -> None:
    model = PyTorchModel(network, artifact_dir=str(tmp_path)).prepare()
    found: Any = model.metadata_taxonomy["Hyperparameters"].value
    assert found["block.first"] == "Linear(in_features=32, out_features=32, bias=True)"
    assert set(found) == {"start.0", "start.1", "block.first", "block.second", "end"}


@pytest.mark.parametrize("serializer", ["torchscript", "torch_onnx"])
def test_it_answers_the_same_as_torchscript_and_as_onnx(
    serializer: str, torch: Any, network: Any, digits: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    rows = digits.data[:100]
    model = PyTorchModel(network, artifact_dir=str(tmp_path))
    model.prepare(X_sample=rows[:7], as_onnx=serializer == "torch_onnx", use_torch_script=serializer == "torchscript")
    assert model.model_file_name == {"torchscript": "model.pt", "torch_onnx": "model.onnx"}[serializer]
    deploy(model)
    assert _close(model.predict(torch.from_numpy(rows)), _own(torch, network, rows))


def test_the_model_is_written_alone_in_the_order_of_the_reference(
    torch: Any, network: Any, digits: Any, tmp_path: Path
) -> None:
    model = PyTorchModel(network, str(tmp_path))
    model.serialize_model(True, False, digits.data[:5])
    assert model.model_file_name == "model.onnx"
    with pytest.raises(FileExistsError):
        model.serialize_model(True, False, digits.data[:5])
    model.serialize_model(True, True, digits.data[:5])
    as_script = PyTorchModel(network, str(tmp_path))
    as_script.serialize_model(False, False, None, True)
    assert as_script.model_file_name == "model.pt"


def test_a_model_comes_back_from_its_file_with_what_it_shares(torch: Any, tmp_path: Path) -> None:
    from modelyard.artifact.serializers import serializer_named

    encoder = torch.nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True, dropout=0.0)
    rest = [torch.nn.LSTM(8, 8, num_layers=2, batch_first=True), torch.nn.Linear(8, 8), torch.nn.Linear(8, 8)]
    model = torch.nn.ModuleList([encoder, *rest])
    model[2].weight = model[3].weight
    model[3].bias.requires_grad = False
    model.about = {"rate": np.float32(0.1), 3: (None, float("inf"), {"b", "a"}), "table": np.eye(2), "type": torch.int8}
    written = serializer_named("torch")
    written.written(model.eval(), tmp_path / "model")
    assert written.load is not None
    read: Any = written.load(tmp_path / "model")
    x = torch.randn(3, 5, 8)
    assert torch.equal(read[1](read[0](x))[0], model[1](model[0](x))[0])
    assert read[2].weight is read[3].weight
    assert repr(read.about) == repr({**model.about, 3: (None, float("inf"), read.about[3][2])})
    assert read.about[3][2] == {"a", "b"}
    assert (read[2].bias.requires_grad, read[3].bias.requires_grad) == (True, False)


ECHO = """
import torch


class Echo(torch.nn.Module):
    def forward(self, x):
        return [str(x.dtype), list(x.shape), torch.nan_to_num(x.double(), nan=-1.0)]
"""


def test_tensors_arrive_with_their_dtype_and_shape(torch: Any, tmp_path: Path) -> None:
    (tmp_path / "echoing.py").write_text(ECHO)
    sys.path.insert(0, str(tmp_path))
    model = PyTorchModel(importlib.import_module("echoing").Echo(), artifact_dir=str(tmp_path / "artifact")).prepare()
    sys.path.pop(0)
    for tensor in (
        torch.tensor([[1.5, float("nan")]], dtype=torch.float64),
        torch.tensor([1, 2, 3], dtype=torch.int16),
        torch.tensor([0.5, 3.0], dtype=torch.bfloat16),
        torch.tensor(True),
        torch.zeros(2, 0, 3),
        torch.arange(6).reshape(2, 3).t(),
    ):
        dtype, shape, values = model.verify(tensor)["prediction"]
        assert (dtype, shape) == (str(tensor.dtype), list(tensor.shape))
        assert values == torch.nan_to_num(tensor.double(), nan=-1.0).tolist()
    with pytest.raises(UsageError, match="dense"):
        model.verify(torch.eye(2).to_sparse())


def test_an_image_becomes_a_tensor_of_fractions(torch: Any, tmp_path: Path) -> None:
    image_library = pytest.importorskip("PIL.Image")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = image_library.fromarray(pixels)
    file = tmp_path / "picture.png"
    image.save(file)
    model = PyTorchModel(torch.nn.Identity(), artifact_dir=str(tmp_path / "artifact")).prepare()
    expected = (pixels.transpose(2, 0, 1) / 255).astype(np.float32)
    for given in (image, file, str(file), file.as_uri(), file.read_bytes()):
        assert np.array_equal(np.float32(model.verify(image=given)["prediction"]), expected)
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://pictures/one.png", "wb") as far:
        far.write(file.read_bytes())
    answer = model.verify(image="memory://pictures/one.png", storage_options={"use_listings_cache": False})
    assert np.array_equal(np.float32(answer["prediction"]), expected)
    with pytest.raises(UsageError, match="no image"):
        model.verify(image=tmp_path / "nothing.png")
    with pytest.raises(UsageError, match="no image that Pillow"):
        model.verify(image=b"text")
    with pytest.raises(TypeError, match="no image"):
        model.verify(image=7)


def test_images_and_tensors_inside_of_a_dictionary_are_arguments(torch: Any, tmp_path: Path) -> None:
    bilinear = torch.nn.Bilinear(2, 3, 1)
    model = PyTorchModel(bilinear, artifact_dir=str(tmp_path)).prepare()
    one, other = torch.ones(4, 2), torch.ones(4, 3)
    expected = bilinear(one, other).tolist()
    assert model.verify({"input1": one, "input2": other})["prediction"] == expected
    assert model.verify((one, other))["prediction"] == expected


CELL = """
import torch
import torch.nn as nn
from math import sqrt

SCALE = 3.0
x = object()


def scaled(y):
    return y * SCALE * sqrt(4)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 1)

    def forward(self, x):
        return scaled(self.inner(x))
"""

SCRIPT = """
import sys
from modelyard.model.framework.pytorch_model import PyTorchModel
model = PyTorchModel(Scaled(), artifact_dir=sys.argv[1]).prepare()
rows = torch.ones(2, 2)
assert model.verify(rows)["prediction"] == model.estimator(rows).tolist(), model.verify(rows)
"""


def test_the_classes_of_a_script_travel_with_what_they_use(torch: Any, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(CELL + SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "artifact")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "artifact" / "model" / "model_classes.py").read_text()
    assert "class Scaled" in text
    assert "SCALE = 3.0" in text
    assert "PyTorchModel" not in text


def test_the_classes_of_a_notebook_are_found_in_its_cells(torch: Any) -> None:
    from modelyard.artifact.notebook_classes import NotebookModule

    linecache.cache["<cell 1>"] = (len(CELL), None, CELL.splitlines(keepends=True), "<cell 1>")
    cells: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(CELL, "<cell 1>", "exec"), cells)
    module = NotebookModule(cells)
    module.add(cells["Scaled"])
    made: dict[str, Any] = {"__name__": "made"}
    exec(module.text, made)
    scaled = made["Scaled"]()
    assert torch.equal(scaled(torch.ones(1, 2)), scaled.inner(torch.ones(1, 2)) * 6)
    del linecache.cache["<cell 1>"]


def test_a_class_whose_source_is_lost_is_refused_with_advice(torch: Any, tmp_path: Path) -> None:
    cells: dict[str, Any] = {"__name__": "__main__"}
    exec(CELL, cells)
    with pytest.raises(ArtifactError, match="a module of its own"):
        PyTorchModel(cells["Scaled"](), artifact_dir=str(tmp_path)).prepare()
    assert not (tmp_path / "score.py").exists()


def test_what_no_file_can_hold_is_named(torch: Any, tmp_path: Path) -> None:
    hooked = torch.nn.Linear(1, 1)
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(ArtifactError, match="hooks"):
        PyTorchModel(hooked, artifact_dir=str(tmp_path)).prepare()
    strange = torch.nn.Sequential(torch.nn.Linear(1, 1))
    strange[0].log = io.StringIO()
    with pytest.raises(ArtifactError, match=r"0\.log is a _io\.StringIO"):
        PyTorchModel(strange, artifact_dir=str(tmp_path)).prepare()
    with pytest.raises(ArtifactError, match="no values yet"):
        PyTorchModel(torch.nn.LazyLinear(2), artifact_dir=str(tmp_path)).prepare()


def test_bad_input_is_refused(torch: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"no torch\.nn\.Module"):
        PyTorchModel(object())
    with pytest.raises(ValueError, match="torchscript"):
        PyTorchModel(torch.nn.Identity(), model_save_serializer="joblib")
    with pytest.raises(ValueError, match="X_sample"):
        PyTorchModel(torch.nn.Identity(), artifact_dir=str(tmp_path)).prepare(as_onnx=True)
