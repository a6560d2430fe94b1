"""How the instances of a group share the partitions: as evenly as whole partitions allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """Be what an instance is to take and to leave."""

    take: tuple[int, ...] = ()
    leave: tuple[int, ...] = ()


def quota(instance: str, instances: Sequence[str], *, partitions: int) -> int:
    """Return how many partitions an instance is to have: those first by name have the one more that is left over."""
    each, more = divmod(partitions, len(instances))
    return each + (sorted(instances).index(instance) < more)


def share(instance: str, instances: Sequence[str], holders: Mapping[int, str | None]) -> Change:
    """Return what an instance is to take of what nobody has, or to leave to the others.

    Nothing is taken from another: it leaves what is too much when it shows itself next, with all that it has read
    committed.

    Args:
        instance: The one that asks.
        instances: All that live, itself among them.
        holders: Partition → who has it; None where nobody has.
    """
    own = sorted(number for number, holder in holders.items() if holder == instance)
    free = sorted(number for number, holder in holders.items() if holder is None)
    wanted = quota(instance, instances, partitions=len(holders))
    if len(own) > wanted:
        return Change(leave=tuple(own[wanted:]))
    return Change(take=tuple(free[: wanted - len(own)]))
