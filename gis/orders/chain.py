"""The way of a change order: which stages ask whom, on units of which level."""

from __future__ import annotations

from gis.city import Asking, City
from gis.orders.status import Stage

# What the levels are called where a city goes by the usual names, and how deep they lie where it
# does not: heads sit on the fourth level, or on the lowest where there are fewer.
_USUAL = {
    Stage.COSIGN: ("grid", 4),
    Stage.CHECK: ("community", 3),
    Stage.APPROVE: ("subdistrict", 2),
    Stage.FILE: ("district", 1),
}


def way(city: City) -> tuple[Asking, ...]:
    """Return the stages an order goes through in a city, first to last.

    As `city.toml` says under `[orders]`; where it says nothing, neighbours co-sign, then each
    level above checks, approves and files. A stage whose level there is not is left out.
    """
    if city.orders:
        return city.orders
    levels = city.main.levels
    keys = {level.key: level for level in levels}
    lowest = min(_USUAL[Stage.COSIGN][1], len(levels))
    found = []
    for stage, (key, depth) in _USUAL.items():
        level = keys.get(key)
        if level is None and stage is Stage.COSIGN:
            level = levels[lowest - 1]
        elif level is None and depth < lowest:
            level = levels[depth - 1]
        if level is not None:
            found.append(Asking(stage, level.key))
    return tuple(found)


def level_of(city: City, asking: Asking) -> int:
    """Return the number of the level at whose units a stage asks."""
    return next(level.number for level in city.main.levels if level.key == asking.level)
