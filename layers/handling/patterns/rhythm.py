"""Rhythm: at which hour of which day of the week incidents are reported."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from layers.columns import Array
from layers.series import Span

HOUR, DAY = 3600, 86_400


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Seven days from Monday by 24 hours of the city's clock."""

    # Incidents.
    counts: Array
    # How often each day of the week occurs in the days asked about.
    days: Array
    # How many were reported at midnight to the second: where only the day is known, files say so.
    at_midnight: int

    @property
    def mean(self) -> Array:
        """Incidents in such an hour, on average; NaN of a day that does not occur."""
        with np.errstate(invalid="ignore"):
            mean: Array = np.where(
                self.days[:, None] > 0, self.counts / np.maximum(self.days, 1)[:, None], np.nan
            )
        return mean


def rhythm(local_seconds: Array, span: Span) -> Rhythm:
    """Count; ``local_seconds`` are what the clock on the wall showed (`happened.local`)."""
    # 1970 began on a Thursday.
    day = (local_seconds // DAY + 3) % 7
    hour = local_seconds % DAY // HOUR
    counts = np.bincount(day * 24 + hour, minlength=7 * 24).reshape(7, 24)
    days = np.zeros(7, np.int64)
    for n in range((span.last - span.first).days + 1):
        days[(span.first + dt.timedelta(days=n)).weekday()] += 1
    return Rhythm(counts, days, int((local_seconds % DAY == 0).sum()))
