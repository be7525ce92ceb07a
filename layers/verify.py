"""Recounts everything that is stored from the rows themselves, by other means, and compares.

`layers.counts` sums columns in the tree's preorder; here SQL groups the rows and each group is
added to every unit above it along parent_id, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Double,
    FromClause,
    Integer,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast

from gis import places
from gis.city import City
from gis.comparison import Comparison, Report, compared
from gis.errors import NotFoundError
from gis.locate import Placer
from gis.tables import (
    cell_count,
    feature_unit,
    h3_count,
    incident,
    layer_state,
    measure,
    outside_count,
    unit_count,
    unit_series,
    unit_version,
    zoning,
)
from layers import catalog, counts
from layers.columns import fetch
from layers.layer import Dimension, Layer
from layers.measures import TOTAL
from layers.tally import CELL_ZOOMS, H3_RESOLUTIONS

NO_UNIT = -1
WHOLE = Dimension(TOTAL, {}, "''")


@dataclass(frozen=True)
class _Zoning:
    id: int
    key: str
    is_main: bool
    # unit_id, ancestor_id (itself included), level of the ancestor; a row for each pair.
    above: pd.DataFrame
    depth: int


def check_counts(db: Connection, report: Report) -> list[Comparison]:
    """Recount every layer and compare with all that is stored, as of the caller's transaction."""
    city = places.city(db)
    if city is None:
        raise NotFoundError("No city is loaded, so there is nothing to check.")
    zonings = [
        _zoning(db, *row)
        for row in db.execute(select(zoning.c.id, zoning.c.key, zoning.c.is_main).order_by("id"))
    ]
    placer = Placer(db)
    found: list[Comparison] = []
    report("recounting", 0, len(catalog.COUNTED))
    for done, layer in enumerate(catalog.COUNTED, 1):
        found.append(_rows(db, layer))
        found += _placing(db, layer, placer, zonings)
        for division in zonings:
            found += _counts(db, layer, division)
            found += _series(db, layer, division, city)
        found += [*_cells(db, layer), _h3(db, layer)]
        report("recounting", done, len(catalog.COUNTED))
    return [*found, _frozen(db)]


def _zoning(db: Connection, number: int, key: str, is_main: bool) -> _Zoning:
    v = unit_version.c
    query = select(v.unit_id, v.parent_id, v.level).where(
        v.zoning_id == number, func.upper_inf(v.valid)
    )
    tree = pd.DataFrame(db.execute(query).all(), columns=["unit_id", "parent_id", "level"])
    parent = tree.set_index("unit_id").parent_id.astype("Int64")
    pairs = tree[["unit_id"]].assign(ancestor_id=tree.unit_id.astype("Int64"))
    pieces = []
    while len(pairs):
        pieces.append(pairs)
        up = pairs.ancestor_id.map(parent)
        pairs = pairs.assign(ancestor_id=up)[up.notna().to_numpy()]
    above = pd.concat(pieces).astype({"ancestor_id": "int64"})
    above["level"] = above.ancestor_id.map(tree.set_index("unit_id").level)
    return _Zoning(number, key, is_main, above, int(tree.level.max()))


def _rows(db: Connection, layer: Layer) -> Comparison:
    counted = db.scalar(select(func.count()).select_from(layer.table)) or 0
    stored = db.scalar(select(layer_state.c.rows).where(layer_state.c.layer == layer.id)) or 0
    wrong = [] if counted == stored else [f"{stored:,} are stored, there are {counted:,}"]
    return compared(f"{layer.id}: number of rows", 1, wrong)


def _placing(
    db: Connection, layer: Layer, placer: Placer, zonings: Sequence[_Zoning]
) -> Iterator[Comparison]:
    """Compare the unit each row is in with the face under its point."""
    c = layer.table.c
    point = c[layer.point]
    columns = (
        c.id.label("id"),
        func.coalesce(c.unit_id, NO_UNIT).label("unit"),
        func.ST_X(point, type_=Double).label("x"),
        func.ST_Y(point, type_=Double).label("y"),
    )
    rows = fetch(db, select(*columns), chunked_by="id")
    xy = np.column_stack([rows["x"], rows["y"]]).astype(np.float64)
    others = placer.others(xy)
    for division in zonings:
        placed = placer.main(xy) if division.is_main else others[division.id]
        stored = rows["unit"] if division.is_main else _elsewhere(db, layer, division, rows["id"])
        suspects = np.flatnonzero(stored != placed)
        pairs = division.above[division.above.unit_id.isin(placed[suspects])]
        # A row may be known to a wider unit only.
        wider = set(zip(pairs.unit_id, pairs.ancestor_id, strict=True))
        wrong = (
            f"row {rows['id'][i]} is stored in unit {stored[i]}, its point lies in {placed[i]}"
            for i in suspects.tolist()
            if (int(placed[i]), int(stored[i])) not in wider
        )
        yield compared(f"{layer.id}: unit of each row, {division.key}", len(stored), wrong)


