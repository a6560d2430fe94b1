"""How a PyTorch model is called with what was sent: these lines stand in score.py, and the SDK compares with them."""


def as_tensors(value, model):
    """Return arrays, tables and lists as tensors, fractions as the model has them; tensors keep their dtype."""
    import numpy as np
    import torch

    if value is None or isinstance(value, (str, bytes)):
        return value
    if isinstance(value, dict):
        return {key: as_tensors(each, model) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(as_tensors(each, model) for each in value)
    own = next((each for each in model.parameters() if each.is_floating_point()), torch.empty(0))
    if isinstance(value, list) and any(isinstance(each, torch.Tensor) for each in value):
        value = torch.stack(value)
    if isinstance(value, torch.Tensor):
        return value.to(own.device)
    if hasattr(value, "to_numpy"):  # a DataFrame or Series
        value = value.to_numpy()
    writable = np.require(np.asarray(value), requirements="W")  # a table's values are not: a tensor's always are
    tensor = torch.as_tensor(writable, device=own.device)
    return tensor.to(own.dtype) if tensor.is_floating_point() else tensor


def call(model, features):
    """Call the model: a tuple holds its arguments, a dict those with names."""
    import torch

    inputs = as_tensors(features, model)
    with torch.no_grad():
        if isinstance(inputs, dict):
            return model(**inputs)
        return model(*inputs) if isinstance(inputs, tuple) else model(inputs)
