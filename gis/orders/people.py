"""People an order concerns: who may answer for a unit, who is told. Asked as the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, any_, func, select

from gis.access.posts import POSTS, Right
from gis.access.tables import account, post_holding
from gis.tables import unit_version

_ANY = frozenset({Right.REDRAW, Right.APPROVE})


def holders(
    db: Connection, units: Iterable[int], at: dt.datetime, rights: Iterable[Right] = _ANY
) -> Mapping[int, frozenset[int]]:
    """Return for each unit the accounts that hold one of the rights there; none are left out."""
    wanted = set(rights)
    posts = [post.value for post, duty in POSTS.items() if wanted & duty.rights]
    here, above, h = unit_version.alias("here"), unit_version.alias("above"), post_holding.c
    query = (
        select(here.c.unit_id, h.account_id)
        .join(
            above,
            (above.c.zoning_id == here.c.zoning_id) & here.c.lft.between(above.c.lft, above.c.rgt),
        )
        .join(post_holding, h.unit_id == above.c.unit_id)
        .join(account, account.c.id == h.account_id)
        .where(
            here.c.unit_id == any_(sorted(units)),  # type: ignore[arg-type]
            func.upper_inf(here.c.valid),
            func.upper_inf(above.c.valid),
            h.post == any_(posts),  # type: ignore[arg-type]
            h.valid.op("@>")(at),
            account.c.disabled_at.is_(None),
        )
    )
    found: dict[int, set[int]] = {}
    for unit_id, account_id in db.execute(query):
        found.setdefault(unit_id, set()).add(account_id)
    return {unit_id: frozenset(accounts) for unit_id, accounts in found.items()}


def staff(db: Connection, units: Iterable[int], at: dt.datetime) -> frozenset[int]:
    """Return the accounts that hold any post on one of the units themselves."""
    h = post_holding.c
    query = (
        select(h.account_id)
        .join(account, account.c.id == h.account_id)
        .where(
            h.unit_id == any_(sorted(units)),  # type: ignore[arg-type]
            h.valid.op("@>")(at),
            account.c.disabled_at.is_(None),
        )
    )
    return frozenset(db.scalars(query))
