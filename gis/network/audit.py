"""The same answers by other means: from the streets as they were given, door by door.

Nothing is used of what makes the graph, hangs points on it and searches it, so that a mistake in
any of these is found here: `gis.network.judge` makes a graph of its own of the same given streets,
finds where the points stand by itself, and scipy finds the shortest paths. What both have in
common is what they are told: lines, barriers, openings, speeds, tolerances, and the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.arrangement import Floats
from gis.network.judge import Judge

SAMPLE = 2_000


@dataclass(frozen=True)
class Audit:
    """What a sample of the answers is worth."""

    asked: int
    # Said to be reached within the limit, and are not; and the other way round.
    false_in: int
    false_out: int
    # The largest difference of two times, in seconds, of those that both reach.
    largest_s: float


def audit(  # noqa: PLR0913 - the question, and the answer that is judged
    judge: Judge,
    sources_m: Floats,
    targets_m: Floats,
    seconds: Floats,
    *,
    limit_s: float,
    access_ms: float,
    within_m: float,
    seed: int,
    sample: int = SAMPLE,
) -> Audit:
    """Judge the times to the nearest source that were found for some targets.

    Parameters
    ----------
    sources_m, targets_m
        Where they are; (n, 2), metric CRS.
    seconds
        The times that were found, for each target; infinite where it is not reached.
    within_m
        What lies further from any street is nowhere.
    sample
        How many targets are looked at, chosen by the seed; all where there are no more.
    """
    number = np.arange(len(seconds))
    if len(number) > sample:
        number = np.sort(np.random.default_rng(seed).choice(number, sample, replace=False))
    truth = judge.seconds(
        judge.feet(sources_m, within_m),
        judge.feet(targets_m[number], within_m),
        limit_s=limit_s,
        access_ms=access_ms,
    )
    told, said = truth <= limit_s, np.isfinite(seconds[number])
    # On the limit itself the last digit decides.
    close = np.abs(np.where(said, seconds[number], truth) - limit_s) < 1e-6 * limit_s
    both = told & said
    apart = np.abs(truth[both] - seconds[number][both])
    return Audit(
        len(number),
        int((said & ~told & ~close).sum()),
        int((told & ~said & ~close).sum()),
        float(apart.max(initial=0.0)),
    )
