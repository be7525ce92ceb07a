"""What units lie in, remembered until boundaries change: of which places news of incidents is."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Engine, exc

from gis import places
from gis.errors import NotFoundError
from gis.news import News, Topic

log = logging.getLogger(__name__)


@dataclass
class Above:
    """The units that others lie in, themselves included; asked for by one thread."""

    engine: Engine
    _known: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def of(self, told: News) -> frozenset[int] | None:
        """Return the units in which news of incidents happened; None where that is not known."""
        if told.topic is Topic.BOUNDARIES:
            self._known.clear()
        if told.topic is not Topic.INCIDENTS or not told.unit_ids:
            return None
        try:
            self._learn(set(told.unit_ids) - self._known.keys())
        except NotFoundError:
            # It is no more, which the next news says.
            return None
        except (exc.OperationalError, exc.TimeoutError) as error:
            # Then everybody asks, whatever they show.
            log.warning("Where incidents happened is not told: %s", error)
            return None
        return frozenset(number for unit in told.unit_ids for number in self._known[unit])

    def _learn(self, units: Iterable[int]) -> None:
        new = sorted(units)
        if new:
            with self.engine.connect() as db:
                for unit in new:
                    self._known[unit] = tuple(place.id for place in places.path(db, unit))
