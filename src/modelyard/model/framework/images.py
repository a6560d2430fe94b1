"""Images as what models take: from a file, bytes, or what PIL has already."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import MissingDependency, UsageError
from modelyard.model.places import local_path

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf
    import torch
    from PIL.Image import Image


def open_image(image: object) -> Image:
    """Return the image of a path or of bytes; one that PIL has open already stays what it is.

    Raises:
        ValueError: There is nothing there, or it is no image.
        TypeError: It is something else.
    """
    try:
        import PIL.Image
    except ImportError as error:
        raise MissingDependency("Pillow is not installed: pip install pillow.") from error
    if isinstance(image, PIL.Image.Image):
        return image
    if not isinstance(image, str | Path | bytes):
        raise TypeError(f"A {type(image).__name__} is no image: pass a PIL image, a path, a URI or bytes.")
    try:
        opened = PIL.Image.open(io.BytesIO(_bytes_of(image)))
        opened.load()
    except PIL.Image.UnidentifiedImageError as error:
        what = f"{len(image)} bytes" if isinstance(image, bytes) else image
        raise UsageError(f"{what}: no image that Pillow can read.") from error
    return opened


def _bytes_of(image: str | Path | bytes) -> bytes:
    if isinstance(image, bytes):
        return image
    file = local_path(str(image))
    if not file.is_file():
        raise UsageError(f"There is no image {file}.")
    return file.read_bytes()


def tensor_of_image(image: object) -> torch.Tensor:
    """Return an image as PyTorch's models take it: channels first, and fractions from 0 to 1 for 8 bits a channel."""
    import torch

    pixels = torch.from_numpy(_pixels(image).copy()).permute(2, 0, 1).contiguous()
    return pixels.to(torch.get_default_dtype()) / 255 if pixels.dtype == torch.uint8 else pixels


def eager_tensor_of_image(image: object) -> tf.Tensor:
    """Return an image as TensorFlow's models take it: channels last, values as they are."""
    import tensorflow as tf

    return tf.convert_to_tensor(_pixels(image))


def _pixels(image: object) -> np.ndarray:
    import numpy as np

    opened = open_image(image)
    if opened.mode == "P":  # colours by number: what they stand for is meant
        opened = opened.convert("RGB")
    pixels = np.asarray(opened)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]
