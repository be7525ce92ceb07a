"""On which boundaries incidents are counted: today's, or those there were when each was closed.

An open incident lies where it lies today. A closed one keeps the unit that it was closed in, and
that unit lay in what it lay in at the time: since then it may have been handed over, merged or
retired. Of before the first boundaries that are known, those count.

Few units ever lay elsewhere. Those alone are looked up; all others lie where they always lay.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Integer,
    Select,
    and_,
    any_,
    case,
    distinct,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast

from gis.errors import CityGridError
from gis.tables import incident, unit_version
from layers import selection
from layers.columns import Array

_c, _v = incident.c, unit_version.c
_WHEN = DateTime(timezone=True)
_EVER, _NEVER = (moment.replace(tzinfo=dt.UTC) for moment in (dt.datetime.min, dt.datetime.max))
_unit: ColumnElement[int] = func.coalesce(_c.unit_then_id, _c.unit_id)
# Of a code: the unit is in its lower half, above it from the how manieth change on it lay so.
_HALF = 2**32


class On(StrEnum):
    """Which boundaries."""

    TODAY = "today"
    THEN = "then"


@dataclass(frozen=True)
class Lying:
    """A time in which a unit lay in the same others; it and they, the widest last."""

    begin: dt.datetime
    end: dt.datetime
    path: tuple[int, ...]
    is_face: bool


@dataclass(frozen=True, eq=False)
class Past:
    """Where and when the units lay that once lay elsewhere than today, or are no more.

    A *code* is a unit in one of its times; that of a unit that has one only is its number.
    """

    lying: Mapping[int, tuple[Lying, ...]]
    # Of these units, and of all that they ever lay in.
    levels: Mapping[int, int]

    @cached_property
    def changes(self) -> list[dt.datetime]:
        """When any unit came to lie elsewhere, in order."""
        ends = {one.end for times in self.lying.values() for one in times}
        return sorted(ends - {_NEVER})

    def codes(self) -> Iterator[tuple[int, Lying]]:
        """Yield the codes of these units with what they stand for."""
        for unit, times in self.lying.items():
            for one in times:
                yield unit + _HALF * self._first(one), one

    def coded(self, keys: Array) -> Array:
        """Return the code of each `key` that the database found."""
        keys = np.asarray(keys, np.int64)
        # That of a unit which always lay where it lies is its number.
        found = keys % _HALF
        for at in np.flatnonzero(np.isin(found, list(self.lying))).tolist():
            change, unit = divmod(int(keys[at]), _HALF)
            firsts = [first for one in self.lying[unit] if (first := self._first(one)) <= change]
            found[at] = unit + _HALF * max(firsts, default=0)
        return found

    def above(self, unit: int, at: dt.datetime) -> int | None:
        """Return what a unit of these lay in at a moment; None: it was the widest."""
        lay = next(one for one in self.lying[unit] if one.begin <= at < one.end)
        return lay.path[1] if len(lay.path) > 1 else None

    def key(self) -> ColumnElement[Any]:
        """Return the unit of an incident and after how many changes; NULL of one without a unit."""
        return sql_cast(_unit, BigInteger) + _HALF * sql_cast(self._change, BigInteger)

    def among(self, codes: Iterable[int]) -> ColumnElement[bool]:
        """Return the condition that an incident has one of some codes."""
        wanted = set(codes)
        units = {code % _HALF for code in wanted}
        whole, parts = [], []
        for unit in units:
            times = self.lying.get(unit, ())
            spans = [(self._first(one), self._last(one)) for one in times]
            chosen = [span for span in spans if unit + _HALF * span[0] in wanted]
            if len(chosen) == len(spans):
                whole.append(unit)
            else:
                parts += [and_(_unit == unit, self._change.between(*span)) for span in chosen]
        return or_(_unit == any_(literal(sorted(whole), ARRAY(Integer))), *parts)

    def _first(self, one: Lying) -> int:
        return 0 if one.begin == _EVER else self._number[one.begin]

    def _last(self, one: Lying) -> int:
        return len(self.changes) if one.end == _NEVER else self._number[one.end] - 1

    @cached_property
    def _number(self) -> dict[dt.datetime, int]:
        return {moment: number for number, moment in enumerate(self.changes, 1)}

    @cached_property
    def _change(self) -> ColumnElement[int]:
        """Return after how many changes an incident was closed; of an open one, after all."""
        closed = func.coalesce(_c.closed_at, _c.due_at, _c.reported_at)
        at = case((_c.unit_then_id.is_(None), sql_cast("infinity", _WHEN)), else_=closed)
        return func.width_bucket(at, sql_cast(self.changes, ARRAY(_WHEN)), type_=Integer)


def read(db: Connection, zoning_id: int) -> Past:
    """Read where units of a zoning lay that once lay elsewhere, from the first boundaries on."""
    # Asked one after the other: of nothing that was changed the database would still make room for
    # all that might lie in it.
    changed = db.scalars(_changed(zoning_id)).all()
    if not changed:
        return Past({}, {})
    told = set(db.scalars(_below(changed)))
    versions: dict[int, list[tuple[dt.datetime, int | None, bool]]] = {}
    levels: dict[int, int] = {}
    for unit, since, over, is_face, level in db.execute(_versions(told)):
        versions.setdefault(unit, []).append((since, over, is_face))
        levels[unit] = level
    found: dict[int, tuple[Lying, ...]] = {}
    # The wider ones first: what lies in them asks where they lay.
    for unit in sorted(versions, key=levels.__getitem__):
        found[unit] = tuple(_merged(_lying(unit, versions[unit], found)))
    return Past({unit: times for unit, times in found.items() if unit in told}, levels)


def _changed(zoning_id: int) -> Select[int]:
    """Return the units that lay in others once, were a face or none, or are no more."""
    v = _v
    old = select(v.unit_id).where(v.zoning_id == zoning_id, ~func.upper_inf(v.valid))
    return (
        select(v.unit_id)
        .where(v.unit_id.in_(old))
        .group_by(v.unit_id)
        .having(
            or_(
                func.count(distinct(func.coalesce(v.parent_id, 0))) > 1,
                func.count(distinct(v.is_face)) > 1,
                ~func.bool_or(func.upper_inf(v.valid)),
            )
        )
    )


def _below(units: Iterable[int]) -> Select[int]:
    """Return some units and what lies in them today, which lay elsewhere with them."""
    child = unit_version.alias("child")
    found = _numbers(units).cte("moved", recursive=True)
    found = found.union(
        select(child.c.unit_id).where(
            child.c.parent_id == found.c.unit_id, func.upper_inf(child.c.valid)
        )
    )
    return select(found.c.unit_id)


def _versions(units: Iterable[int]) -> Select[Any]:
    """Return the versions of units and of all that they ever lay in, those of each in order."""
    v, parent = _v, unit_version.alias("parent")
    path = _numbers(units).cte("path", recursive=True)
    path = path.union(
        select(parent.c.parent_id).where(
            parent.c.unit_id == path.c.unit_id, parent.c.parent_id.is_not(None)
        )
    )
    return (
        select(v.unit_id, func.lower(v.valid), v.parent_id, v.is_face, v.level)
        .where(v.unit_id.in_(select(path.c.unit_id)))
        .order_by(v.unit_id, func.lower(v.valid))
    )


def _numbers(units: Iterable[int]) -> Select[int]:
    listed = literal(sorted(units), ARRAY(Integer))
    return select(func.unnest(listed, type_=Integer).label("unit_id"))


def unknown() -> CityGridError:
    """Return the sentence for a unit of which it is not known what was closed in it."""
    return CityGridError(
        "Where cases were closed is known by the units of the main zoning only. "
        "Ask for today's boundaries, or for that zoning.",
        key="error.then_of_zoning",
    )


def rows_in(
    db: Connection, unit_id: int, rows: FromClause = incident, *, is_closed: bool = False
) -> ColumnElement[bool]:
    """Return the condition that an incident lay in a unit, or below it, when it was closed.

    Those that are open lie there today. In the plain columns, by ranges, so that indexes serve.

    Parameters
    ----------
    rows
        The table, or a view of it.
    is_closed
        Whether nothing but closed ones is asked for.

    Raises
    ------
    NotFoundError
        No unit of today has that number.
    CityGridError
        It is one of another zoning than the main one.
    """
    here = selection.version(db, unit_id)
    if not here.is_main:
        raise unknown()
    closed = _closed_in(db, here, unit_id, rows)
    if is_closed:
        return closed
    today = selection.below(db, here, rows.c.unit_id)
    return or_(and_(rows.c.unit_then_id.is_(None), today), closed)


def _closed_in(
    db: Connection,
    here: Any,  # noqa: ANN401 - a row
    unit_id: int,
    rows: FromClause,
) -> ColumnElement[bool]:
    c = rows.c
    always = selection.below(db, here, c.unit_then_id)
    if here.parent_id is None:
        return always
    lay = read(db, here.zoning_id)
    if not lay.lying:
        return always
    # In words of which the database knows that they tell nothing of a row: see `gis.access`.
    closed = case(
        (c.closed_at.is_not(None), c.closed_at),
        (c.due_at.is_not(None), c.due_at),
        else_=c.reported_at,
    )
    whole, parts = [], []
    for unit, times in lay.lying.items():
        inside = [one for one in times if unit_id in one.path]
        if len(inside) == len(times):
            whole.append(unit)
            continue
        for one in inside:
            since = closed >= one.begin if one.begin != _EVER else true()
            until = closed < one.end if one.end != _NEVER else true()
            parts.append(and_(c.unit_then_id == unit, since, until))
    moved = literal(sorted(lay.lying), ARRAY(Integer))
    return or_(
        and_(always, ~(c.unit_then_id == any_(moved))),
        c.unit_then_id == any_(literal(sorted(whole), ARRAY(Integer))),
        *parts,
    )


def _lying(
    unit: int,
    versions: list[tuple[dt.datetime, int | None, bool]],
    above: Mapping[int, tuple[Lying, ...]],
) -> Iterator[Lying]:
    begins = [_EVER, *(since for since, _, _ in versions[1:])]
    for begin, end, (_, parent, is_face) in zip(
        begins, [*begins[1:], _NEVER], versions, strict=True
    ):
        for over in above[parent] if parent is not None else (Lying(begin, end, (), is_face),):
            first, last = max(begin, over.begin), min(end, over.end)
            if first < last:
                yield Lying(first, last, (unit, *over.path), is_face)


def _merged(times: Iterator[Lying]) -> Iterator[Lying]:
    """Put together what follows each other and is the same, as after a border was moved."""
    for (path, is_face), same in groupby(times, key=lambda one: (one.path, one.is_face)):
        listed = list(same)
        yield Lying(listed[0].begin, listed[-1].end, path, is_face)
