"""Embeddings by ONNX: a tiny table of vectors and a tokenizer, made here."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.errors import FileAlreadyExists, PredictionFailed, UsageError
from modelyard.model.framework.embedding_onnx_model import EmbeddingONNXModel

pytestmark = pytest.mark.frameworks

WORDS = ["[PAD]", "[UNK]", "a", "good", "bad", "film"]
TABLE = np.arange(24, dtype=np.float32).reshape(6, 4)
TEXTS = [f"a {word}" for word in ("good film", "bad", "film")] * 33 + ["good"]


def _onnx_file(path: Path, *, pooled: bool = False) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, int64, float32 = onnx.helper, onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    output = ("last_hidden_state", ["rows", "tokens", 4])
    if pooled:
        nodes.append(helper.make_node("ReduceMax", ["last_hidden_state", "axes"], ["sentence"], keepdims=0))
        output = ("sentence", ["rows", 4])
    graph = helper.make_graph(
        nodes,
        "embeddings",
        [helper.make_tensor_value_info("input_ids", int64, ["rows", "tokens"])],
        [helper.make_tensor_value_info(output[0], float32, output[1])],
        [onnx.numpy_helper.from_array(TABLE, "table"), onnx.numpy_helper.from_array(np.array([1]), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)


def _tokenizer_files(folder: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]", "model_max_length": 4}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a user downloads: a model, its configuration and its tokenizer."""
    made = tmp_path / "embeddings"
    made.mkdir()
    _onnx_file(made / "model.onnx")
    _tokenizer_files(made)
    (made / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
    return made


def _expected(text: str) -> np.ndarray:
    return TABLE[[WORDS.index(word) for word in text.split()]].mean(axis=0)


def test_the_endpoint_answers_as_openais_api_does(folder: Path, deploy: Callable[[Any], Any]) -> None:
    model = EmbeddingONNXModel(str(folder)).prepare()
    assert (model.framework, model.model_file_name) == ("embedding_onnx", "model.onnx")
    contract = json.loads((folder / "openapi.json").read_text())
    assert set(contract["components"]["schemas"]) >= {"OpenAICompatRequest", "OpenAICompatResponse"}
    deploy(model)
    assert len(TEXTS) == 100
    answer: Any = model.predict({"input": TEXTS, "model": "tiny", "user": "me"})
    assert (answer["object"], answer["model"]) == ("list", "tiny")
    assert [each["index"] for each in answer["data"]] == list(range(100))
    assert {each["object"] for each in answer["data"]} == {"embedding"}
    assert np.allclose([each["embedding"] for each in answer["data"]], [_expected(text) for text in TEXTS])
    words = sum(len(text.split()) for text in TEXTS)
    assert answer["usage"] == {"prompt_tokens": words, "total_tokens": words}
    packed: Any = model.predict({"input": "good", "encoding_format": "base64"})["data"]
    assert np.allclose(np.frombuffer(base64.b64decode(packed[0]["embedding"]), "<f4"), _expected("good"))


def test_texts_are_cut_and_padded(folder: Path) -> None:
    model = EmbeddingONNXModel(str(folder)).prepare()
    answer: Any = model.verify({"input": ["a good film a bad film", "a"]})
    vectors = [each["embedding"] for each in answer["data"]]
    assert np.allclose(vectors, [_expected("a good film a"), _expected("a")])
    assert answer["usage"]["total_tokens"] == 5
    for wrong in ({"input": []}, {"input": [1]}, {"text": "a"}, {"input": "a", "encoding_format": "hex"}):
        with pytest.raises(PredictionFailed, match=r"input|encoding_format"):
            model.verify(wrong)


def test_a_model_that_answers_one_vector_is_taken_at_its_word(folder: Path) -> None:
    _onnx_file(folder / "model.onnx", pooled=True)
    answer: Any = EmbeddingONNXModel(str(folder)).prepare().verify({"input": ["a film"]})
    assert answer["data"][0]["embedding"] == TABLE[WORDS.index("film")].tolist()


def test_files_that_are_elsewhere_are_copied_and_a_model_may_lie_deeper(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "onnx").mkdir(parents=True)
    shutil.copyfile(folder / "model.onnx", other / "onnx" / "model.onnx")
    model = EmbeddingONNXModel(str(other), config_json=str(folder / "config.json"), tokenizer_dir=str(folder))
    assert model.model_file_name == "onnx/model.onnx"
    assert model.prepare().verify({"input": "a"})["model"] == "onnx/model.onnx"


def test_what_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="artifact_dir"):
        EmbeddingONNXModel()
    with pytest.raises(UsageError, match="no folder"):
        EmbeddingONNXModel(str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no \.onnx file"):
        EmbeddingONNXModel(str(tmp_path / "empty"))
    with pytest.raises(UsageError, match="already"):
        EmbeddingONNXModel(str(folder), serialize=True)
    _onnx_file(folder / "second.onnx")
    with pytest.raises(UsageError, match="second"):
        EmbeddingONNXModel(str(folder))
    (folder / "openapi.json").write_text("{}")
    with pytest.raises(FileAlreadyExists, match="openapi"):
        EmbeddingONNXModel(str(folder), "model.onnx").prepare()
    assert not (folder / "score.py").exists()
    (folder / "config.json").unlink()
    with pytest.warns(UserWarning, match=r"config\.json"):
        EmbeddingONNXModel(str(folder), "model.onnx")
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer_config.json").unlink()
    with pytest.warns(UserWarning, match=r"lacks tokenizer_config\.json"):
        EmbeddingONNXModel(str(folder), "model.onnx")
    (folder / "tokenizer.json").unlink()
    with pytest.warns(UserWarning, match="no tokenizer"):
        EmbeddingONNXModel(str(folder), "model.onnx")
