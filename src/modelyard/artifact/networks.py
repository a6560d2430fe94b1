"""What a network was built with: its layers as they describe themselves, and how it was trained where it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ALWAYS_THERE = frozenset({"name", "trainable", "dtype", "batch_shape"})
_PLAIN = (bool, int, float, str, list, tuple)


def parameters_of_network(network: Any, framework: str | None) -> dict[str, str] | None:
    """Return the hyperparameters of a network by name; None for what is none.

    Args:
        network: A module of PyTorch's, a model of Keras's or a pipeline of transformers.
        framework: The package that its class is from.
    """
    if framework == "torch":
        return _of_modules(network)
    if framework in {"keras", "tensorflow"}:
        return _of_layers(network)
    return _of_configuration(network) if framework == "transformers" else None


def _of_modules(network: Any) -> dict[str, str] | None:
    """Return the modules without others in them by their paths: ``{"layers.0": "Linear(in_features=64, …)"}``."""
    if not hasattr(network, "named_modules"):
        return None
    leaves = [(path, each) for path, each in network.named_modules() if not any(each.children())]
    return {path or "module": f"{type(each).__name__}({each.extra_repr()})" for path, each in leaves}


def _of_layers(network: Any) -> dict[str, str] | None:
    layers = getattr(network, "layers", None)
    if not isinstance(layers, list):
        return None
    found = {str(each.name): _called(each) for each in layers}
    optimizer = getattr(network, "optimizer", None)
    return found if optimizer is None else {**found, "optimizer": _called(optimizer)}


def _called(part: Any) -> str:
    """Return a layer or optimizer as the call that makes one like it, in what can be said in a word."""
    try:
        configuration: Mapping[str, object] = part.get_config()
    except (NotImplementedError, TypeError, ValueError):  # a class of one's own that does not tell
        configuration = {}
    said = [
        f"{name}={value}"
        for name, value in configuration.items()
        if name not in _ALWAYS_THERE and isinstance(value, _PLAIN)
    ]
    return f"{type(part).__name__}({', '.join(said)})"


def _of_configuration(pipeline: Any) -> dict[str, str] | None:
    tell = getattr(getattr(getattr(pipeline, "model", pipeline), "config", None), "to_diff_dict", None)
    if tell is None:
        return None
    return {str(name): str(value) for name, value in tell().items() if not name.startswith("_")}  # _name_or_path …
