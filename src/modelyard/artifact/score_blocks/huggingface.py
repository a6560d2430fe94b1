"""Pipelines of transformers: a dict holds arguments by their names, anything else is the one argument."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

HUGGINGFACE = Blocks(
    name="transformers",
    pre_block="""
if isinstance(data, bytes):
    return as_image(data)
if isinstance(data, dict) and "data" in data and set(data) <= {"data", "data_type"}:
    return deserialize(data, input_schema_path) if data.get("data_type") == "modelyard" else data["data"]
return data
""",
    predict_block="""
answer = model(**features) if isinstance(features, dict) else model(features)
return {"prediction": post_inference(answer)}
""",
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
''',
)
