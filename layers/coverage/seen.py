"""How many a question reaches, for every unit, as somebody may know it.

Of units whose persons a viewer sees, exact counts at their doors; of all others what the latest
release, laid on the buildings, comes to (`layers.coverage.released`). Buildings are everybody's.
Why it is so: docs/decisions/0021.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import BigInteger, Connection, Double, Integer, func, select
from sqlalchemy import cast as sql_cast

from gis.access.viewer import Ranges
from gis.arrangement import Floats
from gis.city import City
from gis.network.network import Bools
from gis.tables import building, entrance, household
from layers import disclosure
from layers.columns import Array, Ints, fetch
from layers.coverage import doors
from layers.coverage.doors import Doors
from layers.coverage.ground import Found, Ground
from layers.coverage.reach import Question
from layers.coverage.released import CARE_GROUPS, GROUPS, HOUSEHOLDS, Laid
from layers.coverage.streets import metric_points
from layers.rows import NO_UNIT
from layers.tree import Tree

BUILDINGS, FLOOR_AREA = "buildings", "floor_area_m2"
CARE = "care"


@dataclass(frozen=True, eq=False)
class Numbers:
    """One group by unit, in the order of the tree; NaN where a number is not told."""

    all: Floats
    reached: Floats
    # By the official figure; None where there is none.
    official: Floats | None
    # Counted at the doors; elsewhere what is released, laid on buildings and rounded.
    is_exact: Bools
    # Withheld because it is small, or would give another number away.
    is_withheld: Bools

    @property
    def uncovered(self) -> Floats:
        """How many are not reached along the streets."""
        found: Floats = self.all - self.reached
        return found

    @property
    def share_uncovered(self) -> Floats:
        """Which share is not; NaN where there is nobody, or no number is told."""
        found = np.full(len(self.all), np.nan)
        np.divide(self.uncovered, self.all, out=found, where=self.all > 0)
        return found


@dataclass(frozen=True, eq=False)
class Seen:
    """An answer, as a viewer may know it."""

    tree: Tree
    found: Found
    # "people", age groups, "households", care groups, "buildings", "floor_area_m2".
    numbers: Mapping[str, Numbers]

    @property
    def people(self) -> Numbers:
        """Of all people."""
        return self.numbers["people"]

    def place(self, unit_id: int) -> int:
        """Return the place of a unit in the tree; NO_UNIT where it is not one of today's."""
        return int(self.tree.places(np.array([unit_id]))[0])


def seen(  # noqa: PLR0913 - the question, and whom it is asked for
    db: Connection,
    ground: Ground,
    question: Question,
    units: Ranges,
    care: Ranges = (),
    *,
    public: bool = False,
) -> Seen:
    """Answer a question as the viewer of the transaction may know it.

    Parameters
    ----------
    units
        The units whose persons he sees, as he is known to the transaction (`act_as`). The role
        that is bound by no policy counts everybody whatever they are.
    care
        Those of them where he sees who is in care.
    public
        As anybody may know it, whoever asks: for what is kept and shown to others. ``units`` are
        to be none then.
    """
    tree, found = ground.tree(db), ground.found(db, question)
    numbers = _of_buildings(db, ground, found)
    is_bound = public or disclosure.of(db).is_bound
    is_own = ground.held(db, units) if is_bound else np.ones(len(tree), np.bool_)
    told = ground.released(db)
    for group in (*GROUPS, *CARE_GROUPS):
        laid = told.by_group.get(group) if is_bound else None
        numbers[group] = _laid(db, ground, found, laid, told.rounded_to)
    if is_own.any():
        key = units if is_bound else "all"
        for own in (_people(db, ground, key), _households(db, ground, key)):
            for group, n in own.people.items():
                exact = _exact(db, ground, question, (key, group == HOUSEHOLDS), own, n)
                numbers[group] = _either(is_own, exact, numbers[group])
    is_cared = is_own & ground.held(db, care) if is_bound else is_own
    if is_cared.any():
        whose = (units, care, CARE) if is_bound else ("all", CARE)
        in_care = ground.doors(db, whose, lambda: doors.in_care(db, ground.city))
        for group, n in in_care.people.items():
            exact = _exact(db, ground, question, whose, in_care, n)
            numbers[group] = _either(is_cared, exact, numbers[group])
    return Seen(tree, found, numbers)


def _people(db: Connection, ground: Ground, key: object) -> Doors:
    return ground.doors(db, (key, "people"), lambda: doors.doors(db, ground.city))


def _households(db: Connection, ground: Ground, key: object) -> Doors:
    return ground.doors(db, (key, HOUSEHOLDS), lambda: households(db, ground.city))


