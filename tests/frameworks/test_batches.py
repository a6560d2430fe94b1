"""predict_batch of networks, pipelines and embeddings: every request is answered as by itself."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.artifact import payload, score_py
from modelyard.artifact.score_blocks import Blocks, blocks_named, embedding_onnx
from modelyard.model.score_module import ScoreModule

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras's own use of numpy
]


class Counting:
    """A model, and how often it was asked."""

    def __init__(self, model: Any, *names: str) -> None:
        self._model, self._names = model, names
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return self._counted(found) if name in self._names else found

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        return self._model(*arguments, **named)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            return function(*arguments, **named)

        return asked


def _score(folder: Path, framework: str | Blocks) -> Any:
    blocks = blocks_named(framework) if isinstance(framework, str) else framework
    text = score_py.render(blocks, model_file_name="model", load_block="return None")
    (folder / "score.py").write_text(text, encoding="utf-8")
    return ScoreModule(folder)


def _alone(score: Any, requests: list[Any], model: Any) -> list[Any]:
    answers = []
    for data in requests:
        try:
            answers.append(score.predict(data, model))
        except Exception as error:
            answers.append(error)
    return answers


def _assert_same(found: list[Any], expected: list[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, Exception):
            assert (type(one), str(one)) == (type(other), str(other))
        else:
            assert _is_close(one, other), (one, other)


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_close(one[key], other[key]) for key in other)
    if isinstance(other, list):
        return len(one) == len(other) and all(_is_close(*each) for each in zip(one, other, strict=True))
    if isinstance(other, float):
        return bool(np.isclose(one, other, rtol=1e-4, atol=1e-6))
    return bool(one == other)


def _assert_joined(score: Any, requests: list[Any], model: Counting, *, calls: int) -> None:
    """Answers are those of each alone; once it is known that requests can be joined, in so many calls."""
    expected = _alone(score, requests, model)
    _assert_same(score.predict_batch(requests, model), expected)
    model.calls = 0
    _assert_same(score.predict_batch(requests, model), expected)
    assert model.calls == calls


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def test_arrays_tensors_lists_and_tables_of_pytorch_are_joined_each_with_its_own(
    torch: Any, digits: Any, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.BatchNorm1d(16), torch.nn.Linear(16, 10)).eval()
    score, model = _score(tmp_path, "pytorch"), Counting(network)
    requests = []
    for start in range(0, 40, 5):
        rows = digits.data[start : start + 1 + start % 3]
        requests += [
            payload.encode(torch.from_numpy(rows)),
            payload.encode(rows.astype(np.float64)),
            payload.encode(pd.DataFrame(rows)),
            rows.tolist(),
            payload.encode(rows[:, :3]),  # too narrow
            payload.encode(rows[0]),  # one vector without an axis for rows
            {"@": "nothing known"},
        ]
    expected = _alone(score, requests, model)
    assert sum(isinstance(each, Exception) for each in expected) == 3 * 8
    for _ in range(2):
        _assert_same(score.predict_batch(requests, model), expected)
    _assert_joined(score, requests[0::7], model, calls=1)
    good = [each for place, each in enumerate(requests) if place % 7 < 4]
    _assert_joined(score, good, model, calls=4)


def test_several_inputs_and_outputs_of_pytorch_are_joined(torch: Any, tmp_path: Path) -> None:
    class Pair(torch.nn.Module):
        def __init__(self, kind: Any) -> None:
            super().__init__()
            self.kind, self.inner = kind, torch.nn.Bilinear(2, 3, 1)

        def forward(self, one: Any, other: Any) -> Any:
            return self.kind([("a", one * 2), ("b", self.inner(one, other))])

    def several(pairs: list[Any]) -> Any:
        return [each for _, each in pairs]

    score = _score(tmp_path, "pytorch")
    parts = [(torch.randn(rows, 2), torch.randn(rows, 3)) for rows in (2, 1, 3)]
    for kind in (dict, several, lambda pairs: tuple(several(pairs))):
        model = Counting(Pair(kind).eval())
        _assert_joined(score, [payload.encode(each) for each in parts], model, calls=1)
        named = [payload.encode({"one": one, "other": other}) for one, other in parts]
        _assert_joined(score, named, model, calls=1)
        lopsided = [*named, payload.encode({"one": parts[0][0], "other": parts[1][1]})]
        _assert_same(score.predict_batch(lopsided, model), _alone(score, lopsided, model))


def test_a_network_whose_first_axis_is_not_that_of_rows_is_asked_one_by_one(torch: Any, tmp_path: Path) -> None:
    """Joined, one request's sequence would go on where the other's ended, with an answer to each of their steps."""
    torch.manual_seed(0)

    class Reading(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.LSTM(4, 3)

        def forward(self, steps: Any) -> Any:
            return self.inner(steps)[0]

    class Ranking(torch.nn.Module):
        def forward(self, scores: Any) -> Any:
            return torch.softmax(scores, dim=0)

    score = _score(tmp_path, "pytorch")
    for network in (Reading(), Ranking()):
        model = Counting(network.eval())
        model.parameters = network.parameters
        requests = [payload.encode(torch.randn(steps, 1, 4)) for steps in (3, 5, 2)]
        _assert_joined(score, requests, model, calls=3)


@pytest.fixture(scope="module")
def keras() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what TensorFlow itself imports
        pytest.importorskip("tensorflow")
        return importlib.import_module("keras")


def test_pictures_for_keras_are_joined(keras: Any, digits: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.layers.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(16, "relu"), keras.layers.Dense(10)]
    )
    score, model = _score(tmp_path, "tensorflow"), Counting(network)
    requests: list[Any] = []
    for start in range(0, 30, 5):
        rows = digits.images[start : start + 1 + start % 2]
        requests += [payload.encode(tf.constant(rows)), payload.encode(rows.astype(np.float64)), rows.tolist()]
    _assert_joined(score, requests, model, calls=3)
    requests.insert(4, payload.encode(np.ones((1, 3, 3))))
    requests.insert(9, "a text")
    expected = _alone(score, requests, model)
    assert [isinstance(each, Exception) for each in expected].count(True) == 2
    _assert_same(score.predict_batch(requests, model), expected)


def test_texts_to_be_classified_are_one_batch_of_the_pipeline(torch: Any, tmp_path: Path) -> None:
    classifier = _classifier(torch)
    score, model = _score(tmp_path, "huggingface"), Counting(classifier)
    texts = ["a good film", "bad", "it was a very bad play it was", "good", "a film"]
    _assert_joined(score, texts, model, calls=1)
    _assert_joined(score, [[text, "a"] for text in texts], model, calls=1)
    mixed = [*texts, ["a", "good film"], {"inputs": "a play", "top_k": 2}, 5, {"inputs": ["bad", "a"]}, ["film"]]
    expected = _alone(score, mixed, model)
    for _ in range(2):
        _assert_same(score.predict_batch(mixed, model), expected)
    passes = []
    classifier.model.register_forward_hook(lambda *_: passes.append(1))
    score.predict_batch(texts, model)
    assert len(passes) == 1
    classifier.tokenizer.pad_token = None
    fresh = Counting(classifier)
    _assert_joined(score, texts, fresh, calls=len(texts))


def test_pipelines_of_other_tasks_are_asked_one_by_one(torch: Any, tmp_path: Path) -> None:
    transformers = importlib.import_module("transformers")
    made = _classifier(torch)
    network = transformers.BertModel(made.model.config).eval()
    features = transformers.pipeline("feature-extraction", model=network, tokenizer=made.tokenizer, device="cpu")
    score, model = _score(tmp_path, "huggingface"), Counting(features)
    _assert_joined(score, ["a film", "good", ["a", "bad play"]], model, calls=3)


def _classifier(torch: Any) -> Any:
    transformers = pytest.importorskip("transformers")
    tokenizers = importlib.import_module("tokenizers")
    transformers.logging.set_verbosity_error()
    words = ["[PAD]", "[UNK]", "a", "good", "bad", "film", "play", "very", "it", "was"]
    model = tokenizers.models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]")
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    network = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=len(words), **size)).eval()
    return transformers.pipeline("text-classification", model=network, tokenizer=tokenizer, device="cpu")


def test_images_are_one_batch_of_the_pipeline(torch: Any, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    image_library = pytest.importorskip("PIL.Image")
    kind = getattr(transformers, "ViTImageProcessorPil", None) or transformers.ViTImageProcessor
    configuration = transformers.ViTConfig(
        image_size=8, patch_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    network = transformers.ViTForImageClassification(configuration).eval()
    processor = kind(size={"height": 8, "width": 8})
    pipeline = transformers.pipeline("image-classification", model=network, image_processor=processor, device="cpu")
    rng = np.random.default_rng(0)
    shapes = [(8, 8, 3), (16, 12, 3), (5, 9, 3)]
    pictures = [image_library.fromarray(rng.integers(0, 255, shape).astype(np.uint8)) for shape in shapes]
    score = _score(tmp_path, "huggingface")
    _assert_joined(score, [payload.encode(each) for each in pictures], Counting(pipeline), calls=1)
    _assert_joined(score, [payload.encode([each]) for each in pictures], Counting(pipeline), calls=1)


EMBEDDED = ["[PAD]", "[UNK]", "a", "good", "bad", "film"]


def _embedding(folder: Path, *, knows_padding: bool) -> Any:
    onnx, tokenizers = pytest.importorskip("onnx"), pytest.importorskip("tokenizers")
    onnxruntime = pytest.importorskip("onnxruntime")
    helper, int64, float32 = onnx.helper, onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    table = np.random.default_rng(0).random((len(EMBEDDED), 4), np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["vectors"])]
    inputs = [helper.make_tensor_value_info("input_ids", int64, ["rows", "tokens"])]
    if knows_padding:
        inputs.append(helper.make_tensor_value_info("attention_mask", int64, ["rows", "tokens"]))
        nodes.append(helper.make_node("Identity", ["attention_mask"], ["unused"]))
    graph = helper.make_graph(
        nodes,
        "embeddings",
        inputs,
        [helper.make_tensor_value_info("vectors", float32, ["rows", "tokens", 4])],
        [onnx.numpy_helper.from_array(table, "table")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    words = {word: place for place, word in enumerate(EMBEDDED)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("knows_padding", [True, False])
def test_texts_to_be_embedded_are_joined_where_the_model_knows_of_padding(knows_padding: bool, tmp_path: Path) -> None:
    session = _embedding(tmp_path, knows_padding=knows_padding)
    score, model = _score(tmp_path, embedding_onnx.embedding(tokenizer_folder=".")), Counting(session, "run")
    requests: list[Any] = [
        {"input": "a good film", "model": "mine"},
        {"input": ["bad", "a good good good film"], "encoding_format": "base64"},
        {"input": ["film"]},
        "a bad film",
    ]
    expected = _alone(score, requests, model)
    assert [each["usage"]["total_tokens"] for each in expected] == [3, 6, 1, 3]
    _assert_joined(score, requests, model, calls=1 if knows_padding else 4)
    requests.insert(1, {"input": []})
    requests.insert(3, {"text": "a"})
    _assert_same(score.predict_batch(requests, model), _alone(score, requests, model))


def test_tables_for_spark_are_joined(spark: Any, flowers: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler

    names = ["a", "b", "c", "d"]
    frame = flowers.data.set_axis(names, axis=1)
    table = spark.createDataFrame(frame.assign(label=flowers.target.astype(float)).to_dict("records"))
    assembler = VectorAssembler(inputCols=names, outputCol="features", handleInvalid="skip")
    model = Counting(Pipeline(stages=[assembler, LogisticRegression(maxIter=5)]).fit(table), "transform")
    (tmp_path / "model_input_data_schema.json").write_text(table.drop("label").schema.json())
    score = _score(tmp_path, "spark")
    parts = [frame.iloc[start : start + 3] for start in (1, 60, 120)]
    _assert_joined(score, [payload.encode(each) for each in parts], model, calls=1)
    _assert_joined(score, [{"data": each.to_dict("records")} for each in parts], model, calls=1)
    holes = frame.iloc[3:6].assign(b=[1.0, np.nan, 2.0])  # Spark leaves rows with holes out
    requests = [payload.encode(each) for each in [*parts, holes]]
    expected = _alone(score, requests, model)
    assert [len(each["prediction"]) for each in expected] == [3, 3, 3, 2]
    _assert_same(score.predict_batch(requests, model), expected)
