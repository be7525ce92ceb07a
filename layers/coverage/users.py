"""Who competes for the places of a facility, and whether a place is one person's.

A place at a school is a child's for the year: who finds none left goes without. A bed or a seat in
a library is used by one after the other, so it can be told how many there are for so many people,
but of nobody that he found no room. Kinds whose capacity says nothing of people (car parks,
restaurants) are not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from layers.coverage.figures import table
from layers.coverage.released import PEOPLE

CHILDREN, OLDER = "0_14", "60"


@dataclass(frozen=True)
class Users:
    """A part of a group that coverage counts."""

    # One of `layers.coverage.released.GROUPS`: what is released, not single years of age.
    group: str
    # Which share of the group competes.
    share: float
    # Whether a place is one person's; else it is used by many in turn.
    is_held: bool
    # What they are called on the page: a key of its catalogue.
    key: str


def _children(first: int, last: int) -> Users:
    """Return children of some years of age, taken to be as many of each of the fifteen years."""
    return Users(CHILDREN, (last - first + 1) / 15, True, f"aged_{first}_{last}")


# Ages: kindergarten from three (教育部 幼儿园工作规程, 2016, art. 4), infant care before it
# (国办发〔2019〕15 号), nine years of school from six (义务教育法, art. 11), six of them primary.
# Who is older than 14 is not released apart from adults, so of middle schools the junior three
# years count. For elderly care it is all who are 60 and over (老年人权益保障法, art. 2); for
# emergency shelters everybody; for fixed ones the share that their quota is for.
_SHELTERED: float = table("quotas")["fixed_shelter"]["per_1000"] / 1000
USERS: Mapping[str, Users] = MappingProxyType(
    {
        "childcare": _children(0, 2),
        "kindergarten": _children(3, 5),
        "primary_school": _children(6, 11),
        "middle_school": _children(12, 14),
        "school": _children(6, 14),
        "elderly_care": Users(OLDER, 1.0, True, "aged_60"),
        "emergency_shelter": Users(PEOPLE, 1.0, True, "everybody"),
        "fixed_shelter": Users(PEOPLE, _SHELTERED, True, "sheltered"),
        **dict.fromkeys(
            ("health_centre", "clinic", "hospital", "culture", "library", "sport"),
            Users(PEOPLE, 1.0, False, "everybody"),
        ),
    }
)


def users(kinds: Sequence[str]) -> Users | None:
    """Return who competes for the places of some kinds together.

    None where a kind has no places for people, or each kind has others.

    Examples
    --------
    >>> users(("primary_school",)).share
    0.4
    >>> users(("primary_school", "elderly_care")) is None
    True
    """
    each = {USERS.get(kind) for kind in kinds}
    return each.pop() if len(each) == 1 else None


def held() -> tuple[str, ...]:
    """Return the kinds of which a place is one person's."""
    return tuple(kind for kind, some in USERS.items() if some.is_held)
