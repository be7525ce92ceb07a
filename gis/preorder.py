"""Where units stand in the order of the tree: lft and rgt of units that got another place.

The subtree of a unit are the units with an lft from its lft to its rgt. Numbers are given out with
room between them, so that a new unit finds some where it belongs; where there is none, the units
of the smallest subtree that has room move apart, and only for want of any the whole tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Connection, Integer, any_, func, select, update
from sqlalchemy import cast as sql_cast

from gis.tables import unit_version

_c = unit_version.c
# A subtree is spread only if each of its units then has so many numbers; the top makes more.
ROOM = 8
ROOM_AT_FIRST = 256


@dataclass(frozen=True)
class _Node:
    id: int
    parent: int | None
    code: str
    lft: int
    rgt: int


def place(db: Connection, unit_ids: Iterable[int]) -> None:
    """Give units whose parents or codes are new their numbers, and those below them.

    Their parents must stand in the tree, or be among them. Until then they have any numbers.
    Siblings stand in the order of their codes.
    """
    waiting = set(unit_ids)
    while waiting:
        number = min(waiting)
        way = _way_up(db, number)
        # The highest of those above that are waiting too takes the others with it.
        at = max(k for k, node in enumerate(way) if node.id in waiting)
        if at + 1 == len(way):
            waiting.discard(way[at].id)
        else:
            waiting -= _insert(db, way[at + 1], _subtree(db, way[at]), waiting)


def _insert(
    db: Connection, parent: _Node, below: Sequence[_Node], waiting: set[int]
) -> frozenset[int]:
    """Give a subtree numbers between its new siblings, or make room; return what has its place."""
    top = below[0]
    low, high = parent.lft + 1, parent.rgt
    for sibling in _children(db, parent.id):
        if sibling.id in waiting or sibling.id == top.id:
            continue
        if sibling.code < top.code:
            low = sibling.rgt + 1
        else:
            high = sibling.lft - 1
            break
    if low <= top.lft and top.rgt <= high and all(_is_within(node, top) for node in below):
        return frozenset([top.id])
    if high - low + 1 >= len(below):
        _write(db, _spread(below, low, high))
        return frozenset(node.id for node in below)
    return _make_room(db, parent)


def _is_within(node: _Node, top: _Node) -> bool:
    return top.lft <= node.lft and node.rgt <= top.rgt


def _make_room(db: Connection, node: _Node) -> frozenset[int]:
    """Spread the units below the nearest unit upwards that has numbers enough."""
    while True:
        below = _subtree(db, node)
        if node.rgt - node.lft >= ROOM * len(below):
            break
        if node.parent is None:
            node = _Node(node.id, None, node.code, node.lft, node.lft + ROOM_AT_FIRST * len(below))
            break
        node = _node(db, node.parent)
    numbers = dict(_spread(below[1:], node.lft + 1, node.rgt))
    _write(db, {**numbers, node.id: (node.lft, node.rgt)})
    return frozenset(numbers)


def _spread(below: Sequence[_Node], low: int, high: int) -> Mapping[int, tuple[int, int]]:
    """Return evenly spaced numbers for units in preorder, and their ends."""
    step = (high - low + 1) // max(len(below), 1)
    position = {node.id: k for k, node in enumerate(below)}
    last = dict(position)
    for node in reversed(below):
        if node.parent in last:
            last[node.parent] = max(last[node.parent], last[node.id])
    return {
        node.id: (low + k * step, low + (last[node.id] + 1) * step - 1)
        for k, node in enumerate(below)
    }


def _write(db: Connection, numbers: Mapping[int, tuple[int, int]]) -> None:
    ids = list(numbers)
    listed = [
        sql_cast(values, ARRAY(Integer))
        for values in (ids, [numbers[n][0] for n in ids], [numbers[n][1] for n in ids])
    ]
    given = func.unnest(*listed).table_valued("id", "lft", "rgt", name="given").render_derived()
    db.execute(
        update(unit_version)
        .where(_c.unit_id == given.c.id, func.upper_inf(_c.valid))
        .where((_c.lft != given.c.lft) | (_c.rgt != given.c.rgt))
        .values(lft=given.c.lft, rgt=given.c.rgt)
    )


def _node(db: Connection, number: int) -> _Node:
    query = select(_c.unit_id, _c.parent_id, _c.code, _c.lft, _c.rgt)
    return _Node(*db.execute(query.where(_c.unit_id == number, func.upper_inf(_c.valid))).one())


def _way_up(db: Connection, number: int) -> list[_Node]:
    """Return a unit and all that it lies in, from below."""
    columns = (_c.unit_id, _c.parent_id, _c.code, _c.lft, _c.rgt, _c.level)
    start = (
        select(*columns)
        .where(_c.unit_id == number, func.upper_inf(_c.valid))
        .cte("way", recursive=True)
    )
    upward = start.union_all(
        select(*columns)
        .join(start, _c.unit_id == start.c.parent_id)
        .where(func.upper_inf(_c.valid))
    )
    rows = db.execute(select(upward).order_by(upward.c.level.desc()))
    return [_Node(*row[:5]) for row in rows]


def _children(db: Connection, number: int) -> list[_Node]:
    query = select(_c.unit_id, _c.parent_id, _c.code, _c.lft, _c.rgt)
    rows = db.execute(query.where(_c.parent_id == number, func.upper_inf(_c.valid)))
    return sorted((_Node(*row) for row in rows), key=lambda node: (node.lft, node.code))


def _subtree(db: Connection, node: _Node) -> list[_Node]:
    """Return a unit and all below it, by their parents, in preorder by code."""
    found = {node.id: node}
    children: dict[int | None, list[_Node]] = {}
    level = [node.id]
    columns = (_c.unit_id, _c.parent_id, _c.code, _c.lft, _c.rgt)
    while level:
        of_them = _c.parent_id == any_(level)  # type: ignore[arg-type]
        rows = db.execute(select(*columns).where(of_them, func.upper_inf(_c.valid)))
        nodes = [_Node(*row) for row in rows]
        for one in sorted(nodes, key=lambda node: node.code):
            children.setdefault(one.parent, []).append(one)
        level = [one.id for one in nodes]
        found |= {one.id: one for one in nodes}
    order: list[_Node] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        order.append(one)
        waiting += reversed(children.get(one.id, []))
    return order
