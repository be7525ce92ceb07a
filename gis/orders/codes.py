"""Codes for the new units of an order, by the city's rules: free ones, in the order of the map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from gis import places
from gis.division.delta import Delta, Unit
from gis.division.rings import shape
from gis.orders.status import OPEN
from gis.orders.tables import change_order, order_step
from gis.tables import unit_version
from gis.unit_codes import next_codes

_v, _o, _s = unit_version.c, change_order.c, order_step.c
_NUMBER = re.compile(r"(.*?)(\d+)")
# Of the first codes below a parent, where no other unit of the level shows how long they are.
DIGITS_AT_FIRST = 2


def coded(db: Connection, zoning_id: int, delta: Delta) -> Delta:
    """Return a change whose new units without a code have the next free ones.

    Of several under one parent the westernmost gets the lowest, and of those above each other the
    northern one. Codes that orders on their way have are as good as given.
    """
    waiting: dict[tuple[int, int], list[int]] = {}
    for number, unit in delta.new.items():
        if not unit.code and unit.parent is not None:
            waiting.setdefault((unit.parent, unit.level), []).append(number)
    if not waiting:
        return delta
    new = dict(delta.new)
    # Widest first: codes below begin with those above.
    for parent, level in sorted(waiting, key=lambda key: key[1]):
        numbers = in_order(waiting[parent, level], new)
        codes = suggest(db, zoning_id, parent, level, len(numbers), known=new)
        for number, code in zip(numbers, codes, strict=True):
            new[number] = replace(new[number], code=code)
    return Delta(delta.old, new)


def suggest(  # noqa: PLR0913 - where the codes are for
    db: Connection,
    zoning_id: int,
    parent: int,
    level: int,
    count: int = 1,
    *,
    known: Mapping[int, Unit] | None = None,
) -> list[str]:
    """Return free codes for new units of a level under a parent.

    Where codes follow the parent they are its code and a running number; elsewhere they count on
    from the codes of its other children.

    Parameters
    ----------
    known
        Units of the draft: their codes are taken too, and the parent may be one of them.
    """
    city = places.city_of(db)
    drafted = known or {}
    above = drafted[parent].code if parent in drafted else ""
    if not above:
        today = (_v.unit_id == parent) & func.upper_inf(_v.valid)
        above = db.scalar(select(_v.code).where(today)) or ""
    # Of the parent's children the last one, to count on from.
    like = db.scalar(
        select(_v.code)
        .where(_v.parent_id == parent, _v.level == level, _v.zoning_id == zoning_id)
        .order_by(func.length(_v.code).desc(), _v.code.desc())
        .limit(1)
    )
    if city.codes_follow_parent or like is None:
        sibling = db.scalar(
            select(func.max(func.length(_v.code))).where(
                _v.zoning_id == zoning_id, _v.level == level
            )
        )
        digits = (sibling or 0) - len(above)
        prefix, digits = above, digits if digits > 0 else DIGITS_AT_FIRST
    else:
        found = _NUMBER.fullmatch(like)
        prefix, digits = (found[1], len(found[2])) if found else (like, DIGITS_AT_FIRST)
    taken = _spoken_for(db, zoning_id) | {unit.code for unit in drafted.values()}
    wanted = count
    while True:
        free = [
            code
            for code in next_codes(db, zoning_id, prefix, digits=digits, count=wanted)
            if code not in taken
        ]
        if len(free) >= count:
            return free[:count]
        wanted += count - len(free)


def in_order(numbers: Sequence[int], units: Mapping[int, Unit]) -> list[int]:
    """Return units in the order in which they are numbered: west to east, then north to south.

    Units stand in one row as far as they overlap from north to south by more than half.
    """
    boxes = {n: shape(rings).bounds for n in numbers if (rings := units[n].rings)}
    rows: list[list[int]] = []
    for number in sorted(boxes, key=lambda n: (-boxes[n][3], boxes[n][0], n)):
        south, north = boxes[number][1], boxes[number][3]
        for row in rows:
            low, high = boxes[row[0]][1], boxes[row[0]][3]
            common = min(north, high) - max(south, low)
            if 2 * common > min(north - south, high - low):
                row.append(number)
                break
        else:
            rows.append([number])
    found = [n for row in rows for n in sorted(row, key=lambda n: (boxes[n][0], n))]
    return [*found, *(n for n in numbers if n not in boxes)]


def _spoken_for(db: Connection, zoning_id: int) -> set[str]:
    """Return the codes that orders on their way give to new units."""
    query = (
        select(_s.delta["new"])
        .join(change_order, _o.id == _s.order_id)
        .where(_o.zoning_id == zoning_id, _o.status.in_(OPEN), _s.n <= _o.done)
    )
    return {
        unit["code"]
        for new in db.scalars(query)
        for number, unit in new.items()
        if int(number) < 0 and unit["code"]
    }
