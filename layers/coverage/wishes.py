"""What is wished for when new facilities are sought, and the question to the search it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gis.arrangement import Floats
from gis.siting.plan import Plan
from gis.siting.question import Aim, Siting
from layers.coverage.candidates import Candidates, Source
from layers.coverage.sites import Place


@dataclass(frozen=True)
class Wish:
    """How many new facilities are wanted, what for, and within which limits."""

    aim: Aim
    # For everyone as many as it takes; None: as many as a budget pays for.
    count: int | None = 3
    source: Source = field(default_factory=Source)
    # What all may cost together, and what one costs of which nothing is said.
    budget: float | None = None
    cost: float | None = None
    # For how many a new one has room of which nothing is said; None: room is asked about only
    # where a list says it.
    room: int | None = None
    # Which share of the people of each unit of a level is to be covered at least.
    floor: float = 0.0
    floor_level: int | None = None
    # Whether a second facility within reach counts, too.
    backup: bool = False


@dataclass(frozen=True, eq=False)
class Asked:
    """A question to the search, and where its candidates are."""

    siting: Siting
    candidates: Candidates
    # Of the value of every plan, what stands is worth.
    base: float = 0.0

    @property
    def places(self) -> Floats:
        """(candidates, 2): longitude and latitude."""
        return self.candidates.places

    def places_of(self, plan: Plan) -> tuple[Place, ...]:
        """Return where the sites of a plan are."""
        return tuple((float(lon), float(lat)) for lon, lat in self.places[plan.chosen])

    def gap(self, plan: Plan) -> float:
        """Return how far a plan may be from the best one, as a share of what is new in it."""
        apart, new = abs(plan.bound - plan.value), abs(plan.value - self.base)
        if apart == 0:
            return 0.0
        return apart / new if new and np.isfinite(plan.value) else np.inf
