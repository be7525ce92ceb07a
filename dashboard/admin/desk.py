"""What the pages of the administration have in common: who may, the tabs, picking a unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, Select, func, or_, select

from dashboard.gate import visitor_of
from dashboard.text import Say, named
from dashboard.visitors import Visitor
from gis import places
from gis.access.posts import Right
from gis.access.typed import storable
from gis.errors import CityGridError, ForbiddenError
from gis.tables import unit_version, zoning

# Units a list offers; those below are found by their code.
OFFERED_LEVELS = 3
MOST_OFFERED = 500
MOST_NAMED = 5
LONGEST_NAME = 80
# Beyond them a slip of the finger, and the calendar's end is near.
FIRST_YEAR = 1900
LAST_YEAR = 2999


class UnclearError(CityGridError):
    """What was typed means nothing, or several things."""


def entitled(request: Request, *rights: Right) -> Visitor:
    """Return who asks, by a browser, if he has one of the rights; ForbiddenError else."""
    visitor = visitor_of(request)
    if visitor is None or visitor.session is None:
        raise ForbiddenError(
            "Administration is done in a browser, not with a token.", key="error.by_browser"
        )
    if not visitor.viewer.rights & set(rights):
        visitor.viewer.require(rights[0])
    return visitor


def tabs(say: Say, request: Request) -> list[tuple[str, str]]:
    """Return the pages of the administration that are for who looks."""
    visitor = visitor_of(request)
    rights = visitor.viewer.rights if visitor else frozenset()
    found = []
    if rights & {Right.ACCOUNTS, Right.GRANT}:
        found += [
            ("/admin", say("admin.accounts")),
            ("/admin/posts", say("admin.posts")),
            ("/admin/staff", say("admin.staff")),
        ]
    if Right.SETTINGS in rights:
        found += [
            ("/admin/webhooks", say("hooks.title")),
            ("/admin/calendar", say("calendar.title")),
        ]
    if rights & {Right.SETTINGS, Right.DISPATCH}:
        found += [
            ("/admin/rules", say("rules.title")),
            ("/admin/escalation", say("escalation.title")),
        ]
    return found


def day(typed: str, db: Connection) -> dt.datetime | None:
    """Return the midnight, on the city's clock, that a day begins with; None for no day."""
    if not typed:
        return None
    unclear = UnclearError(
        f"A date looks like 2026-01-31, of the years {FIRST_YEAR} to {LAST_YEAR}, found "
        f"{typed[:40]!r}.",
        key="admin.bad_date",
        first=FIRST_YEAR,
        last=LAST_YEAR,
    )
    try:
        found = dt.date.fromisoformat(typed)
    except ValueError as error:
        raise unclear from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise unclear
    city = places.city(db)
    return dt.datetime.combine(found, dt.time(), city.tz if city else dt.UTC)


def today(db: Connection, at: dt.datetime) -> str:
    """Return today's date on the city's clock."""
    city = places.city(db)
    return at.astimezone(city.tz if city else dt.UTC).date().isoformat()


def offered(db: Connection, language: str) -> list[tuple[str, str]]:
    """Return codes and names of the units a list offers, by code."""
    v = unit_version.c
    asked = _main().where(v.level <= OFFERED_LEVELS).order_by(v.level, v.code).limit(MOST_OFFERED)
    return [(row.code, named(row.names, language)) for row in db.execute(asked)]


def widest(db: Connection) -> str:
    """Return the code of the city itself; "" before one is loaded."""
    root = places.root(db)
    return root.code if root else ""


def picked_anywhere(db: Connection, typed: str) -> int:
    """Return the unit that a code means in a further zoning, else what `picked` returns."""
    v = unit_version.c
    others = (
        select(v.unit_id)
        .join(zoning, zoning.c.id == v.zoning_id)
        .where(~zoning.c.is_main, func.upper_inf(v.valid), v.code == storable(typed).strip())
        .order_by(v.unit_id)
        .limit(1)
    )
    try:
        return picked(db, typed)
    except UnclearError:
        found = db.scalar(others)
        if found is None:
            raise
        return int(found)


def picked(db: Connection, typed: str) -> int:
    """Return the unit that a code or a name means; UnclearError if it is none or several."""
    v = unit_version.c
    wanted = storable(typed).strip()
    if not wanted:
        raise UnclearError("Name a unit, by its code or name.", key="admin.unit_wanted")
    means = or_(v.code == wanted, v.names["zh"].astext == wanted, v.names["en"].astext == wanted)
    rows = db.execute(_main().where(means).order_by(v.code).limit(MOST_NAMED + 1)).all()
    exact = [row.unit_id for row in rows if row.code == wanted]
    if exact:
        return int(exact[0])
    if len(rows) > 1:
        codes = ", ".join(row.code for row in rows[:MOST_NAMED])
        raise UnclearError(
            f"Several units are called {wanted!r}; give the code: {codes}.",
            key="admin.unit_many",
            name=wanted,
            codes=codes,
        )
    if not rows:
        name = wanted[:LONGEST_NAME]
        raise UnclearError(
            f"No unit has the code or name {name!r}.", key="admin.unit_none", name=name
        )
    return int(rows[0].unit_id)


def _main() -> Select[Any]:
    v = unit_version.c
    main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
    return select(v.unit_id, v.code, v.names).where(v.zoning_id == main, func.upper_inf(v.valid))
