"""Classes of a choropleth: few, evenly filled, with edges that can be read out loud."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

MOST_CLASSES = 7


def breaks(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Return ascending thresholds between classes; a value equal to one is in the upper class.

    Quantiles, rounded to two digits where that keeps them apart. Zero is a class of its own when
    it is common, because "none" and "few" are different findings.
    """
    known = np.sort(values[np.isfinite(values)])
    distinct = np.unique(known)
    if len(distinct) < 2:
        return ()
    wanted = _count(len(known))
    zeros = float(np.mean(known == 0))
    found: list[float] = []
    if zeros > 1 / wanted:
        known = known[known != 0]
        found.append(float(known[0]) if known[0] > 0 else 0.0)
        wanted -= 1
    edges = np.quantile(known, np.arange(1, wanted) / wanted, method="nearest")
    whole = bool(np.all(known == np.floor(known)))
    for edge in edges:
        nice = _rounded(float(edge), whole=whole)
        last = found[-1] if found else -math.inf
        candidate = nice if nice > last else float(edge)
        # A class that nothing falls into would only be a gap in the ramp.
        is_filled = bool(np.any((distinct >= last) & (distinct < candidate)))
        if candidate > last and is_filled and candidate <= distinct[-1]:
            found.append(candidate)
    return tuple(found)


def _count(units: int) -> int:
    if units < 15:
        return 5
    return 6 if units < 60 else MOST_CLASSES


def _rounded(value: float, *, whole: bool) -> float:
    if value == 0:
        return 0.0
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return float(round(rounded)) if whole else rounded
