"""Nouns and JSON: what goes out comes back, and what does not fit is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import CannotParseRequest, InvalidParameter, MissingParameter, WireError
from modelyard.resources.deployment import (
    CreateModelDeploymentDetails,
    InstanceConfiguration,
    ModelConfigurationDetails,
    ModelDeploymentInstanceShapeConfigDetails,
    SingleModelDeploymentConfigurationDetails,
)
from modelyard.resources.model import CreateModelDetails, Metadata
from modelyard.resources.scaling import FixedSizeScalingPolicy
from modelyard.wire.codec import decode, decode_query, encode
from modelyard.wire.paging import ListQuery

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
METADATA = st.builds(
    Metadata,
    key=NAME,
    value=st.none() | TEXT,
    keywords=st.none() | st.lists(TEXT, max_size=3),
    has_artifact=st.none() | st.booleans(),
)
MODELS = st.builds(
    CreateModelDetails,
    compartment_id=NAME,
    project_id=NAME,
    display_name=st.none() | NAME,
    freeform_tags=st.none() | st.dictionaries(TEXT, TEXT, max_size=3),
    defined_tags=st.none() | st.dictionaries(TEXT, st.dictionaries(TEXT, VALUE, max_size=2), max_size=2),
    custom_metadata_list=st.none() | st.lists(METADATA, max_size=3),
)
DEPLOYMENT: dict[str, object] = {
    "projectId": "p",
    "compartmentId": "c",
    "modelDeploymentConfigurationDetails": {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": "m",
            "instanceConfiguration": {
                "instanceShapeName": "VM.Standard.E4.Flex",
                "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1.5, "memoryInGBs": 16},
            },
            "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 2},
        },
    },
}


@given(MODELS)
def test_a_noun_comes_back_as_it_was(details: CreateModelDetails) -> None:
    assert decode(encode(details), CreateModelDetails) == details


@given(MODELS)
def test_the_json_is_what_any_json_library_reads(details: CreateModelDetails) -> None:
    assert json.loads(encode(details))["compartmentId"] == details.compartment_id


def test_a_nested_noun_is_found_by_its_tags() -> None:
    details = decode(json.dumps(DEPLOYMENT).encode(), CreateModelDeploymentDetails)
    assert details.model_deployment_configuration_details == SingleModelDeploymentConfigurationDetails(
        model_configuration_details=ModelConfigurationDetails(
            model_id="m",
            instance_configuration=InstanceConfiguration(
                instance_shape_name="VM.Standard.E4.Flex",
                model_deployment_instance_shape_config_details=ModelDeploymentInstanceShapeConfigDetails(
                    ocpus=1.5, memory_in_gbs=16
                ),
            ),
            scaling_policy=FixedSizeScalingPolicy(instance_count=2),
        )
    )


def test_fields_that_nobody_knows_are_left_alone() -> None:
    decode(b'{"compartmentId": "c", "projectId": "p", "kmsKeyId": {"a": [1]}}', CreateModelDetails)


def _without(*path: str, value: object = ...) -> bytes:
    """Return the deployment's JSON with one field changed, or left out."""
    tree = json.loads(json.dumps(DEPLOYMENT))
    place = tree
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(tree).encode()


CONFIGURATION = "modelDeploymentConfigurationDetails"
MODEL = (CONFIGURATION, "modelConfigurationDetails")


