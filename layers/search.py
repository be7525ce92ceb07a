"""Finding a place by what it is called: unit, code, estate, building, address, facility."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import opencc
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from gis.tables import SEARCHED, bigrams, building, entrance, estate, facility, unit_version
from layers import selection
from layers.catalog.buildings import USES
from layers.catalog.estates import KINDS as ESTATE_KINDS
from layers.catalog.facilities import KINDS as FACILITY_KINDS
from layers.layer import Names

LONGEST = 100
MOST_WORDS = 6
# Of a street's thousand doors, so many are looked at before the best are shown.
_CANDIDATES = 400
_LANGUAGES = ("zh", "en")
# Exact, beginning with it, somewhere in the name, only in the address.
_EXACT, _BEGINS, _WITHIN, _BESIDE = range(4)
Bounds: TypeAlias = tuple[float, float, float, float]
Query: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Found:
    """One place that a search found."""

    # unit, estate, building or facility; a door is found as its building.
    kind: str
    id: int
    titles: Names
    subtitles: Names
    lon: float
    lat: float
    # Today's unit of the main tree; None: in none. Of a unit itself.
    unit_id: int | None
    # West, south, east, north, EPSG:4326.
    bounds_4326: Bounds


@dataclass(frozen=True)
class _Hit:
    found: Found
    # Rank, kind, place among its kind.
    order: tuple[int, int, int]


def search(db: Connection, text: str, limit: int = 20) -> list[Found]:
    """Return the places that a text may mean, the likeliest first.

    Every word must be found, simplified and traditional characters alike. One single character
    finds units and estates only: half of all addresses would have it.
    """
    words = _words(text)
    if not words:
        return []
    wanted = _Wanted(words)
    asked = [_units, _estates]
    if any(len(word) > 1 for word in words):
        asked += [_facilities, _buildings, _doors]
    hits = [hit for ask in asked for hit in ask(db, wanted, limit)]
    best: dict[tuple[str, int], _Hit] = {}
    for hit in sorted(hits, key=lambda hit: hit.order):
        best.setdefault((hit.found.kind, hit.found.id), hit)
    return [hit.found for hit in best.values()][:limit]


def units(db: Connection, text: str, limit: int = 20) -> list[tuple[Found, bool]]:
    """Return the units that a code or a name may mean, and whether it is the whole of it."""
    words = _words(text)
    if not words:
        return []
    return [(hit.found, hit.order[0] == _EXACT) for hit in _units(db, _Wanted(words), limit)]


def _words(text: str) -> list[str]:
    return (
        unicodedata.normalize("NFKC", text[:LONGEST].replace("\0", " "))
        .lower()
        .split()[:MOST_WORDS]
    )


@cache
def _converters() -> tuple[opencc.OpenCC, ...]:
    return opencc.OpenCC("t2s"), opencc.OpenCC("s2t"), opencc.OpenCC("s2tw")


def _variants(word: str) -> list[str]:
    """Return a word in simplified and in traditional characters."""
    return list(dict.fromkeys([word, *(c.convert(word) for c in _converters())]))


@dataclass(frozen=True)
class _Wanted:
    """What is looked for, as conditions of SQL."""

    words: list[str]

    def is_in(self, table: str) -> ColumnElement[bool]:
        """Return whether a row of an indexed table has every word in what is searched of it."""
        pairs: ColumnElement[Any] = literal_column(bigrams(SEARCHED[table]))
        return and_(
            true(),
            *(
                or_(
                    *(
                        and_(
                            pairs.bool_op("@>")(_pairs(variant)) if len(variant) > 1 else true(),
                            func.strpos(_plain(literal_column(SEARCHED[table])), variant) > 0,
                        )
                        for variant in _variants(word)
                    )
                )
                for word in self.words
            ),
        )

    def is_said_by(self, said: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether a text has every word; without an index."""
        plain = _plain(said)
        return and_(
            true(),
            *(or_(*(func.strpos(plain, v) > 0 for v in _variants(word))) for word in self.words),
        )

    def rank(self, near: Any) -> ColumnElement[int]:  # noqa: ANN401 - a subquery of `_near`
        """Return how well any of a row's titles fits, the best first."""
        whole = _variants("".join(self.words))
        plain = [column for column in near.c if column.name.startswith("plain")]
        exact = or_(*(title == w for title in plain for w in whole))
        begins = or_(*(func.starts_with(title, w) for title in plain for w in whole))
        within = or_(
            *(
                and_(*(or_(*(func.strpos(t, v) > 0 for v in _variants(w))) for w in self.words))
                for t in plain
            )
        )
        return case((exact, _EXACT), (begins, _BEGINS), (within, _WITHIN), else_=_BESIDE)


