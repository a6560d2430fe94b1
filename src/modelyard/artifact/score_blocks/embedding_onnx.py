"""ONNX models of texts' embeddings: requests and answers are those of OpenAI's embeddings API."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

LOAD_BLOCK = """
import onnxruntime

load_tokenizer()
return onnxruntime.InferenceSession(path, providers=onnxruntime.get_available_providers())
"""

_FUNCTIONS = '''
tokenizer_folder = {tokenizer_folder!r}


@lru_cache(maxsize=1)
def load_tokenizer():
    """Return the tokenizer in the artifact: it pads texts to one length, and cuts those that the model cannot take."""
    folder = os.path.join(artifact_dir, tokenizer_folder)
    file = os.path.join(folder, "tokenizer.json")
    if os.path.exists(file):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(file)
    else:  # one of words alone, which transformers knows how to make one of
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder).backend_tokenizer
    said = settings_of(os.path.join(folder, "tokenizer_config.json"))
    longest = settings_of(os.path.join(artifact_dir, "config.json")).get("max_position_embeddings")
    limit = min(each for each in (said.get("model_max_length"), longest, 1 << 20) if each)
    padding = said.get("pad_token", "[PAD]")
    padding = padding["content"] if isinstance(padding, dict) else padding
    tokenizer.enable_padding(pad_token=padding, pad_id=tokenizer.token_to_id(padding) or 0)
    tokenizer.enable_truncation(int(limit))
    return tokenizer


def settings_of(path):
    """Return what a JSON file says; {{}} where there is none."""
    if not os.path.exists(path):
        return {{}}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def tokens_of(texts):
    """Return the arrays that the tokenizer makes of texts, by the names that models have for them."""
    import numpy as np

    encoded = load_tokenizer().encode_batch(texts)
    return {{
        "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
        "attention_mask": np.array([each.attention_mask for each in encoded], dtype=np.int64),
        "token_type_ids": np.array([each.type_ids for each in encoded], dtype=np.int64),
    }}


def embeddings_of(outputs, mask):
    """Return one vector for each text: the model's own, or the mean of those of its tokens."""
    for each in outputs:
        if each.ndim == 2:
            return each
    tokens, weights = outputs[0], mask[:, :, None]
    return (tokens * weights).sum(axis=1) / weights.sum(axis=1).clip(min=1)


def written(embedding, encoding):
    """Return a vector as the request asked for it."""
    if encoding != "base64":
        return embedding.tolist()
    import base64

    return base64.b64encode(embedding.astype("<f4").tobytes()).decode()
'''

_PRE = """
if isinstance(data, dict) and "data" in data and set(data) <= {"data", "data_type"}:
    data = deserialize(data, input_schema_path) if data.get("data_type") == "modelyard" else data["data"]
request = data if isinstance(data, dict) else {"input": data}
texts = request.get("input")
texts = [texts] if isinstance(texts, str) else texts
if not isinstance(texts, (list, tuple)) or not texts or not all(isinstance(each, str) for each in texts):
    raise ValueError('A request is like {"input": ["a text", "another"], "model": "a name"}.')
if request.get("encoding_format", "float") not in ("float", "base64"):
    raise ValueError("encoding_format is float or base64, not {!r}.".format(request["encoding_format"]))
return dict(request, input=list(texts))
"""

_INFERENCE = """
tokens = tokens_of(features["input"])
wanted = {each.name for each in model.get_inputs()}
outputs = model.run(None, {name: values for name, values in tokens.items() if name in wanted})
mask = tokens["attention_mask"]
return embeddings_of(outputs, mask), mask.sum(axis=1)  # for each text its vector, and how many tokens it has
"""

_ANSWER = """
embeddings, counts = yhat
encoding = features.get("encoding_format", "float")
count = int(counts.sum())
return {
    "object": "list",
    "data": [
        {"object": "embedding", "embedding": written(each, encoding), "index": place}
        for place, each in enumerate(post_inference(embeddings))
    ],
    "model": features.get("model", model_name),
    "usage": {"prompt_tokens": count, "total_tokens": count},
}
"""

_JOINING = '''
def kind_of(features, model):
    """Tell texts whose padding the model knows of; None where it may take that for a part of the text."""
    return ("texts",) if any(each.name == "attention_mask" for each in model.get_inputs()) else None


def rows_of(features):
    """Return how many texts a request has."""
    return len(features["input"])


def join(parts):
    """Return requests as one with all their texts."""
    return {"input": [text for each in parts for text in each["input"]]}


def cut(yhat, features, start, total):
    """Return the vectors and counts of one request's texts."""
    if any(len(each) != total for each in yhat):
        raise ValueError("The model has not one vector for each text.")
    return tuple(each[start : start + rows_of(features)] for each in yhat)
'''


def embedding(*, tokenizer_folder: str) -> Blocks:
    """Return the blocks of a model whose tokenizer is in this folder of the artifact."""
    return Blocks(
        name="embeddings by ONNX",
        pre_block=_PRE,
        inference_block=_INFERENCE,
        post_block="return yhat",
        answer_block=_ANSWER,
        answer='{"object": "list", "data": [{"object": "embedding", "embedding": [...], "index": 0}], ...}',
        joining=_JOINING,
        top_block=_FUNCTIONS.format(tokenizer_folder=tokenizer_folder),
    )


OPENAPI: dict[str, object] = {
    "openapi": "3.0.3",
    "info": {"title": "Embeddings of texts", "version": "1.0"},
    "paths": {
        "/predict": {
            "post": {
                "summary": "Return one vector for each text",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAICompatRequest"}}},
                },
                "responses": {
                    "200": {
                        "description": "The vectors, in the order of the texts",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/OpenAICompatResponse"}}
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "OpenAICompatRequest": {
                "type": "object",
                "required": ["input"],
                "properties": {
                    "input": {
                        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
                    },
                    "model": {"type": "string"},
                    "encoding_format": {"type": "string", "enum": ["float", "base64"], "default": "float"},
                    "user": {"type": "string"},
                },
            },
            "OpenAICompatResponse": {
                "type": "object",
                "required": ["object", "data", "model", "usage"],
                "properties": {
                    "object": {"type": "string", "enum": ["list"]},
                    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Embedding"}},
                    "model": {"type": "string"},
                    "usage": {"$ref": "#/components/schemas/Usage"},
                },
            },
            "Embedding": {
                "type": "object",
                "required": ["object", "embedding", "index"],
                "properties": {
                    "object": {"type": "string", "enum": ["embedding"]},
                    "embedding": {
                        "oneOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string", "format": "byte"}]
                    },
                    "index": {"type": "integer"},
                },
            },
            "Usage": {
                "type": "object",
                "required": ["prompt_tokens", "total_tokens"],
                "properties": {"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}},
            },
        }
    },
}
"""What ``openapi.json`` in the artifact says of requests and answers."""
