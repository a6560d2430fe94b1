"""The description of a PyTorch model that :mod:`torch_state` builds it from: its modules, their classes and attributes.

What is described is JSON; tensors stand beside it. Attributes of a kind that JSON cannot stand for are refused by name.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import sys
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from modelyard.artifact.serializers.torch_state import named
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import torch

Naming = Callable[[object], str]
"""Returns the name ``module:Qualified.Name`` by which the serving environment finds a class or function."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Description:
    """Describe one model.

    Args:
        model: The model.
        naming: How classes and functions are named.

    Raises:
        ArtifactError: It has something that cannot be described; the message names it.
    """

    def __init__(self, model: torch.nn.Module, *, naming: Naming) -> None:
        import torch

        self._torch = torch
        self._naming = naming
        self._own = frozenset(torch.nn.Module().__dict__) - {"training"}
        self.tensors: dict[str, torch.Tensor] = {}
        self._keys: dict[int, str] = {}
        self._paths: dict[int, str] = {}
        self._note(model)
        self._described: set[str] = set()
        self.root = self._module(model, "")

    def _note(self, model: torch.nn.Module) -> None:
        """Give every module its path and every tensor its key: attributes may name any of them."""
        for path, module in model.named_modules():
            self._paths[id(module)] = path
            state = {**module._parameters, **module._buffers}  # noqa: SLF001 # also what state_dict() leaves out
            for name, tensor in state.items():
                if tensor is not None:
                    self._keep(tensor, f"{path}.{name}" if path else name)

    def _keep(self, tensor: torch.Tensor, key: str) -> str:
        known = self._keys.get(id(tensor))
        if known is not None:
            return known
        if isinstance(tensor, self._torch.nn.parameter.UninitializedTensorMixin):
            raise ArtifactError(f"{key} has no values yet: call the model once, or train it, before it is saved.")
        self._keys[id(tensor)] = key
        self.tensors[key] = tensor
        return key

    def _module(self, module: torch.nn.Module, path: str) -> dict[str, object]:
        if path in self._described or self._paths[id(module)] != path:
            return {"same_as": self._paths[id(module)]}
        self._described.add(path)
        where = path or "the model"
        if any(getattr(module, hooks, None) for hooks in _HOOKS):
            raise ArtifactError(f"{where} has hooks, which are code that no file can hold: {_ADVICE}")
        parameters = module._parameters.items()  # noqa: SLF001 # None among them, which named_parameters() leaves out
        children = module._modules.items()  # noqa: SLF001
        return {
            "class": self._name(type(module), where),
            "parameters": {
                name: None if each is None else [self._keys[id(each)], each.requires_grad] for name, each in parameters
            },
            "buffers": {
                name: None if each is None else self._keys[id(each)]
                for name, each in module._buffers.items()  # noqa: SLF001
            },
            "passing": sorted(module._non_persistent_buffers_set),  # noqa: SLF001
            "modules": {
                name: None if each is None else self._module(each, f"{path}.{name}" if path else name)
                for name, each in children
            },
            "attributes": {
                name: self._value(value, f"{path}.{name}" if path else name)
                for name, value in module.__dict__.items()
                if name not in self._own
            },
        }

    def _name(self, value: object, where: str) -> str:
        name = self._naming(value)
        try:
            same = name.partition(":")[0] not in sys.modules or named(name) is value
        except (AttributeError, ImportError):
            same = False
        if not same:
            raise ArtifactError(f"{where} is of {name.replace(':', '.')}, which no import finds: {_ADVICE}")
        return name

    def _value(self, value: object, where: str) -> object:
        kind = type(value)
        if value is None or kind in {bool, int, str}:
            return value
        if kind is float:
            return value if math.isfinite(cast("float", value)) else _mark("float", repr(value))
        if kind is list:
            return self._values(value, where)
        if kind is tuple:
            return _mark("tuple", self._values(value, where))
        if kind in {set, frozenset}:  # sorted: what is written is the same on every run
            return _mark(kind.__name__, self._values(sorted(cast("set[object]", value), key=repr), where))
        if isinstance(value, dict):
            pairs = [[self._value(key, where), self._value(each, f"{where}[{key!r}]")] for key, each in value.items()]
            return _mark("dict", pairs)
        described = self._of_torch(value, where) or self._of_numpy(value, where) or self._of_python(value, where)
        if described is None:
            raise ArtifactError(
                f"{where} is a {kind.__module__}.{kind.__qualname__}, which cannot be written safely: {_ADVICE}"
            )
        return described

    def _values(self, values: object, where: str) -> list[object]:
        return [self._value(each, f"{where}[{place}]") for place, each in enumerate(cast("list[object]", values))]

    def _of_torch(self, value: object, where: str) -> dict[str, object] | None:
        torch = self._torch
        if isinstance(value, torch.Tensor):
            return _mark("state", self._keep(value, where))
        if isinstance(value, weakref.ref) and isinstance(value(), torch.Tensor):
            return _mark("weak", self._keep(value(), where))
        if isinstance(value, torch.nn.Module) and id(value) in self._paths:
            return _mark("module", self._paths[id(value)])
        if isinstance(value, torch.Size):
            return _mark("size", list(value))
        if isinstance(value, torch.dtype):
            return _mark("dtype", str(value).removeprefix("torch."))
        if isinstance(value, torch.device):
            return _mark("device", str(value))
        return None

    def _of_numpy(self, value: object, where: str) -> dict[str, object] | None:
        import numpy as np

        if isinstance(value, np.generic) and value.dtype.kind in "biuf":
            return _mark("number", [value.dtype.name, self._value(value.item(), where)])
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            self.tensors[where] = self._torch.from_numpy(np.array(value))
            return _mark("array", where)
        return None

    def _of_python(self, value: object, where: str) -> dict[str, object] | None:
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            return _mark("name", self._name(value, where))
        if isinstance(value, enum.Enum):
            return _mark("member", [self._name(type(value), where), value.name])
        if dataclasses.is_dataclass(value) or isinstance(value, types.SimpleNamespace):
            attributes = {name: self._value(each, f"{where}.{name}") for name, each in vars(value).items()}
            return _mark("object", [self._name(type(value), where), attributes])
        return None


_ADVICE = "remove it, or save with model_save_serializer='torchscript'."


def _mark(kind: str, value: object) -> dict[str, object]:
    return {"@": kind, "value": value}
