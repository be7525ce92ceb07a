"""A scenario beside today, or another one: whom it reaches, who finds room, whose is whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gis.access.viewer import Viewer
from gis.arrangement import Floats
from layers.coverage.changed import Changed
from layers.coverage.changes import MOST_CHANGES
from layers.coverage.charges import Charges, charges
from layers.coverage.ground import Ground
from layers.coverage.laid_room import public
from layers.coverage.reach import Question
from layers.coverage.redrawn import Redrawn
from layers.coverage.room import Room
from layers.coverage.seen import Numbers, Seen, seen


@dataclass(frozen=True)
class New:
    """A unit that is none of today's."""

    names: Mapping[str, str]
    level: int
    # NaN where a number is not told.
    people: float
    reached: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two answers to one question, of which the second is as a scenario supposes the city."""

    # Of the same units, today's: nobody is in one that a change order ends.
    before: Seen
    after: Seen
    # Who finds room, as anybody may know it; None where a place is nobody's.
    room_before: Room | None
    room_after: Room | None
    charges_before: Charges
    charges_after: Charges
    # Units that a change order makes, by what they are called, with what becomes of their people.
    new: tuple[New, ...]

    def gained(self, group: str) -> Floats:
        """Return how many more are reached in each unit; below zero: fewer. NaN: not told."""
        found: Floats = self.after.numbers[group].reached - self.before.numbers[group].reached
        return found

    def share_gained(self, group: str) -> Floats:
        """Return by how much the share of those reached grows in each unit; NaN: not told."""
        one, other = (each.numbers[group].share_uncovered for each in (self.before, self.after))
        found: Floats = one - other
        return found


def compare(
    db: Connection, base: Ground, supposed: Changed, question: Question, viewer: Viewer
) -> Comparison:
    """Answer a question twice, as the viewer may know it.

    Parameters
    ----------
    base
        The city as it is, or as another scenario supposes it.
    """
    before, _ = _told(db, base, question, viewer)
    after, new = _told(db, supposed, question, viewer)
    return Comparison(
        before, after,
        public(db, base, question), public(db, supposed, question),
        _apart(charges(db, base, question), base, supposed), charges(db, supposed, question), new,
    )  # fmt: skip


def number_apart(n: int) -> int:
    """Return the number of what the n-th change of a base opens; none of a scenario has it."""
    return -n - MOST_CHANGES


def _apart(found: Charges, base: Ground, supposed: Changed) -> Charges:
    """Return whose people are whose on a base, what it opens told apart from what is compared.

    What both open in the same place is the same.
    """
    if not isinstance(base, Changed):
        return found
    same = {(each.kind, each.at): -n for n, each in supposed.opened}
    facility = found.facility.copy()
    for n, each in base.opened:
        facility[found.facility == -n] = same.get((each.kind, each.at), number_apart(n))
    return replace(found, facility=facility)


def _told(
    db: Connection, ground: Ground, question: Question, viewer: Viewer
) -> tuple[Seen, tuple[New, ...]]:
    """Return an answer for today's units, and the units that are none of them."""
    found = seen(db, ground, question, viewer.units, viewer.care)
    units = ground.redrawn(db) if isinstance(ground, Changed) else None
    if units is None:
        return found, ()
    numbers = {key: _aligned(units, each) for key, each in found.numbers.items()}
    return replace(found, tree=units.before, numbers=numbers), _new(units, found)


def _new(units: Redrawn, after: Seen) -> tuple[New, ...]:
    people, tree = after.people, units.after
    return tuple(
        New(units.names[int(tree.ids[at])], int(tree.levels[at]), float(people.all[at]),
            float(people.reached[at]))
        for at in units.new.tolist()
    )  # fmt: skip


def _aligned(units: Redrawn, numbers: Numbers) -> Numbers:
    official = None if numbers.official is None else units.aligned(numbers.official)
    is_exact, is_withheld = (
        units.aligned(each.astype(float)) > 0 for each in (numbers.is_exact, numbers.is_withheld)
    )
    return Numbers(
        units.aligned(numbers.all), units.aligned(numbers.reached), official, is_exact,
        is_withheld,
    )  # fmt: skip
