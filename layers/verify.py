"""Recounts everything that is stored from the rows themselves, by other means, and compares.

`layers.counts` sums columns in the tree's preorder; here SQL groups the rows and each group is
added to every unit above it along parent_id, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from gis.errors import NotFoundError, TextKey
from gis.locate import Placer
from gis.said import Said
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
from layers.columns import Ints, fetch
from layers.layer import Dimension, Layer
from layers.measures import TOTAL
from layers.tally import CELL_ZOOMS, H3_RESOLUTIONS

NO_UNIT = -1
NO_MEASURE = -1
# A stock's row without a date was always there.
ALWAYS = -(2**31)
_EPOCH: ColumnElement[Any] = literal_column("date '1970-01-01'")
WHOLE = Dimension(TOTAL, {}, "''")
_TOTAL = {"zh": "总数", "en": "total"}


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
        raise NotFoundError("No city is loaded, so there is nothing to check.", key="error.no_city")
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
    what = Said(f"{layer.id}: number of rows", key="verify.rows", layer=layer.names)
    return compared(what, 1, wrong)


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
        what = Said(
            f"{layer.id}: unit of each row, {division.key}",
            key="verify.placing", layer=layer.names, zoning=division.key,
        )  # fmt: skip
        yield compared(what, len(stored), wrong)


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
            is_in = own.unit != NO_UNIT
            counted = _is_measure(layer, dimension, weight)
            what = f"{layer.id} {weight} by {dimension.key}"
            by, of = dimension.names or _TOTAL, TextKey(f"verify.of_{weight}")
            inside = Said(
                f"{what}, units of {division.key}", key="verify.inside",
                layer=layer.names, weight=of, dimension=by, zoning=division.key,
            )  # fmt: skip
            outside = Said(
                f"{what}, outside {division.key}", key="verify.outside",
                layer=layer.names, weight=of, dimension=by, zoning=division.key,
            )  # fmt: skip
            c = unit_count.c
            stored = select(
                c.unit_id.label("place"), c.measure_id.label("measure"), c.n.label("stored")
            ).where(c.measure_id.in_(counted), c.unit_id.in_(_units(division)))
            fresh = _rolled_up(own[is_in], division, ["measure"])
            yield _compare(db, inside, fresh, stored)
            c = outside_count.c
            stored = select(
                c.zoning_id.label("place"), c.measure_id.label("measure"), c.n.label("stored")
            ).where(c.measure_id.in_(counted), c.zoning_id == division.id)
            fresh = own[~is_in].assign(place=division.id)
            yield _compare(db, outside, fresh, stored)


def _series(db: Connection, layer: Layer, division: _Zoning, city: City) -> Iterator[Comparison]:
    """Compare unit_series: days of a flow, month-ends of a stock."""
    table, c = layer.table.c, unit_series.c
    for dimension in (WHOLE, *(d for d in layer.dimensions if d.key in layer.series)):
        counted = _is_measure(layer, dimension, layer.weight)
        stored = select(
            c.unit_id.label("place"),
            c.measure_id.label("measure"),
            (c.day - _EPOCH).cast(Integer).label("day"),
            c.n.label("stored"),
        ).where(c.measure_id.in_(counted), c.unit_id.in_(_units(division)))
        day: ColumnElement[Any] = literal_column(str(ALWAYS))
        if layer.time:
            day = sql_cast(func.timezone(city.timezone, table[layer.time]), Date) - _EPOCH
        elif layer.since:
            day = func.coalesce(table[layer.since] - _EPOCH, ALWAYS)
        own = _own(db, layer, division, dimension, layer.weight, day)
        own = own[own.unit != NO_UNIT]
        if layer.time:
            fresh = _rolled_up(own, division, ["measure", "day"])
        else:
            there = fetch(db, select(stored.subquery().c.day).distinct())["day"]
            days = np.union1d(there, counts.snapshot_days(db, layer))
            fresh = _month_ends(own, division, days)
        what = Said(
            f"{layer.id} over time by {dimension.key}, units of {division.key}",
            key="verify.series", layer=layer.names, zoning=division.key,
            dimension=dimension.names or _TOTAL,
        )  # fmt: skip
        yield _compare(db, what, fresh, stored)


def _month_ends(own: pd.DataFrame, division: _Zoning, days: Ints) -> pd.DataFrame:
    """Return how many of the rows were there at the end of each day, down to the last level."""
    # A row counts from the first month-end on that is not before it.
    first = np.searchsorted(days, own.day.to_numpy())
    began = _rolled_up(own.assign(day=first)[first < len(days)], division, ["measure", "day"])
    if division.depth > 1:
        levels = division.above.drop_duplicates("ancestor_id").set_index("ancestor_id").level
        began = began[(began.place.map(levels) < division.depth).to_numpy()]
    wide = began.pivot_table(
        index=["place", "measure"], columns="day", values="n", aggfunc="sum", fill_value=0
    )
    stock = wide.reindex(columns=range(len(days)), fill_value=0).cumsum(axis=1)
    stock.columns = pd.Index(days, name="day")
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
    query = select(x.label("x"), y.label("y"), _sum(layer, layer.weight)).group_by(x, y)
    if condition is not None:
        query = query.where(condition)
    cells = pd.DataFrame(fetch(db, query)).astype("int64")
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
    c = cell_count.c
    stored = (
        select(c.zoom.label("place"), c.x, c.y, c.n.label("stored"))
        .join(measure, measure.c.id == c.measure_id)
        .where(
            measure.c.layer == layer.id,
            measure.c.dimension == dimension,
            measure.c.key == key,
            measure.c.weight == layer.weight,
        )
    )
    what = Said(
        " ".join(filter(None, (layer.id, key, "by tile cell"))),
        key="verify.cells", layer=layer.names, part=f" {key} " if key else "",
    )  # fmt: skip
    return _compare(db, what, pd.concat(pieces), stored)


def _h3(db: Connection, layer: Layer) -> Comparison:
    point = layer.table.c[layer.point]
    x, y = func.ST_X(point, type_=Double), func.ST_Y(point, type_=Double)
    query = select(x.label("x"), y.label("y"), _sum(layer, layer.weight)).group_by(x, y)
    spots = fetch(db, query)
    lats, lons = spots["y"].tolist(), spots["x"].tolist()
    pieces = [
        pd.DataFrame(
            {
                "place": resolution,
                "cell": [
                    h3.latlng_to_cell(lat, lon, resolution)
                    for lat, lon in zip(lats, lons, strict=True)
                ],
                "n": spots["n"],
            }
        ).astype("int64")
        for resolution in H3_RESOLUTIONS
    ]
    c = h3_count.c
    stored = select(c.resolution.label("place"), c.cell, c.n.label("stored")).where(
        c.measure_id.in_(_is_measure(layer, WHOLE, layer.weight))
    )
    what = Said(f"{layer.id} by H3 cell", key="verify.h3", layer=layer.names)
    return _compare(db, what, pd.concat(pieces), stored)


def _frozen(db: Connection) -> Comparison:
    c = incident.c
    closed = select(c.id).where(c.stage == "closed", c.unit_id.is_not(None))
    total = db.scalar(select(func.count()).select_from(closed.subquery())) or 0
    wrong = db.scalars(closed.where(c.unit_then_id.is_(None)).order_by(c.id))
    return compared(
        Said("incidents: closed ones keep the unit of then", key="verify.frozen"),
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
    """Return what lies in each unit itself: unit (NO_UNIT outside), measure, day, n; all int64."""
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
    day = literal_column("0") if day is None else day
    pieces = []
    for key, condition in cuts:
        own = (
            select(
                func.coalesce(unit, NO_UNIT).label("unit"),
                key.label("key"),
                sql_cast(day, Integer).label("day"),
                _sum(layer, weight),
            )
            .select_from(rows)
            .where(condition)
            .group_by(literal_column("1"), literal_column("2"), literal_column("3"))
            .subquery("own")
        )
        counted = measure.c.id.in_(_is_measure(layer, dimension, weight))
        # A part without a measure is counted nowhere, which is a difference too.
        query = select(
            own.c.unit,
            sql_cast(func.coalesce(measure.c.id, NO_MEASURE), Integer).label("measure"),
            own.c.day,
            own.c.n,
        ).outerjoin_from(own, measure, and_(measure.c.key == own.c.key, counted))
        pieces.append(pd.DataFrame(fetch(db, query, chunked_by="unit")))
    return pd.concat(pieces).astype("int64")


def _rolled_up(own: pd.DataFrame, division: _Zoning, by: list[str]) -> pd.DataFrame:
    """Add what lies in each unit to the unit and to all it lies in: place, ``by``, n."""
    above = division.above[["unit_id", "ancestor_id"]]
    up = own.merge(above, left_on="unit", right_on="unit_id")
    up = up.rename(columns={"ancestor_id": "place"})
    return up.groupby(["place", *by], sort=False)["n"].sum().reset_index()


def _compare(
    db: Connection, what: str, fresh: pd.DataFrame, stored: Select[*tuple[Any, ...]]
) -> Comparison:
    """Compare ``n`` of what was counted with ``stored``, matched by all other columns."""
    there = pd.DataFrame(fetch(db, stored, chunked_by="place")).astype("int64")
    by = [str(name) for name in there if name != "stored"]
    counted = fresh.groupby(by, sort=False)["n"].sum().reset_index().astype("int64")
    both = counted[counted.n != 0].merge(there, on=by, how="outer")
    n, kept = both.n.fillna(0).astype("int64"), both.stored.fillna(0).astype("int64")
    wrong = both.assign(n=n, stored=kept)[(n != kept).to_numpy()].sort_values(by)
    names: dict[int, str] = {}
    if len(wrong) and "measure" in by:
        names = dict(db.execute(select(measure.c.id, measure.c.name)).all())
    return compared(what, len(both), _told(wrong, by, names))


def _told(wrong: pd.DataFrame, by: list[str], names: Mapping[int, str]) -> Iterator[str]:
    for row in wrong.to_dict("records"):
        where = dict(row)
        if "measure" in row:
            where["measure"] = names.get(row["measure"], "a part without a measure")
        if "day" in row:
            where["day"] = np.datetime64(row["day"], "D")
        place = " ".join(str(where[name]) for name in by)
        yield f"{place}: {row['stored']:,} stored, {row['n']:,} counted"


def _sum(layer: Layer, weight: str) -> ColumnElement[Any]:
    number = func.count() if weight == "rows" else func.sum(layer.table.c[weight])
    return sql_cast(func.coalesce(number, 0), BigInteger).label("n")


def _units(division: _Zoning) -> Select[int]:
    return select(unit_version.c.unit_id).where(unit_version.c.zoning_id == division.id)


def _is_measure(layer: Layer, dimension: Dimension, weight: str) -> Select[int]:
    """Return the ids of the measures of a dimension."""
    return select(measure.c.id).where(
        measure.c.layer == layer.id,
        measure.c.dimension == dimension.key,
        measure.c.weight == weight,
    )
