"""Compares everything that is stored with what `recounting` counts from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Double,
    Integer,
    Select,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast

from gis import places
from gis.city import City
from gis.comparison import Comparison, Report, compared
from gis.errors import TextKey
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
)
from layers import catalog, counts
from layers.columns import fetch
from layers.layer import Layer
from layers.recounting import (
    ALWAYS,
    NO_UNIT,
    WHOLE,
    Division,
    divisions,
    in_cells,
    in_h3,
    measures_of,
    month_ends,
    own_of,
    rolled_up,
)

_EPOCH: ColumnElement[Any] = literal_column("date '1970-01-01'")
_TOTAL = {"zh": "总数", "en": "total"}


def check_counts(db: Connection, report: Report) -> list[Comparison]:
    """Recount every layer and compare with all that is stored, as of the caller's transaction."""
    city = places.city_of(db)
    zonings = divisions(db)
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


def _rows(db: Connection, layer: Layer) -> Comparison:
    counted = db.scalar(select(func.count()).select_from(layer.table)) or 0
    stored = db.scalar(select(layer_state.c.rows).where(layer_state.c.layer == layer.id)) or 0
    wrong = [] if counted == stored else [f"{stored:,} are stored, there are {counted:,}"]
    what = Said(f"{layer.id}: number of rows", key="verify.rows", layer=layer.names)
    return compared(what, 1, wrong)


def _placing(
    db: Connection, layer: Layer, placer: Placer, zonings: Sequence[Division]
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


def _elsewhere(db: Connection, layer: Layer, division: Division, ids: Any) -> Any:  # noqa: ANN401
    c = feature_unit.c
    query = select(c.feature_id.label("id"), c.unit_id.label("unit")).where(
        c.layer == layer.id, c.zoning_id == division.id
    )
    found = fetch(db, query, chunked_by="id")
    unit_of = pd.Series(found["unit"], index=found["id"], dtype="int64")
    return unit_of.reindex(ids, fill_value=NO_UNIT).to_numpy()


def _counts(db: Connection, layer: Layer, division: Division) -> Iterator[Comparison]:
    """Compare unit_count and outside_count of one zoning."""
    for weight in (layer.weight, *layer.sums):
        for dimension in (WHOLE, *layer.dimensions):
            own = own_of(db, layer, division, dimension, weight)
            is_in = own.unit != NO_UNIT
            counted = measures_of(layer, dimension, weight)
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
            fresh = rolled_up(own[is_in], division, ["measure"])
            yield _compare(db, inside, fresh, stored)
            c = outside_count.c
            stored = select(
                c.zoning_id.label("place"), c.measure_id.label("measure"), c.n.label("stored")
            ).where(c.measure_id.in_(counted), c.zoning_id == division.id)
            fresh = own[~is_in].assign(place=division.id)
            yield _compare(db, outside, fresh, stored)


def _series(db: Connection, layer: Layer, division: Division, city: City) -> Iterator[Comparison]:
    """Compare unit_series: days of a flow, month-ends of a stock."""
    table, c = layer.table.c, unit_series.c
    for dimension in (WHOLE, *(d for d in layer.dimensions if d.key in layer.series)):
        counted = measures_of(layer, dimension, layer.weight)
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
        own = own_of(db, layer, division, dimension, layer.weight, day)
        own = own[own.unit != NO_UNIT]
        if layer.time:
            fresh = rolled_up(own, division, ["measure", "day"])
        else:
            there = fetch(db, select(stored.subquery().c.day).distinct())["day"]
            days = np.union1d(there, counts.snapshot_days(db, layer))
            fresh = month_ends(own, division, days)
        what = Said(
            f"{layer.id} over time by {dimension.key}, units of {division.key}",
            key="verify.series", layer=layer.names, zoning=division.key,
            dimension=dimension.names or _TOTAL,
        )  # fmt: skip
        yield _compare(db, what, fresh, stored)


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
    return _compare(db, what, in_cells(db, layer, condition), stored)


def _h3(db: Connection, layer: Layer) -> Comparison:
    c = h3_count.c
    stored = select(c.resolution.label("place"), c.cell, c.n.label("stored")).where(
        c.measure_id.in_(measures_of(layer, WHOLE, layer.weight))
    )
    what = Said(f"{layer.id} by H3 cell", key="verify.h3", layer=layer.names)
    return _compare(db, what, in_h3(db, layer), stored)


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


def _units(division: Division) -> Select[int]:
    return select(unit_version.c.unit_id).where(unit_version.c.zoning_id == division.id)
