"""What is measured on the map: one value for each unit shown, and the classes they fall into."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from dashboard.classing import breaks
from dashboard.scene import Scene
from dashboard.topics import TOPICS
from dashboard.view_fields import Per
from gis import places
from layers import buildings, live, period, selection, statistics
from layers.columns import fetch
from layers.handling.moment import moment
from layers.rates import AREA, Rate, divide
from layers.series import Span

# "Per 1,000 people", "per km²": how many of the denominator one reads.
PER: Mapping[Per, float] = MappingProxyType(
    {"people": 1000, "households": 1000, "area_km2": 1, "buildings": 100}
)


@dataclass(frozen=True)
class Asked:
    """What the map shows, said so that an address can carry it."""

    measure: str
    part: str
    per: Per
    zoning_id: int
    level: int
    # Only units in this one.
    within: int | None
    period: tuple[date, date] | None


@dataclass(frozen=True)
class Values:
    """A value for each unit, in preorder; NaN where there is none or it is withheld."""

    ids: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]
    is_withheld: npt.NDArray[np.bool_]

    @property
    def breaks(self) -> tuple[float, ...]:
        """The thresholds between the classes of the map."""
        return breaks(self.numbers)


def asked(scene: Scene) -> Asked:
    """Return what a scene's map shows."""
    view = scene.view
    is_inside = scene.unit.parent_id is not None and scene.zoning.is_main
    return Asked(
        view.measure,
        view.part,
        view.per if view.per in TOPICS[view.measure].per else "",
        scene.zoning_id,
        scene.level.number if scene.level else scene.unit.level,
        scene.unit.id if is_inside else None,
        view.period,
    )


def values(db: Connection, what: Asked) -> Values:
    """Return the value of every unit that was asked for."""
    where = (what.zoning_id, what.level)
    topic = TOPICS[what.measure]
    name = topic.name(what.part)
    if topic.is_live:
        now = moment(db, datetime.now(UTC)).at
        counts = live.overdue_values(db, *where, now, what.within)
    elif what.period and topic.layer.time and not topic.only:
        counts = period.values(db, *where, name, Span(*what.period), what.within)
    else:
        stored = Rate(name, what.per, PER[what.per]) if what.per else name
        found = statistics.values(db, *where, stored, what.within)
        return _values(found.value, found.is_withheld)
    if not what.per:
        return _values(counts.value)
    by, is_withheld = _denominator(db, what)
    return _values(divide(counts.value, by, PER[what.per]), is_withheld)


def _denominator(db: Connection, what: Asked) -> tuple[pd.Series[float], pd.Series[bool] | None]:
    """Return what is divided by, and where that is withheld."""
    where = (what.zoning_id, what.level)
    if what.per != AREA:
        found = statistics.values(db, *where, what.per, what.within)
        return found.value, found.is_withheld
    units = fetch(db, selection.at_level(db, *where, what.within))["unit_id"]
    areas = places.areas_km2(db, units.tolist())
    return pd.Series([areas[id_] for id_ in units.tolist()], index=units, dtype=float), None


def _values(found: pd.Series[float], is_withheld: pd.Series[bool] | None = None) -> Values:
    numbers = np.asarray(found, np.float64)
    withheld = np.zeros(len(numbers), bool) if is_withheld is None else np.asarray(is_withheld)
    return Values(found.index.to_numpy(np.int64), numbers, withheld)


@dataclass(frozen=True)
class Row:
    """One line of the ranking."""

    # "unit:12" or "building:7"; "own" for what hangs on the unit itself.
    key: str
    name: str
    code: str
    value: float
    rank: int | None
    is_own: bool = False
    # What it lies in, where that is not the unit we are in: many grids are called "Grid 1".
    parent: str = ""
    # There is a number, which the viewer is not told.
    is_withheld: bool = False


@dataclass(frozen=True)
class Ranking:
    """The lines of the ranking, and how many there would be of all."""

    rows: list[Row]
    count: int


def ranked(scene: Scene, most: int) -> Ranking:
    """Return the units below the scene's, greatest value first, and what is known no finer."""
    if scene.level is None:
        rows = _buildings(scene)
        return Ranking(rows[:most], len(rows))
    what = asked(scene)
    shown = values(scene.db, what)
    order = np.argsort(np.where(np.isfinite(shown.numbers), -shown.numbers, np.inf), kind="stable")
    order = order[:most]
    ids = shown.ids[order].tolist()
    names = places.names_of(scene.db, ids)
    parents = parents_of(scene, ids)
    rows = []
    rank, last = 0, math.nan
    for place, at in enumerate(order, 1):
        id_, value = int(shown.ids[at]), float(shown.numbers[at])
        code, by_language = names[id_]
        # Equal values share a rank.
        rank, last = (rank, last) if value == last else (place, value)
        known = rank if math.isfinite(value) else None
        name, parent = scene.named(by_language), parents.get(id_, "")
        is_withheld = bool(shown.is_withheld[at])
        rows.append(Row(f"unit:{id_}", name, code, value, known, False, parent, is_withheld))
    own = _own(scene, what, shown)
    return Ranking([*rows, own] if own else rows, len(shown.ids))


def parents_of(scene: Scene, unit_ids: list[int]) -> dict[int, str]:
    """Return what units lie in, by name, where that is not the unit we are in."""
    return {
        id_: scene.named(names)
        for id_, (parent, names) in places.parents_of(scene.db, unit_ids).items()
        if parent != scene.unit.id
    }


def _own(scene: Scene, what: Asked, shown: Values) -> Row | None:
    """Return what is known of the unit but of none of those listed."""
    topic = TOPICS[what.measure]
    if what.per or topic.is_live or what.period or not scene.zoning.is_main:
        return None
    name = topic.name(what.part)
    whole = statistics.numbers(scene.db, scene.unit.id, [name])[name]
    if whole is None or shown.is_withheld.any():
        return None
    rest = whole - float(np.nansum(shown.numbers))
    if not rest:
        return None
    return Row("own", scene.say("ranking.unplaced"), scene.unit.code, rest, None, is_own=True)


def _buildings(scene: Scene) -> list[Row]:
    return [
        Row(
            f"building:{found.id}",
            found.name or found.address or scene.say("card.unnamed", key=found.key),
            found.address or found.key,
            math.nan if found.people is None else float(found.people),
            place,
        )
        for place, found in enumerate(buildings.of_unit(scene.db, scene.unit.id), 1)
    ]
