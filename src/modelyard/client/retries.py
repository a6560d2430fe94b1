"""When a request is sent again, and after how long: only where the first one cannot have done anything twice."""

from __future__ import annotations

from dataclasses import dataclass

RETRIED_STATUSES = frozenset({429, 503})
"""Nobody took the request; a 500 or 504 is not here, since somebody did."""


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Say how often and how long to try; times in seconds."""

    attempts: int = 6
    first_pause: float = 0.05
    longest_pause: float = 5.0

    def pause(self, *, attempt: int, chance: float, retry_after: str | None = None) -> float | None:
        """Return how long to wait before the next attempt; None to give up.

        Args:
            attempt: How many attempts were made, from 1 on.
            chance: A random number from 0 to 1, so that many clients do not come back at once.
            retry_after: What the service asked for, in seconds.
        """
        if attempt >= self.attempts:
            return None
        backoff = min(self.longest_pause, self.first_pause * 4.0 ** (attempt - 1)) * (0.5 + chance / 2)
        asked = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else 0.0
        return max(backoff, min(asked, self.longest_pause))


NEVER = RetryPolicy(attempts=1)
"""One attempt."""
