"""In which units reported places lie: by an index in memory that is right while nothing changes.

The lock on the faces is held until the transaction ends, as by whoever places rows.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gis import locate
from gis.locate import Placer
from gis.tables import city, unit_version, zoning

# After so many places that the database was asked for, an index is worth making.
WORTH_AN_INDEX = 400
Version = tuple[object, ...]


@dataclass(frozen=True)
class Lying:
    """The face a place lies in; None: outside the city. And the units of further zonings."""

    unit_id: int | None
    others: Mapping[int, int]


class Faces:
    """The faces of a city, remembered for as long as they are the same; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._placer: Placer | None = None
        self._asked = 0

    def lying(self, db: Connection, xy: Sequence[tuple[float, float]]) -> list[Lying]:
        """Return where places lie (longitude, latitude); until commit no boundary changes."""
        locate.hold_faces(db)
        placer = self._current(db, len(xy))
        if placer is None:
            return _asked(db, xy)
        main, others = placer.main(xy), placer.others(xy)
        return [
            Lying(
                int(unit) if unit >= 0 else None,
                {z: int(units[at]) for z, units in others.items() if units[at] >= 0},
            )
            for at, unit in enumerate(main)
        ]

    def _current(self, db: Connection, more: int) -> Placer | None:
        version = _version(db)
        with self._lock:
            if self._version == version:
                return self._placer
            self._asked += more
            if self._asked < WORTH_AN_INDEX:
                return None
            # One makes it and the others wait: they would have to make it, too.
            self._placer, self._version, self._asked = Placer(db), version, 0
            return self._placer


def _version(db: Connection) -> Version:
    """Return what is another one whenever a boundary has changed."""
    newest = select(func.max(unit_version.c.id)).scalar_subquery()
    return tuple(db.execute(select(city.c.id, city.c.loaded_at, newest)).one())


def _asked(db: Connection, xy: Sequence[tuple[float, float]]) -> list[Lying]:
    zonings = db.execute(select(zoning.c.id, zoning.c.is_main)).all()
    found = []
    for lon, lat in xy:
        units = {z: locate.unit_at(db, z, lon, lat) for z, _ in zonings}
        main = next(units.pop(z) for z, is_main in zonings if is_main)
        found.append(Lying(main, {z: unit for z, unit in units.items() if unit is not None}))
    return found
