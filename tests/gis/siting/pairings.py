"""Pairs for tests: from a table of seconds, and random ones."""

import numpy as np

from gis.network.pairs import Pairs


def pairs_of(seconds):
    """From a (sources, targets) table, infinite where there is no pair."""
    seconds = np.asarray(seconds, float)
    source, target = np.nonzero(np.isfinite(seconds))
    starts = np.searchsorted(source, np.arange(len(seconds) + 1))
    return Pairs(starts, target, seconds[source, target], seconds.shape[1])


def random_table(rng, sources, targets, limit_s=500.0):
    """Seconds over a plain, as the crow flies; infinite beyond the limit."""
    there, here = rng.uniform(0, 1000, (sources, 2)), rng.uniform(0, 1000, (targets, 2))
    seconds = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1))
    return np.where(seconds <= limit_s, seconds, np.inf)
