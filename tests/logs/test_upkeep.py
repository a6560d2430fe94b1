"""Entries go when they are too old, or their log is gone."""

from __future__ import annotations

from modelyard.database.records import microseconds
from modelyard.logs import store
from modelyard.logs.store import Entry
from modelyard.logs.upkeep import BATCH, Upkeep


def add(database, log_id: str, count: int, *, time: int) -> None:
    entry = Entry(log_id=log_id, time=time, ingested=time, id="i", source="s", type="t", subject=None, data=b"{}")
    with database.write() as tx:
        store.add_entries(tx, [entry] * count)


def count(database, log_id: str) -> int:
    with database.read() as tx:
        return len(list(store.entries_between(tx, log_id, start=0, end=2**62, descending=True)))


def test_entries_are_kept_for_as_many_days_as_their_log_says(database, new_log, clock) -> None:
    _, short = new_log(retention_duration=1)
    _, long = new_log(retention_duration=60)
    for log_id in (short, long):
        add(database, log_id, BATCH + 10, time=microseconds(clock.now))
    upkeep = Upkeep(database, clock=clock)
    assert upkeep.step()
    clock.pass_by(days=1, seconds=1)
    add(database, short, 1, time=microseconds(clock.now))
    assert not upkeep.step()
    assert count(database, short) == 11  # no more than a batch at a time
    while not upkeep.step():
        pass
    assert (count(database, short), count(database, long)) == (1, BATCH + 10)


def test_the_entries_of_a_deleted_log_are_removed(database, new_log, logging, clock) -> None:
    group, log_id = new_log()
    _, other = new_log()
    for each in (log_id, other):
        add(database, each, BATCH + 10, time=microseconds(clock.now))
    logging.logs.delete(group, log_id, if_match=None)
    upkeep = Upkeep(database, clock=clock)
    while not upkeep.step():
        pass
    assert (count(database, log_id), count(database, other)) == (0, BATCH + 10)
    assert upkeep.step()
