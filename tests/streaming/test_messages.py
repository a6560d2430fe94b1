"""Messages: put, read by cursors, expired."""

from __future__ import annotations

import base64
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter, MissingParameter, PayloadTooLarge
from modelyard.resources.streaming import PutMessagesDetailsEntry
from modelyard.streaming.cursors import GroupCursor, PartitionCursor, Place, seal, unseal
from modelyard.streaming.expiry import AT_ONCE
from modelyard.streaming.messages import LARGEST


def entry(value: str, key: str | None = None) -> PutMessagesDetailsEntry:
    return PutMessagesDetailsEntry(value=value, key=key)


def test_messages_are_read_in_the_order_in_which_they_came(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    yard.put(stream.id, b"3")
    values, cursor = yard.values(stream.id, yard.cursor(stream.id), limit=2)
    assert values == [b"1", b"2"]
    values, cursor = yard.values(stream.id, cursor)
    assert values == [b"3"]
    assert yard.values(stream.id, cursor)[0] == []
    yard.put(stream.id, b"4")
    assert yard.values(stream.id, cursor)[0] == [b"4"]


def test_an_answer_says_where_each_message_is(yard):
    stream = yard.stream()
    result = yard.put(stream.id, b"1", b"2", key=b"k")
    assert result.failures == 0
    assert [(each.partition, each.offset, each.timestamp) for each in result.entries] == [
        ("0", 0, yard.now),
        ("0", 1, yard.now),
    ]
    (message, _), _ = yard.get(stream.id, yard.cursor(stream.id))
    assert (message.stream, message.partition, message.offset, message.timestamp) == (stream.id, "0", 0, yard.now)
    assert (base64.b64decode(message.key), base64.b64decode(message.value)) == (b"k", b"1")


def test_one_key_goes_to_one_partition_and_others_take_turns(yard):
    stream = yard.stream(partitions=5)
    keyed = [yard.put(stream.id, b"1", key=b"key").entries[0].partition for _ in range(3)]
    assert keyed == ["2"] * 3  # a hash that changed would tear apart what belongs together: it stays for ever
    assert {yard.put(stream.id, b"1", key=str(number).encode()).entries[0].partition for number in range(50)} == {
        "0", "1", "2", "3", "4",
    }  # fmt: skip
    turns = [each.partition for each in yard.put(stream.id, *[b"1"] * 10).entries]
    assert sorted(turns) == sorted("0123401234")


def test_new_messages_are_told_of_at_once(yard):
    stream = yard.stream(partitions=2)
    told = []
    yard.streaming.arrivals.listen(lambda id, partitions: told.append((id, set(partitions))))
    yard.put(stream.id, b"1", b"2")
    assert told == [(stream.id, {0, 1})]


def test_cursors_begin_where_they_are_told(yard):
    stream = yard.stream()
    for number in range(4):
        yard.put(stream.id, b"%d" % number)
        yard.pass_time(minutes=1)
    start = yard.now - timedelta(minutes=4)

    def first(*arguments, **fields):
        return yard.values(stream.id, yard.cursor(stream.id, *arguments, **fields))[0][:1]

    assert first("TRIM_HORIZON") == [b"0"]
    assert first("LATEST") == []
    assert first("AT_OFFSET", offset=2) == [b"2"]
    assert first("AFTER_OFFSET", offset=2) == [b"3"]
    assert first("AT_TIME", time=start) == [b"0"]
    assert first("AT_TIME", time=start.replace(tzinfo=None)) == [b"0"]
    assert first("AT_TIME", time=start - timedelta(days=300)) == [b"0"]
    assert first("AT_TIME", time=start + timedelta(seconds=61)) == [b"2"]
    assert first("AT_TIME", time=start + timedelta(hours=1)) == []


def test_latest_is_what_comes_after_the_cursor_was_made(yard):
    stream = yard.stream()
    yard.put(stream.id, b"old")
    cursor = yard.cursor(stream.id, "LATEST")
    yard.put(stream.id, b"new")
    assert yard.values(stream.id, cursor)[0] == [b"new"]


@pytest.mark.parametrize(
    ("details", "error", "says"),
    [
        ({"type": "AT_OFFSET"}, MissingParameter, "offset"),
        ({"type": "AFTER_OFFSET"}, MissingParameter, "offset"),
        ({"type": "AT_TIME"}, MissingParameter, "time"),
        ({"type": "AT_OFFSET", "offset": 3}, InvalidParameter, "0 to 1"),
        ({"type": "AFTER_OFFSET", "offset": 2}, InvalidParameter, "0 to 1"),
        ({"type": "LATEST", "partition": "1"}, InvalidParameter, "'1'"),
        ({"type": "LATEST", "partition": "-1"}, InvalidParameter, "'-1'"),
        ({"type": "LATEST", "partition": "٠"}, InvalidParameter, "partition"),
        ({"type": "LATEST", "partition": ""}, InvalidParameter, "partition"),
    ],
)
def test_a_cursor_at_a_place_that_is_not_there_is_refused(yard, details, error, says):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    with pytest.raises(error, match=says):
        yard.cursor(stream.id, **details)


@pytest.mark.parametrize("cursor", ["", "x", "garbage", "é", "AAAAAAAAAAAAAAAAAAAA", "a" * 8000, "%00"])
def test_a_garbage_cursor_is_refused(yard, cursor):
    with pytest.raises(InvalidParameter, match="no cursor of this stream"):
        yard.get(yard.stream().id, cursor)


def test_a_cursor_of_another_stream_is_refused(yard):
    cursor = yard.cursor(yard.stream().id)
    with pytest.raises(InvalidParameter, match="no cursor of this stream"):
        yard.get(yard.stream().id, cursor)


@given(cursor=st.builds(PartitionCursor, given=st.just(0), number=st.integers(0, 99), offset=st.integers(0, 2**62)))
def test_a_cursor_is_the_same_afterwards_and_not_with_another_letter(cursor):
    sealed = seal(cursor, stream_id="stream")
    assert unseal(sealed, stream_id="stream", now=0) == cursor
    other = ("A" if sealed[3] != "A" else "B").join((sealed[:3], sealed[4:]))
    with pytest.raises(InvalidParameter):
        unseal(other, stream_id="stream", now=0)


@given(raw=st.binary(max_size=60))
def test_no_bytes_are_a_cursor_by_chance(raw):
    with pytest.raises(InvalidParameter):
        unseal(base64.urlsafe_b64encode(raw).decode(), stream_id="stream", now=0)


def test_a_cursor_is_good_for_five_minutes(yard):
    stream = yard.stream()
    cursor = yard.cursor(stream.id)
    yard.pass_time(minutes=5)
    assert yard.get(stream.id, cursor)[0] == []
    yard.pass_time(seconds=1)
    with pytest.raises(InvalidParameter, match="5 minutes"):
        yard.get(stream.id, cursor)


def test_what_has_expired_is_not_seen_even_before_it_is_removed(yard):
    stream = yard.stream(retention_in_hours=24)
    yard.put(stream.id, b"old")
    yard.pass_time(hours=12)
    yard.put(stream.id, b"new")
    yard.pass_time(hours=12, seconds=1)
    assert yard.values(stream.id, yard.cursor(stream.id))[0] == [b"new"]
    with pytest.raises(InvalidParameter, match="expired"):
        yard.cursor(stream.id, "AT_OFFSET", offset=0)
    assert yard.expiry.sweep() == 1
    assert yard.values(stream.id, yard.cursor(stream.id))[0] == [b"new"]
    yard.pass_time(hours=24)
    assert yard.expiry.sweep() == 1
    assert yard.put(stream.id, b"newest").entries[0].offset == 2  # offsets go on


def test_a_reader_whose_place_has_expired_goes_on_with_what_is_left(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    yard.pass_time(hours=24, seconds=1)
    cursor = yard.cursor(stream.id)
    yard.put(stream.id, b"3")
    yard.expiry.sweep()
    assert yard.values(stream.id, cursor)[0] == [b"3"]


def test_many_expired_messages_go_a_few_at_a_time(yard):
    stream = yard.stream()
    for _ in range(3):
        yard.put(stream.id, *[b"x"] * AT_ONCE)
    yard.pass_time(days=2)
    assert yard.expiry.sweep() == 3 * AT_ONCE


def test_time_does_not_run_backwards_in_a_partition(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1")
    later = yard.now
    yard.pass_time(hours=-1)
    assert yard.put(stream.id, b"2").entries[0].timestamp == later


def test_an_answer_is_bounded_in_bytes_and_yet_never_empty(yard):
    stream = yard.stream()
    for _ in range(3):
        yard.put(stream.id, b"x" * (LARGEST - 10))
    cursor, count = yard.cursor(stream.id), 0
    while count < 3:
        values, cursor = yard.values(stream.id, cursor)
        assert 0 < len(values) <= 2
        count += len(values)


def test_a_message_that_is_too_large_fails_alone(yard):
    stream = yard.stream()
    large, key = base64.b64encode(b"x" * (LARGEST + 1)).decode(), base64.b64encode(b"k" * 257).decode()
    result = yard.streaming.messages.put(stream.id, [entry(large), entry("MQ=="), entry("Mg==", key)])
    assert result.failures == 2
    assert [each.error for each in result.entries] == ["PayloadTooLarge", None, "InvalidParameter"]
    assert str(LARGEST + 1) in result.entries[0].error_message
    assert yard.values(stream.id, yard.cursor(stream.id))[0] == [b"1"]


def test_messages_that_are_too_large_together_fail_together(yard):
    stream = yard.stream()
    with pytest.raises(PayloadTooLarge):
        yard.put(stream.id, b"x" * LARGEST, b"y")
    assert yard.values(stream.id, yard.cursor(stream.id))[0] == []


@pytest.mark.parametrize("bad", ["not base64", "MQ", "é", "MQ==\n", "MQ==MQ=="])
def test_what_is_no_base64_is_refused_and_nothing_is_kept(yard, bad):
    stream = yard.stream()
    with pytest.raises(InvalidParameter, match=r"messages\[1\]\.value"):
        yard.streaming.messages.put(stream.id, [entry("MQ=="), entry(bad)])
    with pytest.raises(InvalidParameter, match=r"messages\[0\]\.key"):
        yard.streaming.messages.put(stream.id, [entry("MQ==", bad)])
    assert yard.values(stream.id, yard.cursor(stream.id))[0] == []


@given(times=st.lists(st.integers(0, 50), min_size=1, max_size=30), asked=st.integers(-1, 60))
def test_a_moment_is_found_by_halving(yard, times, asked):
    stream, start = yard.stream(), yard.now
    for minute in sorted(times):
        yard.now = start + timedelta(minutes=minute)
        yard.put(stream.id, b"%d" % minute)
    values, _ = yard.values(stream.id, yard.cursor(stream.id, "AT_TIME", time=start + timedelta(minutes=asked)))
    assert [int(value) for value in values] == [minute for minute in sorted(times) if minute >= asked]


def test_a_cursor_with_numbers_that_no_column_holds_is_refused(yard):
    stream = yard.stream()
    yard.group_cursor(stream.id, group_name="g")
    now = round(yard.now.timestamp() * 1_000_000)
    whole = GroupCursor(given=now, group="g", instance="i", timeout=1, commits=True)
    for wrong in (
        PartitionCursor(given=now, number=0, offset=2**63),
        PartitionCursor(given=now, number=0, offset=-1),
        msgspec.structs.replace(whole, timeout=2**63),
        msgspec.structs.replace(whole, turn=2**63),
        msgspec.structs.replace(whole, places=[Place(0, 0, 2**63)]),
    ):
        with pytest.raises(InvalidParameter, match="no cursor of this stream"):
            yard.get(stream.id, seal(wrong, stream_id=stream.id))
