"""Which units came from which: written by changes, read by histories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, any_, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis.tables import unit_lineage, unit_version


@dataclass(frozen=True)
class Life:
    """A unit as it was last called, and from when to when it was there."""

    unit_id: int
    code: str
    names: Mapping[str, str]
    since: dt.datetime
    # None while it is there.
    until: dt.datetime | None


@dataclass(frozen=True)
class Descent:
    """That a unit became another, when, and by what."""

    from_id: int
    into_id: int
    at: dt.datetime
    reason: str


def record(
    db: Connection, pairs: Iterable[tuple[int, int]], *, at: dt.datetime, reason: str = ""
) -> None:
    """Write down that units became others.

    Parameters
    ----------
    pairs
        (from, into) unit ids: a split has one ``from`` and several ``into``, a merge the reverse.
    at
        When the change came into force.
    """
    rows = [{"from_id": old, "into_id": new, "at": at, "reason": reason} for old, new in pairs]
    if rows:
        db.execute(insert(unit_lineage), rows)


def sources(db: Connection, unit_id: int) -> list[int]:
    """Return the units that a unit directly came from, the latest first."""
    c = unit_lineage.c
    query = select(c.from_id).where(c.into_id == unit_id).order_by(c.at.desc(), c.from_id)
    return list(db.scalars(query))


def successors(db: Connection, unit_id: int) -> list[int]:
    """Return the units that a unit directly went into, the latest first."""
    c = unit_lineage.c
    query = select(c.into_id).where(c.from_id == unit_id).order_by(c.at.desc(), c.into_id)
    return list(db.scalars(query))


def family(db: Connection, unit_id: int) -> tuple[list[Life], list[Descent]]:
    """Return all that a unit came from and all that came of it, the earliest first.

    Itself included; without any lineage it stands alone.
    """
    c, v = unit_lineage.c, unit_version.c
    seen: set[int] = {unit_id}
    edges: set[Descent] = set()
    # Upwards and downwards apart: a cousin that another line brought is no forebear.
    for near, far in (("into_id", "from_id"), ("from_id", "into_id")):
        waiting = {unit_id}
        reached = set(waiting)
        while waiting:
            rows = db.execute(select(c.from_id, c.into_id, c.at, c.reason).where(
                c[near] == any_(sorted(waiting))  # type: ignore[arg-type]
            )).all()  # fmt: skip
            edges |= {Descent(*row) for row in rows}
            waiting = {getattr(row, far) for row in rows} - reached
            reached |= waiting
        seen |= reached
    began, ended = func.min(func.lower(v.valid)), func.max(func.upper(v.valid))
    is_there = func.bool_or(func.upper_inf(v.valid))
    spans = {
        row[0]: row[1:]
        for row in db.execute(
            select(v.unit_id, began, ended, is_there)
            .where(v.unit_id == any_(sorted(seen)))  # type: ignore[arg-type]
            .group_by(v.unit_id)
        )
    }
    last = (
        select(v.unit_id, v.code, v.names)
        .where(v.unit_id == any_(sorted(seen)))  # type: ignore[arg-type]
        .ext(distinct_on(v.unit_id))
        .order_by(v.unit_id, func.lower(v.valid).desc())
    )
    lives = [
        Life(number, code, names, spans[number][0], None if spans[number][2] else spans[number][1])
        for number, code, names in db.execute(last)
    ]
    return (
        sorted(lives, key=lambda life: (life.since, life.unit_id)),
        sorted(edges, key=lambda edge: (edge.at, edge.from_id, edge.into_id)),
    )
