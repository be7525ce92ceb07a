"""Measures of handling: registered, in time, closed, done again, overdue, and the hours it took.

By unit, duty body, class or period, each beside the period before. Every number is of the incidents
the viewer may see, carries what it was divided from, and is led back to its cases by `cases`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Select,
    SmallInteger,
    and_,
    func,
    literal_column,
    select,
    values,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy import column as sql_column

from gis.city import City
from gis.errors import NotFoundError
from gis.tables import incident
from layers.columns import Array
from layers.handling import durations
from layers.handling.asked import Asked, By, Stretch, spans, stretches
from layers.handling.chosen import before
from layers.handling.durations import Taken
from layers.handling.formulas import Count, Formula, Kind, condition, touched
from layers.handling.grouping import Key, grouped, in_group, key_of
from layers.layer import Names
from layers.series import Span

_c = incident.c
# What is counted, and hours of a kind: all of them, or net of suspensions.
_What: TypeAlias = Count | tuple[Kind, bool]
_Found: TypeAlias = dict[_What, dict[Any, float]]


@dataclass(frozen=True)
class Figure:
    """A measure's value and what it was made from; ``value`` None: there is nothing to divide by.

    Shares are parts of one; hours are of working time, and their ``numerator`` is all hours
    together (None of a median).
    """

    value: float | None
    numerator: float | None
    denominator: int


@dataclass(frozen=True)
class Group:
    """A unit, a body, a class or a period, with its measures now and in the period before.

    ``key`` is the unit's or body's number, "scheme/code" of a class, the first day of a period.
    ``is_rest`` marks the incidents that are known to the asked unit but to none of its parts,
    ``until`` when a unit was the last time a part of it that is none today.
    """

    key: Key
    code: str
    names: Names
    figures: Mapping[str, Figure]
    before: Mapping[str, Figure]
    is_rest: bool = False
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Measured:
    """An answer: all together, and group by group."""

    asked: Asked
    # What the groups of another kind than periods are compared with; a period with the last one.
    before: Span
    formulas: tuple[Formula, ...]
    total: Group
    groups: tuple[Group, ...]


def measured(db: Connection, city: City, asked: Asked) -> Measured:
    """Measure handling; incidents are counted in one question to the database.

    Raises
    ------
    NotFoundError
        No unit of today has the number.
    CityGridError
        More periods than a table holds.
    """
    times = stretches(city, asked)
    raw = _ask(db, asked, times)
    hours = durations.taken(db, city, asked, raw["package"].tolist(), (times[0][0], times[-1][1]))
    total = _figured(asked, raw, hours, np.zeros(len(raw), np.int64))
    if asked.by is By.PERIOD:
        # Stretches lie one after the other, and the whole is more than their sum: what is open at
        # the end of one is so at the end of the next.
        whole = measured(db, city, replace(asked, by=By.ALL))
        groups = [
            Group(span.first.isoformat(), "", {}, total(0, n), total(0, n - 1))
            for n, span in enumerate(spans(asked)[1:], 1)
        ]
        return replace(whole, asked=asked, groups=tuple(groups))
    everything = Group("", "", {}, total(0, 1), total(0, 0))
    parts = () if asked.by is By.ALL else tuple(_parts(db, asked, raw, hours))
    return Measured(asked, before(asked.span), asked.formulas, everything, parts)


def cases(  # noqa: PLR0913 - a cell of the table, and which part of it
    db: Connection,
    city: City,
    asked: Asked,
    count: Count,
    key: Key | None = None,
    *,
    is_before: bool = False,
) -> Select[int]:
    """Return the query of the incidents (``id``) that were counted in a group, in all without one.

    Parameters
    ----------
    count
        The numerator or denominator of a formula.
    key
        A `Group.key`.
    is_before
        Those of the period before.

    Raises
    ------
    NotFoundError
        There is no such period in the table.
    """
    these = counts(db, city, asked, count, key, is_before=is_before)
    return select(_c.id).where(these).order_by(_c.id)


def counts(  # noqa: PLR0913 - a cell of the table, and which part of it
    db: Connection,
    city: City,
    asked: Asked,
    count: Count,
    key: Key | None = None,
    *,
    is_before: bool = False,
) -> ColumnElement[bool]:
    """Return the condition on rows of `incident` that `cases` asks with."""
    here = [asked.chosen.rows(db)]
    number = 1
    if key is None or asked.by is By.ALL:
        asked = replace(asked, by=By.ALL)
    elif asked.by is By.PERIOD:
        firsts = [span.first.isoformat() for span in spans(asked)]
        if key not in firsts[1:]:
            raise NotFoundError(
                f"No period of this table begins on {key!r}.",
                key="error.no_period", found=str(key),
            )  # fmt: skip
        number = firsts.index(str(key), 1)
    else:
        here.append(in_group(db, asked, key))
    begin, end = stretches(city, asked)[number - 1 if is_before else number]
    return and_(*here, condition(count, begin, end))


def _parts(db: Connection, asked: Asked, raw: pd.DataFrame, hours: Taken) -> Iterator[Group]:
    made = grouped(db, asked, raw["key"].to_numpy())
    figures, there = _figured(asked, raw, hours, made.groups), set(made.groups.tolist())
    for key, code, names in made.named:
        is_rest = key == made.rest
        if key in there or not is_rest:
            here = figures(key, 1), figures(key, 0)
            yield Group(key, code, names, *here, is_rest, made.until.get(key))


def _ask(db: Connection, asked: Asked, times: list[Stretch]) -> pd.DataFrame:
    """Count: a row for each key and stretch of time in which anything was."""
    when = DateTime(timezone=True)
    stretch = (
        values(
            sql_column("n", SmallInteger), sql_column("begin", when), sql_column("end", when),
            name="stretch",
        )
        .data([
            (n, sql_cast(b, when), sql_cast(e, when)) for n, (b, e) in enumerate(times)
        ])
        .alias("stretch")
    )  # fmt: skip
    begin, end = stretch.c.begin, stretch.c.end
    key, joined = key_of(db, asked)
    number = {
        count: func.count().filter(condition(count, begin, end)).label(count.value)
        for count in Count
    }
    query = (
        select(key.label("key"), stretch.c.n.label("stretch"), *number.values(),
               # The clock is not the database's.
               durations.packed(begin, end).label("package"))
        .select_from(joined.join(stretch, touched(begin, end)))
        # Said of the incidents alone, so that each is looked at once before the stretches are.
        .where(asked.chosen.rows(db), touched(times[0][0], times[-1][1]))
        .group_by(literal_column("1"), literal_column("2"))
    )  # fmt: skip
    found = db.execute(query)
    return pd.DataFrame(found.all(), columns=pd.Index(found.keys(), dtype=object))


def _figured(
    asked: Asked, raw: pd.DataFrame, hours: Taken, groups: Array
) -> Callable[[Key, int], dict[str, Figure]]:
    """Return what tells the measures of a group in a stretch of time; ``groups`` is by row."""
    by = [pd.Series(groups, raw.index, name="group"), raw["stretch"]]
    numbers = raw[[count.value for count in Count]].groupby(by).sum()
    found: _Found = {count: numbers[count.value].to_dict() for count in Count}
    of = [each.to_numpy()[hours.row] for each in by]
    for is_net in {f.is_net for f in asked.formulas if f.numerator is None}:
        some = pd.Series(hours.net if is_net else hours.whole).groupby(of)
        found[Kind.MEAN, is_net] = some.sum().to_dict()
        found[Kind.MEDIAN, is_net] = some.median().to_dict()

    def figures(group: Key, stretch: int) -> dict[str, Figure]:
        here = {what: each.get((group, stretch), 0) for what, each in found.items()}
        return {formula.id: _figure(formula, here) for formula in asked.formulas}

    return figures


def _figure(formula: Formula, found: Mapping[_What, float]) -> Figure:
    of = int(found[formula.denominator])
    if formula.kind in (Kind.MEAN, Kind.MEDIAN):
        hours = float(found[formula.kind, formula.is_net])
        if formula.kind is Kind.MEDIAN:
            return Figure(hours if of else None, None, of)
        return Figure(hours / of if of else None, hours, of)
    n = int(found[cast("Count", formula.numerator)])
    if formula.kind is Kind.NUMBER:
        return Figure(n, n, of)
    return Figure(n / of if of else None, n, of)
