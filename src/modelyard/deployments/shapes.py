"""Shapes: how large an instance is, and how many workers that makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from modelyard.errors import InvalidParameter
from modelyard.resources.deployment import InstanceConfiguration, ModelDeploymentShapeSummary

WORKERS_PER_OCPU = 2
WORKERS_VARIABLE = "WEB_CONCURRENCY"
"""The environment variable by which a deployment says how many workers an instance has."""

MOST_WORKERS = 256

_NUMBER = re.compile(r"[0-9]{1,18}")

_Series = Literal["AMD_ROME", "INTEL_SKYLAKE", "NVIDIA_GPU", "GENERIC", "LEGACY", "ARM"]

_SIZES: tuple[tuple[str, int, int, _Series], ...] = (
    ("VM.Standard.E3.Flex", 1, 16, "GENERIC"),
    ("VM.Standard.E4.Flex", 1, 16, "GENERIC"),
    ("VM.Standard.E5.Flex", 1, 16, "GENERIC"),
    ("VM.Standard3.Flex", 1, 16, "GENERIC"),
    ("VM.Standard.A1.Flex", 1, 6, "ARM"),
    ("VM.Standard2.1", 1, 15, "INTEL_SKYLAKE"),
    ("VM.Standard2.2", 2, 30, "INTEL_SKYLAKE"),
    ("VM.Standard2.4", 4, 60, "INTEL_SKYLAKE"),
    ("VM.Standard2.8", 8, 120, "INTEL_SKYLAKE"),
    ("VM.Standard2.16", 16, 240, "INTEL_SKYLAKE"),
    ("VM.Standard2.24", 24, 320, "INTEL_SKYLAKE"),
)

SHAPES: tuple[ModelDeploymentShapeSummary, ...] = tuple(
    ModelDeploymentShapeSummary(name=name, core_count=cores, memory_in_gbs=memory, shape_series=series)
    for name, cores, memory, series in _SIZES
)

_BY_NAME = {shape.name: shape for shape in SHAPES}


@dataclass(frozen=True, kw_only=True)
class Size:
    """Be how large an instance is."""

    ocpus: float
    memory_in_gbs: float
    threads_per_ocpu: int = 2
    """How many processors an OCPU is: two, but one where a core has one thread (ARM)."""

    @property
    def processors(self) -> float:
        """How many processors' time it may use."""
        return self.ocpus * self.threads_per_ocpu


def size_of(instance: InstanceConfiguration) -> Size:
    """Return how large an instance is.

    Raises:
        InvalidParameter: There is no such shape, or a fixed shape is given a size.
    """
    shape = _BY_NAME.get(instance.instance_shape_name)
    if shape is None:
        raise InvalidParameter(
            f"There is no shape {instance.instance_shape_name}: choose one of {', '.join(sorted(_BY_NAME))}."
        )
    size = instance.model_deployment_instance_shape_config_details
    is_flexible = shape.name.endswith(".Flex")
    if not is_flexible and size is not None and size.ocpus not in {None, shape.core_count}:
        raise InvalidParameter(f"{shape.name} has {shape.core_count} OCPUs; only a .Flex shape takes another number.")
    given = size if is_flexible else None
    ocpus = given.ocpus if given is not None and given.ocpus is not None else float(shape.core_count)
    memory = given.memory_in_gbs if given is not None and given.memory_in_gbs is not None else None
    return Size(
        ocpus=ocpus,
        # what a flexible shape has for one OCPU it has for each
        memory_in_gbs=memory or shape.memory_in_gbs * (max(1.0, ocpus) if is_flexible else 1.0),
        threads_per_ocpu=1 if shape.shape_series == "ARM" else 2,
    )


def workers_of(ocpus: float, variables: Mapping[str, str]) -> int:
    """Return how many workers an instance has: two for each OCPU, unless ``WEB_CONCURRENCY`` says otherwise.

    Raises:
        InvalidParameter: The variable is no number, or there are too many.
    """
    asked = variables.get(WORKERS_VARIABLE)
    if asked is None:
        workers = max(1, round(min(ocpus, 1e9) * WORKERS_PER_OCPU))
    elif _NUMBER.fullmatch(asked) and int(asked) >= 1:
        workers = int(asked)
    else:
        raise InvalidParameter(f"{WORKERS_VARIABLE} is {asked!r}; it takes a number of workers from 1 up.")
    if workers > MOST_WORKERS:
        raise InvalidParameter(f"An instance with {workers} workers is more than {MOST_WORKERS}: use more instances.")
    return workers
