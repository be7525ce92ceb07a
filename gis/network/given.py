"""Streets as they were given, before anything is made of them, and what is made of them then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gis.network.barriers import Parted, cut, met
from gis.network.network import Bools, Ints, Network, Streets, network
from gis.network.walls import Barriers


@dataclass(frozen=True, eq=False)
class Given:
    """What a network is made of; an entry for each street."""

    # By which each is known outside.
    ids: Ints
    streets: Streets
    # Bridges and tunnels: they lead over or under streets and barriers.
    passes: Bools
    # Those that are only supposed; whoever has another street near does not hang on them.
    is_new: Bools
    barriers: Barriers
    # Streets that cross without a vertex in common meet.
    meets: bool = False
    # Dead ends that miss another street by no more are joined to it.
    join_within_m: float = 0.0

    @cached_property
    def parted(self) -> Parted:
        """The streets met where they cross and cut at barriers, and which each was."""
        streets = self.streets
        if self.meets:
            streets = replace(streets, lines_m=met(streets.lines_m, passes=self.passes))
        if not len(self.barriers.lines_m):
            return Parted(streets, np.arange(len(self.ids)), ())
        return cut(streets, self.barriers, passes=self.passes)

    def network(self) -> Network:
        """Return the graph that one searches.

        Raises
        ------
        CityGridError
            There is no street at all.
        """
        return network(
            self.parted.streets, join_within_m=self.join_within_m, barriers=self.barriers
        )
