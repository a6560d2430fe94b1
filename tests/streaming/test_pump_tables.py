"""What a deployment does to the tables: answers and the place that they were read at change together or not at all."""

from __future__ import annotations

import pytest

from modelyard.errors import Conflict
from modelyard.pump.answers import Source
from modelyard.pump.tables import Tables
from modelyard.resources.streaming import UpdateGroupDetails
from modelyard.streaming.log import Entry


@pytest.fixture
def tables(yard):
    """The work of a deployment."""
    return Tables(yard.database, yard.streaming.arrivals, clock=lambda: yard.now, deployment_id="deployment")


def work_of(yard, tables, stream, number=0):
    tables.reserve(stream.id)
    return tables.read(Source(stream.id, number))


def echo(work):
    return [Entry(b"answer to " + kept.value, kept.key) for kept in work.batch.messages]


def committed(yard, stream):
    return yard.streaming.groups.get(stream.id, "deployment").reservations[0].committed_offset


def test_answers_and_their_place_are_written_together(yard, tables):
    source, sink = yard.stream(), yard.stream()
    yard.put(source.id, b"1", b"2", key=b"k")
    work = work_of(yard, tables, source)
    tables.write(work, echo(work), outputs=[sink.id])
    assert yard.values(sink.id, yard.cursor(sink.id))[0] == [b"answer to 1", b"answer to 2"]
    assert committed(yard, source) == 1
    assert tables.read(Source(source.id, 0)).batch.messages == []


def test_the_same_work_is_written_once_whoever_does_it(yard, tables):
    source, sink = yard.stream(), yard.stream()
    yard.put(source.id, b"1")
    work = work_of(yard, tables, source)
    for _ in range(3):
        tables.write(work, echo(work), outputs=[sink.id])
    assert yard.values(sink.id, yard.cursor(sink.id))[0] == [b"answer to 1"]


def test_what_one_output_cannot_take_is_written_to_none_and_is_read_again(yard, tables):
    source, sink, gone = yard.stream(), yard.stream(), yard.stream()
    yard.put(source.id, b"1")
    work = work_of(yard, tables, source)
    yard.streaming.streams.delete(gone.id, if_match=None)
    with pytest.raises(Conflict):
        tables.write(work, echo(work), outputs=[sink.id, gone.id])
    assert yard.values(sink.id, yard.cursor(sink.id))[0] == []
    assert committed(yard, source) is None
    assert tables.read(Source(source.id, 0)) == work


def test_a_group_that_was_set_back_in_the_meantime_is_not_written_over(yard, tables):
    source, sink = yard.stream(), yard.stream()
    yard.put(source.id, b"1")
    work = work_of(yard, tables, source)
    tables.write(work, echo(work), outputs=[sink.id])
    yard.put(source.id, b"2")
    work = work_of(yard, tables, source)
    yard.streaming.groups.update(source.id, "deployment", UpdateGroupDetails(type="TRIM_HORIZON"))
    tables.write(work, echo(work), outputs=[sink.id])
    assert committed(yard, source) is None
    assert tables.read(Source(source.id, 0)) is None  # to be reserved anew
    work = work_of(yard, tables, source)
    assert [kept.value for kept in work.batch.messages] == [b"1", b"2"]


def test_what_comes_back_after_a_crash_goes_right_on(yard, tables):
    source = yard.stream()
    yard.put(source.id, b"1")
    before = work_of(yard, tables, source)
    assert work_of(yard, tables, source) == before


def test_answers_without_a_key_keep_the_order_of_their_partition(yard, tables):
    source, sink = yard.stream(partitions=2), yard.stream(partitions=3)
    yard.put(source.id, *[b"%d" % number for number in range(10)])
    for number in range(2):
        work = work_of(yard, tables, source, number)
        tables.write(work, echo(work), outputs=[sink.id])
        said = yard.values(sink.id, yard.cursor(sink.id, partition=str(number)))[0]
        assert said == [b"answer to %d" % each for each in range(number, 10, 2)]


def test_a_deployment_begins_with_the_oldest_message_that_is_kept(yard, tables):
    source = yard.stream()
    yard.put(source.id, b"old")
    yard.pass_time(hours=23)
    yard.put(source.id, b"new")
    yard.pass_time(hours=2)
    assert [kept.value for kept in work_of(yard, tables, source).batch.messages] == [b"new"]


def test_a_partition_that_another_instance_reads_is_left_to_it(yard, tables):
    source = yard.stream(partitions=2)
    assert tables.reserve(source.id) == [0, 1]
    yard.group_cursor(source.id, group_name="deployment", instance_name="zother")
    assert tables.reserve(source.id) == [0]
    assert tables.read(Source(source.id, 1)) is None
