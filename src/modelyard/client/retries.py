"""When a request is sent again, and after how long: only where the first one cannot have done anything twice."""

from __future__ import annotations

from dataclasses import dataclass

RETRIED_STATUSES = frozenset({429, 503})
"""Nobody took the request; a 500 or 504 is not here, since somebody did."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Say how often and how long to try; times in seconds."""

    attempts: int = 6
    """How many attempts are made where nobody says that there will be an answer."""

    first_pause: float = 0.05
    longest_pause: float = 5.0
    patience: float = 30.0
    """For how long one who says when to come back is asked, however often: a service that is being started again."""

    def pause(
        self, *, attempt: int, chance: float, waited: float = 0.0, retry_after: str | None = None
    ) -> float | None:
        """Return how long to wait before the next attempt; None to give up.

        Args:
            attempt: How many attempts were made, from 1 on.
            chance: A random number from 0 to 1, so that many clients do not come back at once.
            waited: How long all the pauses before took.
            retry_after: What the service asked for, in seconds.
        """
        asked = _seconds(retry_after)
        if attempt >= self.attempts and (asked is None or self.attempts == 1 or waited >= self.patience):
            return None
        if asked is not None:
            return min(self.longest_pause, max(asked, self.first_pause) * (1 + chance / 4))
        return min(self.longest_pause, self.first_pause * 4.0 ** (attempt - 1)) * (0.5 + chance / 2)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None


NEVER = RetryPolicy(attempts=1)
"""One attempt."""
