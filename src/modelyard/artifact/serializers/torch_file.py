"""PyTorch models as safetensors with the classes that they are built from; or as TorchScript, which needs none."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from modelyard.artifact.serializers.own_classes import OwnClasses, said_of
from modelyard.artifact.serializers.serializer import Extent, Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed, written_whole
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import torch

EXTRA = "pytorch"
TENSORS = "model.safetensors"
_READER = "torch_state"


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write a model's tensors, the description that builds its modules, and the files of their classes."""
    with needed("torch", extra=EXTRA):
        import torch
    with needed("safetensors", extra=EXTRA):
        from safetensors.torch import save_file

        from modelyard.artifact.serializers import torch_description, torch_state
    model = _as_module(estimator)
    if isinstance(model, torch.jit.ScriptModule):
        raise ArtifactError("The model is TorchScript: save it with model_save_serializer='torchscript'.")
    classes = OwnClasses()
    described = torch_description.Description(model, naming=classes.name)
    path.mkdir()
    metadata = {"format": "pt", torch_state.KEY: json.dumps(described.root)}
    save_file(_apart(described.tensors), path / TENSORS, metadata=metadata)
    shutil.copyfile(torch_state.__file__, path / f"{_READER}.py")
    written = classes.write(path)
    return Written(load_block=_LOAD, facts=said_of(written))


def _as_module(estimator: object) -> torch.nn.Module:
    import torch

    if not isinstance(estimator, torch.nn.Module):
        raise ArtifactError(f"A {type(estimator).__name__} is no torch.nn.Module.")
    return estimator


def _apart(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return tensors that share no memory: safetensors holds none that do."""
    apart, seen = {}, set[int]()
    for key, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        place = plain.untyped_storage().data_ptr()
        apart[key] = plain.clone() if place in seen else plain
        seen.add(place)
    return apart


_LOAD = f"""
sys.path.insert(0, path)  # the model's own classes
import {_READER}

return {_READER}.load(os.path.join(path, "{TENSORS}"))
"""


def load(path: Path) -> object:
    """Read a model whose classes can be imported in this process."""
    with needed("torch and safetensors", extra=EXTRA):
        from modelyard.artifact.serializers import torch_state
    return torch_state.load(str(path / TENSORS))


def save_script(estimator: object, path: Path, given: Given) -> Written:
    """Write a model as TorchScript: its code is compiled, or recorded on the sample where it cannot be."""
    with needed("torch", extra=EXTRA):
        import torch
    model = _as_module(estimator)
    with written_whole(path, estimator) as partial, _without_deprecation():
        script, remarks = _scripted(model, given)
        torch.jit.save(script, str(partial))
    return Written(load_block=_LOAD_SCRIPT, remarks=remarks)


def _scripted(model: torch.nn.Module, given: Given) -> tuple[torch.jit.ScriptModule, tuple[str, ...]]:
    import torch

    if isinstance(model, torch.jit.ScriptModule):
        return model, ()
    was_training = model.training
    try:
        return cast("torch.jit.ScriptModule", torch.jit.script(model.eval())), ()
    except (RuntimeError, OSError, TypeError, AttributeError) as error:
        if given.sample is None:
            reason = str(error).strip().partition("\n")[0]
            raise ArtifactError(
                f"TorchScript cannot compile the {type(model).__name__} ({reason}): pass X_sample, for its steps to be "
                "recorded instead, or save with model_save_serializer='torch'."
            ) from error
        return _recorded(model, given.sample), (_RECORDED,)
    finally:
        model.train(was_training)


def _recorded(model: torch.nn.Module, sample: object) -> torch.jit.ScriptModule:
    import torch

    from modelyard.artifact.score_blocks.torch_calls import as_tensors

    inputs = as_tensors(sample, model)
    if isinstance(inputs, dict):
        return cast("torch.jit.ScriptModule", torch.jit.trace(model, example_kwarg_inputs=inputs))
    return cast("torch.jit.ScriptModule", torch.jit.trace(model, inputs))


_RECORDED = (
    "TorchScript could not compile the model, and recorded its steps on X_sample: what depends on the input's values "
    "(if, for) goes the way that it went there."
)


@contextmanager
def _without_deprecation() -> Iterator[None]:
    """Keep torch's own words on TorchScript to itself: the format was asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def load_script(path: Path) -> object:
    """Read a TorchScript file."""
    with needed("torch", extra=EXTRA):
        import torch
    with _without_deprecation():
        return torch.jit.load(str(path), map_location="cpu").eval()


_LOAD_SCRIPT = 'import torch\n\nreturn torch.jit.load(path, map_location="cpu").eval()'

TORCH = Serializer(
    name="torch", suffix="", save=save, load_block=_LOAD, load=load, extent=Extent.FOLDER, library="safetensors"
)
TORCHSCRIPT = Serializer(name="torchscript", suffix=".pt", save=save_script, load_block=_LOAD_SCRIPT, load=load_script)
