"""Whom it is told that open cases lie in other units since boundaries moved: who heads those units.

A case goes to another grid, or its grid to another community; at each level at which that is so the
heads of the unit that it left and of the one that it came to hear of it, once for each case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, any_, insert, select

from gis.access.posts import Post
from gis.access.tables import account, post_holding
from gis.cases import incident_notice
from gis.tables import incident
from layers.catalog.incidents import INCIDENTS
from layers.handling.told import About
from layers.taking_effect import Effect
from layers.tree import Tree

HEADS = (Post.SUBDISTRICT_HEAD, Post.COMMUNITY_HEAD, Post.GRID_HEAD)


@dataclass(frozen=True)
class Redrawn:
    """An open case that lies in other units than before."""

    id: int
    is_personal: bool
    left: frozenset[int]
    came_to: frozenset[int]


def redrawn(db: Connection, effect: Effect) -> list[Redrawn]:
    """Return the open cases that lie in other units since a change took effect. As the engine."""
    shift = next((one for one in effect.shifts if one.layer.id == INCIDENTS.id), None)
    if shift is None:
        return []
    c, ids = incident.c, shift.before.ids.tolist()
    query = select(c.id, c.is_personal).where(c.id == any_(ids), c.stage != "closed")
    open_ = dict(db.execute(query).all())
    was, now = _above(effect.old_tree, shift.before.unit_ids), _above(
        effect.new_tree, shift.after.unit_ids
    )  # fmt: skip
    return [
        Redrawn(number, open_[number], was[before] - now[after], now[after] - was[before])
        for number, before, after in zip(
            ids, shift.before.unit_ids.tolist(), shift.after.unit_ids.tolist(), strict=True
        )
        if number in open_
    ]  # fmt: skip


def heads(db: Connection, units: Iterable[int], now: dt.datetime) -> Mapping[int, frozenset[int]]:
    """Return the accounts that head each unit itself. As the engine."""
    h, found = post_holding.c, dict[int, frozenset[int]]()
    query = (
        select(h.unit_id, h.account_id)
        .join(account, account.c.id == h.account_id)
        .where(
            h.unit_id == any_(sorted(set(units))),  # type: ignore[arg-type]
            h.post == any_([post.value for post in HEADS]),  # type: ignore[arg-type]
            h.valid.op("@>")(now), account.c.disabled_at.is_(None),
        )
    )  # fmt: skip
    for unit, number in db.execute(query):
        found[unit] = found.get(unit, frozenset()) | {number}
    return found


def tell(
    db: Connection,
    cases: Iterable[Redrawn],
    before: Mapping[int, frozenset[int]],
    order: str,
    now: dt.datetime,
) -> int:
    """Tell the heads of units which cases went and came; return how many notices that makes.

    Parameters
    ----------
    db
        As the engine, after posts moved with the units: `gis.orders.heirs`.
    before
        Who headed the units that cases left, before posts moved. Of a case about persons he is
        told nothing: it is not his to see any more.
    order
        The number of the order that moved the boundaries.
    """
    some = list(cases)
    after = heads(db, {unit for one in some for unit in one.came_to}, now)
    found = [
        {"incident_id": one.id, "account_id": who, "about": about.value, "rule": order, "at": now}
        for one in some
        for about, people in _told(one, before, after)
        for who in sorted(people)
    ]
    if found:
        db.execute(insert(incident_notice).inline(), found)
    return len(found)


def _told(
    one: Redrawn, before: Mapping[int, frozenset[int]], after: Mapping[int, frozenset[int]]
) -> tuple[tuple[About, frozenset[int]], tuple[About, frozenset[int]]]:
    came = frozenset[int]().union(*(after.get(unit, ()) for unit in one.came_to))
    went = frozenset[int]().union(*(before.get(unit, ()) for unit in one.left))
    # Whoever heads both hears of it once.
    return (About.CAME, came), (About.WENT, frozenset() if one.is_personal else went - came)


def _above(
    tree: Tree, units: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[int, frozenset[int]]:
    """Return each unit with everything it lies in; nothing for what lies in none."""
    places = np.arange(len(tree))
    distinct = np.unique(units)
    return {
        int(unit): frozenset(tree.ids[(places <= at) & (at < tree.ends)].tolist())
        for unit, at in zip(distinct, tree.places(distinct), strict=True)
    }
