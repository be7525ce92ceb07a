"""What places are called, kept beside what lies there: filled at load, brought up by imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import array

from gis import bulk
from gis.city import LANGUAGES
from gis.tables import (
    building,
    entrance,
    estate,
    facility,
    place_key,
    place_name,
    place_spot,
    road,
)
from layers.locating import areas, sounds, writing
from layers.locating.writing import Written

# Two imports at once must not give a name two numbers.
_LOCK = 7_203_102
_AT_ONCE = 50_000
# Which kinds of spots a layer's rows make.
KINDS = {
    "estates": ("estate",),
    "buildings": ("building", "entrance"),
    "facilities": ("facility",),
    "roads": ("road",),
}


@dataclass(frozen=True)
class _Said:
    """One thing that something is called."""

    kind: str
    thing_id: int
    # How it is written there; a name is not taken apart.
    text: str
    is_name: bool
    # Longitude and latitude.
    at: tuple[float, float]

    @property
    def of(self) -> tuple[str, int]:
        """Which thing it is."""
        return self.kind, self.thing_id


# A name, and whether it is whole.
_Key = tuple[str, bool]
# Number, what comes after its hyphen, block, door.
_Numbers = tuple[int | None, int, str, str]
_NO_NUMBERS: _Numbers = (None, 0, "", "")


class _Spot(NamedTuple):
    key: _Key
    branch: str
    numbers: _Numbers
    of: tuple[str, int]
    at: tuple[float, float]


def rebuild(db: Connection) -> None:
    """Write down anew what everything is called."""
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    for table in (place_spot, place_key, place_name):
        db.execute(delete(table))
    numbers: dict[_Key, int] = {}
    with bulk.indexes_dropped(db, place_spot, place_key):
        for kind in _ASKED:
            _write(db, _said(db, kind, None), numbers)
    for table in (place_spot, place_key, place_name):
        db.execute(text(f"ANALYZE {table}"))


def refresh(db: Connection, layer_id: str, ids: Sequence[int]) -> None:
    """Write down what some rows of a layer are called now, ``ids`` being new or changed."""
    if not ids or layer_id not in KINDS:
        return
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    c = place_spot.c
    for kind in KINDS[layer_id]:
        things = _things(kind, ids)
        db.execute(delete(place_spot).where(c.kind == kind, c.thing_id.in_(things)))
        _write(db, _said(db, kind, things), None)


def fill_if_empty(db: Connection) -> bool:
    """Write everything down if nothing is, as in a city loaded by an older program."""
    is_empty = db.scalar(select(place_spot.c.name_id).limit(1)) is None
    is_needed = is_empty and any(
        db.scalar(select(table.c.id).limit(1)) is not None
        for table in (building, facility, estate, road)
    )
    if is_needed:
        rebuild(db)
    return is_needed


def _things(kind: str, ids: Sequence[int]) -> Select[tuple[int]]:
    if kind == "entrance":
        return select(entrance.c.id).where(entrance.c.building_id == func.any(list(ids)))
    table = {"estate": estate, "building": building, "facility": facility, "road": road}[kind]
    return select(table.c.id).where(table.c.id == func.any(list(ids)))


def _said(db: Connection, kind: str, things: Select[tuple[int]] | None) -> Iterator[list[_Said]]:
    query = _ASKED[kind]()
    if things is not None:
        table = query.get_final_froms()[0]
        query = query.where(table.c.id.in_(things))
    found = db.execute(query.execution_options(yield_per=_AT_ONCE))
    for part in found.partitions():
        said: list[_Said] = []
        for thing_id, names, address, lon, lat in part:
            said += (
                _Said(kind, thing_id, name, _is_whole(kind, name), (lon, lat))
                for name in names or ()
                if name
            )
            if address:
                said.append(_Said(kind, thing_id, address, False, (lon, lat)))
        yield said


def _is_whole(kind: str, name: str) -> bool:
    """Whether a name is one: "文晖住宅区4栋" and "大同街12号前" have numbers."""
    if kind in ("road", "estate"):
        return kind == "estate"
    if kind == "facility" and "号" not in name and "號" not in name:
        return True
    place = writing.take_apart(writing.plain(name))
    if kind == "building":
        return not place.block
    return place.number is None or not writing.is_road(place.runs[0] if place.runs else None)


def _at(point: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a geometry column
    return func.ST_X(point), func.ST_Y(point)


def _estates() -> Select[Any]:
    c = estate.c
    names: ColumnElement[Any] = c.aliases
    for language in LANGUAGES:
        names = func.array_append(names, c.names[language].astext)
    return select(c.id, names, literal(None),
                  *_at(c.centre))  # fmt: skip


def _buildings() -> Select[Any]:
    c = building.c
    return select(c.id, array([c.name]), c.address, *_at(c.centre)).where(
        or_(c.name.is_not(None), c.address.is_not(None))
    )


def _entrances() -> Select[Any]:
    c = entrance.c
    # Some addresses of doors end in the door's name, some do not.
    is_in = func.right(c.address, func.length(c.name)) == c.name
    return select(
        c.id, literal(None), case((is_in, c.address), else_=c.address + c.name), *_at(c.geom)
    )


def _facilities() -> Select[Any]:
    c = facility.c
    return select(c.id, array([c.name]), c.address, *_at(c.geom))


def _roads() -> Select[Any]:
    c = road.c
    middle = func.ST_LineInterpolatePoint(c.geom, 0.5)
    return select(c.id, array([c.name]), literal(None), *_at(middle)).where(c.name.is_not(None))


_ASKED = {
    "estate": _estates,
    "building": _buildings,
    "entrance": _entrances,
    "facility": _facilities,
    "road": _roads,
}


def _write(db: Connection, parts: Iterator[list[_Said]], numbers: dict[_Key, int] | None) -> None:
    """Write spots; ``numbers`` are those of all names there are, None where some may be there."""
    known_areas = areas.names(db)
    for said in parts:
        spots = _spots(said, known_areas)
        wanted = dict.fromkeys(spot.key for spot in spots)
        known = numbers if numbers is not None else _known(db, [name for name, _ in wanted])
        new = [key for key in wanted if key not in known]
        first = 1 + int(db.scalar(select(func.coalesce(func.max(place_name.c.id), 0))) or 0)
        known.update(zip(new, range(first, first + len(new)), strict=True))
        _name(db, new, first)
        _copy(db, spots, known)


def _spots(said: list[_Said], parts_of_city: areas.Names) -> list[_Spot]:
    found: dict[_Spot, None] = {}
    taken: dict[str, Written] = {}
    for item, simple in zip(said, writing.plain_all([one.text for one in said]), strict=True):
        if item.is_name:
            if name := writing.joined(simple):
                # An estate's name is one that numbers follow.
                key = (name, item.kind != "estate")
                found[_Spot(key, "", _NO_NUMBERS, item.of, item.at)] = None
            continue
        place = taken.get(simple)
        if place is None:
            rest, _ = areas.cut(parts_of_city, simple)
            place = taken[simple] = writing.take_apart(rest)
        numbers = _NO_NUMBERS
        if item.kind != "road":
            numbers = (place.number, place.sub, place.block, place.door)
        for run in place.runs:
            # What is said twice of a thing, in its name and its address, is one spot.
            found[_Spot((run.name, False), run.branch, numbers, item.of, item.at)] = None
    return list(found)


def _known(db: Connection, names: list[str]) -> dict[_Key, int]:
    c = place_name.c
    query = select(c.name, c.is_whole, c.id).where(c.name == func.any(names))
    return {(row.name, row.is_whole): row.id for row in db.execute(query)}


def _name(db: Connection, names: list[_Key], first: int) -> None:
    if not names:
        return
    said = [sounds.sounds(name) for name, _ in names]
    ids = np.arange(first, first + len(names))
    bulk.copy(
        db,
        place_name,
        {
            "id": ids,
            "name": _objects([name for name, _ in names]),
            "is_whole": np.array([is_whole for _, is_whole in names]),
            "sounds": _objects([list(one.whole) for one in said]),
            "initials": _objects([one.initials for one in said]),
        },
    )
    pieces = [
        (f"{sounds.WHOLE if is_whole else ''}{key}", number, share)
        for number, (name, is_whole), one in zip(ids.tolist(), names, said, strict=True)
        for key, share in sounds.keys(name, one).items()
    ]
    key, number, share = zip(*pieces, strict=True)
    bulk.copy(
        db,
        place_key,
        {"key": _objects(key), "name_id": np.array(number), "share": np.array(share)},
    )


def _copy(db: Connection, spots: list[_Spot], known: dict[_Key, int]) -> None:
    if not spots:
        return
    number, sub, block, door = zip(*(spot.numbers for spot in spots), strict=True)
    kind, thing = zip(*(spot.of for spot in spots), strict=True)
    bulk.copy(
        db,
        place_spot,
        {
            "name_id": np.array([known[spot.key] for spot in spots]),
            "branch": _objects([spot.branch for spot in spots]),
            "number": np.array([np.nan if n is None else n for n in number], dtype=float),
            "sub": np.array(sub),
            "block": _objects(block),
            "door": _objects(door),
            "kind": _objects(kind),
            "thing_id": np.array(thing),
            "geom": np.array([spot.at for spot in spots], dtype=float),
        },
    )


def _objects(values: Sequence[object]) -> NDArray[Any]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
