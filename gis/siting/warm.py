"""Compiles the kernels of the search before anybody asks: what is compiled is kept on disk."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from gis.network.network import Network, Streets, network
from gis.network.pairs import Pairs, PairSearch
from gis.network.snapping import Snapped, snap
from gis.network.travel import times
from gis.siting.assignment import nearest_first
from gis.siting.question import Aim, Siting
from gis.siting.suggest import suggest

WALK_MS = 1.2


def warm() -> None:
    """Ask a street of ten doors every kind of question: each kernel is compiled for its types.

    The first time after an installation it takes half a minute, afterwards a second.
    """
    streets, doors = _street()
    for labels in (1, 2):
        times(streets, doors, doors, limit_s=900.0, access_ms=WALK_MS, labels=labels)
    near = PairSearch(streets, doors, access_ms=WALK_MS).pairs(doors, limit_s=100.0)
    # One facility stands at the first door.
    standing = near.of(0)
    demand = np.arange(1.0, near.targets + 1)
    people = np.full(near.targets, 5, np.int64)
    nearest_first(near, people, np.full(near.targets, 3, np.int64))
    asked = [Siting(aim, near, demand, standing, count=2) for aim in Aim]
    asked += _limited(near, demand, standing)
    for each in asked:
        suggest(each)


def _limited(near: Pairs, demand: np.ndarray, standing: Pairs) -> list[Siting]:
    cost, room = np.ones(near.targets), np.full(near.targets, 7, np.int64)
    floor: dict[str, Any] = {"floor": 0.5, "groups": {"unit": demand}}
    return [
        Siting(Aim.MOST_PEOPLE, near, demand, standing, cost=cost, budget=2.0, **floor),
        Siting(Aim.MOST_PEOPLE, near, demand, standing, count=2, backup=0.5),
        Siting(Aim.LEAST_TIME, near, demand, standing, count=2, cost=cost, budget=2.0, **floor),
        Siting(Aim.EVERYONE, near, demand, standing, cost=cost, backup=0.5),
        *(
            Siting(aim, near, demand, count=None if aim is Aim.EVERYONE else 2, room=room)
            for aim in (Aim.MOST_PEOPLE, Aim.EVERYONE, Aim.LEAST_TIME)
        ),
    ]


def _street() -> tuple[Network, Snapped]:
    lines = shapely.linestrings([[(0, 0), (500, 0)], [(500, 0), (500, 500)]])
    ways = np.ones(2, np.bool_)
    streets = network(Streets(lines, ways, ways, np.full(2, WALK_MS)))
    doors = np.column_stack([np.linspace(10, 490, 10), np.full(10, 5.0)])
    return streets, snap(streets, doors, within_m=50.0)
