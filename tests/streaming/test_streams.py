"""Streams and pools: what there is, where it is, and when it goes."""

from __future__ import annotations

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import (
    Conflict,
    EtagMismatch,
    InvalidParameter,
    MethodNotImplemented,
    MissingParameter,
    NotFound,
    RelatedResourceNotFound,
)
from modelyard.resources.streaming import (
    CreateStreamDetails,
    CreateStreamPoolDetails,
    CustomEncryptionKeyDetails,
    KafkaSettings,
    PrivateEndpointDetails,
    UpdateStreamDetails,
    UpdateStreamPoolDetails,
)


def again(token: str | None = None) -> Repeatable:
    return Repeatable(caller="user", token=token, operation="any", request=b"")


def pool_of(yard, **fields):
    details = CreateStreamPoolDetails(**{"compartment_id": "c", "name": "pool", **fields})
    return yard.streaming.pools.create(details, again=again()).noun


def test_a_stream_of_a_compartment_is_in_its_default_pool(yard):
    first, second = yard.stream(), yard.stream()
    assert first.stream_pool_id == second.stream_pool_id
    pool = yard.streaming.pools.get(first.stream_pool_id).noun
    assert (pool.name, pool.compartment_id, pool.lifecycle_state) == ("DefaultPool", "c", "ACTIVE")
    assert (first.retention_in_hours, first.messages_endpoint) == (24, "http://127.0.0.1:8585")


def test_a_stream_of_a_pool_is_in_its_compartment(yard):
    pool = pool_of(yard, compartment_id="other")
    assert yard.stream(stream_pool_id=pool.id).compartment_id == "other"


@pytest.mark.parametrize(
    ("places", "error"),
    [({}, MissingParameter), ({"compartment_id": "c", "stream_pool_id": "p"}, InvalidParameter)],
)
def test_a_stream_is_in_one_place(yard, places, error):
    with pytest.raises(error, match="compartmentId"):
        yard.streaming.streams.create(CreateStreamDetails(name="s", partitions=1, **places), again=again())


def test_a_stream_in_a_pool_that_is_not_there_is_refused(yard):
    with pytest.raises(RelatedResourceNotFound):
        yard.stream(stream_pool_id="ocid1.streampool.oc98.local-1.none")


def test_a_name_belongs_to_one_stream_of_a_pool_until_that_is_deleted(yard):
    stream = yard.stream(name="orders")
    with pytest.raises(Conflict, match="orders"):
        yard.stream(name="orders")
    yard.stream(name="orders", stream_pool_id=pool_of(yard).id)
    yard.streaming.streams.delete(stream.id, if_match=None)
    yard.stream(name="orders")


def test_the_same_create_again_makes_one_stream(yard):
    details = CreateStreamDetails(name="s", partitions=1, compartment_id="c")
    first = yard.streaming.streams.create(details, again=again("token")).noun
    assert yard.streaming.streams.create(details, again=again("token")).noun.id == first.id


def test_a_stream_moves_to_another_pool_and_compartment(yard):
    stream, pool = yard.stream(), pool_of(yard, compartment_id="other")
    moved = yard.streaming.streams.update(stream.id, UpdateStreamDetails(stream_pool_id=pool.id), if_match=None).noun
    assert (moved.stream_pool_id, moved.compartment_id) == (pool.id, "other")
    yard.streaming.streams.change_compartment(stream.id, "third", if_match=None)
    moved = yard.streaming.streams.get(stream.id).noun
    assert moved.compartment_id == "third"
    assert yard.streaming.pools.get(moved.stream_pool_id).noun.name == "DefaultPool"


def test_a_change_of_what_was_changed_since_is_refused(yard):
    stream = yard.stream()
    etag = yard.streaming.streams.get(stream.id).etag
    yard.streaming.streams.update(stream.id, UpdateStreamDetails(freeform_tags={"a": "b"}), if_match=etag)
    with pytest.raises(EtagMismatch):
        yard.streaming.streams.update(stream.id, UpdateStreamDetails(freeform_tags={}), if_match=etag)
    with pytest.raises(EtagMismatch):
        yard.streaming.streams.delete(stream.id, if_match=etag)
    assert yard.streaming.streams.get(stream.id).noun.lifecycle_state == "ACTIVE"


