"""What is on screen: the single state every panel reads, and its form in the address bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from dashboard.view_fields import (
    SHOWN_AT_FIRST,
    Aiming,
    Bounds,
    Counted,
    Dividing,
    Drawing,
    FacilityState,
    Form,
    Going,
    Grouping,
    Listing,
    Mode,
    Pattern,
    Per,
    Profile,
    Scheme,
    Step,
    Supposing,
    Theme,
)
from dashboard.view_readers import READERS, layers_from_text

TOLD = (
    "system",
    "city_news",
    "order_news",
    "case_news",
    "number_news",
    "count_news",
    "measure_news",
    "best_news",
)
"""What only the page itself knows; a link says nothing of it."""
NEVER_IN_THE_ADDRESS = (*TOLD, "layers", "language")


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
    streets: bool = False
    """Whether what is odd about the streets is read, in the coverage mode."""
    indicator: str = ""
    """The standard indicator asked about in the coverage mode; empty is the first one."""
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
    best: bool = False
    """Whether it is also told who finds room if places are shared out for the best of all."""
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
    """Where they may stand: "use:office", "land", "drawn", "list:7"; empty is at doors."""
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
    """The scenario that is compared, in the coverage mode."""
    against: int | None = None
    """The scenario it is compared with; None is the city as it is."""
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
    """The boundaries by which closed incidents are listed and counted: those there were when each
    was closed, where that is known, or today's."""
    pattern: Pattern = ""
    """Which pattern of incidents is looked at; empty is none."""
    divided: Dividing = ""
    """What hot spots are divided by: who lives there, or is there by day; empty is nothing."""
    reach: int | None = None
    """Of clusters and repeated places: within so many metres; None is the usual."""
    least: int | None = None
    """At least so many incidents make a pattern; None is the usual."""
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
    number_news: int = 0
    """The same as far as numbers follow it, which they do less often than the incidents."""
    count_news: int = 0
    """The same as far as numbers on screen count incidents, in the modes that show such."""
    measure_news: int = 0
    """The same as far as what is measured on the map counts incidents."""
    best_news: int = 0
    """How often places were shared out in the background since the page was opened."""

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
        given: dict[str, object] = dict(parse_qsl(search.lstrip("?")))
        if "layers" in given:
            given["layers"] = layers_from_text(str(given["layers"]))
        given = {key: value for key, value in given.items() if key not in TOLD}
        return cls.from_store({**told, **given})

    def to_address(self) -> str:
        """Return the view as "?…"; the language is always named, so that a link looks the same."""
        plain = type(self)().to_store()
        told = {
            key: value
            for key, value in self.to_store().items()
            if key not in NEVER_IN_THE_ADDRESS and value != plain[key]
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
        if self.against is not None and self.scenario in (None, self.against):
            return replace(self, against=None)._in_order()
        if self.start is None or self.end is None:
            return replace(self, start=None, end=None)
        if self.start > self.end:
            return replace(self, start=self.end, end=self.start)
        return self
