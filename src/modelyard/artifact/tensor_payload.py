"""Tensors and images as JSON that loses nothing: dtype, shape and values; pixels and mode."""

from __future__ import annotations

import base64
import io
import sys
from typing import TYPE_CHECKING, cast

from modelyard.errors import UsageError

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

_PNG_MODES = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})


def tensor_or_image(value: object) -> tuple[str, object] | None:
    """Return the kind and content of a tensor or image, for whose library nothing is imported; None for others."""
    torch, tensorflow, pil = sys.modules.get("torch"), sys.modules.get("tensorflow"), sys.modules.get("PIL.Image")
    if torch is not None and isinstance(value, torch.Tensor):
        return "Tensor", _torch(value)
    if tensorflow is not None and tensorflow.is_tensor(value):
        return "EagerTensor", _tensorflow(value)
    if pil is not None and isinstance(value, pil.Image):
        return "Image", _image(cast("Image", value))
    return None


def _torch(tensor: torch.Tensor) -> list[object]:
    import torch

    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise UsageError(
            f"A tensor of the layout {tensor.layout} cannot be sent: make it dense, with tensor.to_dense()."
        )
    plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    data = plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    return [str(tensor.dtype).removeprefix("torch."), list(tensor.shape), _text(data)]


def _tensorflow(tensor: object) -> list[object]:
    read = getattr(tensor, "numpy", None)
    if read is None:
        raise UsageError("A tensor without values, one of a graph or a ragged or sparse one, cannot be sent.")
    values = read()
    shape, dtype = list(getattr(values, "shape", ())), tensor.dtype.name  # type: ignore[attr-defined]
    if dtype == "string":
        import numpy as np

        return [dtype, shape, [_text(each) for each in np.asarray(values, dtype=object).reshape(-1)]]
    return [dtype, shape, _text(values.tobytes())]


def _image(image: Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG" if image.mode in _PNG_MODES else "TIFF")
    return _text(file.getvalue())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