def _elsewhere(db: Connection, layer: Layer, division: _Zoning, ids: Any) -> Any:  # noqa: ANN401
    c = feature_unit.c
    query = select(c.feature_id.label("id"), c.unit_id.label("unit")).where(
        c.layer == layer.id, c.zoning_id == division.id
    )
    found = fetch(db, query, chunked_by="id")
    unit_of = pd.Series(found["unit"], index=found["id"], dtype="int64")
    return unit_of.reindex(ids, fill_value=NO_UNIT).to_numpy()


def _counts(db: Connection, layer: Layer, division: _Zoning) -> Iterator[Comparison]:
    """Compare unit_count and outside_count of one zoning."""
    for weight in (layer.weight, *layer.sums):
        for dimension in (WHOLE, *layer.dimensions):
            own = _own(db, layer, division, dimension, weight)
            is_in = own.unit_id != NO_UNIT
            is_it = _is_measure(layer, dimension, weight)
            what = f"{layer.id} {weight} by {dimension.key}"
            stored = (
                select(unit_count.c.unit_id.label("place"), measure.c.key, unit_count.c.n)
                .join(measure, measure.c.id == unit_count.c.measure_id)
                .where(is_it, unit_count.c.unit_id.in_(_units(division)))
            )
            fresh = _rolled_up(own[is_in], division, ["key"])
            yield _compare(db, f"{what}, units of {division.key}", fresh, stored, ["key"])
            outside = (
                select(outside_count.c.zoning_id.label("place"), measure.c.key, outside_count.c.n)
                .join(measure, measure.c.id == outside_count.c.measure_id)
                .where(is_it, outside_count.c.zoning_id == division.id)
            )
            fresh = own[~is_in].assign(place=division.id)
            yield _compare(db, f"{what}, outside {division.key}", fresh, outside, ["key"])


def _series(db: Connection, layer: Layer, division: _Zoning, city: City) -> Iterator[Comparison]:
    """Compare unit_series: days of a flow, month-ends of a stock."""
    for dimension in (WHOLE, *(d for d in layer.dimensions if d.key in layer.series)):
        stored = (
            select(
                unit_series.c.unit_id.label("place"),
                measure.c.key,
                unit_series.c.day,
                unit_series.c.n,
            )
            .join(measure, measure.c.id == unit_series.c.measure_id)
            .where(
                _is_measure(layer, dimension, layer.weight),
                unit_series.c.unit_id.in_(_units(division)),
            )
        )
        if layer.time:
            day = sql_cast(func.timezone(city.timezone, layer.table.c[layer.time]), Date)
            own = _own(db, layer, division, dimension, layer.weight, day)
            fresh = _rolled_up(own[own.unit_id != NO_UNIT], division, ["key", "day"])
        else:
            since = layer.table.c[layer.since] if layer.since else None
            own = _own(db, layer, division, dimension, layer.weight, since)
            fresh = _month_ends(own[own.unit_id != NO_UNIT], division, _days(db, layer, stored))
        what = f"{layer.id} over time by {dimension.key}, units of {division.key}"
        yield _compare(db, what, fresh, stored, ["key", "day"])


def _days(db: Connection, layer: Layer, stored: Select[Any]) -> list[Any]:
    """Return the days a stock is stored for and those it must be stored for."""
    there = set(db.scalars(select(stored.subquery().c.day).distinct()))
    return sorted(there | set(counts.snapshot_days(db, layer).astype("datetime64[D]").tolist()))


