"""The same done with several cases: each by itself, with a verdict of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gis import locate
from gis.access.viewer import Viewer
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from gis.tables import incident
from layers import rows
from layers.catalog.incidents import INCIDENTS
from layers.handling import case as reading
from layers.handling import cases, talk
from layers.handling.case import Case
from layers.handling.effects import Said
from layers.handling.faces import Faces
from layers.handling.stages import Act, ActError, Who
from layers.handling.standing import is_who

MOST_AT_ONCE = 200
AT_ONCE = frozenset(Act) - {
    Act.AMEND, Act.SPLIT, Act.DUPLICATE, Act.POSTPONE, Act.ATTACH, Act.DETACH,
}  # fmt: skip
"""What can be done with several: the same words must fit all of them. A limit's time does not: it
is counted in hours for one case and in days for another. Nor does a file."""


@dataclass(frozen=True)
class Seen:
    """A case that somebody chose, as he saw it."""

    key: str
    version: int


@dataclass(frozen=True)
class Verdict:
    """What became of one of them."""

    key: str
    # As it stands then; None: nothing was done with it, and why.
    case: Case | None = None
    fault: CityGridError | None = None


def act_all(  # noqa: PLR0913 - what is done, by whom, and when
    db: Connection,
    viewer: Viewer,
    city: City,
    chosen: Sequence[Seen],
    act: Act,
    said: Said,
    *,
    now: dt.datetime,
    faces: Faces | None = None,
) -> list[Verdict]:
    """Do the same with several cases; what cannot be done with one is done with the others.

    Each has its own step and entry in the audit, as if it were done alone: `cases.act`. The
    stored numbers follow once, at the end.

    Parameters
    ----------
    db
        As the engine; the caller commits.

    Returns
    -------
    list
        A verdict for each, in the order given.

    Raises
    ------
    CityGridError
        They are too many, or this is not for several; nothing was done.
    """
    _check(chosen, act)
    known = faces or Faces()
    # Faces, then the rows by their number, then the stored numbers: whoever acts on one case takes
    # them in this order, and nobody waits in a circle.
    locate.hold_faces(db)
    c = incident.c
    held = select(c.id).where(c.key.in_([one.key for one in chosen])).order_by(c.id)
    numbers = db.scalars(held.with_for_update()).all()
    before = rows.read(db, INCIDENTS, numbers, city=city)

    def do(one: Seen) -> Case:
        case = _held(db, viewer, one.key, now)
        return cases.done(db, viewer, city, case, act, said, seen_version=one.version, faces=known)

    found = _each(db, chosen, do)
    # Once for all, so that others wait for the numbers of one change.
    if any(one.case for one in found):
        cases.settle(db, city, before, now)
    return found


def comment_all(
    db: Connection, viewer: Viewer, chosen: Sequence[Seen], text: str, *, now: dt.datetime
) -> list[Verdict]:
    """Say the same about several cases. As the engine, as for one: `talk.comment`."""
    _check(chosen, Act.COMMENT)

    def do(one: Seen) -> Case:
        found = _held(db, viewer, one.key, now)
        talk.comment(db, viewer, found.id, text, now=now)
        return found

    return _each(db, chosen, do)


def _held(db: Connection, viewer: Viewer, key: str, now: dt.datetime) -> Case:
    """Return a case by its number, if the viewer may see it: the same sentence where he may not."""
    number = db.scalar(select(incident.c.id).where(incident.c.key == key))
    found = reading.read(db, number, now, is_held=True) if number is not None else None
    if found is None or (found.is_personal and not is_who(viewer, found, Who.HOLDER)):
        raise NotFoundError(
            f"There is no incident {key}, or it is not yours to see.",
            key="error.no_case", case=key,
        )  # fmt: skip
    return found


def _each(db: Connection, chosen: Sequence[Seen], do: Callable[[Seen], Case]) -> list[Verdict]:
    found = []
    for one in chosen:
        try:
            with db.begin_nested():
                found.append(Verdict(one.key, do(one)))
        except CityGridError as fault:
            found.append(Verdict(one.key, fault=fault))
    return found


def _check(chosen: Sequence[Seen], act: Act) -> None:
    if act not in AT_ONCE:
        raise ActError(
            f"{act.value!r} is done with one case at a time.", key="error.case_one_by_one"
        )
    if len(chosen) > MOST_AT_ONCE:
        raise CityGridError(
            f"At most {MOST_AT_ONCE} cases are handled at once, found {len(chosen)}.",
            key="error.case_many_at_once", most=MOST_AT_ONCE, n=len(chosen),
        )  # fmt: skip
    if len({one.key for one in chosen}) < len(chosen):
        raise CityGridError("A case is named twice.", key="error.case_twice")
