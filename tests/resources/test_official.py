"""Every noun has the fields, types and enums of the official class of the same name, and no others."""

from __future__ import annotations

import inspect
import types
import typing

import msgspec
import oci.data_science.models as official
import oci.identity.models
import oci.logging.models
import oci.loggingingestion.models
import oci.loggingsearch.models
import oci.object_storage.models as official_storage
import oci.resource_search.models
import oci.streaming.models
import pytest

from modelyard.lifecycle import State
from modelyard.resources import (
    compute_cluster,
    container,
    deployment,
    identity,
    log_ingestion,
    log_search,
    logging,
    model,
    model_group,
    object_storage,
    project,
    scaling,
    search,
    streaming,
    version_set,
    work_request,
)
from modelyard.resources.noun import Noun, wire_name

#: the official class → what stands for it here
SAME = {
    "UpdateCategoryLogDetails": "CategoryLogDetails",
    "UpdateModelDeploymentEnvironmentConfigurationDetails": "ModelDeploymentEnvironmentConfigurationDetails",
    "PredefinedExpressionThresholdScalingConfiguration": "ScalingConfiguration",
    "CustomExpressionQueryScalingConfiguration": "ScalingConfiguration",
    "TargetPredefinedExpressionThresholdScalingConfiguration": "TargetScalingConfiguration",
    "TargetCustomExpressionQueryScalingConfiguration": "TargetScalingConfiguration",
    "list[HttpMethod]": "list[str]",
}
#: what the public classes lack: oracle-ads knows these, and the seeds' signatures have them
EXTENSIONS = {"deployment_mode", "stream_configuration_details"}
#: enums that grow with the service, and are any text here
OPEN = {"operation_type"}

NOUNS = [
    noun
    for module in (
        compute_cluster,
        container,
        scaling,
        deployment,
        log_ingestion,
        log_search,
        logging,
        model,
        model_group,
        object_storage,
        project,
        streaming,
        version_set,
        work_request,
    )
    for _, noun in inspect.getmembers(module, inspect.isclass)
    if issubclass(noun, Noun) and noun.__module__ == module.__name__
]
NOUNS = list(dict.fromkeys(NOUNS))  # some have two names
NOUNS.remove(deployment.StreamConfigurationDetails)  # one of the extensions


def _official(noun: type[Noun]) -> type:
    if noun.__module__ == object_storage.__name__:
        return getattr(official_storage, noun.__name__.removeprefix("Storage"))
    modules = {
        identity.__name__: oci.identity.models,
        search.__name__: oci.resource_search.models,
        streaming.__name__: oci.streaming.models,
        logging.__name__: oci.logging.models,
        log_search.__name__: oci.loggingsearch.models,
        log_ingestion.__name__: oci.loggingingestion.models,
    }
    return getattr(modules.get(noun.__module__, official), noun.__name__.removeprefix("Logging"))


def _info(noun: type[Noun]) -> msgspec.inspect.StructType:
    info = msgspec.inspect.type_info(noun)
    assert isinstance(info, msgspec.inspect.StructType)
    return info


def _fields(noun: type[Noun]) -> list[msgspec.inspect.Field]:
    return [field for field in _info(noun).fields if field.name not in EXTENSIONS]


def _attributes(noun: type[Noun]) -> tuple[dict[str, str], dict[str, str]]:
    instance = _official(noun)()
    return instance.attribute_map, instance.swagger_types


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_the_fields_are_the_official_ones(noun: type[Noun]) -> None:
    names, _ = _attributes(noun)
    ours = {field.name: field.encode_name for field in _fields(noun)}
    if tag := _info(noun).tag_field:
        assert tag in names.values()
        names = {name: wire for name, wire in names.items() if wire != tag}
    assert ours == names


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if _info(noun).tag_field], ids=lambda noun: noun.__name__)
def test_the_tag_is_the_one_by_which_the_official_client_finds_the_class(noun: type[Noun]) -> None:
    info = _info(noun)
    base = _parent(noun)
    assert base.get_subtype({info.tag_field: info.tag}) in {noun.__name__, base.__name__}


def _choices(kind: object) -> set[str]:
    """Return the words that a field takes; none where it takes any."""
    if isinstance(kind, type) and issubclass(kind, State):
        return {state.value for state in kind}
    if typing.get_origin(kind) is typing.Literal:
        return set(typing.get_args(kind))
    if typing.get_origin(kind) in {typing.Union, types.UnionType, typing.Annotated, list}:
        return set().union(*(_choices(part) for part in typing.get_args(kind)))
    return set()


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_the_enums_are_the_official_ones(noun: type[Noun]) -> None:
    hints = typing.get_type_hints(noun, include_extras=True)
    for field in _fields(noun):
        prefix = f"{field.name.upper()}_"
        theirs = {
            value
            for cls in _official(noun).__mro__
            for name, value in vars(cls).items()
            if name.startswith(prefix) and isinstance(value, str) and field.name not in OPEN
        }
        assert _choices(hints[field.name]) == theirs, field.name


SCALARS: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.StrType: "str",
    msgspec.inspect.IntType: "int",
    msgspec.inspect.FloatType: "float",
    msgspec.inspect.BoolType: "bool",
    msgspec.inspect.DateTimeType: "datetime",
    msgspec.inspect.EnumType: "str",
    msgspec.inspect.LiteralType: "str",
    msgspec.inspect.AnyType: "object",
}


def _written(kind: msgspec.inspect.Type) -> str:
    """Return a type as the official class writes it."""
    if isinstance(kind, msgspec.inspect.Metadata):
        return _written(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        parts = {_written(part) for part in kind.types if not isinstance(part, msgspec.inspect.NoneType)}
        return parts.pop() if len(parts) == 1 else _base({part.cls for part in kind.types if hasattr(part, "cls")})
    if isinstance(kind, msgspec.inspect.ListType):
        return f"list[{_written(kind.item_type)}]"
    if isinstance(kind, msgspec.inspect.DictType):
        return f"dict(str, {_written(kind.value_type)})"
    if isinstance(kind, msgspec.inspect.StructType):
        return _base({kind.cls})
    return SCALARS[type(kind)]


def _parent(noun: type[Noun]) -> type:
    """Return the official class that chooses among this one and its like by a tag; the class itself where none does."""
    choosers = [cls for cls in _official(noun).__mro__ if "get_subtype" in vars(cls)]
    return choosers[-1] if choosers else _official(noun)


def _base(nouns: set[type[Noun]]) -> str:
    """Return the official class that stands for one of several by a tag."""
    found = {_parent(noun).__name__ for noun in nouns}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_the_types_are_the_official_ones(noun: type[Noun]) -> None:
    _, kinds = _attributes(noun)
    if noun is log_search.SearchLogsDetails:
        kinds = {**kinds, "time_start": "str", "time_end": "str"}  # oracle-ads leaves seconds of 0 out
    for field in _fields(noun):
        assert _written(field.type) == SAME.get(kinds[field.name], kinds[field.name]), field.name


def test_the_mechanical_wire_name_is_right_for_every_field_of_the_official_classes() -> None:
    classes = [cls for _, cls in inspect.getmembers(official, inspect.isclass)]
    fields = [pair for cls in classes for pair in getattr(cls(), "attribute_map", {}).items()]
    assert len(fields) > 1700
    assert [(name, wire) for name, wire in fields if wire_name(name) != wire] == []
