"""PyTorch models from safetensors: the modules are built anew from their description, and given their tensors.

A copy of this file travels with the artifact, so it needs torch and safetensors and nothing of modelyard. It runs the
classes that the description names, and no pickle. No class's ``__init__`` runs: a module gets the attributes it had.
"""

import importlib
import json
import weakref

KEY = "modelyard.architecture"


def load(path):
    """Return the model of a file, ready to predict."""
    import safetensors

    with safetensors.safe_open(path, framework="pt") as file:
        described = (file.metadata() or {}).get(KEY)
        if described is None:
            raise ValueError(
                f"{path} holds tensors and no description of a model: build the model in load_model(), and give it "
                "safetensors.torch.load_file(path)."
            )
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    return Builder(tensors).build(json.loads(described)).eval()


class Builder:
    """Build modules of a description: first all of them, then their attributes, which may name any of them."""

    def __init__(self, tensors):
        self._tensors = tensors
        self._parameters = {}
        self._modules = {}
        self._pending = []

    def build(self, description):
        """Return the module of a description."""
        module = self._module(description, "")
        for each, attributes in self._pending:
            each.__dict__.update({name: self._value(value) for name, value in attributes.items()})
        return module

    def _module(self, description, path):
        if "same_as" in description:
            return self._modules[description["same_as"]]
        import torch

        cls = named(description["class"])
        module = cls.__new__(cls)
        torch.nn.Module.__init__(module)
        self._modules[path] = module
        for name, key in description["parameters"].items():
            module._parameters[name] = None if key is None else self._parameter(*key)
        for name, key in description["buffers"].items():
            module._buffers[name] = None if key is None else self._tensors[key]
        module._non_persistent_buffers_set = set(description["passing"])
        for name, child in description["modules"].items():
            module._modules[name] = None if child is None else self._module(child, path + "." + name if path else name)
        self._pending.append((module, description["attributes"]))
        return module

    def _parameter(self, key, requires_grad):
        import torch

        if key not in self._parameters:
            self._parameters[key] = torch.nn.Parameter(self._tensors[key], requires_grad=requires_grad)
        return self._parameters[key]

    def _state(self, key):
        return self._parameters.get(key, self._tensors[key])

    def _value(self, value):
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if not isinstance(value, dict):
            return value
        kind, content = value["@"], value["value"]
        if kind in _KINDS:
            return _KINDS[kind](content)
        if kind in _COLLECTIONS:
            return _COLLECTIONS[kind](self._value(each) for each in content)
        if kind == "dict":
            return {self._value(key): self._value(each) for key, each in content}
        if kind == "object":
            return self._object(*content)
        if kind == "state":
            return self._state(content)
        if kind == "array":
            return self._tensors[content].numpy()
        if kind == "number":
            return self._number(*content)
        if kind == "weak":
            return weakref.ref(self._state(content))
        if kind == "module":
            return self._modules[content]
        raise ValueError(f"The model's description has a value of the unknown kind {kind!r}.")

    def _number(self, dtype, value):
        import numpy as np

        return np.dtype(dtype).type(self._value(value))

    def _object(self, name, attributes):
        cls = named(name)
        made = cls.__new__(cls)
        for name, value in attributes.items():
            object.__setattr__(made, name, self._value(value))
        return made


def named(name):
    """Return the class or function of a name such as ``package.module:Outer.Inner``."""
    module, _, path = name.partition(":")
    found = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _member(content):
    return named(content[0])[content[1]]


_KINDS = {
    "float": float,
    "dtype": lambda name: getattr(importlib.import_module("torch"), name),
    "device": lambda text: importlib.import_module("torch").device(text),
    "size": lambda sizes: importlib.import_module("torch").Size(sizes),
    "name": named,
    "member": _member,
}
_COLLECTIONS = {"tuple": tuple, "set": set, "frozenset": frozenset}
