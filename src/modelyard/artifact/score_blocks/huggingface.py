"""Pipelines of transformers: a dict holds arguments by their names, anything else is the one argument."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

_JOINING = '''
def kind_of(features, model):
    """Tell texts and images to be classified: padding, and an image's size, change nothing there. None for others."""
    if model.task not in ("text-classification", "sentiment-analysis", "image-classification"):
        return None
    samples = features if isinstance(features, list) else [features]
    names = {type(each).__name__ for each in samples}
    if len(names) != 1 or not (isinstance(samples[0], str) or hasattr(samples[0], "getbands")):
        return None
    return type(features).__name__, names.pop()


def rows_of(features):
    """Return how many texts or images an input has."""
    return len(features) if isinstance(features, list) else 1


def join(parts):
    """Return the arguments of the one call that answers all."""
    samples = [each for part in parts for each in (part if isinstance(part, list) else [part])]
    return {"inputs": samples, "batch_size": len(samples)}


def cut(yhat, features, start, total):
    """Return the answer to one of the joined inputs, in the form that it has alone."""
    if len(yhat) != total:
        raise ValueError("The pipeline does not answer one by one.")
    if isinstance(features, list):
        return yhat[start : start + len(features)]
    return [yhat[start]] if isinstance(yhat[start], dict) else yhat[start]
'''

HUGGINGFACE = Blocks(
    name="transformers",
    pre_block="""
if isinstance(data, bytes):
    return as_image(data)
if isinstance(data, dict) and "data" in data and set(data) <= {"data", "data_type"}:
    kind = str(data.get("data_type"))
    if kind == "huggingface":
        return untagged(data["data"])
    is_marked = kind.startswith(("modelyard", "<class 'torch", "<class 'numpy"))
    return deserialize(data, input_schema_path) if is_marked else data["data"]
return data
""",
    inference_block="return model(**features) if isinstance(features, dict) else model(features)",
    post_block="""
if isinstance(yhat, dict):
    return {key: post_inference(each) for key, each in yhat.items()}
if isinstance(yhat, (list, tuple)):
    return [post_inference(each) for each in yhat]
if hasattr(yhat, "getbands"):  # an image
    import numpy as np

    yhat = np.asarray(yhat)
return yhat.tolist() if hasattr(yhat, "tolist") else yhat
""",
    joining=_JOINING,
    top_block='''
def as_image(data):
    """Return bytes as the image that they are; bytes of another kind, such as sound, stay what they are."""
    import io

    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        return data
    image.load()
    return image


def untagged(value):
    """Return what oracle-ads' client sends to pipelines; it does so where score.py has its tag."""
    if isinstance(value, list):
        return [untagged(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__ads_huggingface_type__")
    if kind is None:
        return {key: untagged(each) for key, each in value.items()}
    if kind == "tuple":
        return tuple(untagged(each) for each in value["items"])
    if kind == "bytes":
        return _bytes(value["data"])
    if kind == "pil_image":
        return _image(value["data"])
    raise ValueError("The request has a value of the unknown kind {!r}.".format(kind))
''',
)
