"""Which serializers an estimator is to be tried with: what the user said, or what is best for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from modelyard.artifact import layout
from modelyard.artifact.serializers import Given, Serializer, serializer_named
from modelyard.errors import UsageError
from modelyard.model.failures import SerializeModelNotImplementedError
from modelyard.model.serializing import Wanted


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Be what a class of models offers."""

    model: str
    """The class's name."""

    accepted: tuple[str, ...]
    """The names of the serializers that a user may choose."""

    preferred: tuple[str, ...]
    """Those that are tried where the user chose none, in this order."""

    onnx: str | None = None
    """The serializer that converts to ONNX; None where there is none."""

    def named(self, name: str) -> Serializer:
        """Return the serializer of a name; raise UsageError for one that is not offered."""
        if name not in self.accepted:
            raise UsageError(
                f"A {self.model} is not written with {name!r}, but with one of {', '.join(self.accepted)}."
            )
        return serializer_named(name)


def wanted_of(
    offer: Offer, *, chosen: Serializer | None, given: Given, as_onnx: bool, file_name: str | None = None
) -> Wanted:
    """Return how an estimator is to be written.

    Args:
        offer: What its class offers.
        chosen: What the user chose with model_save_serializer.
        given: The sample, and what conversions need.
        as_onnx: Whether the user asked for ONNX.
        file_name: The name that the user gave to the model's file; its suffix chooses too.

    Raises:
        SerializeModelNotImplementedError: There is no conversion to ONNX.
        UsageError: Something was given that only conversions need, and none was asked for; or the file's name is none
            inside the artifact, or another file's.
    """
    _check_name(file_name)
    choices = _choices(offer, chosen, as_onnx=as_onnx, file_name=file_name)
    suffix = PurePath(file_name or "").suffix
    if as_onnx and suffix not in ("", ".onnx") and suffix in {serializer_named(name).suffix for name in offer.accepted}:
        raise UsageError(
            f"model_file_name is {file_name!r}, and as_onnx makes an .onnx file: leave out one of the two."
        )
    if not all(each.suffix == ".onnx" for each in choices):
        for name in ("initial_types", "impute_values"):
            if getattr(given, name) is not None:
                raise UsageError(f"{name} is for a conversion to ONNX alone: pass as_onnx=True, or leave it out.")
    return Wanted(choices=choices, given=given, file_name=file_name)


def _check_name(file_name: str | None) -> None:
    """Raise UsageError for a name that leads out of the artifact, or that another of its files has."""
    if not file_name:
        return
    path = PurePosixPath(file_name)
    if path.is_absolute() or ".." in path.parts or "\\" in file_name or not path.name:
        raise UsageError(
            f"model_file_name is {file_name!r}: give the name of a file inside the artifact, such as 'model.joblib'."
        )
    if str(path) in layout.OWN_FILES:
        raise UsageError(f"model_file_name is {file_name!r}, the name of another of the artifact's files: choose one.")


def _choices(
    offer: Offer, chosen: Serializer | None, *, as_onnx: bool, file_name: str | None
) -> tuple[Serializer, ...]:
    if as_onnx and offer.onnx is None:
        raise SerializeModelNotImplementedError(
            f"A {offer.model} is not converted to ONNX here: leave out as_onnx, or convert the model yourself and "
            "put it into the artifact_dir of a GenericModel(serialize=False)."
        )
    if as_onnx and offer.onnx is not None:
        return (serializer_named(offer.onnx),)
    if chosen is not None:
        return (chosen,)
    suffix = PurePath(file_name or "").suffix
    by_suffix = [each for each in map(serializer_named, offer.accepted) if suffix and each.suffix == suffix]
    preferred = tuple(map(serializer_named, offer.preferred))
    if by_suffix and not any(each.suffix == suffix for each in preferred[:1]):
        return (by_suffix[0],)
    return preferred
