"""Whose an incident is: the units it lies in, who heads and looks after them, whose duty it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, any_, func, select

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.city import City
from gis.tables import duty_body, feature_unit, staff_holding, unit_version, zoning
from layers.catalog.incidents import INCIDENTS
from layers.handling import duty
from layers.handling.calendar import calendar_of
from layers.handling.case import Case
from layers.handling.clock import Limit, clock_of
from layers.handling.duty import Desk, Reported
from layers.handling.faces import Faces, Lying
from layers.handling.routing import Rule
from layers.layer import Names

# Who has to do with incidents is told by which telephone to reach whom.
REACHES = (Right.CASES, Right.REPORT, Right.SUPERVISE)
# Posts in the order in which they are called.
POSTS = ("worker", "head")


@dataclass(frozen=True)
class OnDuty:
    """Somebody who serves a unit now."""

    # head, worker
    post: str
    name: str
    # None: not known, or not for this viewer.
    phone: str | None


@dataclass(frozen=True)
class Holder:
    """A unit the place lies in, and who serves it."""

    id: int
    code: str
    names: Names
    level: int
    level_names: Names
    people: tuple[OnDuty, ...]


@dataclass(frozen=True)
class Body:
    """A duty body."""

    id: int
    key: str
    names: Names


@dataclass(frozen=True)
class Whose:
    """Whose an incident at a place would be."""

    # From the city down to the leaf; none: outside.
    units: tuple[Holder, ...]
    # In further zonings, such as police beats, by the zoning's key.
    others: Mapping[str, Holder]
    # Whose duty it is; None: the territory's own, or no class is said yet.
    body: Body | None
    # What the class and the condition allow, and when that would be over.
    limit: Limit | None
    due_at: dt.datetime | None

    @property
    def is_outside(self) -> bool:
        """Whether the place lies in no unit of the city."""
        return not self.units

    @property
    def leaf(self) -> Holder | None:
        """The finest unit."""
        return self.units[-1] if self.units else None


def whose(  # noqa: PLR0913 - what is asked
    db: Connection, viewer: Viewer, city: City, at: tuple[float, float], *, now: dt.datetime,
    scheme: str = "", small: str = "", condition: int | None = None, faces: Faces | None = None,
    title: str = "", address: str = "", source: str = "", severity: str = "",
) -> Whose:  # fmt: skip
    """Return whose an incident at a place (longitude, latitude) is, as a viewer may know it."""
    lying = (faces or Faces()).lying(db, [at])[0]
    main = _path(db, viewer, city, lying.unit_id, now) if lying.unit_id is not None else ()
    body, limit = None, None
    kind = duty.classes(db, [(scheme, small)]).get((scheme, small)) if small else None
    if kind is not None and lying.unit_id is not None:
        found = kind.condition(condition)
        limit = found.limit if found else None
        said = Reported(
            condition, lying.unit_id, lying.others, now, title, address, source, severity
        )
        rule = Desk(db, city).of(db, [(kind, said)])[0]
        body = _body(db, rule.body_id if rule else None)
    due = clock_of(calendar_of(city)).due(now, limit) if limit else None
    return Whose(main, _others(db, viewer, city, lying, now), body, limit, due)


def rule_of(db: Connection, city: City, case: Case) -> Rule | None:
    """Return the rule that decides whose duty a case is; None: none does."""
    kind = duty.classes(db, [(case.scheme, case.small)]).get((case.scheme, case.small))
    if kind is None:
        return None
    f = feature_unit.c
    others = select(f.zoning_id, f.unit_id).where(f.layer == INCIDENTS.id, f.feature_id == case.id)
    said = Reported(
        case.condition, case.unit_id, dict(db.execute(others).all()), case.reported_at,
        case.title, case.address, case.source, case.severity,
    )  # fmt: skip
    return Desk(db, city).of(db, [(kind, said)])[0]


def _body(db: Connection, number: int | None) -> Body | None:
    if number is None:
        return None
    row = db.execute(
        select(duty_body.c.id, duty_body.c.key, duty_body.c.names).where(duty_body.c.id == number)
    ).one()
    return Body(**row._mapping)


def _path(
    db: Connection, viewer: Viewer, city: City, leaf: int, now: dt.datetime
) -> tuple[Holder, ...]:
    here, above = unit_version.alias("here"), unit_version.alias("above")
    query = (
        select(above.c.unit_id)
        .join(
            here,
            (here.c.zoning_id == above.c.zoning_id)
            & here.c.lft.between(above.c.lft, above.c.rgt),
        )
        .where(
            here.c.unit_id == leaf, func.upper_inf(here.c.valid), func.upper_inf(above.c.valid)
        )
        .order_by(above.c.level)
    )  # fmt: skip
    levels = {level.number: level.names for level in city.main.levels}
    return _holders(db, viewer, db.scalars(query).all(), levels, now)


def _others(
    db: Connection, viewer: Viewer, city: City, lying: Lying, now: dt.datetime
) -> Mapping[str, Holder]:
    if not lying.others:
        return {}
    keys = dict(db.execute(select(zoning.c.id, zoning.c.key)).all())
    names = {each.key: each.levels[0].names for each in city.zonings if each.levels}
    found = {}
    for number, unit_id in lying.others.items():
        key = keys[number]
        levels = {1: names.get(key, {"zh": key, "en": key})}
        # Who has to do with incidents there reaches these, too.
        here = lying.unit_id
        found[key] = _holders(db, viewer, [unit_id], levels, now, within=here)[0]
    return found


def _holders(  # noqa: PLR0913 - who is asked for, and by whom
    db: Connection,
    viewer: Viewer,
    ids: Sequence[int],
    levels: Mapping[int, Names],
    now: dt.datetime,
    *,
    within: int | None = None,
) -> tuple[Holder, ...]:
    """Return units with who serves them; ``within``: the unit of the main tree that decides."""
    v, s = unit_version.c, staff_holding.c
    people: dict[int, list[OnDuty]] = {}
    serving = (
        select(s.unit_id, s.post, s.person, s.phone)
        .where(s.unit_id == any_(list(ids)), s.valid.op("@>")(now))  # type: ignore[arg-type]
        .order_by(s.id)
    )
    for unit_id, post, person, phone in db.execute(serving):
        place = unit_id if within is None else within
        is_told = any(viewer.may(right, place) for right in REACHES)
        people.setdefault(unit_id, []).append(OnDuty(post, person, phone if is_told else None))
    query = select(v.unit_id, v.code, v.names, v.level).where(
        v.unit_id == any_(list(ids)), func.upper_inf(v.valid)  # type: ignore[arg-type]
    )  # fmt: skip
    return tuple(
        Holder(
            unit_id, code, names, level, levels.get(level, names),
            tuple(sorted(people.get(unit_id, ()), key=_order)),
        )
        for unit_id, code, names, level in db.execute(query.order_by(v.level))
    )  # fmt: skip


def _order(one: OnDuty) -> int:
    return POSTS.index(one.post) if one.post in POSTS else len(POSTS)
