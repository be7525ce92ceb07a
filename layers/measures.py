"""Measures: everything that is counted, each with a number that stays and a name to ask by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    false,
    func,
    insert,
    literal,
    literal_column,
    select,
    true,
)

from gis.access.views import care_place
from gis.errors import NotFoundError
from gis.tables import PERSON_MEASURES, incident_class
from gis.tables import measure as table
from layers.catalog import LAYERS
from layers.layer import Dimension, Layer, Names

TOTAL = "total"
# Two imports that find a new class at once must not give out one number twice.
_LOCK = 0x6D656173


@dataclass(frozen=True)
class Measure:
    """One thing counted for every unit: a layer's total, or one part of a dimension.

    Its fields are the columns of the table, in their order.
    """

    id: int
    layer: str
    # "total", or the key of a dimension.
    dimension: str
    # The part; "" of the total.
    key: str
    # What a row adds: "rows", or the name of a summed column.
    weight: str
    is_partition: bool
    # "people", "people.age.12", "buildings.floor_area_m2", "facilities.capacity.kind.clinic"
    name: str


def name_of(layer: Layer, dimension: str, key: str, weight: str) -> str:
    """Return what statistics call a measure."""
    words = [layer.id]
    if weight != layer.weight:
        words.append(weight)
    if dimension != TOTAL:
        words += [dimension, key]
    return ".".join(words)


def define(
    db: Connection, layer: Layer, keys: Mapping[str, Iterable[str]] | None = None
) -> dict[str, Measure]:
    """Write the measures of a layer that are not there yet, and return all it has, by name.

    Parameters
    ----------
    db
        Held until commit: a lock that lets only one transaction at a time define measures.
    layer
        A counted layer; its total, its sums and the listed parts of its dimensions are defined.
    keys
        Further parts found in the data, by dimension.
    """
    have = {m.name: m for m in _read(db, layer.id)}
    wanted = {
        name_of(layer, dimension, key, weight): (dimension, key, weight, is_partition)
        for dimension, key, is_partition in _parts(layer, keys or {})
        for weight in (layer.weight, *layer.sums)
    }
    if wanted.keys() <= have.keys():
        return have
    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    have = {m.name: m for m in _read(db, layer.id)}
    of_its_kind = table.c.id >= PERSON_MEASURES
    if not layer.is_personal:
        of_its_kind = ~of_its_kind
    last = db.scalar(select(func.max(table.c.id)).where(of_its_kind))
    first = (last or (PERSON_MEASURES - 1 if layer.is_personal else 0)) + 1
    new = [
        Measure(first + index, layer.id, *wanted[name], name)
        for index, name in enumerate(name for name in wanted if name not in have)
    ]
    if new:
        db.execute(insert(table), [vars(m) for m in new])
    return have | {m.name: m for m in new}


def by_name(db: Connection, names: Iterable[str]) -> dict[str, Measure]:
    """Return measures by name; a name nobody has counted yet is left out.

    Raises
    ------
    NotFoundError
        If a name cannot be a measure: no such layer, dimension or sum.
    """
    asked = list(names)
    for name in asked:
        check(name)
    rows = db.execute(select(table).where(table.c.name.in_(asked)))
    return {m.name: m for m in map(_measure, rows)}


def check(name: str) -> None:
    """Raise NotFoundError unless ``name`` can be a measure."""
    layer_id, *rest = name.split(".")
    layer = LAYERS.get(layer_id)
    if layer is None or not layer.is_counted:
        known = ", ".join(layer.id for layer in LAYERS.values() if layer.is_counted)
        raise NotFoundError(
            f"{name!r} is no measure: {layer_id!r} is not among {known}.",
            key="error.no_measure", found=name, known=known,
        )  # fmt: skip
    if rest and rest[0] in layer.sums:
        rest = rest[1:]
    dimensions = {dimension.key for dimension in layer.dimensions}
    if rest and (len(rest) == 1 or rest[0] not in dimensions):
        known = ", ".join(sorted({*layer.sums, *dimensions}))
        raise NotFoundError(
            f"{name!r} is no measure. Write {layer.id!r}, or add a sum or a dimension with one of "
            f"its parts: {known}.",
            key="error.no_measure", found=name, known=known,
        )  # fmt: skip


def dimension_of(name: str) -> tuple[Layer, str, Dimension]:
    """Return layer, weight and dimension of "people.age" or "buildings.floor_area_m2.use".

    Raises
    ------
    NotFoundError
        If the name means no dimension.
    """
    layer_id, *rest = name.split(".")
    *middle, key = rest or [""]
    layer = LAYERS.get(layer_id)
    weight = middle[0] if middle else layer.weight if layer else ""
    if layer and len(middle) < 2 and weight in (layer.weight, *layer.sums):
        for dimension in layer.dimensions:
            if dimension.key == key:
                return layer, weight, dimension
    known = ", ".join(f"{a.id}.{d.key}" for a in LAYERS.values() for d in a.dimensions)
    raise NotFoundError(f"{name!r} divides nothing. There are: {known}.")


@dataclass(frozen=True)
class CountedRows:
    """The rows a measure counts, as SQL that a viewer may ask."""

    unit_id: ColumnElement[int]
    point: ColumnElement[Any]
    # What each adds.
    weight: ColumnElement[int]
    condition: ColumnElement[bool]


def counted_rows(name: str) -> CountedRows:
    """Return which rows a measure counts, or raise NotFoundError for what is none."""
    check(name)
    layer_id, *rest = name.split(".")
    layer = LAYERS[layer_id]
    weight = rest.pop(0) if rest and rest[0] in layer.sums else layer.weight
    # Who is in care is told by a view, not by the table.
    table: Any = care_place if rest[:1] == ["care"] else layer.table
    condition: ColumnElement[bool] = true()
    if rest:
        dimension = next(d for d in layer.dimensions if d.key == rest[0])
        key = ".".join(rest[1:])
        column: ColumnElement[Any] = literal_column(dimension.column)
        if dimension.is_partition:
            condition = column == key
        else:
            bit = list(dimension.parts).index(key) if key in dimension.parts else None
            condition = false() if bit is None else column.op("&")(1 << bit) != 0
    adds = literal(1) if weight == "rows" else func.coalesce(table.c[weight], 0)
    return CountedRows(table.c.unit_id, table.c[layer.point], adds, condition)


def readable(db: Connection) -> dict[str, Names]:
    """Return the name of every measure as people read it, in both languages, by name."""
    classes = _class_names(db)
    names: dict[str, Names] = {}
    for m in _read(db, None):
        layer = LAYERS.get(m.layer)
        if layer is None:
            continue
        words = [layer.names]
        if m.weight != layer.weight:
            words.append(next(f.names for f in layer.fields if f.name == m.weight))
        if m.dimension != TOTAL:
            dimension = next((d for d in layer.dimensions if d.key == m.dimension), None)
            words.append(_part_name(dimension, m.key, classes))
        names[m.name] = {lang: " · ".join(word[lang] for word in words) for lang in ("zh", "en")}
    return names


def part_names(db: Connection, layer: Layer, dimension: Dimension) -> dict[str, Names]:
    """Return the parts of a dimension that are counted, with their names, in their order."""
    classes = _class_names(db) if not dimension.parts else {}
    found = db.scalars(
        select(table.c.key)
        .where(table.c.layer == layer.id, table.c.dimension == dimension.key)
        .where(table.c.weight == layer.weight)
        .order_by(table.c.key)
    ).all()
    listed = [key for key in dimension.parts if key in found]
    others = [key for key in found if key not in dimension.parts]
    return {key: _part_name(dimension, key, classes) for key in (*listed, *others)}


def _part_name(dimension: Dimension | None, key: str, classes: Mapping[str, Names]) -> Names:
    if dimension and key in dimension.parts:
        return dimension.parts[key]
    # A class is "scheme/code"; without a name its code stands for it.
    return classes.get(key) or dict.fromkeys(("zh", "en"), key.rpartition("/")[2] or key)


def _class_names(db: Connection) -> dict[str, Names]:
    c = incident_class.c
    return {
        f"{scheme}/{code}": names
        for scheme, code, names in db.execute(select(c.scheme, c.code, c.names))
    }


def _parts(layer: Layer, keys: Mapping[str, Iterable[str]]) -> Iterable[tuple[str, str, bool]]:
    yield TOTAL, "", True
    for dimension in layer.dimensions:
        found = sorted(set(keys.get(dimension.key, ())) - dimension.parts.keys())
        for key in (*dimension.parts, *found):
            yield dimension.key, key, dimension.is_partition


def _read(db: Connection, layer_id: str | None) -> list[Measure]:
    query = select(table).order_by(table.c.id)
    if layer_id:
        query = query.where(table.c.layer == layer_id)
    return [_measure(row) for row in db.execute(query)]


def _measure(row: Row[Any]) -> Measure:
    # By place: each change of boundaries reads some hundred of them.
    return Measure(*tuple(row))
