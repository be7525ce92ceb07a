"""What is on screen: the single state every panel reads, and its form in the address bar."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, Self, get_args
from urllib.parse import parse_qsl, urlencode

from gis.city import LANGUAGES

Theme = Literal["system", "light", "dark"]
Scheme = Literal["light", "dark"]
Step = Literal["day", "week", "month"]
Per = Literal["", "people", "households", "area_km2", "buildings"]
Profile = Literal["", "age", "use", "class", "kind"]
Mode = Literal["overview", "boundaries", "coverage", "incidents"]
Going = Literal["", "adult", "older", "car"]
Aiming = Literal["", "most_people", "everyone", "least_time", "least_worst"]
FacilityState = Literal["open", "planned"]
Drawing = Literal["", "outline", "areas"]
Supposing = Literal["", "move", "path", "road"]
Counted = Literal[
    "", "0_14", "15_59", "60", "households", "buildings", "floor_area_m2", "room", "minutes"
]  # fmt: skip
Listing = Literal["", "mine", "overdue", "soon", "supervised", "told", "closed", "all"]
Form = Literal["", "board", "time"]
Grouping = Literal["", "unit", "body", "big", "small", "month", "week"]
Bounds = Literal["", "then"]
Pattern = Literal["", "hot_spots", "clusters", "rhythm", "control", "repeated"]
# Where candidates for new facilities come from, beside doors, buildings of a use and lists.
# As somebody wrote it into a table.
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")
SOURCE = re.compile(r"drawn|planned|use:[a-z_]{1,24}|list:[1-9][0-9]{0,8}", re.ASCII)
MOST_EVERY, MOST_ROOM, MOST_MONEY = 1_000, 1_000_000, 1_000_000_000

LAYER_GROUPS = ("measure", "people", "buildings", "incidents", "facilities", "basemap")
MEASURES = ("people", "households", "buildings", "floor_area", "incidents", "open", "overdue",
            "facilities")  # fmt: skip
SHOWN_AT_FIRST = MappingProxyType(
    {"measure": 75, "people": -80, "buildings": 100, "incidents": -90, "facilities": -100,
     "basemap": 100}
)  # fmt: skip
"""Opacity of each layer in percent; below zero: off, and this opacity when switched on."""

TOLD = ("system", "city_news", "order_news", "case_news", "count_news", "measure_news")
"""What only the page itself knows; a link says nothing of it."""
NEVER_IN_THE_ADDRESS = (*TOLD, "layers", "language")

LARGEST_ID = 2**31 - 1
PART = re.compile(r"[a-z_]{1,24}:[\w ./\-]{1,60}")
MARK = re.compile(r"(?:facility|estate):[0-9]{1,9}", re.ASCII)
KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
KINDS = re.compile(r"[a-z_]{1,24}(?:,[a-z_]{1,24}){0,11}")
COUNTED = re.compile(r"[a-z_]{1,24}:[nd]:[^\x00-\x1f\x7f]{0,90}")
_ID = r"[1-9]\d{0,8}"
# On the globe: what is kept of a place is never one that there is not.
_LON = r"-?(?:180(?:\.0{1,6})?|(?:1[0-7]\d|\d{1,2})(?:\.\d{1,6})?)"
_LAT = r"-?(?:90(?:\.0{1,6})?|[0-8]?\d(?:\.\d{1,6})?)"
_PLACE = f"{_LON},{_LAT}"
_KMH = r"(?:[5-9]|[1-9]\d|1[01]\d|120)"
_PERCENT = r"(?:-100|1000|\d{3}(?:\.\d)?|-?\d{1,2}(?:\.\d)?)"


def _many(one: str, most: int, between: str = ",") -> re.Pattern[str]:
    return re.compile(f"{one}(?:{between}{one}){{0,{most - 1}}}", re.ASCII)


MOST_CLOSED = 20
MOST_PATHS, MOST_CORNERS = 5, 20
TRIED = _many(_PLACE, 10, ";")
PIN = re.compile(_PLACE, re.ASCII)
CLOSED = _many(_ID, MOST_CLOSED)
RESIZED = _many(rf"{_ID}:\d{{1,6}}", MOST_CLOSED)
MOVED = _many(f"{_ID}:{_PLACE}", MOST_CLOSED, ";")
CORNERS = _many(_PLACE, MOST_CORNERS, "~")
PATHS = _many(f"(?:{_KMH}:)?{_PLACE}(?:~{_PLACE}){{1,{MOST_CORNERS - 1}}}", MOST_PATHS, ";")
GROWN = _many(f"{_ID}:{_PERCENT}", MOST_CLOSED)
MOST_SITES = 20
MOST_MINUTES, MOST_METRES = 120, 20_000
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class View:
    """A place, what is measured there, what is drawn, and in which language and light.

    Every field has one default, and only what differs from it goes into the address.
    """

    mode: Mode = "overview"
    """What the side panels are for; the map is the same in all of them."""
    order: int | None = None
    """The change order that is open in the boundaries mode."""
    sheet: bool = False
    """Whether the impact sheet of that order is read, in the coverage mode all standards, in the
    incidents mode the table of measures."""
    listed: int | None = None
    """The unit whose addresses that are not reached are listed, in the coverage mode."""
    indicator: str = "health_centre"
    """The standard indicator asked about in the coverage mode."""
    kinds: str = ""
    """The kinds of facilities asked about instead of it, with commas between."""
    minutes: int | None = None
    metres: int | None = None
    """How far is near enough; neither is what the standard says."""
    going: Going = ""
    """Who is on the way: an adult on foot, an older person on foot, or somebody in a car; empty is
    as the standard has it."""
    band: str = ""
    """The hours in which somebody drives, a time band of the city's; empty is at any other time."""
    states: FacilityState = "open"
    """Which facilities serve: those that are open, or those that are planned, too."""
    operator: str = ""
    """Who runs them; empty is anybody."""
    of: Counted = ""
    """Whom map and ranking of the coverage mode count; empty is all people."""
    drawn: Drawing = ""
    """What lies over the map: the outline of what is reached, or who is the nearest where."""
    trying: bool = False
    """Whether the next click on the map tries a facility there, in the coverage mode."""
    supposing: Supposing = ""
    """What the next click on the map says instead: where the facility clicked is moved to, a corner
    of a new path, a road that is closed."""
    corners: str = ""
    """The corners so far of a path that is being drawn: "114.1,22.5~114.2,22.5"."""
    aim: Aiming = ""
    """What new facilities are suggested for; empty is for nothing."""
    sites: int | None = None
    """How many are; None is a few, and with a budget as many as it pays for."""
    source: str = ""
    """Where they may stand: "use:office", "planned", "drawn", "list:7"; empty is at doors."""
    every: int | None = None
    """Of doors, every n-th; None is as many as can be compared."""
    room: int | None = None
    """For how many people a new one has room; None is not asked about."""
    budget: int | None = None
    cost: int | None = None
    """What all may cost together, and what one costs of which a list says nothing."""
    floor: int | None = None
    """The percentage of the people of each unit on the map that is to be covered at least."""
    backup: bool = False
    """Whether a second facility within reach counts, too."""
    without_closed: bool = False
    """Whether suggestions take facilities that are supposed closed for closed."""
    tried: str = ""
    """Where facilities are tried: longitude and latitude, with semicolons between places."""
    closed: str = ""
    """The facilities supposed closed, by number, with commas between."""
    resized: str = ""
    """How many some facilities are supposed to have room for: "12:300", with commas between."""
    moved: str = ""
    """Where some facilities are supposed to stand: "12:114.1,22.5", with semicolons between."""
    paths: str = ""
    """New paths and bridges by their corners, with semicolons between; "30:114.1,22.5~…" is one
    for cars, too, at so many kilometres an hour."""
    roads: str = ""
    """The roads supposed closed, by number, with commas between."""
    grown: str = ""
    """By how many percent the people of some units are supposed to grow: "7:20,9:-5.5"."""
    proposal: int | None = None
    """The change order that is supposed to be in force."""
    facility: int | None = None
    """A facility that was clicked in the coverage mode."""
    scenario: int | None = None
    """The scenario that is compared with the city as it is, in the coverage mode."""
    case: int | None = None
    """The incident that is open in the incidents mode."""
    cases: Listing = ""
    """Which incidents are listed; empty is those that are open."""
    form: Form = ""
    """How they are shown: as a list, on a board by stage, or along time."""
    by: Grouping = ""
    """What the table of measures is grouped by; empty is by units where there are any."""
    counted: str = ""
    """The number of that table whose cases are listed, as `dashboard.incidents.counting` has it:
    "overdue:n:12"; empty is none."""
    bounds: Bounds = ""
    """The boundaries by which measures count closed incidents: today's, or those of then."""
    pattern: Pattern = ""
    """Which pattern of incidents is looked at; empty is none."""
    per_people: bool = False
    """Whether hot spots are of incidents by the people who live there."""
    pin: str = ""
    """Where an incident is being reported: longitude and latitude; empty: none is."""
    on: str = ""
    """The boundaries looked at in the boundaries mode: those at the end of a day ("2026-03-01") or
    at a moment in UTC ("2026-03-01T08:00:05Z"); empty is today's."""
    unit: int | None = None
    """Whose children are shown; None is the whole city."""
    pick: int | None = None
    """A child that was clicked: the numbers are its own, the rest is dimmed."""
    building: int | None = None
    page: int = 0
    """Which page of the building's households."""
    mark: str = ""
    """A place that was searched for and is pointed out: "facility:7" or "estate:3"."""
    level: int | None = None
    """The level counted; None is the next one down."""
    zoning: str = "main"
    measure: str = "people"
    part: str = ""
    """A part of the measure, "dimension:key" ("age:12", "big:01"); empty is all of it."""
    per: Per = ""
    start: date | None = None
    end: date | None = None
    """The period picked, both days included; None is all there is."""
    step: Step = "day"
    profile: Profile = ""
    """What the place is seen by; empty is the first kind that the city has data for."""
    layers: Mapping[str, int] = field(default_factory=lambda: SHOWN_AT_FIRST)
    language: str = "zh"
    theme: Theme = "system"
    system: Scheme = "light"
    """What the browser's own setting says; it is told to us and never in the address."""
    city_news: int = 0
    """How often boundaries or numbers changed since the page was opened; never in the address."""
    order_news: int = 0
    """How often change orders changed since the page was opened; never in the address."""
    case_news: int = 0
    """How often incidents changed since the page was opened; never in the address."""
    count_news: int = 0
    """The same as far as numbers on screen count incidents, in the modes that show such."""
    measure_news: int = 0
    """The same as far as what is measured on the map counts incidents."""

    @property
    def focus(self) -> int | None:
        """The unit whose numbers are shown."""
        return self.unit if self.pick is None else self.pick

    @property
    def scheme(self) -> Scheme:
        """Light or dark, once the browser's setting is taken into account."""
        return self.system if self.theme == "system" else self.theme

    @property
    def period(self) -> tuple[date, date] | None:
        """The days picked, if any were."""
        return (self.start, self.end) if self.start and self.end else None

    def having(self, **changes: object) -> Self:
        """Return the view with some fields as a browser sends them: a bad one is its default."""
        return self.from_store({**self.to_store(), **changes})

    def at(self, unit: int | None) -> Self:
        """Return the view of another place, with what belonged to the old one let go."""
        return replace(self, unit=unit, pick=None, building=None, page=0, mark="", level=None)

    @classmethod
    def from_store(cls, data: object) -> Self:
        """Read a view sent by a browser, which may be old or forged: a bad field is its default."""
        given = data if isinstance(data, Mapping) else {}
        return cls(**{key: read(given.get(key)) for key, read in READERS.items()})._in_order()

    def to_store(self) -> dict[str, Any]:
        """Return the view as JSON for the browser."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["layers"] = dict(self.layers)
        for key in ("start", "end"):
            values[key] = values[key].isoformat() if values[key] else None
        return values

    @classmethod
    def from_address(cls, search: str, **told: object) -> Self:
        """Read the part of an address after the question mark, and what else the browser told."""
        given: dict[str, object] = dict(parse_qsl(search.lstrip("?"), max_num_fields=40))
        if "layers" in given:
            given["layers"] = _layers_from_text(str(given["layers"]))
        given = {key: value for key, value in given.items() if key not in TOLD}
        return cls.from_store({**told, **given})

    def to_address(self) -> str:
        """Return the view as "?…"; the language is always named, so that a link looks the same."""
        plain = type(self)()
        values = self.to_store()
        told = {
            key: value
            for key, value in values.items()
            if key not in NEVER_IN_THE_ADDRESS and value != plain.to_store()[key]
        }
        if dict(self.layers) != dict(SHOWN_AT_FIRST):
            told["layers"] = ",".join(f"{key}:{opacity}" for key, opacity in self.layers.items())
        return "?" + urlencode({**told, "language": self.language}, safe=":,;~")

    def _is_of_duties(self) -> bool:
        """Whether what is asked of coverage is told of the units of duty alone."""
        return bool(self.aim or self.sheet or self.scenario or self.drawn == "areas")

    def _in_order(self) -> Self:
        if self.mode == "coverage" and self.zoning != "main" and self._is_of_duties():
            return replace(self, zoning="main", level=None)._in_order()
        if self.start is None or self.end is None:
            return replace(self, start=None, end=None)
        if self.start > self.end:
            return replace(self, start=self.end, end=self.start)
        return self


def number_of(value: object) -> int | None:
    """Return the number of something that was named or clicked; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,10}", value, re.ASCII):
        return None
    number = int(value)
    return number if 0 <= number <= LARGEST_ID else None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _moment(value: object) -> str:
    if not isinstance(value, str):
        return ""
    if _day(value):
        return value
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", value, re.ASCII):
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ""
    return value if _day(value[:10]) else ""


