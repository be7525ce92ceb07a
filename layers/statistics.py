"""Numbers of units, read from the stored counts: a unit's, its children's, a whole level's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from gis.tables import measure, outside_count, unit_count
from gis.tables import unit_version as table
from layers import measures, selection
from layers.catalog.people import AGE_BANDS, AGES
from layers.columns import fetch
from layers.rates import AREA, Rate

KM2 = 1e6
NO_AREA: ColumnElement[float] = literal_column("'NaN'::float8")
_KINDS = {"id": np.int64, "level": np.int64, AREA: np.float64, "is_own": np.bool_}
What = str | Rate
"""What is asked for: a measure's name, or a rate."""


def numbers(db: Connection, unit_id: int, names: Sequence[str]) -> dict[str, int]:
    """Return a unit's numbers, everything below it included, by the measures' names.

    Zero where nothing is stored. Whether a layer was ever loaded says `layer_state`.

    Raises
    ------
    NotFoundError
        If a name cannot be a measure.
    """
    for name in names:
        measures.check(name)
    query = (
        select(measure.c.name, unit_count.c.n)
        .join(unit_count, unit_count.c.measure_id == measure.c.id)
        .where(unit_count.c.unit_id == unit_id, measure.c.name.in_(names))
    )
    return dict.fromkeys(names, 0) | dict(db.execute(query).all())


def outside(db: Connection, zoning_id: int, names: Sequence[str]) -> dict[str, int]:
    """Return the numbers of rows that lie in no unit of a zoning."""
    for name in names:
        measures.check(name)
    query = (
        select(measure.c.name, outside_count.c.n)
        .join(outside_count, outside_count.c.measure_id == measure.c.id)
        .where(outside_count.c.zoning_id == zoning_id, measure.c.name.in_(names))
    )
    return dict.fromkeys(names, 0) | dict(db.execute(query).all())


def rate(db: Connection, unit_id: int, what: Rate) -> float:
    """Return a unit's rate; NaN where there is nothing to divide by."""
    counts = pd.DataFrame([numbers(db, unit_id, what.measures)])
    if what.divisor == AREA:
        counts[AREA] = (selection.version(db, unit_id).area_m2 or 0) / KM2
    return float(what.of(counts).iloc[0])


def children(db: Connection, unit_id: int, names: Sequence[What]) -> pd.DataFrame:
    """Return the numbers of a unit's children and of what hangs on the unit itself.

    Returns
    -------
    DataFrame
        Indexed by unit id, in preorder: code, name_zh, name_en, level, kind, area_km2, is_own, and
        a column for each measure (whole numbers) and each rate (NaN: nothing to divide by; the
        column is called by `Rate.id`). Rows known only to the unit, not to one of its children,
        are in a last row with the unit's own id and ``is_own``: all rows add up to `numbers`.
    """
    wanted = _measures(names)
    c = table.c
    is_own = c.unit_id == unit_id
    stored = unit_count.join(measure, measure.c.id == unit_count.c.measure_id)
    # All in one question and one frame: a click's milliseconds go into those, not into sums.
    found = db.execute(
        select(
            c.unit_id.label("id"), c.code, c.names["zh"].astext.label("name_zh"),
            c.names["en"].astext.label("name_en"), c.level, c.kind,
            func.coalesce(c.area_m2 / KM2, NO_AREA).label(AREA), is_own.label("is_own"),
            *(
                func.coalesce(func.sum(unit_count.c.n).filter(measure.c.name == name), 0)
                .cast(BigInteger)
                .label(name)
                for name in wanted
            ),
        )
        .select_from(table)
        .outerjoin(
            stored, and_(unit_count.c.unit_id == c.unit_id, measure.c.name.in_(wanted))
        )
        .where(or_(c.parent_id == unit_id, is_own), selection.is_current)
        .group_by(c.id)
        .order_by(is_own, c.lft)
    )  # fmt: skip
    below = [row._asdict() for row in found]
    if not below:
        raise selection.unknown(unit_id)
    here = below.pop()
    own = {name: here[name] - sum(row[name] for row in below) for name in wanted}
    if any(own.values()):
        nameless = dict.fromkeys(("code", "name_zh", "name_en", "kind"), "")
        below.append(here | nameless | {AREA: np.nan} | own)
    kinds = dict.fromkeys(here, object) | _KINDS | dict.fromkeys(wanted, np.int64)
    columns = {name: np.array([row[name] for row in below], kinds[name]) for name in here}
    frame = pd.DataFrame(columns, index=pd.Index(columns.pop("id"), name="id"))
    rates = [what for what in names if isinstance(what, Rate)]
    return frame.assign(**{what.id: what.of(frame) for what in rates})


