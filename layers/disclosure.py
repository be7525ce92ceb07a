"""What a viewer is told of numbers of persons: the exact one, the released one, or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import orjson
from sqlalchemy import Connection, Text, cast, func, select

from gis.access.tables import release
from gis.access.views import is_seen
from gis.tables import unit_version, zoning, zoning_level
from layers import release_rules
from layers.catalog import LAYERS
from layers.release_rules import Rules


@dataclass(frozen=True)
class Disclosure:
    """How far numbers of persons go that are not of the viewer's own units.

    A number that is not there is zero where it would be told, and unknown elsewhere.
    """

    # False for the owner of the schema and the engine, who see every number.
    is_bound: bool
    # Of the latest release; None: none was made yet.
    rules: Rules | None
    # When what it says was true.
    as_of: dt.datetime | None
    # The main zoning, and its last level.
    main: int
    finest: int

    def last_level(self, name: str) -> int:
        """Return the last level of the main tree that a measure is released of; 0: of none."""
        table = self.rules.table_of(name) if self.rules else None
        return self.finest - table.above_finest if table else 0

    def threshold(self, name: str, level: int) -> int | None:
        """Return below which numbers of a measure are withheld; None: all are, of this level."""
        table = self.rules.table_of(name) if self.rules else None
        return table.threshold if table and level <= self.last_level(name) else None

    def is_told(self, name: str, zoning_id: int, level: int, *, is_seen: bool) -> bool:
        """Return whether a measure is told of a unit, so that no number there means zero.

        Parameters
        ----------
        is_seen
            Whether the persons of the unit are the viewer's to see.
        """
        if not self.is_bound or is_seen or not is_personal(name):
            return True
        # Of further zonings every number that is told is there, zero too.
        return zoning_id == self.main and level <= self.last_level(name)


def of(db: Connection) -> Disclosure:
    """Return what holds for the viewer of the transaction."""
    latest = select(func.max(release.c.id)).scalar_subquery()
    main = select(func.max(zoning.c.id)).where(zoning.c.is_main).scalar_subquery()
    finest = select(func.max(zoning_level.c.level)).where(zoning_level.c.zoning_id == main)
    row = db.execute(
        select(
            func.citygrid.is_bound().label("is_bound"),
            select(cast(release.c.settings, Text))
            .where(release.c.id == latest)
            .scalar_subquery()
            .label("settings"),
            select(release.c.as_of).where(release.c.id == latest).scalar_subquery().label("as_of"),
            func.coalesce(main, 0).label("main"),
            func.coalesce(finest.scalar_subquery(), 0).label("finest"),
        )
    ).one()
    rules = _rules(row.settings) if row.settings else None
    return Disclosure(row.is_bound, rules, row.as_of, row.main, row.finest)


@lru_cache(maxsize=8)
def _rules(settings: str) -> Rules:
    return release_rules.read(orjson.loads(settings))


def is_personal(name: str) -> bool:
    """Return whether a measure counts persons or their homes."""
    layer = LAYERS.get(name.partition(".")[0])
    return layer is not None and layer.is_personal


def absent(db: Connection, unit_id: int, names: Iterable[str]) -> dict[str, int | None]:
    """Return what it means of each measure that there is no number of a unit: zero, or unknown."""
    wanted = list(names)
    if not any(map(is_personal, wanted)):
        return dict.fromkeys(wanted, 0)
    told = of(db)
    if not told.is_bound:
        return dict.fromkeys(wanted, 0)
    c = unit_version.c
    here = db.execute(
        select(is_seen(c.unit_id).label("is_seen"), c.level, c.zoning_id).where(
            c.unit_id == unit_id, func.upper_inf(c.valid)
        )
    ).first()
    return {
        name: 0
        if here is None or told.is_told(name, here.zoning_id, here.level, is_seen=here.is_seen)
        else None
        for name in wanted
    }