def households(db: Connection, city: City) -> Doors:
    """Read the doors of households; who may not see the rows sees none of them."""
    place = func.coalesce(entrance.c.geom, building.c.centre, household.c.geom)
    lon, lat = (sql_cast(axis(place), Double) for axis in (func.ST_X, func.ST_Y))
    unit_id = sql_cast(func.coalesce(household.c.unit_id, NO_UNIT), Integer)
    found = fetch(
        db,
        select(
            lon.label("lon"),
            lat.label("lat"),
            unit_id.label("unit_id"),
            sql_cast(func.sum(household.c.count), BigInteger).label("n"),
        )
        .select_from(
            household.outerjoin(entrance, entrance.c.id == household.c.entrance_id).outerjoin(
                building, building.c.id == household.c.building_id
            )
        )
        .group_by(lon, lat, unit_id)
        .order_by(lon, lat, unit_id),
    )
    points = metric_points(found["lon"], found["lat"], city)
    return Doors(points, found["unit_id"], {HOUSEHOLDS: found["n"]})


def _exact(  # noqa: PLR0913 - the question, and whom it is asked for
    db: Connection, ground: Ground, question: Question, key: object, own: Doors, n: Ints
) -> Numbers:
    reach = ground.found_at(db, question, key, own.points_m).reach
    tree = ground.tree(db)
    place = tree.places(own.unit_ids)
    weights = ground.weights(db, own)
    many = n if weights is None else n * weights

    def summed(which: Array) -> Floats:
        counts = which & (place != NO_UNIT)
        rolled = tree.rolled_up(np.bincount(place[counts], many[counts], len(tree)))
        found: Floats = np.asarray(rolled, np.float64)
        return found

    everything = np.ones(len(tree), np.bool_)
    return Numbers(
        summed(np.ones(len(n), np.bool_)),
        summed(reach.is_reached),
        None if reach.is_official is None else summed(reach.is_official),
        everything,
        ~everything,
    )


def _laid(
    db: Connection, ground: Ground, found: Found, laid: Laid | None, rounded_to: int
) -> Numbers:
    """Return what released numbers come to; of units of which nothing is released, nothing."""
    tree, homes, reach = ground.tree(db), ground.homes(db), found.reach
    nothing = np.zeros(len(tree), np.bool_)
    if laid is None:
        unknown = np.full(len(tree), np.nan)
        official = None if reach.is_official is None else unknown
        return Numbers(unknown, unknown, official, nothing, nothing)
    place = tree.places(homes.unit_ids)[homes.building]
    inside = place != NO_UNIT

    def summed(which: Array) -> Floats:
        counts = which & inside
        rolled: Floats = tree.rolled_up(np.bincount(place[counts], laid.doors[counts], len(tree)))
        return rolled

    everywhere = summed(np.ones(len(place), np.bool_))
    published = np.where(laid.is_told, laid.published, np.nan)

    def reached(which: Array) -> Floats:
        share = np.zeros(len(tree))
        np.divide(summed(which), everywhere, out=share, where=everywhere > 0)
        # Whole again where nothing or everything is reached, whatever the last digit says.
        share = np.round(share, 9)
        missing = np.round((1 - share) * published / rounded_to) * rounded_to
        # Of three people who are all left out, none is covered by rounding.
        missing = np.where(share == 0, published, np.minimum(missing, published))
        found: Floats = published - missing
        return found

    return Numbers(
        published,
        reached(reach.is_reached),
        None if reach.is_official is None else reached(reach.is_official),
        nothing,
        laid.is_withheld,
    )


def _of_buildings(db: Connection, ground: Ground, found: Found) -> dict[str, Numbers]:
    """Return buildings and their floor area; one is reached when all its doors are."""
    tree, homes, reach = ground.tree(db), ground.homes(db), found.reach
    place = tree.places(homes.unit_ids)
    inside = place != NO_UNIT
    everything = np.ones(len(tree), np.bool_)

    def summed(n: Array) -> Floats:
        rolled: Floats = tree.rolled_up(np.bincount(place[inside], n[inside], len(tree)))
        return rolled

    is_reached = homes.share(reach.is_reached) == 1
    is_official = None if reach.is_official is None else homes.share(reach.is_official) == 1
    each = {BUILDINGS: np.ones(len(homes.ids)), FLOOR_AREA: homes.floor_area_m2.astype(float)}
    return {
        name: Numbers(
            summed(n),
            summed(n * is_reached),
            None if is_official is None else summed(n * is_official),
            everything,
            ~everything,
        )
        for name, n in each.items()
    }


def _either(which: Bools, one: Numbers, other: Numbers) -> Numbers:
    """Return one's numbers at some places, the other's elsewhere."""
    official = None
    if one.official is not None and other.official is not None:
        official = np.where(which, one.official, other.official)
    return replace(
        one,
        all=np.where(which, one.all, other.all),
        reached=np.where(which, one.reached, other.reached),
        official=official,
        is_exact=np.where(which, one.is_exact, other.is_exact),
        is_withheld=np.where(which, one.is_withheld, other.is_withheld),
    )