@pytest.mark.parametrize(
    "path",
    [
        ("projectId",),
        (*MODEL, "scalingPolicy", "policyType"),
        (*MODEL, "modelId"),
        (*MODEL, "instanceConfiguration", "instanceShapeName"),
        (*MODEL, "scalingPolicy", "instanceCount"),
    ],
    ids=".".join,
)
def test_a_missing_field_is_named_with_its_path(path: tuple[str, ...]) -> None:
    with pytest.raises(MissingParameter) as caught:
        decode(_without(*path), CreateModelDeploymentDetails)
    assert caught.value.message == f"{'.'.join(path)} is required and missing from the body."


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("projectId",), None, "expected str, got null"),
        (("projectId",), 5, "expected str, got int"),
        (("projectId",), "", "expected str of length >= 1"),
        (("displayName",), "x" * 256, "expected str of length <= 255"),
        (("description",), "x" * 4001, "expected str of length <= 4000"),
        (("freeformTags",), [], "expected object | null, got array"),
        ((CONFIGURATION, "deploymentType"), "SEVERAL", "invalid value 'SEVERAL'"),
        ((*MODEL, "scalingPolicy", "policyType"), "MAGIC", "invalid value 'MAGIC'"),
        ((*MODEL, "scalingPolicy", "instanceCount"), 0, "expected int >= 1"),
        ((*MODEL, "scalingPolicy", "instanceCount"), 1.5, "expected int, got float"),
        ((*MODEL, "bandwidthMbps"), "10", "expected int | null, got str"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_takes(path: tuple[str, ...], value: object, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        decode(_without(*path, value=value), CreateModelDeploymentDetails)
    assert caught.value.message == f"{'.'.join(path)}: {says}."


def test_a_wrong_item_of_a_list_is_named_by_the_list() -> None:
    with pytest.raises(InvalidParameter, match=r"^customMetadataList\[0\]\.key: expected str of length <= 255"):
        decode(
            json.dumps({"compartmentId": "c", "projectId": "p", "customMetadataList": [{"key": "k" * 256}]}).encode(),
            CreateModelDetails,
        )


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidParameter, match=r"^The body: expected object"):
        decode(body, CreateModelDetails)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"compartmentId": "\xff"}', b'{"compartmentId": "\\ud800"}', b'"}', b"NaN",
     b"[" * 100_000, b'{"a":' * 100_000],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises((CannotParseRequest, InvalidParameter)):
        decode(body, CreateModelDetails)


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_without_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(WireError):
        decode(body, CreateModelDetails)


@pytest.mark.parametrize("depth", [100, 500, 900, 1000, 2000, 100_000])
def test_what_is_taken_can_be_given_back_however_deep_it_is(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    body = b'{"compartmentId":"c","projectId":"p","definedTags":{"a":{"b":' + nested + b"}}}"
    try:
        details = decode(body, CreateModelDetails)
    except CannotParseRequest as error:
        said = error.message
    else:
        assert nested in encode(details)
        return
    assert "nested too deeply" in said


# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_query_parameters_are_read_as_their_types() -> None:
    assert decode_query({"limit": "7", "sortOrder": "ASC"}, ListQuery) == ListQuery(limit=7, sort_order="ASC")


def test_empty_query_parameters_count_as_absent() -> None:
    assert decode_query({"limit": "", "page": ""}, ListQuery) == ListQuery()


def test_null_is_no_value_of_a_query_parameter() -> None:
    assert decode_query({"page": "null"}, ListQuery).page == "null"
    with pytest.raises(InvalidParameter, match="sortOrder is 'null': leave out what has no value"):
        decode_query({"sortOrder": "null"}, ListQuery)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("limit", "0", "expected int >= 1"),
        ("limit", "101", "expected int <= 100"),
        ("limit", "x", "expected int, got str"),
        ("sortOrder", "asc", "invalid enum value 'asc'"),
        ("page", "x" * 4097, "expected str of length <= 4096"),
    ],
)
def test_a_wrong_query_parameter_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        decode_query({name: value}, ListQuery)
    assert caught.value.message == f"{name}: {says}."


@given(st.dictionaries(st.sampled_from(["limit", "page", "sortOrder", "sortBy", "other"]), st.text(max_size=9)))
def test_any_query_is_read_or_refused(query: dict[str, str]) -> None:
    try:
        assert 1 <= decode_query(query, ListQuery).limit <= 100
    except InvalidParameter as error:
        said = error.message
    else:
        return
    assert said.split(":")[0] in query


def test_a_whole_number_may_be_written_with_a_point() -> None:
    policy = decode(b'{"policyType": "FIXED_SIZE", "instanceCount": 24.0}', FixedSizeScalingPolicy)
    assert json.loads(encode(policy))["instanceCount"] == 24


def test_a_number_that_is_not_whole_is_none_where_a_whole_one_is_wanted() -> None:
    with pytest.raises(InvalidParameter, match="instanceCount"):
        decode(b'{"policyType": "FIXED_SIZE", "instanceCount": 24.5}', FixedSizeScalingPolicy)
