"""Places by names and numbers: estates, buildings, doors, house numbers known and unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Integer, and_, cast, func, or_, select

from gis.tables import entrance, place_spot
from layers.locating.located import How
from layers.locating.names import Name
from layers.locating.writing import Run, Written

# Of more places with the same numbers than this, the first ones are looked at.
_MOST = 1_500
# What a fit loses where a branch, a building, an entrance is not the one that was typed.
_SECTION_LEFT_OUT, _LANE_LEFT_OUT, _BRANCH_BEGINS, _BRANCH_DIFFERS = 0.95, 0.7, 0.6, 0.4
_SUB_DIFFERS, _DOOR_DIFFERS, _NO_DOOR, _DOOR_LEFT_OUT = 0.93, 0.9, 0.95, 0.985
_LONGEST_RANGE = 60
# Numbers left out of account, because nothing has them.
_WITHOUT_NUMBER, _WITHOUT_BLOCK, _WITHOUT_BOTH = 0.8, 0.75, 0.6
SURE = 0.9
# Between the two roads of a crossing's title.
CROSSED = " × "
_EXACT_M = {How.ENTRANCE: 10.0, How.BUILDING: 25.0, How.FACILITY: 20.0}
_DEGREE_M = 111_200.0
# A name of more letters says more, up to here.
_MOST_WEIGHT = 6
_BEHIND = 0.5


@dataclass(frozen=True)
class Found:
    """A place before its title and its unit are looked up."""

    how: How
    lon: float
    lat: float
    score: float
    within_m: float | None
    kind: str = ""
    id: int | None = None
    building_id: int | None = None
    # What it is called in plain form, where no thing has a name of its own.
    title: str = ""
    # Kinds and numbers of things whose texts spell the title as the city does.
    spelt_by: tuple[tuple[str, int], ...] = ()


def find(
    db: Connection, written: Written, named: Sequence[Sequence[Name]], whole: Sequence[Name]
) -> list[Found]:
    """Return places of an address, or of a facility's name, in no order.

    Parameters
    ----------
    written
        What was typed, taken apart.
    named
        The names that each of its runs may mean.
    whole
        The names of facilities and buildings that the whole text may mean.
    """
    scored = _Scored(written, named)
    found = list(_whole(db, whole))
    found += scored.places(_rows(db, scored.ids, _condition(written)), written)
    best = max((place.score for place in found), default=0.0)
    if best < SURE and (written.number is not None or written.block or written.bare is not None):
        for fewer, factor in _fewer(written):
            rows = _rows(db, scored.ids, _condition(fewer))
            found += (
                replace(place, score=place.score * factor)
                for place in _Scored(fewer, named).places(rows, fewer)
            )
    return found


def _fewer(written: Written) -> Iterator[tuple[Written, float]]:
    """Return what was typed without numbers that nothing may have."""
    if written.block and written.number is not None:
        yield replace(written, number=None), _WITHOUT_NUMBER
        yield replace(written, block="", door=""), _WITHOUT_BLOCK
    yield replace(written, number=None, block="", door="", bare=None), _WITHOUT_BOTH


def _condition(written: Written) -> ColumnElement[bool]:
    c = place_spot.c
    wanted: list[ColumnElement[bool]] = []
    if written.number is not None:
        # A house may have all the numbers from one to another.
        n = written.number
        # As wide as the numbers typed, which may be larger than any end of a range.
        is_within = and_(c.number.between(n - _LONGEST_RANGE, n), cast(c.sub, Integer) >= n)
        wanted.append(or_(c.number == n, is_within))
    if written.block:
        wanted.append(c.block == written.block)
    if not wanted and written.bare is not None:
        wanted.append(or_(c.number == written.bare, c.block == str(written.bare)))
    if not wanted:
        wanted += [c.number.is_(None), c.block == ""]
    return and_(*wanted)


def _rows(db: Connection, names: Iterable[int], condition: ColumnElement[bool]) -> Sequence[Any]:
    c = place_spot.c
    wanted = list(names)
    if not wanted:
        return []
    return db.execute(
        select(
            c.name_id, c.branch, c.number, c.sub, c.block, c.door, c.kind, c.thing_id,
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
            entrance.c.building_id,
        )
        .outerjoin(entrance, and_(c.kind == "entrance", entrance.c.id == c.thing_id))
        .where(c.name_id == func.any(wanted), c.kind != "road", condition)
        .limit(_MOST)
    ).all()  # fmt: skip


def _whole(db: Connection, names: Sequence[Name]) -> Iterator[Found]:
    alike = {name.id: name.likeness for name in names}
    no_numbers = and_(place_spot.c.number.is_(None), place_spot.c.block == "")
    for row in _rows(db, alike, no_numbers):
        how = How.FACILITY if row.kind == "facility" else How.BUILDING
        yield Found(
            how, row.lon, row.lat, alike[row.name_id], _EXACT_M[how], row.kind, row.thing_id
        )


def weights(written: Written) -> list[float]:
    """Return how much each run of an address counts."""
    return [_BEHIND if run.is_behind else min(len(run.name), _MOST_WEIGHT) for run in written.runs]


class _Scored:
    """How well the names that were found fit what was typed, run by run."""

    def __init__(self, written: Written, named: Sequence[Sequence[Name]]) -> None:
        self.runs: tuple[Run, ...] = written.runs
        self.fits = [{name.id: name.likeness for name in names} for names in named]
        self.names = {name.id: name.name for names in named for name in names}
        self.weights = weights(written)

    @property
    def ids(self) -> list[int]:
        """Return the names of all runs."""
        return list(self.names)

    def places(self, rows: Sequence[Any], written: Written) -> Iterator[Found]:
        """Return what the rows of one search are, each thing once."""
        things: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for row in rows:
            things[self._thing(row, written)].append(row)
        scores = {thing: self._score(of, written) for thing, of in things.items()}
        # A facility at the address of a building is no second place.
        built = [score for (kind, _), score in scores.items() if kind != "facility"]
        solid = max(built, default=0.0)
        shared: dict[tuple[int, str, int], list[tuple[str, int]]] = defaultdict(list)
        for (kind, id_), of in things.items():
            if kind == "facility" and scores[kind, id_] <= solid:
                continue
            row = max(of, key=self._best)
            if _is_house(row, written):
                shared[row.name_id, row.branch, row.number].append((kind, id_))
            elif kind != "facility" or row.number is not None or row.block:
                yield self._found(kind, id_, of, scores[kind, id_])
        for (name_id, branch, number), members in shared.items():
            if len(members) == 1 and members[0][0] != "facility":
                yield self._found(*members[0], things[members[0]], scores[members[0]])
                continue
            points = np.array([(things[m][0].lon, things[m][0].lat) for m in members])
            lon, lat = points.mean(axis=0)
            away = _metres(points - (lon, lat), lat)
            title = f"{self.names[name_id]}{branch}{number}号"
            score = max(scores[member] for member in members)
            row = next(r for m in members for r in things[m] if r.name_id == name_id)
            yield Found(
                How.ADDRESS, float(lon), float(lat), score, float(away.max()) + 25.0, title=title,
                spelt_by=((row.kind, row.thing_id),),
            )  # fmt: skip

    def _thing(self, row: Any, written: Written) -> tuple[str, int]:  # noqa: ANN401 - a row
        if row.kind == "entrance" and not (written.door and row.door == written.door):
            return "building", row.building_id
        return row.kind, row.thing_id

    def _best(self, row: Any) -> float:  # noqa: ANN401 - a row
        return max(
            fit.get(row.name_id, 0.0) * _branch(run.branch, row.branch)
            for fit, run in zip(self.fits, self.runs, strict=True)
        )

    def _score(self, rows: Sequence[Any], written: Written) -> float:
        got = 0.0
        for fit, run, weight in zip(self.fits, self.runs, self.weights, strict=True):
            got += weight * max(
                fit.get(row.name_id, 0.0) * _branch(run.branch, row.branch) for row in rows
            )
        return got / sum(self.weights) * max(_numbers(row, written) for row in rows)

    def _found(self, kind: str, id_: int, rows: Sequence[Any], score: float) -> Found:
        row = next((row for row in rows if row.kind == kind), rows[0])
        if kind == "facility":
            name = f"{self.names[row.name_id]}{row.branch}"
            title = name if row.number is None else f"{name}{row.number}号"
            by = ((row.kind, row.thing_id),)
            return Found(How.ADDRESS, row.lon, row.lat, score, 25.0, title=title, spelt_by=by)
        how = How(kind)
        building_id = row.building_id if kind == "entrance" else None
        return Found(
            how, row.lon, row.lat, score, _EXACT_M.get(how), kind, id_, building_id
        )  # fmt: skip


def _is_house(row: Any, written: Written) -> bool:  # noqa: ANN401 - a row
    """Whether what was typed means all that has a house number."""
    if written.block or row.kind == "estate":
        return False
    if written.number is not None:
        return True
    return (
        written.bare is not None and row.number == written.bare and row.block != str(written.bare)
    )


def _branch(typed: str, stored: str) -> float:
    if typed == stored:
        return 1.0
    if not typed:
        return _LANE_LEFT_OUT if "巷" in stored or "弄" in stored else _SECTION_LEFT_OUT
    return _BRANCH_BEGINS if typed.startswith(stored) else _BRANCH_DIFFERS


def _numbers(row: Any, written: Written) -> float:  # noqa: ANN401 - a row
    score = 1.0 if row.sub == written.sub else _SUB_DIFFERS
    if written.door:
        return score * (
            1.0 if row.door == written.door else _DOOR_DIFFERS if row.door else _NO_DOOR
        )
    return score * (_DOOR_LEFT_OUT if row.door else 1.0)


def _metres(degrees: Any, lat: float) -> Any:  # noqa: ANN401 - arrays
    return np.hypot(degrees[:, 0] * np.cos(np.radians(lat)), degrees[:, 1]) * _DEGREE_M
