"""What pairs of a site and a point save, and what the best sites of each point save together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.siting.question import Aim, Siting

Members: TypeAlias = tuple[Floats, Ints, Ints, Floats, int]
"""People of each point; then the groups at point `i`, at `starts[i]` to `starts[i + 1]`: the row of
each in `Savings.weights`, and how many; and how many rows there are."""

NONE, STANDS = -1, -2
# How many sites of each point are known: one may go, and two still count.
KEPT = 3


@dataclass(frozen=True, eq=False)
class Savings:
    """A question as pairs that save something at each point."""

    starts: Ints
    target: Ints
    # Of each pair, for each person.
    saving: Floats
    # (1 + groups, points): whose savings count, and the groups that have a floor.
    weights: Floats
    # How many of each group are to be reached.
    needs: Floats
    # (points, `KEPT`): what facilities that stand save, and `STANDS` or `NONE`.
    values: Floats
    sites: Ints

    @cached_property
    def members(self) -> Members:
        """`weights` as the kernels walk them: most points are of few groups."""
        point, row = np.nonzero(self.weights[1:].T)
        starts = np.searchsorted(point, np.arange(self.weights.shape[1] + 1))
        many = self.weights[row + 1, point]
        return self.weights[0], starts, row + 1, many, len(self.weights)

    def total(self, chosen: Ints, backup: float) -> tuple[float, float]:
        """Return what is saved by a choice, and how many are missing from the floors."""
        values, sites = self.values.copy(), self.sites.copy()
        build(values, sites, self.starts, self.target, self.saving, chosen)
        found = totals(values, sites, self.members, backup)
        return float(found[0]), float(np.maximum(self.needs - found[1:], 0).sum())


def savings(siting: Siting) -> Savings:
    """Return what each pair saves: a person reached, or the seconds short of the longest."""
    near, standing = siting.candidates, siting.standing
    if siting.aim is Aim.MOST_PEOPLE:
        saving, stands = np.ones(len(near.target)), np.ones(len(standing.target))
    else:
        saving = np.maximum(siting.longest_s - near.seconds, 0)
        stands = np.maximum(siting.longest_s - standing.seconds, 0)
    groups = [np.asarray(many, float) for many in siting.groups.values()] if siting.floor else []
    weights = np.array([np.asarray(siting.demand, float), *groups])
    values = np.zeros((len(siting.demand), KEPT))
    sites = np.full((len(siting.demand), KEPT), NONE)
    _stand(values, sites, standing.target, stands)
    needs = siting.floor * weights[1:].sum(axis=1)
    return Savings(near.starts, near.target, saving, weights, needs, values, sites)


def _insert_python(values: Floats, sites: Ints, value: float, site: int) -> None:
    """Keep a site if it is among the best of a point; of those as good the first comes first."""
    place = KEPT
    while place > 0 and (sites[place - 1] == NONE or value > values[place - 1]):
        place -= 1
    for k in range(KEPT - 1, place, -1):
        values[k], sites[k] = values[k - 1], sites[k - 1]
    if place < KEPT:
        values[place], sites[place] = value, site


def _stand_python(values: Floats, sites: Ints, target: Ints, saving: Floats) -> None:
    for k in range(len(target)):
        _insert(values[target[k]], sites[target[k]], saving[k], STANDS)


def _build_python(  # noqa: PLR0913
    values: Floats, sites: Ints, starts: Ints, target: Ints, saving: Floats, chosen: Ints
) -> None:
    for site in chosen:
        for k in range(starts[site], starts[site + 1]):
            _insert(values[target[k]], sites[target[k]], saving[k], site)


def _totals_python(values: Floats, sites: Ints, weights: Members, backup: float) -> Floats:
    people, of, group, many, rows = weights
    total = np.zeros(rows)
    for i in range(len(values)):
        total[0] += people[i] * (values[i, 0] + backup * values[i, 1])
        if sites[i, 0] != NONE:
            for m in range(of[i], of[i + 1]):
                total[group[m]] += many[m]
    return total


_insert = njit(cache=True, nogil=True)(_insert_python)
_stand = njit(cache=True, nogil=True)(_stand_python)
build = njit(cache=True, nogil=True)(_build_python)
totals = njit(cache=True, nogil=True)(_totals_python)
