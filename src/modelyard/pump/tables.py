"""What a deployment does to the tables: reserve its partitions, read on, and answer in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.database.engine import Database
from modelyard.database.records import microseconds
from modelyard.pump.answers import Source
from modelyard.streaming import group_log, log
from modelyard.streaming.arrivals import Arrivals
from modelyard.streaming.cursors import Place
from modelyard.streaming.log import Entry
from modelyard.streaming.messages import put
from modelyard.streaming.reading import Batch, first_kept, read_batch
from modelyard.streaming.streams import active

INSTANCE = "modelyard"
"""The name under which every service reads in a deployment's group: what comes back after a crash goes right on."""

TIMEOUT = 60.0
"""How long a deployment's partitions stay reserved without a sign of life, in seconds."""

AT_ONCE = 100
"""How many messages of a partition are read, predicted and answered together."""

AT_ONCE_BYTES = 256 * 1024
"""About how many bytes they may have: a deployment may have many partitions, and they are all in memory."""


@dataclass(frozen=True)
class Work:
    """Be messages to answer, and the place in the group's tables that they were read at."""

    group: int
    place: Place
    batch: Batch


class Tables:
    """Do a deployment's work in the database; every method may wait for it, and so runs in a thread.

    Args:
        database: Where streams are.
        arrivals: Told of the answers.
        clock: The time, with its zone.
        deployment_id: The deployment, which is also its group's name.
    """

    def __init__(
        self, database: Database, arrivals: Arrivals, *, clock: Callable[[], datetime], deployment_id: str
    ) -> None:
        self._database = database
        self._arrivals = arrivals
        self._clock = clock
        self._group_name = deployment_id

    def reserve(self, stream_id: str) -> list[int]:
        """Show that the deployment lives, and return the partitions that are its; make its group where it is new.

        A new group begins with the oldest message that is kept: nothing that was sent is left out.
        """
        now = microseconds(self._clock())
        with self._database.write() as tx:
            stream = active(tx, stream_id, verb="read")
            group = group_log.find(tx, stream_id, self._group_name)
            if group is None:
                partitions = log.partitions_of(tx, stream_id)
                positions = {each.number: first_kept(tx, stream, each, now=now) for each in partitions}
                group = group_log.add(tx, stream_id, self._group_name, positions=positions)
            held = group_log.reserve(tx, group, INSTANCE, timeout=round(TIMEOUT * 1_000_000), now=now)
        return [each.number for each in held]

    def read(self, source: Source) -> Work | None:
        """Return what is to be answered next; None where the partition is not the deployment's any more."""
        now = microseconds(self._clock())
        with self._database.read() as tx:
            stream = active(tx, source.stream_id, verb="read")
            group = group_log.find(tx, source.stream_id, self._group_name)
            if group is None:
                return None
            standing = group_log.reservations_of(tx, group, now=now)[source.number]
            if standing.instance != INSTANCE:
                return None
            place = Place(source.number, standing.epoch, standing.position)
            partition = log.partitions_of(tx, source.stream_id)[source.number]
            batch = read_batch(
                tx, stream, partition, start=place.offset, limit=AT_ONCE, now=now, most_bytes=AT_ONCE_BYTES
            )
            return Work(group, place, batch)

    def write(self, work: Work, answers: Sequence[Entry], *, outputs: Sequence[str]) -> None:
        """Write the answers and that their messages are done, or neither.

        Nothing is written where the group is elsewhere by now: it was set back, or somebody else has answered.
        """
        now = microseconds(self._clock())
        placed: dict[str, set[int]] = {}
        with self._database.write() as tx:
            if not group_log.advance(tx, work.group, work.place, to=work.batch.end):
                return
            for stream_id in outputs:
                active(tx, stream_id, verb="put")
                # answers to messages without a key keep the order of their partition too
                places = put(tx, stream_id, answers, now=now, unkeyed=work.place.number)
                placed[stream_id] = {place.number for place in places}
        for stream_id, numbers in placed.items():
            self._arrivals.tell(stream_id, numbers)