def _one_of(choices: tuple[str, ...], default: str) -> Callable[[object], str]:
    return lambda value: value if isinstance(value, str) and value in choices else default


def _text(pattern: re.Pattern[str], default: str) -> Callable[[object], str]:
    return lambda value: value if isinstance(value, str) and pattern.fullmatch(value) else default


def _at_most(most: int) -> Callable[[object], int | None]:
    def read(value: object) -> int | None:
        number = number_of(value)
        return number if number is not None and 1 <= number <= most else None

    return read


def _kinds(value: object) -> str:
    # A list of the page, a text in an address.
    if isinstance(value, list):
        value = ",".join(each for each in value if isinstance(each, str))
    return _text(KINDS, "")(value)


def _level(value: object) -> int | None:
    number = number_of(value)
    return number if number is not None and 1 <= number <= 20 else None


def _layers(value: object) -> Mapping[str, int]:
    given = value if isinstance(value, Mapping) else {}
    return MappingProxyType(
        {
            key: opacity
            if isinstance(opacity := given.get(key), int)
            and not isinstance(opacity, bool)
            and 0 < abs(opacity) <= 100
            else default
            for key, default in SHOWN_AT_FIRST.items()
        }
    )


def _layers_from_text(text: str) -> dict[str, int]:
    pairs = re.findall(r"([a-z]{1,20}):(-?[0-9]{1,3})(?:,|$)", text[:400], re.ASCII)
    return {key: int(opacity) for key, opacity in pairs}


