"""Serializers by name and of one's own, for models and for what they are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.errors import UsageError
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel, SerializeInputNotImplementedError
from modelyard.model.serde.common import SERDE, Deserializer, Serializer
from modelyard.model.serde.model_input import JsonModelInputSerializer, ModelInputSerializerFactory
from modelyard.model.serde.model_serializer import ModelSerializer, ModelSerializerFactory


class Factor:
    """A model that multiplies."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def predict(self, data: Any) -> Any:
        return [each * self.factor for each in data]


class Written(SERDE):
    """A format of one's own: a file with a number."""

    name = "number"
    model_file_suffix = "json"
    load_block = "import types\n\nwith open(path) as file:\n    factor = json.load(file)\nreturn types.SimpleNamespace(predict=lambda data: [each * factor for each in data])"  # noqa: E501

    def serialize(self, estimator: Any, model_path: str, X_sample: Any = None) -> None:  # noqa: N803
        self.sample = X_sample
        Path(model_path).write_text(json.dumps(estimator.factor))

    def deserialize(self, model_path: str) -> Factor:
        return Factor(json.loads(Path(model_path).read_text()))


class Returned(SERDE):
    """The same, by its bytes alone; score.py is the user's to write."""

    model_file_suffix = ".num"

    def serialize(self, estimator: Any, model_path: str) -> bytes:
        return str(estimator.factor).encode()

    def deserialize(self, model_path: str) -> Factor:
        return Factor(float(Path(model_path).read_text()))


class Nothing(Returned):
    """Writes nothing and returns nothing."""

    def serialize(self, estimator: Any, model_path: str) -> None:  # type: ignore[override]
        return None


class Doubled(SERDE):
    """Sends every number twice."""

    name = "doubled"

    def serialize(self, data: Any) -> Any:
        return [each for each in data for _ in range(2)]

    def deserialize(self, data: Any) -> Any:
        return data[::2]


@pytest.mark.usefixtures("nowhere")
def test_a_format_of_ones_own_is_written_and_read_in_score_py(tmp_path: Path) -> None:
    serde = Written()
    model = GenericModel(Factor(3), artifact_dir=str(tmp_path / "a"), model_save_serializer=serde)
    model.prepare(X_sample=[1, 2])
    assert (model.model_file_name, serde.sample) == ("model.json", [1, 2])
    assert model.verify([1, 2]) == {"prediction": [3, 6]}
    assert model.get_model_serializer() is serde
    assert serde.deserialize(str(tmp_path / "a" / "model.json")).factor == 3


@pytest.mark.usefixtures("nowhere")
def test_without_lines_for_score_py_load_model_waits_to_be_written(tmp_path: Path) -> None:
    model = GenericModel(Factor(3), artifact_dir=str(tmp_path / "a"))
    model.set_model_save_serializer(Returned())
    model.prepare()
    assert (tmp_path / "a" / "model.num").read_text() == "3"
    assert 'NotImplementedError("The model was written by Returned' in (tmp_path / "a" / "score.py").read_text()


def test_a_serializer_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    model = GenericModel(Factor(3), artifact_dir=str(tmp_path / "a"), model_save_serializer=Nothing())
    with pytest.raises(UsageError, match=r"Nothing.serialize\(estimator, model_path\) wrote no file model.num"):
        model.prepare()
    assert not (tmp_path / "a").exists()


@pytest.mark.usefixtures("nowhere")
def test_data_is_sent_in_a_way_of_ones_own(tmp_path: Path) -> None:
    model = GenericModel(Factor(3), artifact_dir=str(tmp_path / "a"), model_save_serializer=Written())
    model.set_model_input_serializer(Doubled())
    model.prepare()
    assert model.verify([1, 2], auto_serialize_data=True) == {"prediction": [3, 3, 6, 6]}
    assert model.verify([1, 2]) == {"prediction": [3, 6]}
    assert (model.get_data_serializer().name, model.get_data_serializer().deserialize([3, 3])) == ("doubled", [3])


def test_data_is_sent_as_json_unless_told(tmp_path: Path) -> None:
    serde = SklearnModel().get_data_serializer()
    assert isinstance(serde, JsonModelInputSerializer)
    frame = pd.DataFrame({"when": pd.to_datetime(["2020-01-01"]), "x": [1e-12]}, index=["a"])
    pd.testing.assert_frame_equal(serde.deserialize(json.loads(json.dumps(serde.serialize(frame)))), frame)
    for refused in ("cloudpickle", "csv"):
        with pytest.raises(SerializeInputNotImplementedError, match=refused):
            ModelInputSerializerFactory.get(refused)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *(("cloudpickle", "pkl"), ("joblib", "joblib"), ("skops", "skops"), ("sklearn_onnx", "onnx")),
        *(("lightgbm", "txt"), ("lightgbm_onnx", "onnx"), ("xgboost", "json"), ("xgboost_ubj", "ubj")),
        *(("xgboost_txt", "txt"), ("xgboost_onnx", "onnx"), ("onnx", "onnx")),
    ],
)
def test_serializers_are_known_by_name(name: str, suffix: str) -> None:
    serde = ModelSerializerFactory.get(name)
    assert (serde.name, serde.model_file_suffix) == (name, suffix)
    assert isinstance(serde, Serializer)
    assert isinstance(serde, Deserializer)


def test_a_serializer_by_name_writes_and_reads_files(tmp_path: Path) -> None:
    ModelSerializer("joblib").serialize({"a": np.arange(3)}, tmp_path / "m")
    read: Any = ModelSerializer("joblib").deserialize(tmp_path / "m")
    assert read["a"].tolist() == [0, 1, 2]
    with pytest.raises(NotImplementedError, match="read by its artifact"):
        ModelSerializer("skops").deserialize(tmp_path / "m")
    with pytest.raises(ValueError, match="'tape'; there are cloudpickle"):
        ModelSerializerFactory.get("tape")
    assert SklearnModel().get_model_serializer().name == "skops"