def test_a_stream_that_a_deployment_uses_is_not_deleted(yard):
    stream = yard.stream()
    yard.users[stream.id] = "ocid1.datasciencemodeldeployment.x"
    with pytest.raises(Conflict, match=r"ocid1\.datasciencemodeldeployment\.x"):
        yard.streaming.streams.delete(stream.id, if_match=None)
    assert yard.streaming.streams.get(stream.id).noun.lifecycle_state == "ACTIVE"


def test_a_deleted_stream_is_still_seen_and_takes_and_gives_nothing(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1")
    cursor = yard.cursor(stream.id)
    yard.group_cursor(stream.id)
    yard.streaming.streams.delete(stream.id, if_match=None)
    assert yard.streaming.streams.get(stream.id).noun.lifecycle_state == "DELETED"
    for call in (
        lambda: yard.put(stream.id, b"2"),
        lambda: yard.get(stream.id, cursor),
        lambda: yard.cursor(stream.id),
        lambda: yard.group_cursor(stream.id),
        lambda: yard.streaming.groups.get(stream.id, "group"),
        lambda: yard.streaming.streams.delete(stream.id, if_match=None),
    ):
        with pytest.raises(Conflict, match="DELETED"):
            call()
    assert yard.expiry.sweep() == 1
    assert yard.expiry.sweep() == 0


def test_a_pool_goes_with_its_streams_unless_one_is_in_use(yard):
    pool = pool_of(yard)
    stream, used = yard.stream(stream_pool_id=pool.id), yard.stream(stream_pool_id=pool.id)
    yard.users[used.id] = "a deployment"
    with pytest.raises(Conflict, match="a deployment"):
        yard.streaming.pools.delete(pool.id, if_match=None)
    assert yard.streaming.streams.get(stream.id).noun.lifecycle_state == "ACTIVE"
    yard.users.clear()
    yard.streaming.pools.delete(pool.id, if_match=None)
    assert {yard.streaming.streams.get(id).noun.lifecycle_state for id in (stream.id, used.id)} == {"DELETED"}
    with pytest.raises(RelatedResourceNotFound):
        yard.stream(stream_pool_id=pool.id)


def test_the_default_pool_stays_what_and_where_it_is(yard):
    pool_id = yard.stream().stream_pool_id
    pools = yard.streaming.pools
    for call in (
        lambda: pools.delete(pool_id, if_match=None),
        lambda: pools.update(pool_id, UpdateStreamPoolDetails(name="mine"), if_match=None),
        lambda: pools.change_compartment(pool_id, "other", if_match=None),
        lambda: pool_of(yard, name="DefaultPool"),
    ):
        with pytest.raises(Conflict, match=r"[Dd]efault"):
            call()


def test_a_pool_takes_its_streams_along_to_another_compartment(yard):
    pool = pool_of(yard)
    stream = yard.stream(stream_pool_id=pool.id)
    yard.streaming.pools.change_compartment(pool.id, "other", if_match=None)
    assert yard.streaming.streams.get(stream.id).noun.compartment_id == "other"


@pytest.mark.parametrize(
    "fields",
    [
        {"kafka_settings": KafkaSettings(num_partitions=3)},
        {"custom_encryption_key_details": CustomEncryptionKeyDetails(kms_key_id="key")},
        {"private_endpoint_details": PrivateEndpointDetails(subnet_id="subnet")},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_a_pool_cannot_keep_is_refused(yard, fields):
    with pytest.raises(MethodNotImplemented):
        pool_of(yard, **fields)


def test_what_is_not_there_is_not_found(yard):
    with pytest.raises(NotFound):
        yard.streaming.streams.get("ocid1.stream.oc98.local-1.none")
    with pytest.raises(NotFound):
        yard.streaming.pools.get("ocid1.streampool.oc98.local-1.none")
    with pytest.raises(NotFound):
        yard.put("ocid1.stream.oc98.local-1.none", b"1")
