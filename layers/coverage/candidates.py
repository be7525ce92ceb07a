"""Where new facilities may stand: doors, buildings of a use, public land, points, a list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from sqlalchemy import Connection, Integer, and_, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.errors import CityGridError
from gis.network.snapping import Snapped
from gis.projecting import between
from gis.tables import STORED_CRS, building, land, unit_version
from layers.columns import Ints, fetch
from layers.coverage import indicators, sites
from layers.coverage.ground import Found, Ground
from layers.coverage.lists import CandidateList
from layers.coverage.sites import Place
from layers.coverage.streets import metric_points


class Kind(StrEnum):
    """Where candidates come from."""

    # Every n-th door of a building.
    DOORS = "doors"
    # One door of each building of a use.
    USE = "use"
    # Points drawn on the map.
    DRAWN = "drawn"
    # Public land, large enough for what is built.
    LAND = "land"
    LIST = "list"


@dataclass(frozen=True)
class Source:
    """Where the candidates of one question come from."""

    kind: Kind = Kind.DOORS
    # Of doors, every n-th; None: as many as can be compared.
    every: int | None = None
    # Of buildings.
    use: str = ""
    drawn: tuple[Place, ...] = ()
    listed: CandidateList | None = None


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places that may be chosen, each on a street."""

    # (n, 2): longitude and latitude.
    places: Floats
    hung: Snapped
    # What each is called; empty where nothing is said.
    names: tuple[str, ...]
    # What each costs and how many it has room for, NaN where nothing is said.
    cost: Floats
    room: Floats
    # How many there are before some were left out to compare the others, and how many of those
    # that were named hang on no street.
    of: int
    off: int = 0
    # How many plots are too small, or of unknown size where a size is asked for.
    small: int = 0
    # The place of each among the doors of `Homes`; none where they are no doors.
    doors: Ints | None = None

    def __len__(self) -> int:
        return len(self.places)


def candidates(  # noqa: PLR0913 - where they come from, and what is asked of them
    db: Connection,
    ground: Ground,
    found: Found,
    source: Source,
    within: int | None,
    most: int,
) -> Candidates:
    """Return the candidates of a question.

    Doors, buildings and public land are those of the unit; what somebody drew or listed counts
    wherever it is: a place beyond the border serves people inside.

    Parameters
    ----------
    most
        How many can be compared. Neighbouring doors have much the same to offer, so of doors and
        buildings every n-th is taken; of what somebody named none is left out.

    Raises
    ------
    CityGridError
        There are none, or more than can be compared.
    """
    if source.kind is Kind.DOORS:
        return _doors(ground, found, db, source, within, most)
    if source.kind is Kind.USE:
        return _buildings(db, ground, found, source.use, within, most)
    if source.kind is Kind.LAND:
        return _land(db, ground, found, within, most)
    if source.kind is Kind.DRAWN:
        lonlat = np.array(source.drawn, float).reshape(-1, 2)
        return _points(ground, found, lonlat, ("",) * len(lonlat), most=most)
    rows = source.listed.candidates if source.listed else ()
    lonlat = np.array([(row.lon, row.lat) for row in rows], float).reshape(-1, 2)
    cost = np.array([np.nan if row.cost is None else row.cost for row in rows])
    room = np.array([np.nan if row.capacity is None else row.capacity for row in rows])
    names = tuple(row.name for row in rows)
    return _points(ground, found, lonlat, names, cost, room, most=most)


def _doors(  # noqa: PLR0913
    ground: Ground, found: Found, db: Connection, source: Source, within: int | None, most: int
) -> Candidates:
    doors = sites.doors_inside(db, ground, found, within)
    step = max(source.every or 1, -(-len(doors) // most))
    return _of_doors(ground, found, db, doors[::step], len(doors))


def _buildings(  # noqa: PLR0913
    db: Connection, ground: Ground, found: Found, use: str, within: int | None, most: int
) -> Candidates:
    homes, b = ground.homes(db), building.c
    ids = fetch(db, select(sql_cast(b.id, Integer).label("id")).where(b.use == use).order_by(b.id))[
        "id"
    ]
    doors = sites.doors_inside(db, ground, found, within)
    doors = doors[np.isin(homes.ids[homes.building[doors]], ids)]
    # A building is one place, however many doors it has.
    _, first = np.unique(homes.building[doors], return_index=True)
    one_each = doors[first]
    if not len(one_each):
        raise _none()
    return _of_doors(ground, found, db, one_each[:: -(-len(one_each) // most)], len(one_each))


def _of_doors(ground: Ground, found: Found, db: Connection, doors: Ints, of: int) -> Candidates:
    points = ground.homes(db).points_m[doors]
    lonlat = np.column_stack(between(ground.city.metric_crs, STORED_CRS).transform(*points.T))
    unknown = np.full(len(doors), np.nan)
    return Candidates(
        lonlat.reshape(-1, 2), found.hung.take(doors), ("",) * len(doors), unknown, unknown, of,
        doors=doors,
    )  # fmt: skip


def _land(
    db: Connection, ground: Ground, found: Found, within: int | None, most: int
) -> Candidates:
    c = land.c
    query = select(c.name, c.key, c.area_m2, c.cost, func.ST_X(c.geom), func.ST_Y(c.geom))
    if within is not None:
        v = unit_version.c
        query = query.join(
            unit_version,
            and_(v.unit_id == within, func.upper_inf(v.valid), func.ST_Covers(v.geom, c.geom)),
        )
    rows = db.execute(query.order_by(c.id)).all()
    least_m2 = indicators.of(ground.city).least_plot_m2(found.question)
    fits = [row for row in rows if least_m2 is None or (row.area_m2 or 0.0) >= least_m2]
    if rows and not fits:
        raise CityGridError(
            f"None of the {len(rows)} plots of public land here is known to have {least_m2:g} m², "
            "which what is built needs.",
            key="siting.land_small", n=len(rows), least=round(least_m2 or 0),
        )  # fmt: skip
    lonlat = np.array([row[-2:] for row in fits], float).reshape(-1, 2)
    cost = np.array([np.nan if row.cost is None else row.cost for row in fits])
    names = tuple(row.name or row.key for row in fits)
    there = _points(ground, found, lonlat, names, cost, most=most)
    return replace(there, small=len(rows) - len(fits))


def _points(  # noqa: PLR0913 - what is said of each
    ground: Ground,
    found: Found,
    lonlat: Floats,
    names: tuple[str, ...],
    cost: Floats | None = None,
    room: Floats | None = None,
    *,
    most: int,
) -> Candidates:
    if not len(lonlat):
        raise _none()
    if len(lonlat) > most:
        raise CityGridError(
            f"For this aim {most} places can be compared at most, and there are {len(lonlat)}. "
            "Choose another aim, or name fewer places.",
            key="siting.too_many", most=most, n=len(lonlat),
        )  # fmt: skip
    hung = found.ways.hung(metric_points(lonlat[:, 0], lonlat[:, 1], ground.city))
    on = np.flatnonzero(hung.is_on)
    if not len(on):
        raise CityGridError(
            "None of these places lies near a street, so nobody gets there.", key="siting.all_off"
        )
    unknown = np.full(len(lonlat), np.nan)
    return Candidates(
        lonlat[on], hung.take(on), tuple(names[k] for k in on.tolist()),
        (unknown if cost is None else cost)[on], (unknown if room is None else room)[on],
        len(lonlat), len(lonlat) - len(on),
    )  # fmt: skip


def _none() -> CityGridError:
    return CityGridError(
        "There is no place of this kind here to choose from. Take another kind of place, or go to "
        "a wider area.",
        key="siting.no_places",
    )
