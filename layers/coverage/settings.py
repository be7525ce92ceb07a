"""What a city's `[coverage]` says of its streets: how fast one gets along, when, and what is near.

What it says of indicators and quotas beside it is read by `layers.coverage.indicators`.

```toml
[coverage]
meet_where_they_cross = true     # files whose streets cross without a vertex in common
join_within_m = 2                # dead ends that miss another street by no more are joined to it
walk_ms = 1.2                    # how fast adults walk, and older people
older_walk_ms = 0.8
speeds_kmh = { primary = 50 }    # where no limit is posted, instead of the design speeds
zones = [0.33, 0.67, 1]          # where near, further and far end, as shares of the limit
weights = [1, 0.68, 0.22]        # how much a place counts that is near, further and far

[coverage.turnout_s]             # from the alarm to the start, by kind of facility
fire_station = 60

[[coverage.bands]]
key = "morning"
names = { zh = "早高峰", en = "Morning peak" }
from = "07:30"
to = "09:30"
factors = { primary = 0.5, secondary = 0.6, otherwise = 0.8 }
```
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gis.city import read_names
from gis.errors import NotFoundError, SettingsError
from gis.siting.accessibility import WEIGHTS
from layers.catalog import facilities, roads
from layers.coverage.figures import by_key, number, table

# As Luo and Qi (2009) part their 30 minutes: thirds of the limit, whatever it is.
ZONES = (1 / 3, 2 / 3, 1.0)

OTHERWISE = "otherwise"
# Those of `layers.coverage.indicators`.
OF_INDICATORS = frozenset(("indicators", "quotas", "duties", "plots"))
_WALKS = ("walk_ms", "older_walk_ms")
_KEYS = OF_INDICATORS | frozenset(
    ("meet_where_they_cross", "join_within_m", *_WALKS, "speeds_kmh", "turnout_s", "bands", "zones",
     "weights")
)  # fmt: skip
_BAND_KEYS = frozenset(("key", "names", "from", "to", "factors"))
# A street at a twentieth of its speed stands still; one at more than twice it is a slip.
_FACTORS, _SPEEDS_KMH, _TURNOUTS_S = (0.05, 2.0), (1.0, 130.0), (0.0, 1800.0)
# Who walks slower stands, who walks faster runs. What is a street's width apart was meant to be.
_WALKS_MS, _JOINS_M = (0.3, 2.5), (0.0, 20.0)


@dataclass(frozen=True)
class Band:
    """Hours of the day in which streets are driven along more slowly, or faster."""

    key: str
    names: Mapping[str, str]
    begin: dt.time
    end: dt.time
    # Class of road → what its speed is multiplied by; `OTHERWISE` for those not named.
    factors: Mapping[str, float]

    def factor(self, kind: str) -> float:
        """Return what the speed on a class of road is multiplied by."""
        return self.factors.get(kind, self.factors.get(OTHERWISE, 1.0))


@dataclass(frozen=True)
class Settings:
    """How a city's streets are read."""

    # Metres a second.
    walk_ms: float
    older_walk_ms: float
    # By class of road, and `OTHERWISE` for those not named.
    speeds_kmh: Mapping[str, float]
    turnout_s: Mapping[str, float]
    bands: Mapping[str, Band]
    # Streets that cross without a common vertex meet, but for bridges and tunnels.
    meet_where_they_cross: bool
    # Dead ends that miss another street by no more are joined to it.
    join_within_m: float
    # Where zones of travel time end, as shares of a question's limit, and how much a place counts
    # in each.
    zones: tuple[float, ...]
    weights: tuple[float, ...]

    def speed_kmh(self, kind: str) -> float:
        """Return how fast a class of road is driven along where no limit is posted."""
        return self.speeds_kmh.get(kind, self.speeds_kmh[OTHERWISE])

    def band(self, key: str) -> Band:
        """Return a time band, or raise NotFoundError with those there are."""
        if key not in self.bands:
            known = ", ".join(self.bands) or "none"
            raise NotFoundError(
                f"The city has no time band {key!r}. There are: {known}. They are written in its "
                "city.toml, [[coverage.bands]].",
                key="coverage.no_band", band=key, known=tuple(self.bands),
            )  # fmt: skip
        return self.bands[key]