def values(
    db: Connection, zoning_id: int, level: int, what: What, within: int | None = None
) -> pd.DataFrame:
    """Return the value of every unit that the map shows of a level.

    Units of a level, and faces that end above it.

    Parameters
    ----------
    what
        A measure's name or a rate.
    within
        Only units in this one; where it is of another zoning, those that meet it.

    Returns
    -------
    DataFrame
        Indexed by ``id``, in preorder, with a column ``value`` (float). Nothing there is zero; NaN
        says that the layer was never counted, or that a rate has nothing to divide by.
    """
    wanted = _measures([what])
    area = func.coalesce(table.c.area_m2, NO_AREA, type_=Double).label("area_m2")
    units = selection.at_level(db, zoning_id, level, within)
    shown = fetch(db, units.add_columns(area))
    ids = pd.Index(shown["unit_id"], name="id")
    # The whole measure, or these units of it: a whole level is read fastest from the index alone.
    some = None if within is None else unit_count.c.unit_id.in_(units.order_by(None))
    counts = _counts(db, wanted, some).reindex(ids, fill_value=0).astype(float)
    known = measures.by_name(db, {name.partition(".")[0] for name in wanted})
    for name in wanted:
        if name.partition(".")[0] not in known:
            counts[name] = np.nan
    if isinstance(what, str):
        return counts.rename(columns={what: "value"})
    counts[AREA] = shown["area_m2"] / KM2
    return what.of(counts).to_frame("value")


def profile(
    db: Connection, unit_id: int, dimension: str, *, denominator: str = "", per: float = 1000
) -> pd.DataFrame:
    """Return how a unit's rows divide among the parts of a dimension.

    Parameters
    ----------
    dimension
        "people.age", "facilities.kind"; of a sum "buildings.floor_area_m2.use".
    denominator
        Also divide each part by this, `per` times: facility kinds per 1,000 people.

    Returns
    -------
    DataFrame
        Indexed by the parts' keys, in their order: name_zh, name_en, n, share (of the whole; NaN
        where that is zero), and rate with a denominator. Shares of parts that overlap add up to
        more than the whole.
    """
    layer, weight, found = measures.dimension_of(dimension)
    parts = measures.part_names(db, layer, found)
    names = {key: measures.name_of(layer, found.key, key, weight) for key in parts}
    total = measures.name_of(layer, measures.TOTAL, "", weight)
    divided = Rate(total, denominator, per) if denominator else None
    n = numbers(db, unit_id, [total, *names.values()])
    frame = pd.DataFrame(
        {
            "name_zh": [parts[key]["zh"] for key in parts],
            "name_en": [parts[key]["en"] for key in parts],
            "n": np.array([n[name] for name in names.values()], np.int64),
        },
        index=pd.Index(list(parts), name="key", dtype=object),
    )
    frame["share"] = frame.n / n[total] if n[total] else np.nan
    if divided:
        whole = rate(db, unit_id, divided)
        # Every part has the whole's denominator.
        frame["rate"] = frame.share * whole if n[total] else np.where(np.isnan(whole), np.nan, 0.0)
    return frame


