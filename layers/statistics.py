"""Numbers of units, read from the stored counts: a unit's, its children's, a whole level's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
)

from gis.access.views import is_seen
from gis.access.views import seen_count as counted
from gis.tables import measure, outside_count
from gis.tables import unit_version as table
from layers import disclosure, measures, selection
from layers.catalog.people import AGE_BANDS, AGES
from layers.columns import fetch
from layers.rates import AREA, Rate

KM2 = 1e6
# No number of persons: one that the viewer is not told, and one that is not there.
WITHHELD, ABSENT = -1, -2
# Up to so many units are asked for one by one; of more, the whole measure is read.
_FEW = 2_000
NO_AREA: ColumnElement[float] = literal_column("'NaN'::float8")
_KINDS = {"id": np.int64, "level": np.int64, AREA: np.float64, "is_own": np.bool_}
What = str | Rate
"""What is asked for: a measure's name, or a rate."""


def numbers(db: Connection, unit_id: int, names: Sequence[str]) -> dict[str, int | None]:
    """Return a unit's numbers, everything below it included, by the measures' names.

    Zero where nothing is stored; None where the viewer is not told the number. Whether a layer was
    ever loaded says `layer_state`.

    Raises
    ------
    NotFoundError
        If a name cannot be a measure.
    """
    for name in names:
        measures.check(name)
    query = (
        select(measure.c.name, counted.c.n)
        .join(counted, counted.c.measure_id == measure.c.id)
        .where(counted.c.unit_id == unit_id, measure.c.name.in_(names))
    )
    found = dict(db.execute(query).all())
    absent = disclosure.absent(db, unit_id, (name for name in names if name not in found))
    return {name: found[name] if name in found else absent[name] for name in names}


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
    """Return a unit's rate; NaN where there is nothing to divide by, or a number is not told."""
    counts = pd.DataFrame([numbers(db, unit_id, what.measures)], dtype=float)
    if what.divisor == AREA:
        counts[AREA] = (selection.version(db, unit_id).area_m2 or 0) / KM2
    return float(what.of(counts).iloc[0])


