"""How much there is of each facility, beside how much there should be."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from sqlalchemy import Connection, func, select

from gis.tables import facility
from layers.columns import Ints
from layers.tree import Tree


@dataclass(frozen=True, eq=False)
class Stock:
    """How much there is of some kinds of facilities, for each place of a tree."""

    count: Ints
    # Together, of those whose capacity is known.
    places: Ints


def stock(
    db: Connection, tree: Tree, kinds: Iterable[str], states: tuple[str, ...] = ("open",)
) -> Stock:
    """Return how many facilities lie in each unit, and what they hold."""
    c = facility.c
    rows = db.execute(
        select(c.unit_id, func.count(), func.coalesce(func.sum(c.capacity), 0))
        .where(c.kind.in_(tuple(kinds)), c.state.in_(states), c.unit_id.is_not(None))
        .group_by(c.unit_id)
        .order_by(c.unit_id)
    ).all()
    found = np.array([tuple(map(int, row)) for row in rows], np.int64).reshape(-1, 3)
    place = tree.places(found[:, 0])
    # A facility may hang on a unit that is gone since.
    here = place >= 0
    count, places = (
        np.bincount(place[here], found[here, column], len(tree)).astype(np.int64)
        for column in (1, 2)
    )
    return Stock(tree.rolled_up(count), tree.rolled_up(places))


@cache
def quotas() -> Mapping[str, float]:
    """Return the places that a thousand people are to have, by kind of facility."""
    text = files("layers.coverage").joinpath("quotas.toml").read_text("utf-8")
    return {kind: float(said["places_per_1000"]) for kind, said in tomllib.loads(text).items()}
