"""What balancing is asked and what it answers, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gis.errors import BalanceError

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

TOLERANCE = 0.05
TIME_LIMIT_S = 10.0
ROUNDS = 40


@dataclass(frozen=True)
class Weights:
    """What a suggestion is drawn to, besides few hand-overs.

    Raises
    ------
    BalanceError
        If one is negative.
    """

    # A hand-over against a metre of border, in hundreds: borders grow by less for fewer moves.
    border: float = 1.0
    # How dear it is to join units across a barrier; None forbids it.
    barrier: float | None = None
    # No group may keep less than this part of its compactness (Polsby-Popper).
    compactness: float = 0.5

    def __post_init__(self) -> None:
        for name in ("border", "barrier", "compactness"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise BalanceError(
                    f"The weight {name!r} must not be negative, found {value!r}.",
                    key="balance.weights",
                )


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Which units share a border: each pair once, by the units' places in the list."""

    pairs: Ints
    border_m: Floats
    # The border runs along a river or a main road.
    is_barrier: Bools


@dataclass(frozen=True, eq=False)
class Problem:
    """A plan as it is: units, whose they are, and what lies on them.

    A unit in several pieces is in the list once a piece, locked, its load on one of them: pieces
    are what has to hang together.

    Raises
    ------
    BalanceError
        If the lists do not fit each other, or a load is unknown or negative.
    """

    units: Sequence[int]
    loads: Floats
    # The group of each unit, and of each group what it lies in: no unit leaves that.
    groups: Sequence[int]
    parents: Mapping[int, int]
    adjacency: Adjacency
    # Units that stay where they are.
    locked: Bools
    # Units that touch something outside of the problem, or the city's border.
    is_outer: Bools
    # Empty where compactness is not asked for.
    areas_m2: Floats = field(default_factory=lambda: np.empty(0))
    outlines_m: Floats = field(default_factory=lambda: np.empty(0))
    tolerance: float = TOLERANCE
    seed: int = 0
    # With a limit that is reached the answer depends on the machine; with rounds alone it does not.
    time_limit_s: float = TIME_LIMIT_S
    rounds: int = ROUNDS
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        n = len(self.units)
        lists = (self.loads, self.groups, self.locked, self.is_outer)
        shapes = [some for some in (self.areas_m2, self.outlines_m) if len(some)]
        if any(len(some) != n for some in (*lists, *shapes)) or len(shapes) == 1:
            raise BalanceError("Each unit needs a load, a group and a place, and none a second.")
        if not np.isfinite(self.loads).all() or (self.loads < 0).any():
            raise BalanceError("A load is unknown or negative: units cannot be weighed by it.")
        if missing := set(self.groups) - self.parents.keys():
            raise BalanceError(f"Of group {min(missing)} it is not said what it lies in.")
        if (
            len(self.adjacency.pairs)
            and not 0 <= self.adjacency.pairs.min() <= (self.adjacency.pairs.max()) < n
        ):
            raise BalanceError("A border is between units that are not in the list.")
        if not 0 < self.tolerance < 1:
            raise BalanceError(
                f"The tolerance is a share between 0 and 1, found {self.tolerance!r}.",
                key="balance.tolerance",
            )


@dataclass(frozen=True)
class Move:
    """One unit goes from one group to another; those of one step go together."""

    unit: int
    giver: int
    to: int
    load: float
    step: int


@dataclass(frozen=True)
class Standing:
    """A group's load and what it should be."""

    load: float
    target: float

    @property
    def deviation(self) -> float:
        """How far the load is from the target, as a share of it; 0 where nothing is to share."""
        return self.load / self.target - 1 if self.target > 0 else 0.0


@dataclass(frozen=True)
class Bound:
    """What no suggestion can beat, whatever it hands over.

    Both are true of plans that look at no border at all, so they may be out of reach.
    """

    deviation: float
    # Fewest hand-overs that bring all within the tolerance; None where that cannot be.
    moves: int | None


@dataclass(frozen=True)
class Suggestion:
    """Hand-overs in an order in which each can be made when its turn comes, and how good they are.

    ``is_fewest``: it is proved that no fewer hand-overs bring all within the tolerance.
    ``from_nothing``: the deviation of a division that begins from nothing and moves far more, for
    comparison; None where none was made. ``apart``: how far the shares of groups that a barrier or
    an exclusive grid keeps from each other are from their parent's mean; no hand-over changes that.
    """

    moves: tuple[Move, ...]
    before: Mapping[int, Standing]
    after: Mapping[int, Standing]
    tolerance: float
    bound: Bound
    is_fewest: bool
    from_nothing: float | None
    apart: float
    seconds: float
    # The time limit came before the last round.
    is_cut: bool

    @property
    def deviation_before(self) -> float:
        """The largest deviation of a group today."""
        return worst(self.before)

    @property
    def deviation_after(self) -> float:
        """The largest deviation of a group after the hand-overs."""
        return worst(self.after)

    @property
    def is_within(self) -> bool:
        """Whether every group is within the tolerance."""
        return self.deviation_after <= self.tolerance + EXACT

    @property
    def load_moved(self) -> float:
        """How much of the load changes hands."""
        return sum(move.load for move in self.moves)

    @property
    def share_moved(self) -> float:
        """What part of the whole load changes hands."""
        total = sum(standing.load for standing in self.before.values())
        return self.load_moved / total if total else 0.0


# Loads are counts, or sums of counts with weights: equal within this.
EXACT = 1e-9


def worst(standings: Mapping[int, Standing]) -> float:
    """Return the largest deviation, up or down."""
    return max((abs(standing.deviation) for standing in standings.values()), default=0.0)
