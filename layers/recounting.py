"""What lies in each unit and in all above it, and in each cell, counted anew from the rows.

`layers.counts` sums columns in the tree's preorder; here SQL groups the rows and each group is
added to every unit above it along parent_id, so that one mistake cannot hide in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
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

from gis.tables import feature_unit, measure, unit_version, zoning
from layers.columns import Ints, fetch
from layers.layer import Dimension, Layer
from layers.measures import TOTAL
from layers.tally import CELL_ZOOMS, H3_RESOLUTIONS

NO_UNIT = -1
NO_MEASURE = -1
# A stock's row without a date was always there.
ALWAYS = -(2**31)
WHOLE = Dimension(TOTAL, {}, "''")


@dataclass(frozen=True)
class Division:
    """A zoning, and which of its units lie in which."""

    id: int
    key: str
    is_main: bool
    # unit_id, ancestor_id (itself included), level of the ancestor; a row for each pair.
    above: pd.DataFrame
    depth: int


def divisions(db: Connection) -> list[Division]:
    """Return every zoning, with its units of today."""
    z = zoning.c
    rows = db.execute(select(z.id, z.key, z.is_main).order_by(z.id))
    return [_division(db, *row) for row in rows]


def _division(db: Connection, number: int, key: str, is_main: bool) -> Division:
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
    return Division(number, key, is_main, above, int(tree.level.max()))


def own_of(  # noqa: PLR0913 - what is counted, where
    db: Connection,
    layer: Layer,
    division: Division,
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
        counted = measure.c.id.in_(measures_of(layer, dimension, weight))
        # A part without a measure is counted nowhere, which is a difference too.
        query = select(
            own.c.unit,
            sql_cast(func.coalesce(measure.c.id, NO_MEASURE), Integer).label("measure"),
            own.c.day,
            own.c.n,
        ).outerjoin_from(own, measure, and_(measure.c.key == own.c.key, counted))
        pieces.append(pd.DataFrame(fetch(db, query, chunked_by="unit")))
    return pd.concat(pieces).astype("int64")


def rolled_up(own: pd.DataFrame, division: Division, by: list[str]) -> pd.DataFrame:
    """Add what lies in each unit to the unit and to all it lies in: place, ``by``, n."""
    above = division.above[["unit_id", "ancestor_id"]]
    up = own.merge(above, left_on="unit", right_on="unit_id")
    up = up.rename(columns={"ancestor_id": "place"})
    return up.groupby(["place", *by], sort=False)["n"].sum().reset_index()


def month_ends(own: pd.DataFrame, division: Division, days: Ints) -> pd.DataFrame:
    """Return how many of the rows were there at the end of each day, down to the last level."""
    # A row counts from the first month-end on that is not before it.
    first = np.searchsorted(days, own.day.to_numpy())
    began = rolled_up(own.assign(day=first)[first < len(days)], division, ["measure", "day"])
    if division.depth > 1:
        levels = division.above.drop_duplicates("ancestor_id").set_index("ancestor_id").level
        began = began[(began.place.map(levels) < division.depth).to_numpy()]
    wide = began.pivot_table(
        index=["place", "measure"], columns="day", values="n", aggfunc="sum", fill_value=0
    )
    stock = wide.reindex(columns=range(len(days)), fill_value=0).cumsum(axis=1)
    stock.columns = pd.Index(days, name="day")
    return stock.melt(ignore_index=False, value_name="n").reset_index()


def in_cells(db: Connection, layer: Layer, condition: ColumnElement[bool] | None) -> pd.DataFrame:
    """Return what lies in each tile cell of every zoom: place (the zoom), x, y, n; all int64."""
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
    return pd.concat(pieces)


def in_h3(db: Connection, layer: Layer) -> pd.DataFrame:
    """Return what lies in each H3 cell: place (the resolution), cell, n; all int64."""
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
    return pd.concat(pieces)


def measures_of(layer: Layer, dimension: Dimension, weight: str) -> Select[int]:
    """Return the ids of the measures of a dimension."""
    return select(measure.c.id).where(
        measure.c.layer == layer.id,
        measure.c.dimension == dimension.key,
        measure.c.weight == weight,
    )


def _sum(layer: Layer, weight: str) -> ColumnElement[Any]:
    number = func.count() if weight == "rows" else func.sum(layer.table.c[weight])
    return sql_cast(func.coalesce(number, 0), BigInteger).label("n")