def _plain(said: ColumnElement[Any]) -> ColumnElement[str]:
    # In the words of the index: `gis.tables.bigrams`.
    return func.replace(func.lower(said), " ", "")


def _pairs(word: str) -> ColumnElement[Any]:
    return cast(sorted({word[i : i + 2] for i in range(len(word) - 1)}), ARRAY(Text))


def _near(query: Query, condition: ColumnElement[bool], *titles: ColumnElement[Any]) -> Any:  # noqa: ANN401
    """Return the rows of which the best are taken: not all, where half the city fits."""
    plain = (_plain(title).label(f"plain{number}") for number, title in enumerate(titles))
    return query.add_columns(*plain).where(condition).limit(_CANDIDATES).subquery("near")


def _units(db: Connection, wanted: _Wanted, limit: int) -> Iterator[_Hit]:
    c = unit_version.c
    zh, en = (c.names[language].astext for language in _LANGUAGES)
    columns = select(
        c.unit_id, zh.label("title_zh"), en.label("title_en"), c.code, c.level, c.lft, c.geom,
        c.centre,
    ).where(selection.is_current, c.geom.is_not(None))  # fmt: skip
    # Wide ones first, in the order of an index: a digit that every code has ends the walk soon.
    columns = columns.order_by(c.zoning_id, c.level, c.lft)
    near = _near(columns, wanted.is_in("unit_version"), c.code, zh, en)
    rank = wanted.rank(near)
    query = select(
        near.c.unit_id.label("id"), near.c.title_zh, near.c.title_en, near.c.code,
        near.c.unit_id, *_box(near.c.geom), *_place(near.c.centre), rank.label("rank"),
    ).order_by(rank, near.c.level, near.c.lft)  # fmt: skip
    for place, row in enumerate(db.execute(query.limit(limit))):
        yield _hit("unit", place, row, dict.fromkeys(_LANGUAGES, row.code))


def _estates(db: Connection, wanted: _Wanted, limit: int) -> Iterator[_Hit]:
    c = estate.c
    zh, en = (c.names[language].astext for language in _LANGUAGES)
    aliases = func.array_to_string(c.aliases, " ")
    columns = select(
        c.id, zh.label("title_zh"), en.label("title_en"), c.kind, aliases.label("aliases"),
        c.unit_id, c.geom, c.centre,
    )  # fmt: skip
    # A thousand rows in a district: no index is faster than reading them.
    said = wanted.is_said_by(func.concat_ws(" ", zh, en, aliases, c.address))
    near = _near(columns, said, zh, en, aliases)
    rank = wanted.rank(near)
    query = select(
        near.c.id, near.c.title_zh, near.c.title_en, near.c.kind, near.c.aliases,
        near.c.unit_id, *_box(near.c.geom), *_place(near.c.centre), rank.label("rank"),
    ).order_by(rank, func.length(near.c.title_zh), near.c.id)  # fmt: skip
    for place, row in enumerate(db.execute(query.limit(limit))):
        yield _hit("estate", place, row, _beside(ESTATE_KINDS, row.kind, row.aliases))