def pyramid(db: Connection, unit_id: int) -> pd.DataFrame:
    """Return people by age band and sex: name_zh, name_en, male, female; indexed by band, 0 first.

    People whose sex or age is unknown are in neither column.
    """
    bands = range(AGE_BANDS)
    names = {(s, b): f"people.age_sex.{s}/{b}" for s in ("male", "female") for b in bands}
    n = numbers(db, unit_id, list(names.values()))
    return pd.DataFrame(
        {
            "name_zh": [AGES[str(band)]["zh"] for band in bands],
            "name_en": [AGES[str(band)]["en"] for band in bands],
            **{s: [n[names[s, band]] for band in bands] for s in ("male", "female")},
        },
        index=pd.RangeIndex(AGE_BANDS, name="band"),
    )


def ranks(db: Connection, unit_id: int, what: What, *, level: int | None = None) -> pd.DataFrame:
    """Rank a unit's children, or the units of a level below it, each among those of its kind.

    Returns
    -------
    DataFrame
        Indexed by unit id, greatest value first: code, name_zh, name_en, kind, value (float),
        rank (1 is the greatest, equal values share one; missing without a value) and among, the
        number of units of its kind that have a value.
    """
    here = selection.version(db, unit_id)
    if level is None:
        found = children(db, unit_id, [what]).query("not is_own")
        frame = found[["code", "name_zh", "name_en", "kind"]].copy()
        frame["value"] = found[what if isinstance(what, str) else what.id].astype(float)
    else:
        c = table.c
        shown = values(db, here.zoning_id, level, what, unit_id)
        units = selection.at_level(db, here.zoning_id, level, unit_id)
        named = _frame(
            db,
            units.with_only_columns(
                c.unit_id.label("id"), c.code, c.names["zh"].astext.label("name_zh"),
                c.names["en"].astext.label("name_en"), c.kind,
            ),
        ).set_index("id")  # fmt: skip
        frame = named.reindex(shown.index).assign(value=shown.value)
    kinds = frame.groupby("kind").value
    frame["rank"] = kinds.rank(method="min", ascending=False).astype("Int64")
    frame["among"] = kinds.transform("count").astype(int)
    return frame.sort_values("value", ascending=False, kind="stable")


@dataclass(frozen=True)
class Rank:
    """Where a unit stands among its siblings of the same kind; 1 is the greatest."""

    value: float
    # None where the unit has no value.
    rank: int | None
    among: int


def rank_of(db: Connection, unit_id: int, what: What) -> Rank | None:
    """Return a unit's rank among its siblings of the same kind; None for the widest unit."""
    parent = selection.version(db, unit_id).parent_id
    if parent is None:
        return None
    found = ranks(db, parent, what)
    value, rank, among = found.loc[[unit_id], ["value", "rank", "among"]].to_numpy(object)[0]
    return Rank(float(value), None if pd.isna(rank) else int(rank), int(among))


def _measures(names: Sequence[What]) -> list[str]:
    """Return every measure needed, each once; raise NotFoundError for what is none."""
    wanted = [m for name in names for m in ([name] if isinstance(name, str) else name.measures)]
    for name in wanted:
        measures.check(name)
    return list(dict.fromkeys(wanted))


def _counts(
    db: Connection, names: Sequence[str], units: ColumnElement[bool] | None
) -> pd.DataFrame:
    """Return stored counts: a row for each unit that has any, a column for each measure."""
    ids = {m.id: m.name for m in measures.by_name(db, names).values()}
    c = unit_count.c
    query = select(c.unit_id, c.measure_id, c.n).where(c.measure_id.in_(list(ids)))
    if units is not None:
        query = query.where(units)
    found = fetch(db, query)
    columns = {}
    for number, name in ids.items():
        mine = found["measure_id"] == number
        columns[name] = pd.Series(found["n"][mine], index=found["unit_id"][mine])
    frame = pd.DataFrame(columns).fillna(0).astype(np.int64)
    return frame.reindex(columns=list(names), fill_value=0)


def _rates(counts: pd.DataFrame, names: Sequence[What]) -> pd.DataFrame:
    found = {what.id: what.of(counts) for what in names if isinstance(what, Rate)}
    return pd.DataFrame(found, index=counts.index)


def _frame(db: Connection, query: Select[Any]) -> pd.DataFrame:
    found = db.execute(query)
    return pd.DataFrame(found.all(), columns=pd.Index(found.keys(), dtype=object))
