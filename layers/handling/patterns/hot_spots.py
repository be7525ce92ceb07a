"""Hot spots: places where, with those around them, more happens than elsewhere (Getis-Ord Gi*).

Gi* compares the mean of a place and its neighbours with the mean of all (A. Getis, J. K. Ord,
"Local Spatial Autocorrelation Statistics", Geographical Analysis 27, 1995). Of thousands of places
some stand out by chance, so that the share of false ones among those found is held down
(Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate", JRSS B 57, 1995), and what rests
on a handful of incidents is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from layers.columns import Array

# Of those found, at most so many are false.
FALSE_SHARE = 0.05
# With fewer incidents in a place and beside it, or fewer people there, a rate says nothing.
LEAST_COUNT, LEAST_PEOPLE = 5, 100
PER = 1_000.0


@dataclass(frozen=True)
class Rules:
    """When a place is called hot."""

    false_share: float = FALSE_SHARE
    least_count: int = LEAST_COUNT
    least_people: int = LEAST_PEOPLE


USUAL = Rules()


@dataclass(frozen=True, eq=False)
class Spots:
    """Place by place: what was compared, how far it is from the mean, and whether it stands out."""

    # Incidents, or incidents for 1,000 people; NaN where too few live there to say.
    values: Array
    # Standard deviations from what is expected; NaN where it was not compared.
    z: Array
    # More than chance has, and less.
    is_high: Array
    is_cold: Array
    # High, with enough incidents there and beside it.
    is_hot: Array

    @property
    def compared(self) -> int:
        """How many places were compared."""
        return int(np.isfinite(self.z).sum())


def spots(
    counts: Array, neighbours: sparse.csr_array, people: Array | None = None, rules: Rules = USUAL
) -> Spots:
    """Find hot and cold spots.

    Parameters
    ----------
    counts
        Incidents in each place, zeros included: a place without any is one to compare with.
    neighbours
        Places by places, 1 for each neighbour and for the place itself.
    people
        What the counts are divided by; without it they are compared as they are. NaN: not told.
    """
    compared = _Compared(neighbours, people, rules)
    known, n = compared.known, len(counts)
    values, z = np.full(n, np.nan), np.full(n, np.nan)
    is_far = np.zeros(n, bool)
    values[known] = compared.values(counts)
    z[known], is_far[known] = compared.judged(counts)
    is_high = is_far & (z > 0)
    # Gi* is of a place with those around it, and so is the least number.
    is_hot = is_high & (neighbours @ counts >= rules.least_count)
    return Spots(values, z, is_high, is_far & (z < 0), is_hot)


class _Compared:
    """The places that can be compared, and by what."""

    def __init__(self, neighbours: sparse.csr_array, people: Array | None, rules: Rules) -> None:
        self._divisor = np.ones(neighbours.shape[0])
        is_known = np.ones(neighbours.shape[0], bool)
        if people is not None:
            is_known = np.nan_to_num(people) >= max(rules.least_people, 1)
            self._divisor = people / PER
        self.known = np.flatnonzero(is_known)
        self.neighbours = neighbours if is_known.all() else neighbours[self.known][:, self.known]
        self._rules = rules

    def values(self, counts: Array) -> Array:
        """Return what is compared."""
        compared: Array = counts[self.known] / self._divisor[self.known]
        return compared

    def judged(self, counts: Array) -> tuple[Array, Array]:
        """Return Gi*, and which are far from what is expected."""
        z = gi_star(self.values(counts), self.neighbours)
        # All are judged together before any is left out: to pick first would be to look twice.
        return z, discoveries(2 * stats.norm.sf(np.abs(z)), self._rules.false_share)


def gi_star(values: Array, neighbours: sparse.csr_array) -> Array:
    """Return Gi* of each place in standard deviations; 0 where all places are alike.

    Parameters
    ----------
    neighbours
        1 for each neighbour and for the place itself.
    """
    n = len(values)
    if n < 2:
        return np.zeros(n)
    mean = values.mean()
    deviation = np.sqrt(max((values**2).mean() - mean**2, 0.0))
    weight, squares = neighbours.sum(axis=1), neighbours.power(2).sum(axis=1)
    spread = deviation * np.sqrt(np.maximum(n * squares - weight**2, 0) / (n - 1))
    over = neighbours @ values - mean * weight
    z: Array = np.divide(over, spread, out=np.zeros(n), where=spread > 1e-12 * (abs(mean) + 1))
    return z


def discoveries(p: Array, false_share: float) -> Array:
    """Return which tests to believe so that at most a share of these is false (Benjamini-Hochberg).

    Holds for tests that depend on each other as neighbours do: positively.
    """
    if not len(p):
        return np.zeros(0, bool)
    order = np.argsort(p, kind="stable")
    is_under = p[order] <= false_share * np.arange(1, len(p) + 1) / len(p)
    limit = p[order][is_under][-1] if is_under.any() else -1.0
    found: Array = p <= limit
    return found


def by_chance(  # noqa: PLR0913 - what is asked, and the lot
    counts: Array, neighbours: sparse.csr_array, people: Array | None = None,
    rules: Rules = USUAL, *, seed: int = 0, times: int = 99,
) -> float:  # fmt: skip
    """Return how many hot spots there would be, on average, if all happened at random.

    As many incidents are thrown on the places in proportion to their people, or alike on all where
    nothing is divided by: the hot spots found must be seen against these.
    """
    random = np.random.default_rng(seed)
    share = np.ones(len(counts)) if people is None else np.nan_to_num(people)
    if not len(counts) or not share.sum() > 0:
        return 0.0
    compared = _Compared(neighbours, people, rules)
    around = neighbours[compared.known]
    found = 0
    for thrown in random.multinomial(int(counts.sum()), share / share.sum(), times):
        z, is_far = compared.judged(thrown)
        found += int((is_far & (z > 0) & (around @ thrown >= rules.least_count)).sum())
    return found / times
