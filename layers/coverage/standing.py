"""What stands where new sites are sought: how near it is to each door, and whom it has room for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.network.snapping import Snapped
from gis.siting.assignment import nearest_first
from gis.siting.rooms import joined
from layers.coverage.ground import Found, Ground
from layers.coverage.room import UNKNOWN


@dataclass(frozen=True, eq=False)
class Standing:
    """Facilities that serve, and places tried that are taken for built."""

    # (doors, 2): the seconds of the nearest two; infinite where there are none within the limit.
    seconds: Floats
    # From the tried ones.
    tried: Pairs

    @cached_property
    def count(self) -> Ints:
        """How many are within reach of each door, up to two."""
        found: Ints = np.isfinite(self.seconds).sum(axis=1)
        return found

    def nearest(self, most: int) -> Pairs:
        """Return the nearest of each door as if it were one facility, and the next as another."""
        layers = [np.flatnonzero(np.isfinite(self.seconds[:, k])) for k in range(most)]
        starts = np.append(0, np.cumsum([len(each) for each in layers]))
        seconds = [self.seconds[each, k] for k, each in enumerate(layers)]
        return Pairs(starts, np.concatenate(layers), np.concatenate(seconds), len(self.seconds))


def standing(db: Connection, ground: Ground, found: Found, tried: Snapped) -> Standing:
    """Return what stands where a question was answered, together with what is tried."""
    question = found.question
    more = ground.search(db, question).pairs(tried, limit_s=question.limit_s)
    seconds = found.reach.times.seconds
    if len(tried.edge):
        each = np.full((len(tried.edge), more.targets), np.inf)
        each[more.source, more.target] = more.seconds + question.delay_s
        seconds = np.sort(np.vstack([seconds.T, each]), axis=0)[:2].T
    return Standing(seconds, more)


def served(  # noqa: PLR0913 - what stands, and who comes
    db: Connection,
    ground: Ground,
    found: Found,
    stands: Standing,
    people: Ints,
    *,
    is_held: bool,
    new_room: int | None,
) -> Ints:
    """Return how many people of each door what stands serves.

    Parameters
    ----------
    people
        Whole people at each door.
    is_held
        Whether a place is one person's: then room runs out, and who is nearest comes first.
    new_room
        For how many a tried place has room; None turns nobody away.
    """
    if not is_held:
        return np.where(stands.count > 0, people, 0)
    there = ground.search(db, found.question).pairs(
        found.facilities_hung, limit_s=found.question.limit_s
    )
    everybody, capacity = int(people.sum()), ground.capacities(db, found.facilities.ids)
    tried = np.full(
        len(stands.tried.starts) - 1, everybody if new_room is None else new_room, np.int64
    )
    room = np.append(np.where(capacity == UNKNOWN, everybody, capacity), tried)
    return nearest_first(joined(there, stands.tried), people, room).by_point