def _month_ends(own: pd.DataFrame, division: _Zoning, days: list[Any]) -> pd.DataFrame:
    """Return how many of the rows were there at the end of each day, down to the last level."""
    ends = np.array(days, dtype="datetime64[D]")
    since = pd.to_datetime(own.day).to_numpy("datetime64[D]")
    # A row counts from the first month-end on that is not before it; one without a date always.
    first = np.where(np.isnat(since), 0, np.searchsorted(ends, since))
    began = _rolled_up(own.assign(day=first)[first < len(ends)], division, ["key", "day"])
    if division.depth > 1:
        levels = division.above.drop_duplicates("ancestor_id").set_index("ancestor_id").level
        began = began[(began.place.map(levels) < division.depth).to_numpy()]
    wide = began.pivot_table(
        index=["place", "key"], columns="day", values="n", aggfunc="sum", fill_value=0
    )
    stock = wide.reindex(columns=range(len(ends)), fill_value=0).cumsum(axis=1)
    stock.columns = pd.Index(days, name="day", dtype="object")
    return stock.melt(ignore_index=False, value_name="n").reset_index()


def _cells(db: Connection, layer: Layer) -> Iterator[Comparison]:
    """Compare the counted cells of every zoom: the layer's total, and its parts that have them."""
    parts: dict[str, ColumnElement[Any]] = {
        d.key: literal_column(d.column) for d in layer.dimensions
    }
    yield _cells_of(db, layer, WHOLE.key, "", None)
    for dimension, key in layer.cell_parts:
        yield _cells_of(db, layer, dimension, key, parts[dimension] == key)


def _cells_of(
    db: Connection, layer: Layer, dimension: str, key: str, condition: ColumnElement[bool] | None
) -> Comparison:
    point = layer.table.c[layer.point]
    finest = CELL_ZOOMS[-1]
    bend = func.asinh(func.tan(func.radians(func.ST_Y(point))))
    x = sql_cast(func.floor((func.ST_X(point) + 180) / 360 * (1 << finest)), Integer)
    y = sql_cast(func.floor((1 - bend / func.pi()) / 2 * (1 << finest)), Integer)
    query = select(x, y, _sum(layer, layer.weight)).group_by(x, y)
    if condition is not None:
        query = query.where(condition)
    cells = pd.DataFrame(db.execute(query).all(), columns=["x", "y", "n"]).astype("int64")
    # Each zoom's cells are twice as wide as the next one's.
    pieces = [
        pd.DataFrame(
            {
                "place": zoom,
                "x": np.right_shift(cells.x.to_numpy(), finest - zoom),
                "y": np.right_shift(cells.y.to_numpy(), finest - zoom),
                "n": cells.n,
            }
        )
        for zoom in CELL_ZOOMS
    ]
    stored = (
        select(cell_count.c.zoom.label("place"), cell_count.c.x, cell_count.c.y, cell_count.c.n)
        .join(measure, measure.c.id == cell_count.c.measure_id)
        .where(
            measure.c.layer == layer.id,
            measure.c.dimension == dimension,
            measure.c.key == key,
            measure.c.weight == layer.weight,
        )
    )
    what = " ".join(filter(None, (layer.id, key, "by tile cell")))
    return _compare(db, what, pd.concat(pieces), stored, ["x", "y"])


def _h3(db: Connection, layer: Layer) -> Comparison:
    point = layer.table.c[layer.point]
    x, y = func.ST_X(point), func.ST_Y(point)
    query = select(x, y, _sum(layer, layer.weight)).group_by(x, y)
    spots = pd.DataFrame(db.execute(query).all(), columns=["x", "y", "n"])
    pieces = [
        pd.DataFrame(
            {
                "place": resolution,
                "cell": [
                    h3.latlng_to_cell(lat, lon, resolution)
                    for lat, lon in zip(spots.y, spots.x, strict=True)
                ],
                "n": spots.n,
            }
        )
        for resolution in H3_RESOLUTIONS
    ]
    stored = (
        select(h3_count.c.resolution.label("place"), h3_count.c.cell, h3_count.c.n)
        .join(measure, measure.c.id == h3_count.c.measure_id)
        .where(_is_measure(layer, WHOLE, layer.weight))
    )
    return _compare(db, f"{layer.id} by H3 cell", pd.concat(pieces), stored, ["cell"])


