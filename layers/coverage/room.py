"""Who finds room where facilities can take only so many, and how much there is for each person.

Whoever is nearest to a facility comes first, or as many as can be are served in the least time
together. Whose people are asked about says the caller:
`layers.coverage.laid_room` for everybody, `layers.coverage.answers` for the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from sqlalchemy import Connection, Integer, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.network.network import Bools
from gis.network.pairs import Pairs
from gis.siting.accessibility import two_step
from gis.siting.assignment import least_time, nearest_first
from gis.tables import facility
from layers.columns import Array, Ints, fetch
from layers.coverage.settings import Settings
from layers.coverage.two_steps import Steps, steps
from layers.coverage.users import Users
from layers.rows import NO_UNIT
from layers.tree import Tree

# A facility whose capacity nobody has entered: it turns nobody away, and is told apart.
UNKNOWN = -1
# People are counted in thousandths, so that shares of them stay whole and sums exact.
PARTS = 1000


@dataclass(frozen=True, eq=False)
class Room:
    """People who compete for places, by unit in the order of the tree.

    Served, over, unreachable and unplaced are all there are, to the last thousandth of a person.
    """

    users: Users
    all: Floats
    served: Floats
    # A facility is within reach, and all within reach are full.
    over: Floats
    unreachable: Floats
    # Those behind doors that hang on no street.
    unplaced: Floats
    # Places that a thousand of them can reach, near ones counting more (E2SFCA); NaN where nobody
    # competes, or no capacity is known.
    per_1000: Floats
    # Of the whole city, those in no unit included; NaN likewise.
    mean_per_1000: float
    # How that was found; None where it was not.
    steps: Steps | None
    # Of each facility; UNKNOWN where it is.
    capacity: Ints
    # How many each serves.
    by_site: Floats
    # On the way to where one is served; NaN where nobody is.
    mean_s: float
    # Whether the number of the unit's people is told at all, and whether it is withheld.
    is_told: Bools
    is_withheld: Bools
    # How many ways there are from facilities to doors: how long it takes to share out for the best.
    ways: int

    @property
    def unknown(self) -> int:
        """How many facilities have no known capacity."""
        return int((self.capacity == UNKNOWN).sum())


@dataclass(frozen=True, eq=False)
class Competing:
    """People at doors, and which of them compete."""

    users: Users
    # Of each door: the place of its unit in the tree, how many of the users' group live there, and
    # whether it hangs on a street.
    place: Ints
    people: Array
    is_on: Bools
    # Of each unit.
    is_told: Bools
    is_withheld: Bools


def room(  # noqa: PLR0913 - who competes for what, and how near it is
    competing: Competing,
    tree: Tree,
    near: Pairs,
    capacity: Ints,
    limit_s: float,
    said: Settings,
    *,
    is_best: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Room:
    """Let people take the places of facilities, and sum them up by unit.

    Parameters
    ----------
    near
        From facilities to doors, within the limit.
    capacity
        Of each facility; UNKNOWN turns nobody away, and adds nothing to the places per person.
    is_best
        Whether as many as possible are served, in the least time of all ways to do so; else who is
        nearest to a facility comes first. Of a large city that takes minutes.
    progress
        See `least_time`; who is nearest first is quick.
    """
    parts = np.rint(PARTS * competing.users.share * competing.people).astype(np.int64)
    is_known = capacity != UNKNOWN
    places = np.where(is_known, capacity, 0).astype(np.int64)
    serve = partial(least_time, progress=progress) if is_best else nearest_first
    given = serve(near, parts, np.where(is_known, PARTS * places, parts.sum()))
    in_unit = competing.place != NO_UNIT

    def summed(n: Array) -> Array:
        own = np.zeros(len(tree), n.dtype)
        np.add.at(own, competing.place[in_unit], n[in_unit])
        return tree.rolled_up(own)

    def people(n: Ints) -> Floats:
        return np.asarray(summed(n) / PARTS, np.float64)

    everybody = people(parts)
    score, explained = np.full(len(parts), np.nan), None
    if is_known.any() and limit_s > 0:
        zones_s = [share * limit_s for share in said.zones]
        found = two_step(near, places.astype(float), parts / PARTS, zones_s, said.weights)
        score = found.score
        explained = steps(near, found, places, parts / PARTS, competing.place, everybody)
    held = parts / PARTS * score
    per_1000 = np.full(len(tree), np.nan)
    np.divide(1000 * summed(held), everybody, out=per_1000, where=everybody > 0)
    in_all = parts.sum() / PARTS
    return Room(
        competing.users,
        everybody,
        people(given.by_point),
        people(given.over),
        people(np.where(competing.is_on, given.unreachable, 0)),
        people(np.where(competing.is_on, 0, given.unreachable)),
        per_1000,
        float(1000 * held.sum() / in_all) if in_all else np.nan,
        explained,
        capacity,
        given.by_site / PARTS,
        given.total_s / given.by_point.sum() if given.by_point.any() else np.nan,
        competing.is_told,
        competing.is_withheld,
        len(near.target),
    )


def capacities(db: Connection, ids: Ints) -> Ints:
    """Return how many each of some facilities can take, in ascending order of their ids."""
    c = facility.c
    found = fetch(
        db,
        select(func.coalesce(c.capacity, UNKNOWN).label("n"), sql_cast(c.id, Integer).label("id"))
        .where(c.id.in_(_plain(ids)))
        .order_by(c.id),
    )
    return found["n"].astype(np.int64)


def _plain(ids: Ints) -> Sequence[int]:
    plain: list[int] = ids.tolist()
    return plain