def children(db: Connection, unit_id: int, names: Sequence[What]) -> pd.DataFrame:
    """Return the numbers of a unit's children and of what hangs on the unit itself.

    Returns
    -------
    DataFrame
        Indexed by unit id, in preorder: code, name_zh, name_en, level, kind, area_km2, is_own, and
        a column for each measure (whole numbers; with NaN where one is not told to the viewer) and
        each rate (NaN: nothing to divide by; the column is called by `Rate.id`). Rows known only to
        the unit, not to one of its children, are in a last row with the unit's own id and
        ``is_own``: all rows add up to `numbers`.
    """
    wanted = _measures(names)
    personal = [name for name in wanted if disclosure.is_personal(name)]
    c = table.c
    is_own = c.unit_id == unit_id
    # Unit by unit, which the planner would not do by itself: it reads whole measures of releases.
    told = (
        select(*(_sum(name).cast(BigInteger).label(name) for name in wanted))
        .select_from(counted.join(measure, measure.c.id == counted.c.measure_id))
        .where(counted.c.unit_id == c.unit_id, measure.c.name.in_(wanted))
        .lateral("told")
    )
    # All in one question and one frame: a click's milliseconds go into those, not into sums.
    found = db.execute(
        select(
            c.unit_id.label("id"), c.code, c.names["zh"].astext.label("name_zh"),
            c.names["en"].astext.label("name_en"), c.level, c.kind,
            func.coalesce(c.area_m2 / KM2, NO_AREA).label(AREA), is_own.label("is_own"),
            c.zoning_id, is_seen(c.unit_id).label("is_seen"), *(told.c[name] for name in wanted),
        )
        .select_from(table.join(told, true()))
        .where(or_(c.parent_id == unit_id, is_own), selection.is_current)
        .order_by(is_own, c.lft)
    )  # fmt: skip
    below = [row._asdict() for row in found]
    if not below:
        raise selection.unknown(unit_id)
    _mean_absent(db, below, personal)
    here = below.pop()
    own = {name: _rest(here[name], [row[name] for row in below]) for name in wanted}
    if any(own.values()):
        nameless = dict.fromkeys(("code", "name_zh", "name_en", "kind"), "")
        below.append(here | nameless | {AREA: np.nan} | own)
    some = [name for name in personal if any(row[name] is None for row in below)]
    kinds = dict.fromkeys(here, object) | _KINDS
    kinds |= dict.fromkeys(wanted, np.int64) | dict.fromkeys(some, np.float64)
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
        Indexed by ``id``, in preorder, with columns ``value`` (float) and ``is_withheld``. Nothing
        there is zero; NaN says that the layer was never counted, that a rate has nothing to divide
        by, or, with ``is_withheld``, that the viewer is not told a number of persons.
    """
    wanted = _measures([what])
    personal = [name for name in wanted if disclosure.is_personal(name)]
    area = func.coalesce(table.c.area_m2, NO_AREA, type_=Double).label("area_m2")
    units = selection.at_level(db, zoning_id, level, within)
    shown = fetch(db, units.add_columns(area))
    ids = pd.Index(shown["unit_id"], name="id")
    # The whole measure, or these units of it: a whole level is read fastest from the index alone.
    is_few = within is not None and len(ids) < _FEW
    some = counted.c.unit_id == func.any(shown["unit_id"].tolist()) if is_few else None
    counts = _counts(db, wanted, some).reindex(ids).astype(float)
    unknown = [name for name in personal if counts[name].isna().any()]
    told = disclosure.of(db) if unknown else None
    for name in wanted:
        is_zero = counts[name].isna()
        if told and told.is_bound and name in unknown:
            # No more than this is released of units that are not the viewer's own.
            last = told.last_level(name) if zoning_id == told.main else 0
            if level > last:
                is_zero &= _is_told(db, units, last)
        counts[name] = counts[name].mask(is_zero, 0.0)
    counts = counts.mask(counts == WITHHELD)
    is_withheld = counts.isna().any(axis=1)
    known = measures.by_name(db, {name.partition(".")[0] for name in wanted})
    for name in wanted:
        if name.partition(".")[0] not in known:
            counts[name], is_withheld = np.nan, is_withheld & False
    counts[AREA] = shown["area_m2"] / KM2
    value = counts[what] if isinstance(what, str) else what.of(counts)
    return pd.DataFrame({"value": value, "is_withheld": is_withheld})


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
        Indexed by the parts' keys, in their order: name_zh, name_en, n (NaN where it is not told),
        share (of the whole; NaN where that is zero), and rate with a denominator. Shares of parts
        that overlap add up to more than the whole.
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
            "n": _array([n[name] for name in names.values()]),
        },
        index=pd.Index(list(parts), name="key", dtype=object),
    )
    frame["share"] = frame.n / (n[total] or np.nan)
    if divided:
        whole = rate(db, unit_id, divided)
        # Every part has the whole's denominator.
        frame["rate"] = frame.share * whole if n[total] else np.where(np.isnan(whole), np.nan, 0.0)
    return frame


def pyramid(db: Connection, unit_id: int) -> pd.DataFrame:
    """Return people by age band and sex: name_zh, name_en, male, female; indexed by band, 0 first.

    People whose sex or age is unknown are in neither column; a number that is not told is NaN.
    """
    bands = range(AGE_BANDS)
    names = {(s, b): f"people.age_sex.{s}/{b}" for s in ("male", "female") for b in bands}
    n = numbers(db, unit_id, list(names.values()))
    return pd.DataFrame(
        {
            "name_zh": [AGES[str(band)]["zh"] for band in bands],
            "name_en": [AGES[str(band)]["en"] for band in bands],
            **{s: _array([n[names[s, band]] for band in bands]) for s in ("male", "female")},
        },
        index=pd.RangeIndex(AGE_BANDS, name="band"),
    )


def _measures(names: Sequence[What]) -> list[str]:
    """Return every measure needed, each once; raise NotFoundError for what is none."""
    wanted = [m for name in names for m in ([name] if isinstance(name, str) else name.measures)]
    for name in wanted:
        measures.check(name)
    return list(dict.fromkeys(wanted))


def _counts(
    db: Connection, names: Sequence[str], units: ColumnElement[bool] | None
) -> pd.DataFrame:
    """Return counts: a row for each unit that has any, a column for each measure.

    WITHHELD where there is one that the viewer is not told, NaN where there is none.
    """
    ids = {m.id: m.name for m in measures.by_name(db, names).values()}
    c = counted.c
    n = func.coalesce(c.n, WITHHELD, type_=BigInteger).label("n")
    query = select(c.unit_id, c.measure_id, n).where(c.measure_id.in_(list(ids)))
    if units is not None:
        query = query.where(units)
    found = fetch(db, query)
    columns = {}
    for number, name in ids.items():
        mine = found["measure_id"] == number
        columns[name] = pd.Series(found["n"][mine], index=found["unit_id"][mine])
    return pd.DataFrame(columns).reindex(columns=list(names))


def _sum(name: str) -> ColumnElement[Any]:
    """Return SQL for a measure's number in a group; NULL: withheld, ABSENT: there is none."""
    is_it = measure.c.name == name
    n = func.sum(counted.c.n).filter(is_it)
    if not disclosure.is_personal(name):
        return func.coalesce(n, 0)
    return func.coalesce(n, case((func.count().filter(is_it) == 0, ABSENT)))


def _is_told(db: Connection, units: Select[Any], last: int) -> NDArray[np.bool_]:
    """Return which units are the viewer's own, or of a level down to the ``last`` released."""
    is_own = is_seen(table.c.unit_id).cast(Integer).label("is_own")
    found = fetch(db, units.add_columns(table.c.level, is_own))
    is_told: NDArray[np.bool_] = (found["is_own"] == 1) | (found["level"] <= last)
    return is_told


def _mean_absent(db: Connection, rows: list[dict[str, Any]], names: Sequence[str]) -> None:
    """Say of numbers that are not there whether they are zero or not told."""
    told = None
    for row in rows:
        zoning_id, seen = row.pop("zoning_id"), row.pop("is_seen")
        for name in names:
            if row[name] == ABSENT:
                told = told or disclosure.of(db)
                is_told = told.is_told(name, zoning_id, row["level"], is_seen=seen)
                row[name] = 0 if is_told else None


def _rest(whole: int | None, parts: list[int | None]) -> int | None:
    """Return what a whole is more than its parts; None where one of them is not told."""
    known = [part for part in parts if part is not None]
    return None if whole is None or len(known) < len(parts) else whole - sum(known)


def _array(values: Sequence[int | None]) -> NDArray[np.int64] | NDArray[np.float64]:
    if all(value is not None for value in values):
        return np.array(values, np.int64)
    return np.array(values, np.float64)