def _frozen(db: Connection) -> Comparison:
    c = incident.c
    closed = select(c.id).where(c.stage == "closed", c.unit_id.is_not(None))
    total = db.scalar(select(func.count()).select_from(closed.subquery())) or 0
    wrong = db.scalars(closed.where(c.unit_then_id.is_(None)).order_by(c.id))
    return compared(
        "incidents: closed ones keep the unit of then",
        total,
        (f"incident {number} is closed and keeps none" for number in wrong),
    )


def _own(  # noqa: PLR0913 - what is counted, where
    db: Connection,
    layer: Layer,
    division: _Zoning,
    dimension: Dimension,
    weight: str,
    day: ColumnElement[Any] | None = None,
) -> pd.DataFrame:
    """Return what lies in each unit itself: unit_id (NO_UNIT outside), key, day, n."""
    table = layer.table
    rows: FromClause = table
    unit: ColumnElement[Any] = table.c.unit_id
    if not division.is_main:
        unit = feature_unit.c.unit_id
        rows = table.outerjoin(
            feature_unit,
            and_(
                feature_unit.c.layer == layer.id,
                feature_unit.c.zoning_id == division.id,
                feature_unit.c.feature_id == table.c.id,
            ),
        )
    column: ColumnElement[Any] = literal_column(dimension.column)
    # Overlapping parts are bits: each is asked for by itself.
    cuts: list[tuple[ColumnElement[Any], ColumnElement[Any]]] = [(column, column.is_not(None))]
    if not dimension.is_partition:
        cuts = [
            (literal(key), column.op("&")(1 << bit) != 0) for bit, key in enumerate(dimension.parts)
        ]
    day = literal_column("NULL::date") if day is None else day
    pieces: list[Any] = []
    for key, condition in cuts:
        query = (
            select(
                func.coalesce(unit, NO_UNIT).label("its unit"),
                key.label("its key"),
                day.label("its day"),
                _sum(layer, weight),
            )
            .select_from(rows)
            .where(condition)
            .group_by("its unit", "its key", "its day")
        )
        pieces += db.execute(query).all()
    return pd.DataFrame(pieces, columns=["unit_id", "key", "day", "n"]).astype({"n": "int64"})


def _rolled_up(own: pd.DataFrame, division: _Zoning, by: list[str]) -> pd.DataFrame:
    """Add what lies in each unit to the unit and to all it lies in: place, ``by``, n."""
    up = own.merge(division.above, on="unit_id").rename(columns={"ancestor_id": "place"})
    return up.groupby(["place", *by], sort=False)["n"].sum().reset_index()


def _compare(
    db: Connection, what: str, fresh: pd.DataFrame, stored: Select[Any], by: list[str]
) -> Comparison:
    columns = ["place", *by]
    there = pd.DataFrame(db.execute(stored).all(), columns=[*columns, "stored"])
    counted = fresh.groupby(columns, sort=False)["n"].sum().reset_index()
    # Of one type on both sides, also where one side is empty.
    for name in columns:
        if name in ("key", "day"):
            counted[name], there[name] = counted[name].astype(str), there[name].astype(str)
        else:
            counted[name], there[name] = counted[name].astype("int64"), there[name].astype("int64")
    both = counted[counted.n != 0].merge(there, on=columns, how="outer")
    n, kept = both.n.fillna(0).astype("int64"), both.stored.fillna(0).astype("int64")
    wrong = both.assign(n=n, stored=kept)[(n != kept).to_numpy()]
    return compared(
        what,
        len(both),
        (
            f"{' '.join(str(row[name]) for name in columns)}: "
            f"{row['stored']:,} stored, {row['n']:,} counted"
            for row in wrong.sort_values(columns).to_dict("records")
        ),
    )


def _sum(layer: Layer, weight: str) -> ColumnElement[Any]:
    if weight == "rows":
        return func.count().label("n")
    return sql_cast(func.sum(func.coalesce(layer.table.c[weight], 0)), BigInteger).label("n")


def _units(division: _Zoning) -> Select[Any]:
    return select(unit_version.c.unit_id).where(unit_version.c.zoning_id == division.id)


def _is_measure(layer: Layer, dimension: Dimension, weight: str) -> ColumnElement[bool]:
    return and_(
        measure.c.layer == layer.id,
        measure.c.dimension == dimension.key,
        measure.c.weight == weight,
    )
