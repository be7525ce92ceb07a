"""The standard indicators: which facility within which circle of daily life, and how much of it.

The numbers and where each is from stand in `indicators.toml` and `quotas.toml`. A city says
otherwise, or more, in its city.toml:

```toml
[coverage.indicators]
metro = { metres = 600 }         # of a standard one, only what is to be otherwise
culture = false                  # one the city does without
school = { names = { zh = "学校", en = "School" }, kinds = ["school"], minutes = 20 }

[coverage.quotas]
childcare = { per_1000 = 6 }     # places, or with measured = "area_m2" square metres

[coverage.duties]
fire_station = { most_km2 = 4 }  # how large the ground is that a facility answers for

[coverage.plots]
kindergarten = { least_m2 = 3000 }  # how large the plot is at least that one is built on
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

import orjson

from gis.city import City, read_names
from layers.catalog.facilities import KINDS
from layers.coverage import settings
from layers.coverage.figures import number, table
from layers.coverage.reach import Question
from layers.coverage.released import AGE_GROUPS, PEOPLE
from layers.coverage.streets import Mode

Said: TypeAlias = Mapping[str, Any]
Value = TypeVar("Value")

# From which share of its people on a unit has a facility, and below which it has none.
SERVED: float = table("indicators")["judged"]["served"]
MISSING: float = table("indicators")["judged"]["missing"]

# The metres that go with the minutes of a circle.
CIRCLES: Mapping[int, int] = MappingProxyType(
    {int(minutes): metres for minutes, metres in table("indicators")["circles"].items()}
)

PLACES, AREA = "places", "area_m2"

_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_KEYS = {
    "indicators": ("names", "kinds", "minutes", "metres", "drive", "least_area_m2", "source"),
    "quotas": ("per_1000", "measured", "group", "source"),
    "duties": ("most_km2", "source"),
    "plots": ("least_m2", "source"),
}
_MINUTES, _METRES, _AREAS_M2 = (1, 240), (1, 100_000), (1, 1e9)
_PER_1000, _KM2 = (0.001, 1e6), (0.01, 10_000)


class Sourced(Protocol):
    """A number that somebody says."""

    @property
    def source(self) -> str:
        """The standard that says so; empty where none does."""

    @property
    def is_checked(self) -> bool:
        """Whether the number was compared with a text of its source."""


@dataclass(frozen=True)
class Indicator:
    """A facility everybody is to have near."""

    names: Mapping[str, str]
    question: Question
    # The standard that says so; empty where none does.
    source: str
    # False where the number was not compared with a text of its source.
    is_checked: bool = True


@dataclass(frozen=True)
class Quota:
    """How much of a kind of facility a thousand people are to have."""

    per_1000: float
    # `PLACES`, or `AREA` in square metres.
    measured: str
    # A thousand of whom: one of `layers.coverage.released.GROUPS`.
    group: str
    source: str
    is_checked: bool = True


@dataclass(frozen=True)
class Duty:
    """How large the ground is at most that a facility answers for."""

    most_km2: float
    source: str
    is_checked: bool = True


@dataclass(frozen=True)
class Plot:
    """How large the plot is at least that a kind of facility is built on."""

    least_m2: float
    source: str
    is_checked: bool = True


@dataclass(frozen=True)
class Standards:
    """What a city goes by, in the order it is shown."""

    # How fast adults walk, and older people, in metres a second.
    walk_ms: float
    older_walk_ms: float
    indicators: Mapping[str, Indicator]
    quotas: Mapping[str, Quota]
    duties: Mapping[str, Duty]
    plots: Mapping[str, Plot]

    @property
    def questions(self) -> Mapping[str, Question]:
        """What each indicator asks."""
        return {key: each.question for key, each in self.indicators.items()}

    def least_plot_m2(self, question: Question) -> float | None:
        """Return how large a plot must be that a question's new facility is built on.

        That of the kind that needs least, of which something is said; at least what the question
        itself asks of a facility's ground. None: any will do.
        """
        of_kinds = [self.plots[kind].least_m2 for kind in question.kinds if kind in self.plots]
        asked = [min(of_kinds)] if of_kinds else []
        if question.least_area_m2 is not None:
            asked.append(question.least_area_m2)
        return max(asked, default=None)


def of(city: City) -> Standards:
    """Return what a city goes by."""
    return _kept(orjson.dumps(city.coverage))


@lru_cache(maxsize=8)
def _kept(said: bytes) -> Standards:
    # Each part of a page asks, and a mapping cannot be a key.
    return read(orjson.loads(said))


def read(own: Said) -> Standards:
    """Return the standards, and what a city says beside or instead.

    Raises
    ------
    SettingsError
        The city's `[coverage]` cannot be used; every fault is named.
    """
    streets, faults = settings.read(own), list[str]()

    def indicator(said: Said, where: str, faults: list[str]) -> Indicator | None:
        return _indicator(said, streets.walk_ms, where, faults)

    found = Standards(
        streets.walk_ms,
        streets.older_walk_ms,
        _read(own, "indicators", table("indicators")["indicators"], indicator, faults),
        _read(own, "quotas", table("quotas"), _quota, faults),
        _read(own, "duties", table("indicators")["duties"], _duty, faults),
        _read(own, "plots", table("indicators")["plots"], _plot, faults),
    )
    if not found.indicators:
        faults.append("indicators leaves none at all")
    settings.refuse(faults)
    return found


def _read(
    own: Said,
    name: str,
    usual: Mapping[str, Said],
    make: Callable[[Said, str, list[str]], Value | None],
    faults: list[str],
) -> Mapping[str, Value]:
    """Return the entries of a table: the usual ones as a city changes them, then its own."""
    given = own.get(name, {})
    if not isinstance(given, Mapping):
        faults.append(f"{name} must be a table, found {given!r}")
        return {}
    found: dict[str, Value] = {}
    for key in dict.fromkeys((*usual, *given)):
        said, where = given.get(key, {}), f"{name}.{key}"
        if said is False:
            continue
        if not isinstance(said, Mapping):
            faults.append(f"{where} must be a table, or false for none, found {said!r}")
            continue
        before = len(faults)
        faults += [f"{where}.{each} is no setting" for each in sorted(said.keys() - _KEYS[name])]
        if name == "indicators" and not _KEY.fullmatch(key):
            faults.append(f"{where}: call it by small letters, digits and _")
        elif name != "indicators" and key not in KINDS:
            faults.append(f"{where} is no kind of facility; there are {', '.join(KINDS)}")
        # Whose source it was does not say what the city does.
        unsaid = {"source": "", "unchecked": False} if said else {}
        whole = {**usual.get(key, {}), **unsaid, **said}
        value = make(whole, where, faults)
        if value is not None and len(faults) == before:
            found[key] = value
    return found


def _indicator(said: Said, walk_ms: float, where: str, faults: list[str]) -> Indicator | None:
    told: list[str] = []
    names = read_names(said.get("names"), "names", told)
    if told:
        faults.append(f"{where}.names must give a text or {{zh = …, en = …}}")
    kinds = said.get("kinds")
    if not isinstance(kinds, list) or not kinds or not all(kind in KINDS for kind in kinds):
        faults.append(f"{where}.kinds must list kinds of facilities, found {kinds!r}")
        return None
    limits = {
        key: None if said.get(key) is None else number(said[key], f"{where}.{key}", within, faults)
        for key, within in (
            ("minutes", _MINUTES), ("metres", _METRES), ("least_area_m2", _AREAS_M2),
        )
    }  # fmt: skip
    drive = said.get("drive", False)
    if not isinstance(drive, bool):
        faults.append(f"{where}.drive must be true or false, found {drive!r}")
    elif said.get("minutes") is None and (drive or said.get("metres") is None):
        faults.append(f"{where} needs minutes" if drive else f"{where} needs minutes or metres")
    mode = Mode.DRIVE if drive is True else Mode.WALK
    return Indicator(
        names,
        Question(
            tuple(kinds), limits["minutes"], limits["metres"], mode, walk_ms,
            least_area_m2=limits["least_area_m2"],
        ),
        _source(said, where, faults),
        not said.get("unchecked", False),
    )  # fmt: skip


def _quota(said: Said, where: str, faults: list[str]) -> Quota | None:
    measured, group = said.get("measured", PLACES), said.get("group", PEOPLE)
    if measured not in (PLACES, AREA):
        faults.append(f"{where}.measured must be {PLACES!r} or {AREA!r}, found {measured!r}")
    groups = (PEOPLE, *AGE_GROUPS)
    if group not in groups:
        faults.append(f"{where}.group must be one of {', '.join(groups)}, found {group!r}")
    per_1000 = number(said.get("per_1000"), f"{where}.per_1000", _PER_1000, faults)
    source, is_checked = _source(said, where, faults), not said.get("unchecked", False)
    return None if per_1000 is None else Quota(per_1000, measured, group, source, is_checked)


def _duty(said: Said, where: str, faults: list[str]) -> Duty | None:
    most_km2 = number(said.get("most_km2"), f"{where}.most_km2", _KM2, faults)
    source, is_checked = _source(said, where, faults), not said.get("unchecked", False)
    return None if most_km2 is None else Duty(most_km2, source, is_checked)


def _plot(said: Said, where: str, faults: list[str]) -> Plot | None:
    least_m2 = number(said.get("least_m2"), f"{where}.least_m2", _AREAS_M2, faults)
    source, is_checked = _source(said, where, faults), not said.get("unchecked", False)
    return None if least_m2 is None else Plot(least_m2, source, is_checked)


def _source(said: Said, where: str, faults: list[str]) -> str:
    source = said.get("source", "")
    if not isinstance(source, str):
        faults.append(f"{where}.source must be a text, found {source!r}")
        return ""
    return source


USUAL = read({})
"""Of a city that says nothing of its own."""
INDICATORS = USUAL.questions