def read(own: Mapping[str, Any]) -> Settings:
    """Return the settings: the defaults, and what a city says beside or instead.

    Raises
    ------
    SettingsError
        The city's `[coverage]` cannot be used; every fault is named.
    """
    faults = [f"{key!r} is no setting" for key in sorted(own.keys() - _KEYS)]
    meet = own.get("meet_where_they_cross", False)
    if not isinstance(meet, bool):
        faults.append(f"meet_where_they_cross must be true or false, found {meet!r}")
    usual = table("streets")
    plain = {
        key: number(own.get(key, usual[key]), key, within, faults)
        for key, within in (*((key, _WALKS_MS) for key in _WALKS), ("join_within_m", _JOINS_M))
    }
    classes = (*roads.KINDS, OTHERWISE)
    speeds = by_key(own.get("speeds_kmh", {}), "speeds_kmh", classes, _SPEEDS_KMH, faults)
    kinds = tuple(facilities.KINDS)
    turnout = by_key(own.get("turnout_s", {}), "turnout_s", kinds, _TURNOUTS_S, faults)
    bands: dict[str, Band] = {}
    for place, item in enumerate(own.get("bands", ()), 1):
        if (band := _band(item, f"bands[{place}]", faults)) is None:
            continue
        if band.key in bands:
            faults.append(f"bands[{place}].key {band.key!r} was used before")
        bands[band.key] = band
    zones, weights = _zones(own, faults)
    refuse(faults)
    return Settings(
        **{key: value for key, value in plain.items() if value is not None},
        speeds_kmh={**usual["speeds_kmh"], **speeds},
        turnout_s={**usual["turnout_s"], **turnout},
        bands=bands, meet_where_they_cross=meet, zones=zones, weights=weights,
    )  # fmt: skip


def refuse(faults: Sequence[str]) -> None:
    """Raise SettingsError that names every fault of a city's `[coverage]`, if there is any."""
    if faults:
        raise SettingsError(
            "city.toml: [coverage] cannot be used:\n" + "\n".join(f"- {f}." for f in faults)
        )


def _zones(
    own: Mapping[str, Any], faults: list[str]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    found = []
    for key, otherwise in (("zones", ZONES), ("weights", WEIGHTS)):
        given = own.get(key, otherwise)
        if not (
            isinstance(given, Sequence)
            and given
            and all(type(n) in (int, float) and 0 < n <= 1 for n in given)
        ):
            faults.append(f"{key} must be numbers above 0 and up to 1, found {given!r}")
            given = ()
        found.append(tuple(float(n) for n in given))
    zones, weights = found
    if zones and (list(zones) != sorted(set(zones)) or zones[-1] != 1):
        faults.append(f"zones must ascend and end with 1, found {list(zones)!r}")
    if zones and weights and len(zones) != len(weights):
        faults.append(f"there are {len(zones)} zones and {len(weights)} weights")
    return zones, weights


def _band(item: Any, where: str, faults: list[str]) -> Band | None:  # noqa: ANN401
    if not isinstance(item, Mapping):
        faults.append(f"{where} must be a table, found {item!r}")
        return None
    before = len(faults)
    faults += [f"{where}.{key} is no setting" for key in sorted(item.keys() - _BAND_KEYS)]
    key = item.get("key")
    if not isinstance(key, str) or not key:
        faults.append(f"{where}.key must be a text, found {key!r}")
    told: list[str] = []
    names = read_names(item.get("names"), "names", told)
    if told:
        faults.append(f"{where}.names must give a text or {{zh = …, en = …}}")
    times = [_time(item.get(end), f"{where}.{end}", faults) for end in ("from", "to")]
    if None not in times and times[0] == times[1]:
        faults.append(f"{where} ends when it begins")
    classes = (*roads.KINDS, OTHERWISE)
    factors = by_key(item.get("factors", {}), f"{where}.factors", classes, _FACTORS, faults)
    if len(faults) > before or times[0] is None or times[1] is None:
        return None
    return Band(str(key), names, times[0], times[1], factors)


def _time(value: Any, where: str, faults: list[str]) -> dt.time | None:  # noqa: ANN401
    try:
        return dt.time.fromisoformat(value)
    except (TypeError, ValueError):
        faults.append(f"{where} must be a time like '07:30', found {value!r}")
        return None
