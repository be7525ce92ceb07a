"""Boundaries that follow areas of responsibility: units go over whole to whom their people go to.

The areas are drawn by doors, boundaries by whole units. So some people stay on the wrong side of
the line, and it is counted how many, and why. People are those of the latest release, laid on the
buildings: an estimate, alike for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy import Connection, Integer, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.city import City
from gis.division.balance.problem import Problem
from gis.division.coding import GiveCodes
from gis.division.division import Operation
from gis.division.joining import HandOver
from gis.division.surroundings import Surroundings
from gis.errors import BalanceError
from gis.network.network import Bools
from gis.tables import facility
from layers import balance
from layers.balance import Asked, Barriers
from layers.balance_tree import read_tree
from layers.columns import Ints, fetch
from layers.coverage.charges import charges
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import demand
from layers.rows import NO_UNIT

# The nearest facility stands in none of the units that are compared.
ELSEWHERE = -1


@dataclass(frozen=True)
class HandedOver:
    """A unit that goes over whole."""

    unit: int
    giver: int
    to: int
    people: float


@dataclass(frozen=True)
class Followed:
    """What becomes of the boundaries in a unit, and of whom they do not follow."""

    scope: int
    level: int
    moves: tuple[HandedOver, ...]
    # People whose nearest facility stands in another unit than they live in, before and after.
    wrong_before: float
    wrong_after: float
    # Of those after: who has the nearest one outside of all that is compared, ...
    elsewhere: float
    # ... who lives in a unit that cannot go over, and who is fewer than half of his unit.
    kept: float
    divided: float


def followed(  # noqa: PLR0913 - what is asked, and where
    db: Connection, ground: Ground, city: City, question: Question, scope: int, level: int
) -> Followed:
    """Return which units in a unit would go over whole for boundaries to follow the areas.

    Parameters
    ----------
    scope
        Nothing leaves it.
    level
        Of the units whose boundaries are to follow.

    Raises
    ------
    BalanceError
        The scope holds fewer than two such units that are divided.
    CityGridError
        No numbers of people have been released.
    """
    units = read_tree(db, scope)
    problem = balance.problem(
        db, city,
        Asked(scope, {"buildings": 1.0}, level=level, within=units.level[scope],
              barriers=Barriers.IGNORED),
        units,
    )  # fmt: skip
    people = _people(db, ground, question, problem)
    wants = _majority(people)
    groups = sorted(problem.parents)
    before = np.searchsorted(groups, problem.groups)
    after = follow(problem, before, wants, people.sum(axis=1))
    pieces = {}
    for at in np.flatnonzero(before != after).tolist():
        unit = problem.units[at]
        pieces[unit] = HandedOver(
            unit, groups[before[at]], groups[after[at]], float(people[at].sum())
        )
    wrong = people.sum(axis=1) - people[np.arange(len(people)), after]
    elsewhere = people[:, -1]
    kept = np.where((wants != ELSEWHERE) & (wants != after), wrong - elsewhere, 0.0)
    return Followed(
        scope, level, tuple(pieces.values()),
        float((people.sum(axis=1) - people[np.arange(len(people)), before]).sum()),
        float(wrong.sum()), float(elsewhere.sum()), float(kept.sum()),
        float((wrong - elsewhere - kept).sum()),
    )  # fmt: skip


def follow(problem: Problem, before: Ints, wants: Ints, people: Floats) -> Ints:
    """Hand units over, those with most people first, and return the group of each.

    A unit goes over only where it touches what it comes to, and leaves what it comes from in one
    piece and not empty; nobody who is locked goes.

    Parameters
    ----------
    before, wants
        The place of each unit's group among the sorted groups, and of the one it should be in;
        ELSEWHERE: in none.
    """
    group = before.copy()
    pairs = problem.adjacency.pairs
    near: list[list[int]] = [[] for _ in problem.units]
    for one, other in pairs.tolist():
        near[one].append(other)
        near[other].append(one)
    waiting = np.flatnonzero((wants != ELSEWHERE) & (wants != group) & ~problem.locked)
    waiting = waiting[np.argsort(-people[waiting], kind="stable")]
    is_going = True
    while is_going:
        is_going = False
        for at in waiting.tolist():
            to = wants[at]
            if group[at] == to or not any(group[n] == to for n in near[at]):
                continue
            left = group == group[at]
            parts = _parts(pairs, left)
            left[at] = False
            if left.any() and _parts(pairs, left) <= parts:
                group[at] = to
                is_going = True
    return group


def operations(found: Followed, here: Surroundings) -> list[Operation]:
    """Return the hand-overs as they are drawn, and the codes that follow the new parents."""
    lots: dict[int, list[int]] = {}
    for move in found.moves:
        lots.setdefault(move.to, []).append(move.unit)
    handed: list[Operation] = [HandOver(units, to) for to, units in lots.items()]
    return [*handed, GiveCodes(here, moved=[move.unit for move in found.moves])]


def _parts(pairs: Ints, some: Bools) -> int:
    """Return in how many pieces some units hang together."""
    inside = pairs[some[pairs].all(axis=1)] if len(pairs) else pairs.reshape(-1, 2)
    n = len(some)
    graph = coo_array((np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(n, n))
    count, _ = connected_components(graph, directed=False)
    return int(count - (~some).sum())


def _people(db: Connection, ground: Ground, question: Question, problem: Problem) -> Floats:
    """Return the people of each unit by the group of their nearest facility; the last: elsewhere.

    Shape (units, groups + 1).
    """
    tree, homes = ground.tree(db), ground.homes(db)
    found = charges(db, ground, question)
    groups = sorted(problem.parents)
    of_facility = _groups_of(db, ground, question, groups)
    order = np.argsort(of_facility[0], kind="stable")
    ids, standing = of_facility[0][order], of_facility[1][order]
    at = np.searchsorted(ids, found.facility).clip(max=max(len(ids) - 1, 0))
    group = np.where(ids[at] == found.facility, standing[at], ELSEWHERE) if len(ids) else (
        np.full(len(found.facility), ELSEWHERE)
    )  # fmt: skip
    place = tree.places(homes.unit_ids)[homes.building]
    people = demand(db, ground)["people"]
    # A unit in several pieces is in the list once a piece: its people are on the first.
    units, first = np.unique(np.array(problem.units), return_index=True)
    starts = tree.places(units)
    by_start = np.argsort(starts)
    row = np.searchsorted(starts[by_start], place, side="right") - 1
    known = row >= 0
    row = by_start[row.clip(0)]
    known &= (place != NO_UNIT) & (place < tree.ends[starts[row]])
    result = np.zeros((len(problem.units), len(groups) + 1))
    column = np.where(group == ELSEWHERE, len(groups), group)
    np.add.at(result, (first[row[known]], column[known]), people[known])
    return result


def _groups_of(
    db: Connection, ground: Ground, question: Question, groups: Sequence[int]
) -> tuple[Ints, Ints]:
    """Return the facilities of a question, and of each the place of the group it stands in."""
    tree, ids = ground.tree(db), ground.found(db, question).facilities.ids
    c = facility.c
    rows = fetch(
        db,
        select(
            sql_cast(c.id, Integer).label("id"),
            sql_cast(func.coalesce(c.unit_id, NO_UNIT), Integer).label("unit_id"),
        )
        .where(c.kind.in_(question.kinds))
        .order_by(c.id),
    )
    here = np.isin(rows["id"], ids)
    place = tree.places(rows["unit_id"][here])
    standing = np.full(here.sum(), ELSEWHERE)
    for at, group in enumerate(groups):
        start = int(tree.places(np.array([group]))[0])
        standing[(place >= start) & (place < tree.ends[start])] = at
    return rows["id"][here].astype(np.int64), standing


def _majority(people: Floats) -> Ints:
    """Return the group that more than half of each unit's people are nearest to; else ELSEWHERE."""
    if people.shape[1] < 2:
        raise BalanceError("There are no units to compare.", key="balance.nothing")
    best = people[:, :-1].argmax(axis=1)
    most = people[np.arange(len(people)), best]
    return np.where(most > 0.5 * people.sum(axis=1), best, ELSEWHERE)
