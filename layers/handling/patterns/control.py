"""Control charts: whether a place has more or fewer incidents than its own past lets expect.

A c-chart of counts (W. A. Shewhart): limits that a steady process leaves three times in a thousand.
Counts of a few are not normal, so the limits are exact, those of a Poisson distribution; where a
place's past varies more than that, as incidents mostly do (a storm brings many at once), those of a
negative binomial one with the same mean and variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

from layers.columns import Array

# What lies beyond three standard deviations of a normal distribution, on each side.
TAIL = float(stats.norm.sf(3))
# So many on one side of the mean are a signal: of a steady process, one in 256 on either side.
RUN = 8
# From fewer periods no mean is known.
LEAST_BASELINE = 8


class Signal(StrEnum):
    """Why a period stands out."""

    HIGH = "high"
    LOW = "low"
    RUN_HIGH = "run_high"
    """The last of eight or more above the mean."""
    RUN_LOW = "run_low"
    NONE = ""


@dataclass(frozen=True, eq=False)
class Charts:
    """Places by periods; limits are of each place's own baseline."""

    counts: Array
    # Of each place: the mean of its baseline, and the least and the most that is no signal.
    mean: Array
    low: Array
    high: Array
    # Variance of the baseline by its mean: 1 is Poisson, more is uneven; NaN where nothing was.
    dispersion: Array
    # `Signal` values, places by periods; none in the baseline.
    signals: Array


def charts(counts: Array, baseline: int) -> Charts:
    """Chart places by periods; the first ``baseline`` periods say what is usual.

    Raises
    ------
    ValueError
        A baseline of fewer than LEAST_BASELINE periods, or longer than the counts.
    """
    if not LEAST_BASELINE <= baseline <= counts.shape[1]:
        raise ValueError(f"A baseline has {LEAST_BASELINE} to {counts.shape[1]} periods.")
    past = counts[:, :baseline]
    mean, variance = past.mean(axis=1), past.var(axis=1, ddof=1)
    dispersion = np.divide(variance, mean, out=np.full(len(mean), np.nan), where=mean > 0)
    # That nothing happened in half a year is not that nothing can (Jeffreys' half a case).
    usual = (past.sum(axis=1) + 0.5) / baseline
    low, high = limits(usual, np.nan_to_num(dispersion, nan=1.0))
    over, under = counts > high[:, None], counts < low[:, None]
    above = _runs(counts > mean[:, None]) >= RUN
    below = _runs(counts < mean[:, None]) >= RUN
    signals = np.select(
        [over, under, above, below],
        [s.value for s in (Signal.HIGH, Signal.LOW, Signal.RUN_HIGH, Signal.RUN_LOW)],
        Signal.NONE.value,
    )
    signals[:, :baseline] = Signal.NONE.value
    return Charts(counts, mean, low, high, dispersion, signals)


def limits(mean: Array, dispersion: Array) -> tuple[Array, Array]:
    """Return the least and the most that are no signal, exactly.

    Parameters
    ----------
    dispersion
        Variance by mean; up to 1 is taken for Poisson.
    """
    usual = np.maximum(mean, 1e-12)
    low, high = stats.poisson.ppf(TAIL, usual), stats.poisson.isf(TAIL, usual)
    uneven = dispersion > 1 + 1e-9
    if uneven.any():
        share = 1 / dispersion[uneven]
        size = usual[uneven] * share / (1 - share)
        low[uneven] = stats.nbinom.ppf(TAIL, size, share)
        high[uneven] = stats.nbinom.isf(TAIL, size, share)
    return np.maximum(low, 0), high


def _runs(is_so: Array) -> Array:
    """Return how many in a row are so, up to each period."""
    runs = np.zeros(is_so.shape, np.int64)
    for n in range(is_so.shape[1]):
        runs[:, n] = (runs[:, n - 1] + 1 if n else 1) * is_so[:, n]
    return runs
