"""Who is told of an incident until he has seen it: by rules the holders of posts, and who follows.

What follows from following is in `following`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    any_,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from gis.access.posts import POSTS, Held, Post
from gis.access.tables import account, post_holding
from gis.access.viewer import Viewer
from gis.cases import incident_comment, incident_notice, incident_step
from gis.tables import unit_version
from layers.handling.rule_versions import Kind

POSTS_TOLD = tuple(
    post for post in Post if POSTS[post].held_on is not Held.CITY and post is not Post.CLERK
)
"""Who may be told: whoever has to do with incidents somewhere."""
# Of one incident.
MOST_LISTED = 20
_N = incident_notice.c


class About(StrEnum):
    """Why somebody is told of an incident."""

    ROUTING = Kind.ROUTING.value
    ESCALATION = Kind.ESCALATION.value
    STEP = "step"
    """He follows it, and it came to another stage."""
    COMMENT = "comment"
    """He follows it, and somebody said something about it."""
    CAME = "came"
    """Boundaries moved, and it lies in a unit that he heads: `redrawn`."""
    WENT = "went"
    """Boundaries moved, and it lies in a unit that he heads no more."""


@dataclass(frozen=True)
class Telling:
    """That the holders of some posts are to hear of an incident."""

    incident_id: int
    unit_id: int | None
    # Whose it is, or would be.
    body_id: int | None
    posts: Sequence[str]
    # What the rule is called.
    rule: str


@dataclass(frozen=True)
class Notice:
    """What a viewer was told of an incident and has not said to have seen."""

    about: About
    at: dt.datetime
    # What the rule is called; of boundaries that moved, the number of the order.
    rule: str
    # What was done, and who did it or said something.
    act: str
    name: str


def tell(db: Connection, about: Kind, some: Sequence[Telling], now: dt.datetime) -> int:
    """Tell people of incidents; return how many were told. As the engine."""
    wanted = [each for each in some if each.posts]
    if not wanted:
        return 0
    posts = {post for each in wanted for post in each.posts}
    at_units = _at_units(db, {each.unit_id for each in wanted} - {None}, posts, now)
    at_bodies = _at_bodies(db, {each.body_id for each in wanted} - {None}, posts, now)
    found = [
        {
            "incident_id": each.incident_id, "account_id": number, "about": about.value,
            "rule": each.rule, "at": now,
        }
        for each in wanted
        for number in sorted(
            {
                number
                for post in each.posts
                for number in (
                    *at_units.get((each.unit_id, post), ()),
                    *at_bodies.get((each.body_id, post), ()),
                )
            }
        )
    ]  # fmt: skip
    if found:
        db.execute(insert(incident_notice).inline(), found)
    return len(found)


def unseen(db: Connection, viewer: Viewer, incident_id: int) -> list[Notice]:
    """Return what a viewer was told of an incident, the latest first."""
    s, c = incident_step.c, incident_comment.c
    query = (
        select(
            _N.about, _N.at, _N.rule, func.coalesce(s.act, ""), func.coalesce(s.name, c.name, "")
        )
        .outerjoin(incident_step, s.id == _N.step_id)
        .outerjoin(incident_comment, c.id == _N.comment_id)
        .where(*_mine(viewer, incident_id), readable())
        .order_by(_N.id.desc())
        .limit(MOST_LISTED)
    )
    return [Notice(About(about), *rest) for about, *rest in db.execute(query)]


def seen(db: Connection, viewer: Viewer, incident_id: int) -> None:
    """Note that a viewer has seen what he was told of an incident."""
    db.execute(
        update(incident_notice).where(*_mine(viewer, incident_id)).values(seen_at=func.now())
    )


def readable() -> ColumnElement[bool]:
    """Return whether what a notice is about may be read now, as the policy of rows has it."""
    step = exists().where(incident_step.c.id == _N.step_id)
    comment = exists().where(incident_comment.c.id == _N.comment_id)
    return and_(
        or_(_N.step_id.is_(None), step.correlate(incident_notice)),
        or_(_N.comment_id.is_(None), comment.correlate(incident_notice)),
    )


def _mine(viewer: Viewer, incident_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        _N.incident_id == incident_id, _N.account_id == viewer.account_id, _N.seen_at.is_(None)
    )  # fmt: skip


def _at_units(
    db: Connection, units: Iterable[int | None], posts: Iterable[str], now: dt.datetime
) -> Mapping[tuple[int | None, str], list[int]]:
    """Return the accounts that hold a post on a unit or one it lies in, by unit and post."""
    here, above, h = unit_version.alias("here"), unit_version.alias("above"), post_holding.c
    query = (
        select(here.c.unit_id, h.post, h.account_id)
        .join(
            above,
            (above.c.zoning_id == here.c.zoning_id) & here.c.lft.between(above.c.lft, above.c.rgt),
        )
        .join(post_holding, h.unit_id == above.c.unit_id)
        .join(account, account.c.id == h.account_id)
        .where(
            here.c.unit_id == any_(sorted(u for u in units if u)),  # type: ignore[arg-type]
            func.upper_inf(here.c.valid), func.upper_inf(above.c.valid),
            h.post == any_(sorted(posts)),  # type: ignore[arg-type]
            h.valid.op("@>")(now), account.c.disabled_at.is_(None),
        )
    )  # fmt: skip
    return _grouped(db.execute(query).all())


def _at_bodies(
    db: Connection, bodies: Iterable[int | None], posts: Iterable[str], now: dt.datetime
) -> Mapping[tuple[int | None, str], list[int]]:
    """Return the accounts that hold a post at a duty body, by body and post."""
    h = post_holding.c
    query = (
        select(h.body_id, h.post, h.account_id)
        .join(account, account.c.id == h.account_id)
        .where(
            h.body_id == any_(sorted(b for b in bodies if b)),  # type: ignore[arg-type]
            h.post == any_(sorted(posts)),  # type: ignore[arg-type]
            h.valid.op("@>")(now), account.c.disabled_at.is_(None),
        )
    )  # fmt: skip
    return _grouped(db.execute(query).all())


def _grouped(rows: Iterable[Sequence[object]]) -> dict[tuple[int | None, str], list[int]]:
    found: dict[tuple[int | None, str], list[int]] = {}
    for place, post, number in rows:
        found.setdefault((int(str(place)), str(post)), []).append(int(str(number)))
    return found
