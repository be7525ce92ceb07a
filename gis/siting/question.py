"""What is asked when sites are sought: where they may be, whom they are for, what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from gis.arrangement import Floats
from gis.errors import CityGridError
from gis.network.network import Ints
from gis.network.pairs import Pairs


class Aim(StrEnum):
    """What makes one choice of sites better than another."""

    # The maximal covering location problem (MCLP): most people within the limit.
    MOST_PEOPLE = "most_people"
    # The location set covering problem (LSCP): everybody who can be, by the fewest or cheapest.
    EVERYONE = "everyone"
    # The p-median: the least time of all people together.
    LEAST_TIME = "least_time"
    # The p-center: the least time of who is worst off.
    LEAST_WORST = "least_worst"

    @property
    def is_more_better(self) -> bool:
        """Whether a larger value is the better one."""
        return self is Aim.MOST_PEOPLE


@dataclass(frozen=True, eq=False)
class Siting:
    """A question to `gis.siting.suggest.suggest`, and to `gis.siting.exact.prove`.

    Points without anybody need nothing; those that no site reaches are never anybody's fault.

    Raises
    ------
    CityGridError
        What is asked does not go together; one sentence says what.
    ValueError
        Arrays of different lengths: a bug of the caller.

    Examples
    --------
    >>> near = Pairs(np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([5.0, 3.0, 4.0]), 2)
    >>> asked = Siting(
    ...     Aim.LEAST_TIME, near, np.array([10.0, 20.0]), cost=np.array([3.0, 1.0]), budget=3.0
    ... )
    >>> asked.sites, asked.longest_s, asked.is_whole
    (2, 5.0, False)
    """

    aim: Aim
    # From candidates to demand points, within the limit.
    candidates: Pairs
    # People, or other weights, at each point; not negative.
    demand: Floats
    # From the facilities that stand, to the same points. They stay.
    existing: Pairs | None = None
    # How many are built at most.
    count: int | None = None
    # What each candidate costs, not negative, and what all may cost together.
    cost: Floats | None = None
    budget: float | None = None
    # How many people each candidate, and each existing facility, has room for.
    room: Ints | None = None
    existing_room: Ints | None = None
    # Which share of each group is to be reached at least; the people of each group at each point.
    floor: float = 0.0
    groups: Mapping[str, Floats] = field(default_factory=dict)
    # What a second site within reach is worth beside the first: 1 counts people twice.
    backup: float = 0.0
    # How long it takes whom nobody reaches, for the least time; None: the longest time of a pair.
    beyond_s: float | None = None

    def __post_init__(self) -> None:
        self._check_lengths()
        self._check_sense()

    def _check_lengths(self) -> None:
        if self.existing is not None and self.existing.targets != len(self.demand):
            raise ValueError(f"existing is about {self.existing.targets} points.")
        lengths = {
            "cost": (self.cost, self.sites),
            "room": (self.room, self.sites),
            "existing_room": (self.existing_room, len(self.standing.starts) - 1),
            "demand": (self.demand, self.candidates.targets),
            **{f"group {key}": (many, len(self.demand)) for key, many in self.groups.items()},
        }
        for name, (given, wanted) in lengths.items():
            if given is not None and len(given) != wanted:
                raise ValueError(f"{name} has {len(given)} entries, not {wanted}.")
        if self.room is not None and self.existing is not None and self.existing_room is None:
            raise ValueError("Existing facilities have no room given.")
        if self.room is not None and (np.asarray(self.demand) % 1 != 0).any():
            raise ValueError("People who need room are whole.")

    def _check_sense(self) -> None:
        limited = self.count is not None or self.budget is not None
        if not limited and self.aim is not Aim.EVERYONE:
            raise CityGridError(
                "How many may be built? Give a number, a budget, or both.", key="siting.no_limit"
            )
        if self.budget is not None and self.cost is None:
            raise CityGridError("A budget needs the cost of each site.", key="siting.no_cost")
        if self.room is not None and (self.aim is Aim.LEAST_WORST or self.backup or self.floor):
            raise CityGridError(
                "Capacity does not go together with the least worst time, backup cover or a least "
                "share. Leave one of them out.",
                key="siting.room_alone",
            )
        if self.backup and self.aim not in (Aim.MOST_PEOPLE, Aim.EVERYONE):
            raise CityGridError(
                "Backup cover goes with most people and with everyone. Choose one of them, or "
                "leave it out.",
                key="siting.backup_aim",
            )
        if self.floor and self.aim not in (Aim.MOST_PEOPLE, Aim.LEAST_TIME):
            raise CityGridError(
                "A least share goes with most people and with the least time. Choose one of them, "
                "or leave it out.",
                key="siting.floor_aim",
            )
        if self.aim is Aim.LEAST_WORST and self.count is not None and self.budget is not None:
            raise CityGridError(
                "For the least worst time give a number or a budget, not both.",
                key="siting.one_limit",
            )
        if not 0 <= self.backup <= 1:
            raise CityGridError(
                f"A second site is worth 0 to 1 of the first, not {self.backup}.",
                key="siting.backup", backup=self.backup,
            )  # fmt: skip
        if not 0 <= self.floor <= 1:
            raise CityGridError(
                f"A least share is 0 to 1, not {self.floor}.", key="siting.floor", floor=self.floor
            )

    @property
    def sites(self) -> int:
        """How many candidates there are."""
        return len(self.candidates.starts) - 1

    @cached_property
    def prices(self) -> Floats:
        """What each candidate costs; 1 where nothing is said."""
        return np.ones(self.sites) if self.cost is None else np.asarray(self.cost, float)

    @property
    def most(self) -> int:
        """How many may be built at most."""
        return self.sites if self.count is None else min(self.count, self.sites)

    @property
    def purse(self) -> float:
        """What all may cost together."""
        # A kernel is compiled for floats.
        return np.inf if self.budget is None else float(self.budget)

    @cached_property
    def standing(self) -> Pairs:
        """The ways from facilities that stand; without any there are none."""
        if self.existing is not None:
            return self.existing
        nothing = np.zeros(0, np.int64)
        return Pairs(np.zeros(1, np.int64), nothing, np.zeros(0), len(self.demand))

    @cached_property
    def longest_s(self) -> float:
        """How long it takes whom nobody reaches."""
        if self.beyond_s is not None:
            return self.beyond_s
        both = (self.candidates.seconds, self.standing.seconds)
        return float(max(seconds.max(initial=0.0) for seconds in both))

    @cached_property
    def all_beyond_s(self) -> float:
        """The seconds of all people together if nobody is reached."""
        return float((np.asarray(self.demand, float) * self.longest_s).sum())

    @cached_property
    def is_whole(self) -> bool:
        """Whether the value of every choice is a whole number."""
        if self.aim is Aim.MOST_PEOPLE:
            weights = np.asarray(self.demand), np.asarray(self.backup)
        elif self.aim is Aim.EVERYONE:
            weights = self.prices, np.zeros(1)
        else:
            return False
        return all(bool((each % 1 == 0).all()) for each in weights)
