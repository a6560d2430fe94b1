"""Pipelines of transformers, made here: a tiny network and a tokenizer of a few words."""

from __future__ import annotations

import base64
import io
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.artifact import score_py
from modelyard.model.failures import SerializeModelNotImplementedError
from modelyard.model.framework.huggingface_model import HuggingFacePipelineModel

pytestmark = pytest.mark.frameworks

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "a", "good", "bad", "film", "play", "very", "not", "it", "was"]


@pytest.fixture(scope="module")
def transformers() -> Any:
    pytest.importorskip("torch")
    library = pytest.importorskip("transformers")
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    return library


@pytest.fixture(scope="module")
def tokenizer(transformers: Any) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, mask_token="[MASK]", model_max_length=16, **special
    )


def _configuration(transformers: Any, **options: Any) -> Any:
    return transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        **options,
    )


@pytest.fixture(scope="module")
def classifier(transformers: Any, tokenizer: Any) -> Any:
    """A pipeline that tells good from bad, trained on some sentences."""
    import torch

    torch.manual_seed(0)
    network = transformers.BertForSequenceClassification(_configuration(transformers, id2label={0: "BAD", 1: "GOOD"}))
    inputs = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    labels = torch.tensor([int("good" in sentence) for sentence in SENTENCES])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        network(**inputs, labels=labels).loss.backward()
        optimizer.step()
    return transformers.pipeline("text-classification", model=network.eval(), tokenizer=tokenizer, device="cpu")


SENTENCES = [
    f"{start} {quality} {thing}{end}"
    for start in ("a", "very", "it was", "not a", "it was very")
    for quality in ("good", "bad")
    for thing in ("film", "play", "it", "film film", "play it")
    for end in ("", " it was")
]
"""100 sentences."""


def _same(answers: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    scores = [[each["score"] for each in side] for side in (answers, expected)]
    labels = [[each["label"] for each in side] for side in (answers, expected)]
    return labels[0] == labels[1] and bool(np.allclose(*scores, atol=1e-5))


def test_the_endpoint_answers_as_the_pipeline_does(
    classifier: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    expected = classifier(SENTENCES)
    assert {each["label"] for each in expected} == {"GOOD", "BAD"}
    model = HuggingFacePipelineModel(classifier, artifact_dir=str(tmp_path)).prepare(X_sample=SENTENCES[:3])
    assert (model.framework, model.task) == ("transformers", "text-classification")
    parameters: Any = model.metadata_taxonomy["Hyperparameters"].value
    assert parameters["hidden_size"] == str(classifier.model.config.hidden_size)
    assert not any(name.startswith("_") for name in parameters)  # such as the folder that it was loaded from
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert "model.safetensors" in names
    assert not any(name.endswith((".bin", ".pkl")) for name in names)
    assert _same(model.verify()["prediction"], expected[:3])
    deploy(model)
    assert len(SENTENCES) == 100
    assert _same(model.predict(SENTENCES)["prediction"], expected)
    assert _same(model.predict("a good film")["prediction"], classifier("a good film"))
    several = model.predict({"inputs": ["bad film"], "top_k": None})["prediction"][0]
    assert _same(several, classifier(inputs=["bad film"], top_k=None)[0])
    plain = model.predict({"inputs": ["bad film", "a play"], "top_k": 2}, auto_serialize_data=False)["prediction"]
    assert [len(each) for each in plain] == [2, 2]


def test_the_model_is_written_alone_in_the_order_of_the_reference(classifier: Any, tmp_path: Path) -> None:
    model = HuggingFacePipelineModel(classifier, str(tmp_path))
    model.serialize_model(False, False, SENTENCES[:3])
    assert (tmp_path / str(model.model_file_name) / "model.safetensors").is_file()
    with pytest.raises(FileExistsError):
        model.serialize_model(False, False, SENTENCES[:3])
    model.serialize_model(False, True, SENTENCES[:3])


def test_tensors_of_an_answer_become_lists(transformers: Any, tokenizer: Any, tmp_path: Path) -> None:
    network = transformers.BertModel(_configuration(transformers)).eval()
    features = transformers.pipeline("feature-extraction", model=network, tokenizer=tokenizer, device="cpu")
    model = HuggingFacePipelineModel(features, artifact_dir=str(tmp_path)).prepare()
    answer = model.verify({"inputs": "a film", "return_tensors": True})["prediction"]
    assert np.allclose(answer, features("a film"), atol=1e-5)


def test_images_are_sent_as_they_are(transformers: Any, tmp_path: Path) -> None:
    image_library = pytest.importorskip("PIL.Image")
    configuration = transformers.ViTConfig(
        image_size=8, patch_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    network = transformers.ViTForImageClassification(configuration).eval()
    processor = _image_processor(transformers)
    pipeline = transformers.pipeline("image-classification", model=network, image_processor=processor, device="cpu")
    picture = image_library.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    file = tmp_path / "picture.png"
    picture.save(file)
    model = HuggingFacePipelineModel(pipeline, artifact_dir=str(tmp_path / "artifact")).prepare()
    expected = pipeline(picture)
    assert _same(model.verify(image=str(file))["prediction"], expected)
    assert _same(model.verify(picture)["prediction"], expected)
    assert _same(model.verify([picture])["prediction"][0], expected)
    png = io.BytesIO()
    picture.save(png, "PNG")
    assert _same(model.verify(png.getvalue())["prediction"], expected)
    with pytest.raises(ValueError, match="Both"):
        model.verify("text", image=file)


def _image_processor(transformers: Any) -> Any:
    for name in ("ViTImageProcessorPil", "ViTImageProcessor"):  # the other one needs torchvision
        kind = getattr(transformers, name, None)
        if kind is not None:
            return kind(size={"height": 8, "width": 8})
    pytest.skip("this version of transformers has no processor of images without torchvision")


def test_bad_input_is_refused(transformers: Any, classifier: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="no pipeline of transformers"):
        HuggingFacePipelineModel(object())
    with pytest.raises(TypeError, match="make one of it and its tokenizer"):
        HuggingFacePipelineModel(classifier.model)
    by_its_old_name = HuggingFacePipelineModel(classifier, str(tmp_path), model_input_serializer="huggingface")
    assert by_its_old_name.get_data_serializer().name == "json"
    with pytest.raises(ValueError, match="PyTorchModel"):
        by_its_old_name.prepare(use_torch_script=True)
    with pytest.raises(SerializeModelNotImplementedError, match="serialize=False"):
        HuggingFacePipelineModel(classifier, artifact_dir=str(tmp_path)).prepare(as_onnx=True)


def test_an_image_that_their_client_sends_is_an_image(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 3), (1, 2, 3))
    file = io.BytesIO()
    image.save(file, format="PNG")
    text = base64.b64encode(file.getvalue()).decode()
    tagged = {"__ads_huggingface_type__": "pil_image", "format": "PNG", "data": text}
    (tmp_path / "score.py").write_text(score_py.render("huggingface", model_file_name="", load_block="return None"))
    score = runpy.run_path(str(tmp_path / "score.py"))
    got = score["pre_inference"]({"data": tagged, "data_type": "huggingface"}, "none.json")
    assert (got.size, got.tobytes()) == ((2, 3), image.tobytes())