def _facilities(db: Connection, wanted: _Wanted, limit: int) -> Iterator[_Hit]:
    c = facility.c
    columns = select(c.id, c.name, c.address, c.kind, c.unit_id, c.geom)
    near = _near(columns, wanted.is_in("facility"), c.name)
    rank = wanted.rank(near)
    query = select(
        near.c.id, near.c.name.label("title_zh"), near.c.name.label("title_en"), near.c.kind,
        near.c.address, near.c.unit_id, *_box(near.c.geom), *_place(near.c.geom),
        rank.label("rank"),
    ).order_by(rank, func.length(near.c.name), near.c.id)  # fmt: skip
    for place, row in enumerate(db.execute(query.limit(limit))):
        yield _hit("facility", place, row, _beside(FACILITY_KINDS, row.kind, row.address))


def _buildings(db: Connection, wanted: _Wanted, limit: int) -> Iterator[_Hit]:
    c = building.c
    columns = select(c.id, c.name, c.address, c.use, c.unit_id, c.geom, c.centre)
    near = _near(columns, wanted.is_in("building"), c.name, c.address)
    title = func.coalesce(near.c.name, near.c.address)
    rank = wanted.rank(near)
    query = select(
        near.c.id, title.label("title_zh"), title.label("title_en"), near.c.use,
        func.nullif(near.c.address, title).label("address"), near.c.unit_id,
        *_box(near.c.geom), *_place(near.c.centre), rank.label("rank"),
    ).order_by(rank, func.length(title), near.c.id)  # fmt: skip
    for place, row in enumerate(db.execute(query.limit(limit))):
        yield _hit("building", place, row, _beside(USES, row.use, row.address))


def _doors(db: Connection, wanted: _Wanted, limit: int) -> Iterator[_Hit]:
    c = entrance.c
    title = c.address + literal(" ") + c.name
    columns = select(c.building_id, title.label("title"), c.geom)
    near = _near(columns, wanted.is_in("entrance"), title, c.address)
    rank = wanted.rank(near)
    query = (
        select(
            near.c.building_id.label("id"), near.c.title.label("title_zh"),
            near.c.title.label("title_en"), building.c.name, building.c.unit_id,
            *_box(building.c.geom), *_place(near.c.geom), rank.label("rank"),
        )
        .join(building, building.c.id == near.c.building_id)
        .order_by(rank, func.length(near.c.title), near.c.building_id)
    )  # fmt: skip
    for place, row in enumerate(db.execute(query.limit(limit))):
        yield _hit("building", place, row, dict.fromkeys(_LANGUAGES, row.name or ""))


def _box(geom: Any) -> list[ColumnElement[float]]:  # noqa: ANN401 - a geometry column
    box = func.box2d(geom)
    sides = (
        ("west", func.ST_XMin),
        ("south", func.ST_YMin),
        ("east", func.ST_XMax),
        ("north", func.ST_YMax),
    )
    return [side(box).label(name) for name, side in sides]


def _place(point: Any) -> list[ColumnElement[float]]:  # noqa: ANN401 - a geometry column
    return [func.ST_X(point).label("lon"), func.ST_Y(point).label("lat")]


def _beside(kinds: Mapping[str, Names], key: str, more: str | None) -> Names:
    """Return what stands under a title: of which kind it is, and what else it is known by."""
    named = kinds.get(key) or dict.fromkeys(_LANGUAGES, key)
    return {lang: " · ".join(filter(None, (named[lang], more))) for lang in _LANGUAGES}


_KINDS = ("unit", "estate", "facility", "building")


def _hit(kind: str, place: int, row: Any, subtitles: Names) -> _Hit:  # noqa: ANN401 - a row
    found = Found(
        kind=kind,
        id=row.id,
        titles={"zh": row.title_zh or "", "en": row.title_en or ""},
        subtitles=subtitles,
        lon=row.lon,
        lat=row.lat,
        unit_id=row.unit_id,
        bounds_4326=(row.west, row.south, row.east, row.north),
    )
    return _Hit(found, (row.rank, _KINDS.index(kind), place))
