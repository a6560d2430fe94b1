"""How a Keras model is called with what was sent: these lines stand in score.py, and the SDK compares with them."""


def as_arrays(value, dtype):
    """Return tables and lists as arrays, fractions as the model has them; arrays and tensors stay as they are."""
    import numpy as np

    if isinstance(value, dict):
        return {key: as_arrays(each, dtype) for key, each in value.items()}
    if isinstance(value, tuple):
        return [as_arrays(each, dtype) for each in value]
    if not isinstance(value, list) and not hasattr(value, "to_numpy"):
        return value
    array = np.asarray(value)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def call(model, features):
    """Call the model as it is called outside of training; a tuple holds its inputs, a dict those with names."""
    return model(as_arrays(features, model.compute_dtype), training=False)
