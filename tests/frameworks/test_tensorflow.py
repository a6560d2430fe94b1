"""Keras models, from a trained network to an endpoint that answers as the network does."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.errors import ArtifactError
from modelyard.model.framework.tensorflow_model import TensorFlowModel

# Keras's own use of TensorFlow and numpy
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]


@pytest.fixture(scope="module")
def tf() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what TensorFlow itself imports
        return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def layers() -> Any:
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        return importlib.import_module("digits_layers")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def network(tf: Any, layers: Any, digits: Any) -> Any:
    """A network with a layer of the user's own, trained on pictures of digits."""
    keras = importlib.import_module("keras")
    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [
            keras.layers.Input((8, 8)),
            keras.layers.Flatten(),
            layers.Scaled(2.0),
            keras.layers.Dense(32, "relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    made.compile("adam", "sparse_categorical_crossentropy")
    made.fit(digits.images, digits.target, epochs=2, verbose=0)
    return made


def _close(answer: dict[str, Any], expected: np.ndarray) -> bool:
    return np.allclose(answer["prediction"], expected, rtol=1e-4, atol=1e-5)


def test_the_endpoint_answers_as_the_network_does(
    tf: Any, network: Any, digits: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    rows = digits.images[:100]
    expected = network.predict(rows, verbose=0)
    model = TensorFlowModel(network, artifact_dir=str(tmp_path)).prepare(X_sample=rows[:5])
    assert model.framework in {"keras", "tensorflow"}
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"model.keras", "digits_layers.py"}
    assert _close(model.verify(tf.constant(rows)), expected)
    deploy(model)
    assert _close(model.predict(tf.constant(rows)), expected)
    assert _close(model.predict(rows.astype(np.float64)), expected)
    assert _close(model.predict(rows.tolist()), expected)


def test_its_layers_and_optimizer_are_its_hyperparameters(network: Any, tmp_path: Path) -> None:
    model = TensorFlowModel(network, artifact_dir=str(tmp_path)).prepare()
    found: Any = model.metadata_taxonomy["Hyperparameters"].value
    said = {each.partition("(")[0]: each for each in found.values()}
    assert set(said) == {"Flatten", "Scaled", "Dense", "Dropout", "Adam"}
    assert said["Scaled"] == "Scaled(by=2.0)"
    assert said["Dropout"] == "Dropout(rate=0.5)"


def test_it_answers_the_same_as_onnx(
    tf: Any, network: Any, digits: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    rows = digits.images[:100]
    model = TensorFlowModel(network, artifact_dir=str(tmp_path)).prepare(X_sample=rows[:5], as_onnx=True)
    assert model.model_file_name == "model.onnx"
    assert "at most" in str(model.metadata_custom["OnnxDifference"].value)
    deploy(model)
    assert _close(model.predict(tf.constant(rows)), network.predict(rows, verbose=0))


def test_the_model_is_written_alone_in_the_order_of_the_reference(
    tf: Any, network: Any, digits: Any, tmp_path: Path
) -> None:
    model = TensorFlowModel(network, str(tmp_path))
    model.serialize_model(True, digits.images[:5], False)
    assert model.model_file_name == "model.onnx"
    with pytest.raises(FileExistsError):
        model.serialize_model(True, digits.images[:5], False)
    model.serialize_model(True, digits.images[:5], True)


def test_tables_are_rows_of_numbers(tf: Any, tmp_path: Path, flowers: Any) -> None:
    keras = importlib.import_module("keras")
    network = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
    model = TensorFlowModel(network, artifact_dir=str(tmp_path)).prepare(X_sample=flowers.data.head())
    expected = network.predict(flowers.data.to_numpy("float32"), verbose=0)
    assert _close(model.verify(flowers.data), expected)
    assert _close(model.verify({"data": flowers.data.to_dict("list")}, auto_serialize_data=False), expected)


ECHO = """
import keras


class Echo(keras.Model):
    def call(self, x):
        return x
"""


def test_tensors_and_images_arrive_with_their_dtype_and_shape(tf: Any, tmp_path: Path) -> None:
    from modelyard.artifact import payload
    from modelyard.model.serde.model_input import JsonModelInputSerializer

    for tensor in (
        tf.constant([[1.5, -2.0]], tf.float64),
        tf.constant(7, tf.uint8),
        tf.zeros((2, 0, 3)),
        tf.constant([0.5, 3.0], tf.bfloat16),
        tf.constant([[b"a", b"\xff"]]),
        tf.constant([True, False]),
    ):
        read: Any = JsonModelInputSerializer().deserialize(payload.encode(tensor))
        assert (read.dtype, read.shape) == (tensor.dtype, tensor.shape)
        assert np.array_equal(read.numpy(), tensor.numpy())
    image_library = pytest.importorskip("PIL.Image")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    (tmp_path / "echoing_model.py").write_text(ECHO)
    sys.path.insert(0, str(tmp_path))
    echo = importlib.import_module("echoing_model").Echo()
    sys.path.pop(0)
    echo(tf.zeros((1, 2)))
    model = TensorFlowModel(echo, artifact_dir=str(tmp_path / "artifact")).prepare()
    assert model.verify(image=image_library.fromarray(pixels))["prediction"] == pixels.tolist()


def test_a_series_of_rows_with_gaps_is_read(tf: Any) -> None:
    from modelyard.artifact.score_blocks.keras_calls import as_arrays

    assert as_arrays(pd.DataFrame({"a": [1.5]}), "float32").dtype == np.float32
    assert as_arrays([[1, 2]], "float32").dtype == np.int64


def test_bad_input_is_refused(tf: Any, tmp_path: Path) -> None:
    keras = importlib.import_module("keras")
    with pytest.raises(TypeError, match="TensorFlowModel"):
        TensorFlowModel(object())
    with pytest.raises(ArtifactError, match="no weights yet"):
        TensorFlowModel(keras.Sequential([keras.layers.Dense(1)]), artifact_dir=str(tmp_path)).prepare()
    with pytest.raises(ValueError, match="tf_onnx"):
        TensorFlowModel(keras.Sequential(), model_save_serializer="joblib")
