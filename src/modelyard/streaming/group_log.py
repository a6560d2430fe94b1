"""How far a group has come in each partition, and which of its instances reads there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from modelyard.streaming.cursors import Place
from modelyard.streaming.sharing import share
from modelyard.streaming.store import groups, instances, reservations


@dataclass(frozen=True)
class Reservation:
    """Be how a group stands in a partition."""

    number: int
    position: int
    committed: int | None
    instance: str | None
    epoch: int
    reserved_until: int | None


def find(tx: sa.Connection, stream_id: str, name: str) -> int | None:
    """Return a group's key; None if there is no such group."""
    query = sa.select(groups.c.id).where(groups.c.stream_id == stream_id, groups.c.name == name)
    return tx.execute(query).scalar()


def add(tx: sa.Connection, stream_id: str, name: str, *, positions: Mapping[int, int]) -> int:
    """Make a group that begins to read where it is told; return its key."""
    id = tx.execute(groups.insert().values(stream_id=stream_id, name=name)).inserted_primary_key
    assert id is not None
    rows = [{"group_id": id[0], "number": number, "position": at, "epoch": 0} for number, at in positions.items()]
    tx.execute(reservations.insert(), rows)
    return int(id[0])


def reservations_of(tx: sa.Connection, group: int, *, now: int) -> list[Reservation]:
    """Return how a group stands in each partition; what nobody has shown a sign of life for is free."""
    columns = reservations.c
    living = sa.and_(
        instances.c.group_id == columns.group_id, instances.c.name == columns.instance, instances.c.reserved_until > now
    )
    query = sa.select(
        columns.number,
        columns.position,
        columns.committed,
        instances.c.name,
        columns.epoch,
        instances.c.reserved_until,
    ).select_from(reservations.outerjoin(instances, living))
    rows = tx.execute(query.where(columns.group_id == group).order_by(columns.number))
    return [Reservation(*row) for row in rows]


def reserve(tx: sa.Connection, group: int, instance: str, *, timeout: int, now: int) -> list[Reservation]:
    """Show that an instance lives, give it its share of the partitions, and return what it has."""
    tx.execute(instances.delete().where(instances.c.group_id == group, instances.c.reserved_until <= now))
    tx.execute(instances.delete().where(instances.c.group_id == group, instances.c.name == instance))
    tx.execute(instances.insert().values(group_id=group, name=instance, reserved_until=now + timeout))
    living = list(tx.execute(sa.select(instances.c.name).where(instances.c.group_id == group)).scalars())
    standing = reservations_of(tx, group, now=now)
    change = share(instance, living, {each.number: each.instance for each in standing})
    columns = reservations.c
    if change.take:
        tx.execute(
            reservations.update()
            .where(columns.group_id == group, columns.number.in_(change.take))
            .values(instance=instance, epoch=columns.epoch + 1)
        )
    if change.leave:
        tx.execute(
            reservations.update()
            .where(columns.group_id == group, columns.number.in_(change.leave))
            .values(instance=None)
        )
    return [each for each in reservations_of(tx, group, now=now) if each.instance == instance]


def commit(tx: sa.Connection, group: int, instance: str, places: Sequence[Place]) -> None:
    """Write down how far an instance has come; where another has the partition by now, or more was said, nothing."""
    columns = reservations.c
    for place in places:
        tx.execute(
            _row(group, place.number)
            .where(columns.instance == instance, columns.epoch == place.epoch, columns.position < place.offset)
            .values(position=place.offset, committed=place.offset - 1)
        )


def advance(tx: sa.Connection, group: int, place: Place, *, to: int) -> bool:
    """Move a group on from exactly where it is thought to be; return False, and do nothing, where it is not there."""
    columns = reservations.c
    moved = tx.execute(
        _row(group, place.number)
        .where(columns.epoch == place.epoch, columns.position == place.offset)
        .values(position=to, committed=to - 1)
    )
    return moved.rowcount == 1


def reset(tx: sa.Connection, group: int, *, positions: Mapping[int, int]) -> None:
    """Let a group read on from elsewhere; cursors that its instances have say nothing any more."""
    for number, position in positions.items():
        tx.execute(_row(group, number).values(position=position, committed=None, instance=None))


def remove(tx: sa.Connection, stream_id: str) -> None:
    """Remove every group of a stream."""
    of_stream = sa.select(groups.c.id).where(groups.c.stream_id == stream_id)
    for table in (instances, reservations):
        tx.execute(table.delete().where(table.c.group_id.in_(of_stream)))
    tx.execute(groups.delete().where(groups.c.stream_id == stream_id))


def _row(group: int, number: int) -> sa.Update:
    return reservations.update().where(reservations.c.group_id == group, reservations.c.number == number)
