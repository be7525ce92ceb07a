"""Numbers over time: flows by hour, day, week and month, stocks at month-ends, and comparisons."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, DateTime, func, literal_column, or_, select

from gis import places
from gis.access.views import seen_series
from gis.errors import CityGridError, NotFoundError
from gis.tables import layer_state, measure, unit_series, unit_version, zoning
from layers import measures, selection, statistics
from layers.catalog import LAYERS
from layers.layer import Layer

# Hours are counted from the rows themselves, so no more of them than a month has.
MOST_DAYS_BY_HOUR = 31


class Step(StrEnum):
    """How long one number of a series stands for; weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class SeriesError(CityGridError):
    """A series that cannot be: too long, or not counted that way."""


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Comparison:
    """A number and what it was before: one period earlier (环比) and one year earlier (同比)."""

    # None where the viewer is not told it.
    value: int | None
    # None where nothing was counted that far back.
    previous: int | None
    year_ago: int | None
    # Of a flow what was summed; of a stock the day, as a span of one day.
    span: Span
    previous_span: Span
    year_ago_span: Span

    @property
    def change(self) -> float | None:
        """环比: growth over the period before, 0.1 = a tenth more; None: no basis."""
        return _growth(self.value, self.previous)

    @property
    def year_change(self) -> float | None:
        """同比: growth over the same period of the year before; None: no basis."""
        return _growth(self.value, self.year_ago)


def series(  # noqa: PLR0913 - what, how, from when to when
    db: Connection, unit_id: int, name: str, step: Step, start: dt.date, end: dt.date
) -> pd.Series[float]:
    """Return a measure of a unit over time.

    Parameters
    ----------
    name
        The total of a layer, or a part that has a series ("incidents.big.gb/01").
    start, end
        First and last day, both included, in the city's time zone.

    Returns
    -------
    Series
        Indexed by the beginning of each period (city time, no zone), floats. Of a flow every
        period that meets the span and had begun when the layer was true; zero where nothing
        happened; the first and last may be cut. Of a stock the month-ends that were counted,
        indexed by their day; of persons of units that are not the viewer's own the releases, NaN
        where one withholds the number.

    Raises
    ------
    NotFoundError
        No such measure, or none that is counted over time.
    SeriesError
        Hours of more than a month, or other steps than months of a stock.
    """
    layer = _layer(name)
    if layer.time is None:
        if step is not Step.MONTH:
            raise SeriesError(
                f"{name!r} is counted at the ends of months, not by the {step}.",
                key="error.by_month",
            )
        found = _stored(db, unit_id, name, Span(start, end))
        return pd.Series(found, dtype=float, name=name).rename_axis("period")
    known = _as_of(db, layer)
    end = min(end, known) if known else end
    if step is Step.HOUR:
        return _by_hour(db, unit_id, name, layer, Span(start, end))
    found = _stored(db, unit_id, name, Span(start, end))
    days = pd.Series(found, dtype=float).reindex(pd.date_range(start, end), fill_value=0.0)
    days.index.name = "period"
    return _grouped(days, step).rename(name)


def compare(db: Connection, unit_id: int, name: str, step: Step, at: dt.date) -> Comparison:
    """Compare a number with what it was a period and a year before.

    A flow: from the beginning of the day, week or month of ``at`` up to ``at``, against as many
    days of the period before and of the same period a year before (of a week: 52 weeks). A stock:
    as it is now, against the last month-end before the month of ``at``, and against the last one
    that was over a year before ``at``.

    Raises
    ------
    NotFoundError
        No such measure, or none that is counted over time.
    """
    layer = _layer(name)
    if layer.time is None:
        return _compare_stock(db, unit_id, name, at)
    if step is Step.HOUR:
        raise SeriesError(
            "Periods are compared by day, week or month, not by hour.", key="error.by_hour"
        )
    spans = _spans(step, at)
    found = _stored(db, unit_id, name, Span(spans[2].first, at))
    first = first_day(db, layer.id)
    value, previous, year_ago = (
        int(sum(n for day, n in found.items() if span.first <= day.date() <= span.last))
        if first is not None and span.first >= first
        else None
        for span in spans
    )
    return Comparison(value or 0, previous, year_ago, *spans)


def _compare_stock(db: Connection, unit_id: int, name: str, at: dt.date) -> Comparison:
    before = at.replace(day=1) - dt.timedelta(days=1)
    # A year ago, the last month that was over.
    year = _year_before(at + dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)
    found = _stored(db, unit_id, name, Span(year, at))
    counted = _counted_days(db, unit_id, name)

    def at_end(day: dt.date) -> int | None:
        n = found.get(pd.Timestamp(day), 0) if day in counted else math.nan
        return None if math.isnan(n) else int(n)

    value = statistics.numbers(db, unit_id, [name])[name]
    spans = (Span(at, at), Span(before, before), Span(year, year))
    return Comparison(value, at_end(before), at_end(year), *spans)


