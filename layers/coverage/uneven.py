"""How unevenly something is spread."""

from __future__ import annotations

import numpy as np

from gis.arrangement import Floats


def gini(shares: Floats, weights: Floats) -> float:
    """Return the Gini coefficient of shares, each for so many people.

    0: everybody has the same share; towards 1: a few have it all. NaN where nobody has any, or
    where there is nobody. Shares that are not known are left out.

    Parameters
    ----------
    shares
        Not negative; NaN where unknown.
    weights
        How many people each is of.

    Notes
    -----
    The area between the Lorenz curve and the line of equality, by trapezia: C. Gini, "Variabilità e
    mutabilità" (1912), for grouped data as in F. A. Cowell, "Measuring Inequality" (2011).
    """
    known = np.isfinite(shares) & np.isfinite(weights) & (weights > 0)
    share, weight = shares[known], weights[known]
    order = np.argsort(share, kind="stable")
    people = np.cumsum(weight[order])
    held = np.cumsum((share * weight)[order])
    if not len(held) or held[-1] == 0:
        return float("nan")
    people, held = np.append(0, people / people[-1]), np.append(0, held / held[-1])
    area = float(((held[1:] + held[:-1]) * np.diff(people)).sum() / 2)
    return max(0.0, 1 - 2 * area)
