"""What is written into a bucket by one call: kept where that succeeds, else taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from modelyard.errors import ModelyardError, NotFound
from modelyard.model.notices import notice
from modelyard.model.places import Place


class BucketWrites:
    """Remember the objects that one call makes, and those that it writes over."""

    def __init__(self) -> None:
        self._made: list[Place] = []
        self._written_over: list[Place] = []

    def expect(self, place: Place, *, is_there: bool) -> None:
        """Remember an object that is about to be written: an answer that is never heard may have made it."""
        (self._written_over if is_there else self._made).append(place)

    def take_back(self) -> None:
        """Delete the objects that were not there before; say what is left in the bucket."""
        stay = [place.uri for place in self._made if not _is_gone(place)]
        if stay:
            notice(f"What was written into the bucket could not be deleted again: {', '.join(stay)}.")
        if self._written_over:
            names = ", ".join(place.uri for place in self._written_over)
            notice(f"These objects were there before, and may have been written over: {names}.")


@contextmanager
def taken_back_on_failure() -> Iterator[BucketWrites]:
    """Give what remembers writes; they are taken back where the block fails, also at Ctrl-C."""
    writes = BucketWrites()
    try:
        yield writes
    except BaseException:
        writes.take_back()
        raise


def _is_gone(place: Place) -> bool:
    try:
        place.delete()
    except (NotFound, FileNotFoundError):  # it was never written
        return True
    except (ModelyardError, OSError):  # what went wrong first is what is raised
        return False
    return True
