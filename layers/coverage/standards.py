"""How much there is of each facility in each unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from gis.tables import facility
from layers.columns import Ints
from layers.tree import Tree


@dataclass(frozen=True, eq=False)
class Stock:
    """How much there is of some kinds of facilities, for each place of a tree."""

    count: Ints
    # Together, of those of which it is known.
    places: Ints
    area_m2: Ints


def stock(
    db: Connection, tree: Tree, kinds: Iterable[str], states: tuple[str, ...] = ("open",)
) -> Stock:
    """Return how many facilities lie in each unit, what they hold, and how large they are."""
    c = facility.c
    rows = db.execute(
        select(
            c.unit_id,
            func.count(),
            func.coalesce(func.sum(c.capacity), 0),
            func.coalesce(func.sum(c.area_m2), 0),
        )
        .where(c.kind.in_(tuple(kinds)), c.state.in_(states), c.unit_id.is_not(None))
        .group_by(c.unit_id)
        .order_by(c.unit_id)
    ).all()
    found = np.array([tuple(map(int, row)) for row in rows], np.int64).reshape(-1, 4)
    place = tree.places(found[:, 0])
    # A facility may hang on a unit that is gone since.
    here = place >= 0
    columns = (
        np.bincount(place[here], found[here, column], len(tree)).astype(np.int64)
        for column in (1, 2, 3)
    )
    return Stock(*map(tree.rolled_up, columns))
