"""How much one account may send in a time, so that a broken device does not drown the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

from gis.errors import CityGridError

# So many reports at once, and so many a second from then on.
AT_ONCE = 2_000
A_SECOND = 250.0
# Files are large: so many at once, and as many again in an hour.
FILES_AT_ONCE = 500
FILES_A_SECOND = FILES_AT_ONCE / 3_600
MOST_ACCOUNTS = 10_000


class TooManyError(CityGridError):
    """An account sends more than it may."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Too much in a short time. Try again in {seconds} s.",
            key="error.case_too_often", seconds=seconds,
        )  # fmt: skip
        self.seconds = seconds


class Buckets:
    """A bucket for each account, that runs full again; safe for threads."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        at_once: float = AT_ONCE,
        a_second: float = A_SECOND,
    ) -> None:
        self._now = now
        self._at_once = at_once
        self._a_second = a_second
        self._lock = threading.Lock()
        # What is left, and when that was.
        self._left: LRUCache[int, tuple[float, float]] = LRUCache(MOST_ACCOUNTS)

    def take(self, account_id: int, count: int) -> None:
        """Take so many out of an account's bucket, or raise TooManyError and take none."""
        now = self._now()
        with self._lock:
            left, at = self._left.get(account_id, (self._at_once, now))
            left = min(self._at_once, left + (now - at) * self._a_second)
            if count > left:
                lacking = min(count, self._at_once) - left
                raise TooManyError(1 + int(lacking / self._a_second))
            self._left[account_id] = (left - count, now)
