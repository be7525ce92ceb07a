"""How much one account may report in a time, so that a broken device does not drown the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

from gis.errors import CityGridError

# So many at once, and so many a second from then on.
AT_ONCE = 2_000
A_SECOND = 250.0
MOST_ACCOUNTS = 10_000


class TooManyError(CityGridError):
    """An account reports more than it may."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Too many reports in a short time. Try again in {seconds} s.",
            key="error.case_too_often", seconds=seconds,
        )  # fmt: skip
        self.seconds = seconds


class Buckets:
    """A bucket for each account, that runs full again; safe for threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        # What is left, and when that was.
        self._left: LRUCache[int, tuple[float, float]] = LRUCache(MOST_ACCOUNTS)

    def take(self, account_id: int, count: int) -> None:
        """Take so many out of an account's bucket, or raise TooManyError and take none."""
        now = self._now()
        with self._lock:
            left, at = self._left.get(account_id, (float(AT_ONCE), now))
            left = min(AT_ONCE, left + (now - at) * A_SECOND)
            if count > left:
                raise TooManyError(1 + int((min(count, AT_ONCE) - left) / A_SECOND))
            self._left[account_id] = (left - count, now)
