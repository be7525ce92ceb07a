"""Lists of candidates for new facilities: what somebody brought, row by row with its verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from gis.access.viewer import Viewer
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from gis.planning import candidate_list as kept

LONGEST_NAME = 80
# How many one account keeps: each is up to half a megabyte.
MOST_LISTS = 50


class Verdict(StrEnum):
    """What became of a row."""

    USED = "used"
    # Used, and somebody should look at it.
    DOUBTFUL = "doubtful"
    REFUSED = "refused"


@dataclass(frozen=True)
class Entry:
    """A row of a list."""

    # As a person finds it in the file.
    row: int
    name: str
    verdict: Verdict
    # Why it is doubtful or refused: a key below `candidates.why_` of the texts; empty when used.
    why: str = ""
    # EPSG:4326; None where it is refused.
    lon: float | None = None
    lat: float | None = None
    cost: float | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class CandidateList:
    """A list that was brought; it never changes."""

    id: int
    name: str
    account_id: int | None
    is_shared: bool
    # What the file was called.
    file: str
    entries: tuple[Entry, ...]
    created_at: dt.datetime

    @cached_property
    def candidates(self) -> tuple[Entry, ...]:
        """The rows that are candidates."""
        return tuple(each for each in self.entries if each.verdict is not Verdict.REFUSED)

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have a verdict."""
        return sum(each.verdict is verdict for each in self.entries)

    def __hash__(self) -> int:
        # A list never changes, and thousands of rows need not be walked to know it.
        return hash((self.id, self.created_at))


def make(  # noqa: PLR0913 - what a list is made of
    db: Connection,
    viewer: Viewer,
    name: str,
    file: str,
    entries: Sequence[Entry],
    *,
    is_shared: bool = False,
) -> CandidateList:
    """Keep a list as that of the viewer of the transaction.

    Raises
    ------
    CityGridError
        It has no name, none of its rows can be used, or the account keeps too many.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise CityGridError(
            f"A list has a name of 1 to {LONGEST_NAME} characters.",
            key="candidates.name", most=LONGEST_NAME,
        )  # fmt: skip
    if all(each.verdict is Verdict.REFUSED for each in entries):
        raise CityGridError(
            f"None of the {len(entries)} rows can be used: nothing in them says where they are. "
            "Give longitude and latitude, metric coordinates, or an address.",
            key="candidates.none_used", n=len(entries),
        )  # fmt: skip
    own = select(func.count()).where(
        kept.c.account_id == viewer.account_id, kept.c.deleted_at.is_(None)
    )
    if db.scalars(own).one() >= MOST_LISTS:
        raise CityGridError(
            f"You keep {MOST_LISTS} lists already. Delete one first.",
            key="candidates.too_many_lists", most=MOST_LISTS,
        )  # fmt: skip
    number = db.scalars(
        insert(kept)
        .values(
            account_id=viewer.account_id,
            name=name,
            file=file[:200],
            is_shared=is_shared,
            entries=[asdict(each) for each in entries],
        )
        .returning(kept.c.id)
    ).one()
    return read(db, number)


def read(db: Connection, number: int) -> CandidateList:
    """Return a list that may be seen.

    Raises
    ------
    NotFoundError
        There is none of one's own or shared.
    """
    row = db.execute(_there().where(kept.c.id == number)).first()
    if row is None:
        raise NotFoundError(
            f"There is no list of candidates {number}. It was deleted, or is not shared with you.",
            key="candidates.no_list", n=number,
        )  # fmt: skip
    return _list(row)


def listed(db: Connection) -> list[CandidateList]:
    """Return the lists that may be seen, the newest first."""
    query = _there().order_by(kept.c.created_at.desc(), kept.c.id.desc())
    return [_list(row) for row in db.execute(query)]


def delete(db: Connection, number: int) -> CandidateList:
    """Put a list of one's own away, and return it.

    Raises
    ------
    ForbiddenError
        It is another's.
    """
    found = read(db, number)
    gone = db.execute(update(kept).where(kept.c.id == number).values(deleted_at=func.now()))
    if not gone.rowcount:
        raise ForbiddenError(
            f"The list {found.name!r} is another's.", key="candidates.others", name=found.name
        )
    return found


def _there() -> Any:  # noqa: ANN401 - a select
    columns = [column for column in kept.c if column is not kept.c.deleted_at]
    return select(*columns).where(kept.c.deleted_at.is_(None))


def _list(row: Row[Any]) -> CandidateList:
    given = dict(row._mapping)
    entries = tuple(
        Entry(**{**each, "verdict": Verdict(each["verdict"])}) for each in given.pop("entries")
    )
    return CandidateList(**given, entries=entries)
