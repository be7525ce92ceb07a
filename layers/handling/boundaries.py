"""On which boundaries incidents are counted: today's, or those there were when each was closed.

An open incident lies where it lies today. A closed one keeps the unit that it was closed in, and
that unit lay in what it lay in at the time: since then it may have been handed over, merged or
retired. Of before the first boundaries that are known, those count.
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
    Integer,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import cast as sql_cast

from gis.tables import incident, unit_version
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
    """Where each unit that there ever was lay, and when.

    A *code* is a unit in one of its times; that of a unit that has one only is its number.
    """

    lying: Mapping[int, tuple[Lying, ...]]
    levels: Mapping[int, int]

    @cached_property
    def changes(self) -> list[dt.datetime]:
        """When any unit came to lie elsewhere, in order."""
        ends = {one.end for times in self.lying.values() for one in times}
        return sorted(ends - {_NEVER})

    def codes(self) -> Iterator[tuple[int, Lying]]:
        """Yield every code with what it stands for."""
        for unit, times in self.lying.items():
            for one in times:
                yield unit + _HALF * self._first(one), one

    def coded(self, keys: Array) -> Array:
        """Return the code of each `key` that the database found."""
        found = np.asarray(keys, np.int64).copy()
        for at, key in enumerate(found.tolist()):
            change, unit = divmod(key, _HALF)
            times = self.lying.get(unit, ())
            firsts = [first for one in times if (first := self._first(one)) <= change]
            found[at] = unit + _HALF * max(firsts, default=0)
        return found

    def key(self) -> ColumnElement[Any]:
        """Return the unit of an incident and after how many changes; NULL of one without a unit."""
        return sql_cast(_unit, BigInteger) + _HALF * sql_cast(self._change, BigInteger)

    def within(self, unit_id: int) -> ColumnElement[bool]:
        """Return the condition that an incident lay in a unit, or below it."""
        return self.among(code for code, one in self.codes() if unit_id in one.path)

    def among(self, codes: Iterable[int]) -> ColumnElement[bool]:
        """Return the condition that an incident has one of some codes."""
        wanted = set(codes)
        units = {code % _HALF for code in wanted}
        whole, parts = [], []
        for unit in units:
            spans = [(self._first(one), self._last(one)) for one in self.lying[unit]]
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
    """Read where the units of a zoning lay, from the first boundaries to today's."""
    query = (
        select(_v.unit_id, func.lower(_v.valid), _v.parent_id, _v.is_face, _v.level)
        .where(_v.zoning_id == zoning_id)
        .order_by(_v.unit_id, func.lower(_v.valid))
    )
    versions: dict[int, list[tuple[dt.datetime, int | None, bool]]] = {}
    levels: dict[int, int] = {}
    for unit, since, parent, is_face, level in db.execute(query):
        versions.setdefault(unit, []).append((since, parent, is_face))
        levels[unit] = level
    found: dict[int, tuple[Lying, ...]] = {}
    # The wider ones first: what lies in them asks where they lay.
    for unit in sorted(versions, key=levels.__getitem__):
        found[unit] = tuple(_merged(_lying(unit, versions[unit], found)))
    return Past(found, levels)


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
