"""Accounts of a made-up city: one for each post, to look at it with other eyes.

Grid heads are two, side by side: a border between two grids takes both.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, select

from gis.access import accounts, holdings
from gis.access.answers import Actor
from gis.access.holdings import Term
from gis.access.posts import POSTS, Held, Post
from gis.access.rules import DEFAULT
from gis.access.tables import account
from gis.tables import duty_body, measure, unit_count, unit_version, zoning

PREFIX = "demo."
NEIGHBOUR = f"{PREFIX}grid_head.neighbour"
# How deep below the top somebody works; where there are fewer levels, on the lowest.
_LEVELS = {
    Post.SUBDISTRICT_HEAD: 2,
    Post.COMMUNITY_HEAD: 3,
    Post.GRID_HEAD: 4,
    Post.GRID_WORKER: 5,
}


def demo_accounts(db: Connection, *, now: dt.datetime) -> int:
    """Make the accounts that are missing, each with its post; return how many.

    They have no password: who may enter as one of them is for the page to decide.
    """
    by = Actor(None, "demo")
    known = set(db.scalars(select(account.c.login).where(account.c.is_demo)))
    path = _path(db)
    if not path:
        return 0
    made = 0
    for post, duty in POSTS.items():
        login = PREFIX + post.value
        if login in known:
            continue
        unit_id, body_id = None, None
        if duty.held_on is Held.UNITS:
            unit_id = path[min(_LEVELS.get(post, 1), len(path)) - 1]
        elif duty.held_on is Held.BODY:
            # The one with most to do is as good as any; without bodies there is no such post.
            body_id = db.scalar(select(func.min(duty_body.c.id)))
            if body_id is None:
                continue
        name = f"{duty.names['zh']} / {duty.names['en']}"
        number = accounts.make(db, login, name, by=by, now=now, is_demo=True)
        holdings.grant(
            db, number, post, Term(now), unit_id=unit_id, body_id=body_id, by=by, rules=DEFAULT
        )
        made += 1
    beside = _neighbour(db, path[min(_LEVELS[Post.GRID_HEAD], len(path)) - 1])
    if beside is not None and NEIGHBOUR not in known:
        names = POSTS[Post.GRID_HEAD].names
        name = f"邻格{names['zh']} / Neighbouring {names['en'].lower()}"
        number = accounts.make(db, NEIGHBOUR, name, by=by, now=now, is_demo=True)
        holdings.grant(
            db, number, Post.GRID_HEAD, Term(now), unit_id=beside, by=by, rules=DEFAULT
        )  # fmt: skip
        made += 1
    return made


def _neighbour(db: Connection, unit_id: int) -> int | None:
    """Return the unit that a unit shares most of its border with, of one parent if there is one."""
    here, beside = unit_version.alias("here"), unit_version.alias("beside")
    border = func.ST_Length(func.ST_Intersection(here.c.geom, beside.c.geom))
    return db.scalar(
        select(beside.c.unit_id)
        .join(
            here,
            (here.c.zoning_id == beside.c.zoning_id)
            & (here.c.level == beside.c.level)
            & func.ST_Intersects(here.c.geom, beside.c.geom),
        )
        .where(
            here.c.unit_id == unit_id,
            beside.c.unit_id != unit_id,
            func.upper_inf(here.c.valid),
            func.upper_inf(beside.c.valid),
            border > 0,
        )
        .order_by(here.c.parent_id != beside.c.parent_id, border.desc(), beside.c.unit_id)
        .limit(1)
    )


def _path(db: Connection) -> list[int]:
    """Return units from the top to the lowest level, each the most populous of those below."""
    v, c = unit_version.c, unit_count.c
    main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
    people = select(measure.c.id).where(measure.c.name == "people").scalar_subquery()
    path: list[int] = []
    low, high = 0, 2**31 - 1
    while True:
        found = db.execute(
            select(v.unit_id, v.lft, v.rgt)
            .outerjoin(unit_count, (c.unit_id == v.unit_id) & (c.measure_id == people))
            .where(
                v.zoning_id == main, func.upper_inf(v.valid), v.level == len(path) + 1,
                v.lft.between(low, high),
            )
            .order_by(c.n.desc().nulls_last(), v.lft)
            .limit(1)
        ).first()  # fmt: skip
        if found is None:
            return path
        path.append(found.unit_id)
        low, high = found.lft, found.rgt
