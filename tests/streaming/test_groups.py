"""Groups: who reads what, how far they have come, and what becomes of those who fall silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import InvalidParameter, MissingParameter, NotFound
from modelyard.resources.streaming import UpdateGroupDetails
from modelyard.streaming.sharing import quota, share


def standing(yard, stream, name="group"):
    """Return partition → (committed offset, who has it)."""
    group = yard.streaming.groups.get(stream.id, name)
    return {each.partition: (each.committed_offset, each.reserved_instance) for each in group.reservations}


def test_to_read_on_commits_what_was_read_before(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2", b"3")
    values, cursor = yard.values(stream.id, yard.group_cursor(stream.id), limit=2)
    assert (values, standing(yard, stream)) == ([b"1", b"2"], {"0": (None, "one")})
    values, cursor = yard.values(stream.id, cursor)
    assert (values, standing(yard, stream)) == ([b"3"], {"0": (1, "one")})
    yard.get(stream.id, cursor)
    assert standing(yard, stream) == {"0": (2, "one")}


def test_what_was_not_committed_is_read_again(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    cursor = yard.group_cursor(stream.id, commit_on_get=False)
    values, cursor = yard.values(stream.id, cursor, limit=1)
    values, cursor = yard.values(stream.id, cursor, limit=1)
    assert (values, standing(yard, stream)) == ([b"2"], {"0": (None, "one")})
    assert yard.values(stream.id, yard.group_cursor(stream.id))[0] == [b"1", b"2"]
    yard.streaming.groups.commit(stream.id, cursor)
    assert standing(yard, stream) == {"0": (1, "one")}


def test_a_commit_never_goes_back(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    first = yard.get(stream.id, yard.group_cursor(stream.id, commit_on_get=False), limit=1)[1]
    second = yard.get(stream.id, first, limit=1)[1]
    yard.streaming.groups.commit(stream.id, second)
    yard.streaming.groups.commit(stream.id, first)
    assert standing(yard, stream) == {"0": (1, "one")}


def test_instances_share_the_partitions_evenly_as_they_show_themselves(yard):
    stream = yard.stream(partitions=5)
    one = yard.group_cursor(stream.id, instance_name="one")
    assert {holder for _, holder in standing(yard, stream).values()} == {"one"}
    two = yard.group_cursor(stream.id, instance_name="two")
    one = yard.get(stream.id, one)[1]  # leaves what is too much
    yard.get(stream.id, two)  # takes it
    held = [holder for _, holder in standing(yard, stream).values()]
    assert (held.count("one"), held.count("two")) == (3, 2)


def test_no_message_is_given_to_two_instances_that_live(yard):
    stream = yard.stream(partitions=4)
    cursors = {name: yard.group_cursor(stream.id, instance_name=name) for name in ("one", "two", "three")}
    for name, cursor in cursors.items():  # two rounds settle who has what
        cursors[name] = yard.get(stream.id, cursor)[1]
    for name, cursor in cursors.items():
        cursors[name] = yard.get(stream.id, cursor)[1]
    for number in range(40):
        yard.put(stream.id, b"%d" % number)
    found = [value for name in cursors for value in yard.values(stream.id, cursors[name])[0]]
    assert sorted(map(int, found)) == list(range(40))


def test_who_is_silent_for_too_long_loses_its_partitions_and_its_word(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    silent = yard.get(stream.id, yard.group_cursor(stream.id, instance_name="silent", timeout_in_ms=1000), limit=1)[1]
    other = yard.group_cursor(stream.id, instance_name="zother")
    assert yard.values(stream.id, other)[0] == []
    yard.pass_time(seconds=2)
    values, other = yard.values(stream.id, other)
    assert (values, standing(yard, stream)) == ([b"1", b"2"], {"0": (None, "zother")})
    yard.streaming.groups.commit(stream.id, silent)  # too late
    assert standing(yard, stream)["0"][0] is None


def test_a_heartbeat_keeps_what_is_reserved(yard):
    stream = yard.stream()
    cursor = yard.group_cursor(stream.id, timeout_in_ms=1000)
    for _ in range(3):
        yard.pass_time(milliseconds=900)
        cursor = yard.streaming.groups.heartbeat(stream.id, cursor)
    other = yard.group_cursor(stream.id, instance_name="zother")
    assert standing(yard, stream) == {"0": (None, "one")}
    yard.pass_time(seconds=2)
    yard.get(stream.id, other)
    assert standing(yard, stream) == {"0": (None, "zother")}


def test_a_new_group_begins_where_it_is_told_and_an_old_one_where_it_was(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1")
    yard.pass_time(minutes=1)
    since = yard.now
    yard.put(stream.id, b"2")
    assert yard.values(stream.id, yard.group_cursor(stream.id, "LATEST", group_name="a"))[0] == []
    assert yard.values(stream.id, yard.group_cursor(stream.id, "AT_TIME", time=since, group_name="b"))[0] == [b"2"]
    no_zone = since.replace(tzinfo=None)
    assert yard.values(stream.id, yard.group_cursor(stream.id, "AT_TIME", time=no_zone, group_name="c"))[0] == [b"2"]
    assert yard.values(stream.id, yard.group_cursor(stream.id, "TRIM_HORIZON", group_name="a"))[0] == []


def test_a_group_that_is_set_back_forgets_what_its_cursors_say(yard):
    stream = yard.stream()
    yard.put(stream.id, b"1", b"2")
    cursor = yard.get(stream.id, yard.group_cursor(stream.id))[1]
    cursor = yard.get(stream.id, cursor)[1]
    yard.streaming.groups.update(stream.id, "group", UpdateGroupDetails(type="TRIM_HORIZON"))
    values, cursor = yard.values(stream.id, cursor)
    assert values == [b"1", b"2"]
    yard.streaming.groups.update(stream.id, "group", UpdateGroupDetails(type="LATEST"))
    assert yard.values(stream.id, cursor)[0] == []


def test_a_busy_partition_does_not_hide_the_others(yard):
    stream = yard.stream(partitions=2)
    for _ in range(20):
        yard.put(stream.id, b"busy", key=b"a")
    quiet = next(key for key in map(str, range(100)) if number_of(yard, stream, key) != number_of(yard, stream, "a"))
    cursor = yard.group_cursor(stream.id, "LATEST")
    for _ in range(20):
        yard.put(stream.id, b"busy", key=b"a")
    yard.put(stream.id, b"quiet", key=quiet.encode())
    found = []
    for _ in range(2):
        values, cursor = yard.values(stream.id, cursor, limit=5)
        found += values
    assert b"quiet" in found


def number_of(yard, stream, key):
    return yard.put(stream.id, b"x", key=key.encode()).entries[0].partition


def test_the_cursor_of_a_partition_commits_nothing(yard):
    stream = yard.stream()
    for call in (yard.streaming.groups.commit, yard.streaming.groups.heartbeat):
        with pytest.raises(InvalidParameter, match="only those of groups"):
            call(stream.id, yard.cursor(stream.id))


def test_a_group_that_is_not_there_is_not_found(yard):
    stream = yard.stream()
    with pytest.raises(NotFound, match="'none'"):
        yard.streaming.groups.get(stream.id, "none")
    with pytest.raises(NotFound, match="'none'"):
        yard.streaming.groups.update(stream.id, "none", UpdateGroupDetails(type="LATEST"))


@pytest.mark.parametrize("details", [{}, {"type": "AT_TIME"}], ids=["no type", "no time"])
def test_to_set_a_group_back_needs_to_know_where_to(yard, details):
    stream = yard.stream()
    yard.group_cursor(stream.id)
    with pytest.raises(MissingParameter):
        yard.streaming.groups.update(stream.id, "group", UpdateGroupDetails(**details))
    with pytest.raises(MissingParameter):
        yard.group_cursor(stream.id, "AT_TIME", group_name="new")


@given(partitions=st.integers(1, 100), names=st.sets(st.text(max_size=3), min_size=1, max_size=12))
def test_quotas_make_up_the_whole_and_differ_by_one(partitions, names):
    quotas = [quota(name, sorted(names), partitions=partitions) for name in names]
    assert sum(quotas) == partitions
    assert max(quotas) - min(quotas) <= 1


@given(
    holders=st.dictionaries(st.integers(0, 20), st.sampled_from(["a", "b", "c", None]), min_size=1),
    instances=st.sets(st.sampled_from(["a", "b", "c"]), min_size=1),
)
def test_instances_come_to_an_even_share_and_take_nothing_from_another(holders, instances):
    holders = {number: holder if holder in instances else None for number, holder in holders.items()}
    for _ in range(3):
        for instance in sorted(instances):
            change = share(instance, sorted(instances), holders)
            assert all(holders[number] is None for number in change.take)
            assert all(holders[number] == instance for number in change.leave)
            holders.update(dict.fromkeys(change.take, instance) | dict.fromkeys(change.leave))
    held = list(holders.values())
    assert {name: held.count(name) for name in instances} == {
        name: quota(name, sorted(instances), partitions=len(holders)) for name in instances
    }
