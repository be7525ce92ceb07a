"""What measures of handling are grouped by: units, duty bodies, classes; and who is in a group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, literal, or_, select

from gis import places
from gis.tables import duty_body, feature_unit, incident, incident_class, zoning
from layers import selection, tree
from layers.catalog.incidents import INCIDENTS
from layers.columns import Array
from layers.handling.asked import Asked, By
from layers.handling.boundaries import Lying, On, Past
from layers.handling.chosen import past
from layers.layer import Names

NO_BODY = 0
_c = incident.c
_u = feature_unit.c

Key = int | str


@dataclass(frozen=True)
class Grouped:
    """The groups of a table, and to which of them each key belongs."""

    # For each key that was asked about.
    groups: Array
    # Key, code and names of each group, in the table's order.
    named: list[tuple[Key, str, Names]]
    # The group of what is known to the asked unit but to none of its parts.
    rest: Key | None = None
    # Until when those were parts of the asked unit that are none today.
    until: Mapping[Key, dt.datetime] = field(default_factory=dict)


def key_of(db: Connection, asked: Asked) -> tuple[ColumnElement[Any], FromClause]:
    """Return what the rows are grouped by, and from where that comes."""
    if asked.by is By.UNIT:
        zoning_id = _zoning(db, asked)
        # What lies in no unit of the zoning is the rest.
        rest = asked.chosen.unit_id
        if asked.chosen.on is On.THEN:
            return func.coalesce(past(db, asked.chosen, zoning_id).key(), rest), incident
        if _is_main(db, zoning_id):
            return func.coalesce(_c.unit_id, rest), incident
        is_it = and_(_u.feature_id == _c.id, _u.layer == INCIDENTS.id, _u.zoning_id == zoning_id)
        return func.coalesce(_u.unit_id, rest), incident.outerjoin(feature_unit, is_it)
    keys: dict[By, ColumnElement[Any]] = {
        By.BODY: func.coalesce(_c.body_id, NO_BODY),
        By.BIG: _c.scheme + "/" + _c.big,
        By.SMALL: _c.scheme + "/" + _c.small,
    }
    return keys.get(asked.by, literal(0, literal_execute=True)), incident


def grouped(db: Connection, asked: Asked, keys: Array) -> Grouped:
    """Return the groups of a table: of units all there are, else those that occur."""
    if asked.by is By.UNIT:
        units = _units(db, asked)
        rest = asked.chosen.unit_id
        if asked.chosen.on is On.THEN:
            keys = past(db, asked.chosen).coded(keys)
        group_of = dict(zip(units.members.tolist(), units.group.tolist(), strict=True))
        groups = np.array([group_of.get(int(key), rest) for key in keys], np.int64)
        occurs = set(groups.tolist())
        # What is no part any more has a row where it has cases.
        parts = [n for n in units.ids.tolist() if n not in units.until or n in occurs]
        numbers = [*parts, *([] if rest in units.ids else [rest])]
        called = places.last_names_of(db, numbers)
        return Grouped(
            groups, [(n, *called[n]) for n in numbers], None if rest in units.ids else rest,
            {n: until for n, until in units.until.items() if n in occurs},
        )  # fmt: skip
    named: dict[Key, Names] = {}
    if asked.by is By.BODY:
        named = dict(db.execute(select(duty_body.c.id, duty_body.c.names)).all())
    elif asked.by in (By.BIG, By.SMALL):
        c = incident_class.c
        named = dict(db.execute(select(c.scheme + "/" + c.code, c.names)).all())
    there = sorted(set(keys.tolist()))
    return Grouped(keys, [(key, str(key), named.get(key, {})) for key in there])


def in_group(db: Connection, asked: Asked, key: Key) -> ColumnElement[bool]:
    """Return the condition that an incident is counted in a group."""
    if asked.by is not By.UNIT:
        return key_of(db, asked)[0] == key
    units = _units(db, asked)
    is_rest = key == asked.chosen.unit_id and key not in units.ids
    # The rest is what no other group has.
    members = units.members[(units.group != key) if is_rest else (units.group == key)].tolist()
    zoning_id = _zoning(db, asked)
    if asked.chosen.on is On.THEN:
        inside = past(db, asked.chosen).among(members)
        return or_(_c.unit_id.is_(None), ~inside) if is_rest else inside
    if _is_main(db, zoning_id):
        inside = _c.unit_id.in_(members)
        return or_(_c.unit_id.is_(None), ~inside) if is_rest else inside
    lying = select(_u.feature_id).where(
        _u.layer == INCIDENTS.id, _u.zoning_id == zoning_id, _u.unit_id.in_(members)
    )
    return _c.id.not_in(lying) if is_rest else _c.id.in_(lying)


@dataclass(frozen=True, eq=False)
class Shown:
    """The units that a map shows of a level, and which of them each unit below belongs to."""

    # In preorder.
    ids: Array
    # They and every unit below them, or of then their codes; and for each the one shown.
    members: Array
    group: Array
    # Of then: until when those were there that are not today.
    until: Mapping[int, dt.datetime] = field(default_factory=dict)

    def index_of(self, units: Array) -> Array:
        """Return the place in ``ids`` of the unit that each of some belongs to; -1 for none."""
        if not len(self.members):
            return np.full(len(units), -1)
        order = np.argsort(self.members, kind="stable")
        at = order[np.searchsorted(self.members[order], units).clip(max=len(order) - 1)]
        number = np.repeat(np.arange(len(self.ids)), self._sizes)
        return np.where(self.members[at] == units, number[at], -1)

    @property
    def _sizes(self) -> Array:
        starts = np.flatnonzero(np.concatenate([[True], self.group[1:] != self.group[:-1]]))
        return np.diff(np.append(starts, len(self.group)))


def shown(db: Connection, zoning_id: int, level: int, within: int) -> Shown:
    """Return the units shown of a level in a unit; of another zoning those that meet it."""
    whole = tree.read(db, zoning_id)
    ids = db.scalars(selection.at_level(db, zoning_id, level, within)).all()
    starts = whole.places(np.array(ids, np.int64))
    spread = [np.arange(start, whole.ends[start]) for start in starts]
    members = np.concatenate([np.empty(0, np.int64), *spread])
    group = np.repeat(whole.ids[starts], [len(each) for each in spread])
    return Shown(whole.ids[starts], whole.ids[members], group)


def shown_then(db: Connection, lay: Past, zoning_id: int, level: int, within: int) -> Shown:
    """Return the units of a level that there ever were in a unit; those of today first."""
    today = shown(db, zoning_id, level, within)
    stays = ~np.isin(today.members, list(lay.lying))
    there = frozenset(today.ids.tolist())
    once: dict[int, list[int]] = {}
    until: dict[int, dt.datetime] = {}
    for code, one in lay.codes():
        part = _part(lay, one, level, within)
        if part is not None:
            once.setdefault(part, []).append(code)
            until[part] = max(until.get(part, one.end), one.end)
    left = [unit for unit in once if unit not in there]
    ids = np.concatenate([today.ids, np.array(left, np.int64)])
    group = np.concatenate(
        [today.group[stays], np.repeat(list(once), [len(some) for some in once.values()])]
    ).astype(np.int64)
    codes = [code for some in once.values() for code in some]
    members = np.concatenate([today.members[stays], np.array(codes, np.int64)])
    # One after the other, as the groups are.
    place = {unit: at for at, unit in enumerate(ids.tolist())}
    order = np.argsort([place[unit] for unit in group.tolist()], kind="stable")
    gone = places.ends_of(db, left)
    return Shown(
        ids, members[order], group[order], {unit: gone.get(unit, until[unit]) for unit in left}
    )


def _part(lay: Past, one: Lying, level: int, within: int) -> int | None:
    """Return the unit shown of a level in a unit that another lay in at a time."""
    if within not in one.path:
        return None
    below = one.path[: one.path.index(within) + 1]
    found = next((unit for unit in below if lay.levels[unit] == level), None)
    is_above = one.is_face and lay.levels[one.path[0]] < level
    return one.path[0] if found is None and is_above else found


def _units(db: Connection, asked: Asked) -> Shown:
    here, zoning_id = selection.version(db, asked.chosen.unit_id), _zoning(db, asked)
    level = asked.level or (here.level + 1 if here.zoning_id == zoning_id else 1)
    if asked.chosen.on is On.THEN:
        lay = past(db, asked.chosen, zoning_id)
        return shown_then(db, lay, zoning_id, level, asked.chosen.unit_id)
    return shown(db, zoning_id, level, asked.chosen.unit_id)


def _zoning(db: Connection, asked: Asked) -> int:
    return asked.zoning_id or int(selection.version(db, asked.chosen.unit_id).zoning_id)


def _is_main(db: Connection, zoning_id: int) -> bool:
    return bool(db.scalar(select(zoning.c.is_main).where(zoning.c.id == zoning_id)))
