"""Filters of incidents that somebody gave a name: his own, or shared with the posts of a place.

A filter is the page's own link; what it shows is what is there when it is opened, for who opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from gis.access import audit
from gis.access.viewer import Viewer
from gis.cases import saved_filter as kept
from gis.errors import CityGridError, ForbiddenError, NotFoundError

LONGEST_NAME, LONGEST_QUERY = 60, 500
# Of one account.
MOST_KEPT = 50


@dataclass(frozen=True)
class Shared:
    """With whose posts a filter is shared; neither: with nobody's."""

    unit_id: int | None = None
    body_id: int | None = None


PRIVATE = Shared()


@dataclass(frozen=True)
class Filter:
    """A named filter."""

    id: int
    account_id: int
    name: str
    # What the page has in its address: ?unit=12&cases=overdue …
    query: str
    shared: Shared


def listed(db: Connection) -> list[Filter]:
    """Return the filters that the viewer keeps or that are shared with a post of his, by name."""
    return [_filter(row) for row in db.execute(_there().order_by(kept.c.name, kept.c.id))]


def read(db: Connection, number: int) -> Filter:
    """Return a filter that may be seen.

    Raises
    ------
    NotFoundError
        There is none of one's own or shared.
    """
    row = db.execute(_there().where(kept.c.id == number)).first()
    if row is None:
        raise NotFoundError(
            f"There is no filter {number}. It was deleted, or is not shared with you.",
            key="error.no_filter",
        )
    return _filter(row)


def keep(db: Connection, viewer: Viewer, name: str, query: str, shared: Shared = PRIVATE) -> Filter:
    """Keep a filter as that of the viewer of the transaction.

    Raises
    ------
    CityGridError
        It has no name, or the account keeps too many.
    ForbiddenError
        It is shared with the posts of a place where the viewer holds none.
    """
    name = _named(name)
    _check(viewer, shared)
    own = select(func.count()).where(
        kept.c.account_id == viewer.account_id, kept.c.deleted_at.is_(None)
    )
    if db.scalars(own).one() >= MOST_KEPT:
        raise CityGridError(
            f"You keep {MOST_KEPT} filters already. Delete one first.",
            key="error.filter_too_many", most=MOST_KEPT,
        )  # fmt: skip
    number = db.scalars(
        insert(kept)
        .values(
            account_id=viewer.account_id, name=name, query=query[:LONGEST_QUERY], **vars(shared)
        )
        .returning(kept.c.id)
    ).one()
    found = read(db, number)
    _note(db, viewer, found, "keep")
    return found


def change(
    db: Connection, viewer: Viewer, number: int, name: str, shared: Shared = PRIVATE
) -> Filter:
    """Give a filter of one's own another name, or share it with others.

    Raises
    ------
    ForbiddenError
        It is another's, or is shared where the viewer holds no post.
    """
    _check(viewer, shared)
    _write(db, viewer, number, name=_named(name), **vars(shared))
    found = read(db, number)
    _note(db, viewer, found, "change")
    return found


def delete(db: Connection, viewer: Viewer, number: int) -> None:
    """Put a filter of one's own away."""
    found = _write(db, viewer, number, deleted_at=func.now())
    _note(db, viewer, found, "delete")


def _write(db: Connection, viewer: Viewer, number: int, **values: object) -> Filter:
    found = read(db, number)
    if found.account_id != viewer.account_id:
        raise ForbiddenError(
            f"The filter {found.name!r} is another's.", key="error.filter_others", name=found.name
        )
    db.execute(update(kept).where(kept.c.id == number).values(**values))
    return found


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise CityGridError(
            f"A filter has a name of 1 to {LONGEST_NAME} characters.",
            key="error.filter_name", most=LONGEST_NAME,
        )  # fmt: skip
    return name


def _check(viewer: Viewer, shared: Shared) -> None:
    if shared != PRIVATE and shared not in places_of(viewer):
        raise ForbiddenError(
            "A filter is shared with the posts of a place where one holds a post oneself.",
            key="error.filter_place",
        )


def places_of(viewer: Viewer) -> list[Shared]:
    """Return with whose posts somebody may share: those of the places where he holds one."""
    found = [Shared(held.unit_id, held.body_id) for held in viewer.posts]
    return [each for each in dict.fromkeys(found) if each != PRIVATE]


def _note(db: Connection, viewer: Viewer, one: Filter, act: str) -> None:
    place = {
        kind: number
        for kind, number in (("unit", one.shared.unit_id), ("body", one.shared.body_id))
        if number is not None
    }
    audit.record(
        db, audit.Act.CHANGE, subject=f"filter/{one.id}",
        details={"what": f"filter {act}", "name": one.name, **place},
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip


def _there() -> Any:  # noqa: ANN401 - a select
    c = kept.c
    return select(c.id, c.account_id, c.name, c.query, c.unit_id, c.body_id).where(
        c.deleted_at.is_(None)
    )


def _filter(row: Row[Any]) -> Filter:
    return Filter(row.id, row.account_id, row.name, row.query, Shared(row.unit_id, row.body_id))