def _spans(step: Step, at: dt.date) -> tuple[Span, Span, Span]:
    """Return the period up to a day, the one before as far, and the one a year before."""
    if step is Step.DAY:
        yesterday, year = at - dt.timedelta(days=1), _year_before(at)
        return Span(at, at), Span(yesterday, yesterday), Span(year, year)
    if step is Step.WEEK:
        monday = at - dt.timedelta(days=at.weekday())
        week, year_ = dt.timedelta(weeks=1), dt.timedelta(weeks=52)
        return (
            Span(monday, at),
            Span(monday - week, at - week),
            Span(monday - year_, at - year_),
        )
    first = at.replace(day=1)
    last_month = (first - dt.timedelta(days=1)).replace(day=1)
    return (
        Span(first, at),
        Span(last_month, min(last_month + (at - first), first - dt.timedelta(days=1))),
        Span(_year_before(first), _year_before(at)),
    )


def _year_before(day: dt.date) -> dt.date:
    # 29 February is compared with the 28th.
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _growth(value: int | None, before: int | None) -> float | None:
    return value / before - 1 if before and value is not None else None


def _layer(name: str) -> Layer:
    measures.check(name)
    layer_id, _, rest = name.partition(".")
    layer = LAYERS[layer_id]
    if rest and rest.partition(".")[0] not in layer.series:
        offered = ", ".join([layer.id, *(f"{layer.id}.{key}.…" for key in layer.series)])
        raise NotFoundError(f"{name!r} is not counted over time. There are: {offered}.")
    return layer


def _as_of(db: Connection, layer: Layer) -> dt.date | None:
    """Return the day up to which a layer is known, in the city's time zone."""
    as_of = db.scalar(select(layer_state.c.as_of).where(layer_state.c.layer == layer.id))
    city = places.city(db)
    return as_of.astimezone(city.tz).date() if as_of and city else None


def _stored(db: Connection, unit_id: int, name: str, span: Span) -> dict[pd.Timestamp, float]:
    c = seen_series.c
    query = (
        select(c.day, c.n)
        .join(measure, measure.c.id == c.measure_id)
        .where(c.unit_id == unit_id, measure.c.name == name)
        .where(c.day.between(span.first, span.last))
        .order_by(c.day)
    )
    return {pd.Timestamp(day): math.nan if n is None else n for day, n in db.execute(query)}


def _counted_days(db: Connection, unit_id: int, name: str) -> set[dt.date]:
    """Return the days a stock was counted for a unit's level: those of the whole city.

    Of a city whose numbers the viewer is not told in full, those on which the unit has any.
    """
    here = selection.version(db, unit_id)
    levels = select(func.max(unit_version.c.level)).where(
        unit_version.c.zoning_id == here.zoning_id, selection.is_current
    )
    # The finest of several levels has no snapshots.
    deepest = db.scalar(levels)
    if deepest == here.level and deepest > 1:
        return set()
    c = seen_series.c
    query = (
        select(c.day)
        .join(measure, measure.c.id == c.measure_id)
        .where(or_(c.unit_id == unit_id, c.unit_id.in_(_roots())))
        .where(measure.c.name == name.partition(".")[0])
        .distinct()
    )
    return set(db.scalars(query))


def first_day(db: Connection, layer_id: str) -> dt.date | None:
    """Return the first day on which anything of a flow happened in the city."""
    c = unit_series.c
    first: dt.date | None = db.scalar(
        select(func.min(c.day))
        .join(measure, measure.c.id == c.measure_id)
        .where(c.unit_id.in_(_roots()), measure.c.name == layer_id)
    )
    return first


def _roots() -> Any:  # noqa: ANN401 - a subquery
    c = unit_version.c
    return (
        select(c.unit_id)
        .join(zoning, zoning.c.id == c.zoning_id)
        .where(zoning.c.is_main, c.parent_id.is_(None), selection.is_current)
    )


def _by_hour(db: Connection, unit_id: int, name: str, layer: Layer, span: Span) -> pd.Series[float]:
    days = (span.last - span.first).days + 1
    if days > MOST_DAYS_BY_HOUR:
        raise SeriesError(
            f"Hours are shown of at most {MOST_DAYS_BY_HOUR} days, found {days}. "
            "Choose days, or a shorter span.",
            key="error.hours",
            most=MOST_DAYS_BY_HOUR,
            n=days,
        )
    city = places.city(db)
    if city is None or layer.time is None:
        raise NotFoundError("No city is loaded.")
    column = layer.table.c[layer.time]
    midnight = dt.datetime.combine(span.first, dt.time(), city.tz)
    after = dt.datetime.combine(span.last + dt.timedelta(days=1), dt.time(), city.tz)
    hour = func.date_trunc("hour", func.timezone(city.timezone, column), type_=DateTime)
    query = (
        select(hour, func.count())
        .where(column >= midnight, column < after, selection.rows_in(db, layer, unit_id))
        .group_by(literal_column("1"))
    )
    _, dimension, key = (*name.split(".", 2), "", "")[:3]
    for one in layer.dimensions:
        if one.key == dimension:
            is_part: ColumnElement[bool] = literal_column(one.column) == key
            query = query.where(is_part)
    found = pd.Series({pd.Timestamp(at): n for at, n in db.execute(query)}, dtype=float, name=name)
    hours = pd.date_range(span.first, periods=24 * days, freq="h", name="period")
    return found.reindex(hours, fill_value=0.0)


def _grouped(days: pd.Series[float], step: Step) -> pd.Series[float]:
    index = pd.DatetimeIndex(days.index)
    if step is Step.WEEK:
        return days.groupby(index - pd.to_timedelta(index.day_of_week, unit="D")).sum()
    if step is Step.MONTH:
        return days.groupby(index.to_period("M").to_timestamp()).sum()
    return days