READERS: Mapping[str, Callable[[object], Any]] = MappingProxyType(
    {
        "mode": _one_of(get_args(Mode), "overview"),
        "order": number_of,
        # An address writes it as a word.
        "sheet": lambda value: value is True or value == "True",
        "listed": number_of,
        "indicator": _text(KEY, "health_centre"),
        "kinds": _kinds,
        "minutes": _at_most(MOST_MINUTES),
        "metres": _at_most(MOST_METRES),
        "going": _one_of(get_args(Going), ""),
        "band": _text(KEY, ""),
        "states": _one_of(get_args(FacilityState), "open"),
        "operator": _text(NAME, ""),
        "of": _one_of(get_args(Counted), ""),
        "drawn": _one_of(get_args(Drawing), ""),
        # An address writes it as a word.
        "trying": lambda value: value is True or value == "True",
        "tried": _text(TRIED, ""),
        "closed": _text(CLOSED, ""),
        "resized": _text(RESIZED, ""),
        "supposing": _one_of(get_args(Supposing), ""),
        "corners": _text(CORNERS, ""),
        "moved": _text(MOVED, ""),
        "paths": _text(PATHS, ""),
        "roads": _text(CLOSED, ""),
        "grown": _text(GROWN, ""),
        "proposal": number_of,
        "facility": number_of,
        "scenario": number_of,
        "aim": _one_of(get_args(Aiming), ""),
        "sites": _at_most(MOST_SITES),
        "source": _text(SOURCE, ""),
        "every": _at_most(MOST_EVERY),
        "room": _at_most(MOST_ROOM),
        "budget": _at_most(MOST_MONEY),
        "cost": _at_most(MOST_MONEY),
        "floor": _at_most(100),
        # An address writes it as a word.
        "backup": lambda value: value is True or value == "True",
        "without_closed": lambda value: value is True or value == "True",
        "case": number_of,
        "cases": _one_of(get_args(Listing), ""),
        "form": _one_of(get_args(Form), ""),
        "by": _one_of(get_args(Grouping), ""),
        "counted": _text(COUNTED, ""),
        "bounds": _one_of(get_args(Bounds), ""),
        "pattern": _one_of(get_args(Pattern), ""),
        # An address writes it as a word.
        "per_people": lambda value: value is True or value == "True",
        "pin": _text(PIN, ""),
        "on": _moment,
        "unit": number_of,
        "pick": number_of,
        "building": number_of,
        "page": lambda value: number_of(value) or 0,
        "mark": _text(MARK, ""),
        "level": _level,
        "zoning": _text(KEY, "main"),
        "measure": _one_of(MEASURES, "people"),
        "part": _text(PART, ""),
        "per": _one_of(get_args(Per), ""),
        "start": _day,
        "end": _day,
        "step": _one_of(get_args(Step), "day"),
        "profile": _one_of(get_args(Profile), ""),
        "layers": _layers,
        "language": _one_of(LANGUAGES, "zh"),
        "theme": _one_of(get_args(Theme), "system"),
        "system": _one_of(get_args(Scheme), "light"),
        "city_news": lambda value: number_of(value) or 0,
        "order_news": lambda value: number_of(value) or 0,
        "case_news": lambda value: number_of(value) or 0,
        "count_news": lambda value: number_of(value) or 0,
        "measure_news": lambda value: number_of(value) or 0,
    }
)
