"""Viewers: who asks, what they may do, and whose persons and cases they see.

The database decides by what `act_as` tells it of the viewer, for one transaction only: a
connection that goes back to its pool has forgotten whom it served.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import INT4RANGE

from gis.access.posts import POSTS, Held, Post, Right
from gis.access.tables import account, post_holding
from gis.errors import ForbiddenError, TextKey
from gis.tables import unit, unit_version

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Ids of units, as ranges from the first to the last one."""


@dataclass(frozen=True)
class Holding:
    """A post as somebody holds it: on a unit and all below it, at a duty body, or on neither."""

    post: Post
    unit_id: int | None = None
    body_id: int | None = None
    # Today's ids of the unit and all below it.
    units: Ranges = ()

    @property
    def rights(self) -> frozenset[Right]:
        """What the post allows; nothing while what it is held on is gone."""
        duty = POSTS[self.post]
        has_place = {
            Held.UNITS: bool(self.units), Held.BODY: self.body_id is not None, Held.CITY: True
        }  # fmt: skip
        return duty.rights if has_place[duty.held_on] else frozenset()


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks. Where a right differs from place to place, its units are told apart."""

    account_id: int | None = None
    login: str = ""
    name: str = ""
    posts: tuple[Holding, ...] = ()
    # Everything allowed anywhere.
    rights: frozenset[Right] = frozenset()
    # Units whose persons are seen (Right.PERSONS).
    units: Ranges = ()
    # Units whose cases are seen (Right.CASES), and duty bodies whose cases are.
    cases: Ranges = ()
    bodies: tuple[int, ...] = ()
    # Units where it is seen who is in care (Right.CARE).
    care: Ranges = ()
    # Units whose persons may be unmasked (Right.REVEAL).
    reveals: Ranges = ()
    is_demo: bool = False
    # Where the request came from, for the audit.
    address: str | None = None

    def may(self, right: Right, unit_id: int | None = None) -> bool:
        """Whether the viewer has a right; with ``unit_id``, whether he has it there."""
        if right not in self.rights:
            return False
        return unit_id is None or any(
            low <= unit_id <= high
            for holding in self.posts
            if right in holding.rights
            for low, high in holding.units
        )

    def require(self, right: Right, unit_id: int | None = None) -> None:
        """Raise ForbiddenError unless the viewer has a right, or has it on a unit."""
        if self.may(right, unit_id):
            return
        kind = "no_right_here" if right in self.rights else "no_right"
        who = f"The account {self.login!r}" if self.account_id else "Who is not signed in"
        able = [post for post, duty in POSTS.items() if right in duty.rights]
        where = f" on unit {unit_id}" if right in self.rights else ""
        raise ForbiddenError(
            f"{who} has no right {right.value!r}{where}. It comes with a post held there "
            f"({', '.join(able)}); a security administrator gives posts.",
            key=f"error.{kind}",
            right=TextKey(f"right.{right}"),
            posts=tuple(POSTS[post].names for post in able),
        )


# Every session is asked about each second: made once, for that takes longer than the question.
_HERE, _LOWER = unit_version.alias("here"), unit_version.alias("below")

NOBODY = Viewer()
"""Not signed in: no person, no case about a person, no right."""


def viewer_of(db: Connection, account_id: int, at: dt.datetime) -> Viewer:
    """Return the viewer an account is at a time; `NOBODY` if there is no such account or it ended.

    Parameters
    ----------
    db
        As the role `porter`, who alone of the server's roles reads accounts.
    """
    c = account.c
    row = db.execute(
        select(c.login, c.name, c.is_demo).where(c.id == account_id, c.disabled_at.is_(None))
    ).first()
    if row is None:
        return NOBODY
    h = post_holding.c
    held = db.execute(
        select(h.post, h.unit_id, h.body_id)
        .where(h.account_id == account_id, h.valid.op("@>")(at))
        .order_by(h.id)
    )
    posts = tuple(
        Holding(post, unit_id, body_id, _below(db, unit_id) if _needs_units(post) else ())
        for post, unit_id, body_id in ((Post(p), u, b) for p, u, b in held)
    )
    return _holder(posts, account_id, row.login, row.name, is_demo=row.is_demo)


def everything(db: Connection) -> Viewer:
    """Return a viewer who sees every person and case: for tests and measurements."""
    ids = _ranges(db, select(unit.c.id))
    return Viewer(
        login="everything", rights=frozenset(Right), units=ids, cases=ids, care=ids, reveals=ids,
        posts=tuple(
            Holding(post, units=ids) for post, duty in POSTS.items() if duty.held_on is Held.UNITS
        ),
    )  # fmt: skip


def act_as(db: Connection, viewer: Viewer) -> None:
    """Tell the database who asks, until the transaction ends."""
    told = {
        "units": multirange(viewer.units),
        "cases": multirange(viewer.cases),
        "care": multirange(viewer.care),
        "reveals": multirange(viewer.reveals),
        "bodies": _array(viewer.bodies),
        "held_units": _array(h.unit_id for h in viewer.posts if h.unit_id is not None),
        "held_bodies": _array(h.body_id for h in viewer.posts if h.body_id is not None),
        "rights": "{" + ",".join(sorted(viewer.rights)) + "}",
        "account": "" if viewer.account_id is None else str(viewer.account_id),
        "login": viewer.login,
        "address": viewer.address or "",
    }
    # One question for all of them.
    db.execute(
        select(*(func.set_config(f"citygrid.{key}", value, True) for key, value in told.items()))
    )


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def multirange(ranges: Ranges) -> str:
    """Return ranges of ids as PostgreSQL writes an int4multirange."""
    return "{" + ",".join(f"[{low},{high}]" for low, high in ranges) + "}"


def _holder(
    posts: tuple[Holding, ...], account_id: int, login: str, name: str, *, is_demo: bool
) -> Viewer:
    def units(right: Right) -> Ranges:
        return merged(r for holding in posts if right in holding.rights for r in holding.units)

    bodies = {h.body_id for h in posts if Right.CASES in h.rights and h.body_id is not None}
    return Viewer(
        account_id, login, name, posts,
        rights=frozenset().union(*(holding.rights for holding in posts)),
        units=units(Right.PERSONS), cases=units(Right.CASES), bodies=tuple(sorted(bodies)),
        care=units(Right.CARE), reveals=units(Right.REVEAL), is_demo=is_demo,
    )  # fmt: skip


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges in order, those that overlap or touch made one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _needs_units(post: Post) -> bool:
    return POSTS[post].held_on is Held.UNITS


def _below(db: Connection, unit_id: int | None) -> Ranges:
    """Return today's ids of a unit and of all below it; none if it is gone."""
    here, lower = _HERE.c, _LOWER.c
    return _ranges(
        db,
        select(lower.unit_id.label("id"))
        .join(_HERE, (here.zoning_id == lower.zoning_id) & lower.lft.between(here.lft, here.rgt))
        .where(here.unit_id == unit_id, func.upper_inf(here.valid), func.upper_inf(lower.valid)),
    )


def _ranges(db: Connection, ids: Any) -> Ranges:  # noqa: ANN401 - a select of one column, id
    found = ids.subquery()
    # Ids are given out in preorder, so that a subtree is one range until a change breaks it up.
    each = func.int4range(found.c.id, found.c.id, literal("[]"), type_=INT4RANGE)
    whole = func.range_agg(each)
    row = db.scalar(select(cast(whole, Text)))
    if row is None or row == "{}":
        return ()
    # Written back as "{[1,6),[8,9)}".
    bounds = [int(word) for word in row.strip("{[)}").replace("),[", ",").split(",")]
    return tuple((low, end - 1) for low, end in zip(bounds[::2], bounds[1::2], strict=True))
