"""Streams, cursors and groups behave as a small model of them in memory does, whatever is done in whatever order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from modelyard.errors import Conflict
from modelyard.resources.streaming import UpdateGroupDetails

PARTITIONS = 2
HOURS = 24


@dataclass
class Log:
    """A partition: values and the hours at which they came; offsets are places in the list."""

    values: list[tuple[int, bytes]] = field(default_factory=list)

    def from_offset(self, start: int, *, hour: int) -> list[tuple[int, bytes]]:
        """Return (offset, value) of what is kept, from an offset on."""
        return [
            (offset, value)
            for offset, (came, value) in enumerate(self.values)
            if offset >= start and hour - came <= HOURS
        ]


class Streams(RuleBasedStateMachine):
    """Compare both."""

    yards: ClassVar[Mapping[str, object]] = {}
    cursors = Bundle("cursors")

    @initialize()
    def begin(self) -> None:
        self.yard = self.yards["yard"]
        self.stream = self.yard.stream(partitions=PARTITIONS)
        self.logs = [Log() for _ in range(PARTITIONS)]
        self.hour = 0
        self.committed: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
        self.group_cursor = self.yard.group_cursor(self.stream.id)
        self.read: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
        self.is_deleted = False

    @rule(values=st.lists(st.binary(max_size=3), min_size=1, max_size=4), key=st.sampled_from([b"a", b"b", b"c", None]))
    def put(self, values, key):
        if self.is_deleted:
            with pytest.raises(Conflict):
                self.yard.put(self.stream.id, *values, key=key)
            return
        result = self.yard.put(self.stream.id, *values, key=key)
        for value, entry in zip(values, result.entries, strict=True):
            log = self.logs[int(entry.partition)]
            assert entry.offset == len(log.values)
            log.values.append((self.hour, value))
        if key is not None:
            assert len({entry.partition for entry in result.entries}) == 1

    @rule(hours=st.integers(1, 30))
    def wait(self, hours):
        self.hour += hours
        self.yard.pass_time(hours=hours)
        if not self.is_deleted:  # cursors are too old by now, and reservations have run out
            self.group_cursor = self.yard.group_cursor(self.stream.id)
            self.read = dict(self.committed)

    @rule()
    def expire(self):
        self.yard.expiry.sweep()

    @rule(number=st.integers(0, PARTITIONS - 1), limit=st.integers(1, 5), where=st.floats(0, 1))
    def get(self, number, limit, where):
        if self.is_deleted:
            return
        log = self.logs[number]
        kept = log.from_offset(0, hour=self.hour)
        oldest = kept[0][0] if kept else len(log.values)
        start = oldest + round(where * (len(log.values) - oldest))
        cursor = self.yard.cursor(self.stream.id, "AT_OFFSET", partition=str(number), offset=start)
        expected = log.from_offset(start, hour=self.hour)
        while expected:
            messages, cursor = self.yard.get(self.stream.id, cursor, limit=limit)
            assert [each.offset for each in messages] == [offset for offset, _ in expected[:limit]]
            expected = expected[limit:]
        assert self.yard.get(self.stream.id, cursor)[0] == []

    @rule(limit=st.integers(1, 5))
    def get_as_group(self, limit):
        if self.is_deleted:
            return
        self.committed = dict(self.read)
        expected = {number: log.from_offset(self.read[number], hour=self.hour) for number, log in enumerate(self.logs)}
        messages, self.group_cursor = self.yard.get(self.stream.id, self.group_cursor, limit=limit)
        assert len(messages) == min(limit, sum(map(len, expected.values())))
        for number in range(PARTITIONS):
            offsets = [each.offset for each in messages if each.partition == str(number)]
            assert offsets == [offset for offset, _ in expected[number][: len(offsets)]]
            if offsets:
                self.read[number] = offsets[-1] + 1

    @rule()
    def commit(self):
        if not self.is_deleted:
            self.group_cursor = self.yard.streaming.groups.commit(self.stream.id, self.group_cursor)
            self.committed = dict(self.read)

    @rule()
    def crash_of_the_reader(self):
        if not self.is_deleted:
            self.group_cursor = self.yard.group_cursor(self.stream.id)
            self.read = dict(self.committed)

    @rule(latest=st.booleans())
    def set_group(self, latest):
        if self.is_deleted:
            return
        kind = "LATEST" if latest else "TRIM_HORIZON"
        self.yard.streaming.groups.update(self.stream.id, "group", UpdateGroupDetails(type=kind))
        self.committed = {number: len(log.values) if latest else 0 for number, log in enumerate(self.logs)}
        self.read = dict(self.committed)

    @rule()
    def delete(self):
        if not self.is_deleted:
            self.yard.streaming.streams.delete(self.stream.id, if_match=None)
            self.is_deleted = True

    @invariant()
    def what_is_committed_is_what_the_group_says(self):
        if not hasattr(self, "yard") or self.is_deleted:
            return
        for each in self.yard.streaming.groups.get(self.stream.id, "group").reservations:
            if each.committed_offset is not None:
                assert each.committed_offset + 1 == self.committed[int(each.partition)]


@pytest.fixture
def machine(yard):
    """The machine, over one database for all of its runs, each with a stream of its own."""
    Streams.yards = {"yard": yard}
    return Streams


def test_streams_behave_as_a_model_of_them_does(machine):
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
