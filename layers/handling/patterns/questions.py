"""What can be asked of patterns, and the answers: the incidents read, the engines put to work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import Connection

from gis.city import City
from gis.errors import CityGridError
from layers import selection
from layers.columns import Array
from layers.handling.boundaries import On
from layers.handling.chosen import Chosen, before, past
from layers.handling.patterns import control, density, emerging, happened, repeated, rhythm
from layers.handling.patterns.denominators import Per
from layers.handling.patterns.ground import Ground, of_cells, of_units
from layers.handling.patterns.happened import Happened
from layers.handling.patterns.hot_spots import USUAL, Rules, Spots, by_chance, spots
from layers.series import Span

WEEK = 7
# Half a year says what is usual, whatever the season's ends.
BASELINE_WEEKS = 26
MOST_WEEKS = 53
# What is alone repeats nothing.
FEWEST = 2
# If nothing is of its first days, records may have begun later.
KNOWN_WITHIN = 28


class PatternKind(StrEnum):
    """The patterns there are."""

    HOT_SPOTS = "hot_spots"
    CLUSTERS = "clusters"
    RHYTHM = "rhythm"
    CONTROL = "control"
    REPEATED = "repeated"


@dataclass(frozen=True)
class Question:
    """Which incidents, on which places, and how near is near."""

    chosen: Chosen
    span: Span
    # Places are units of a level (None: the next one down) of a zoning (None: that of the unit),
    # or H3 cells of a resolution.
    level: int | None = None
    zoning_id: int | None = None
    resolution: int | None = None
    # What incidents are seen against.
    per: Per = Per.NONE
    rules: Rules = USUAL
    seed: int = 0
    # Of clusters and repeated places: how near, and how many at least.
    reach_m: float = 100.0
    least: int = 10


@dataclass(frozen=True, eq=False)
class HotSpots:
    """Hot spots now, in the period before, and how many chance would make."""

    ground: Ground
    counts: Array
    now: Spots
    before: Spots
    courses: Array
    by_chance: float
    # Incidents in none of the places.
    outside: int
    span_before: Span


@dataclass(frozen=True, eq=False)
class Clusters:
    """Density clusters of incidents."""

    happened: Happened
    found: density.Clusters


@dataclass(frozen=True, eq=False)
class Control:
    """A chart for each unit; periods are weeks that end with the last day asked about."""

    ground: Ground
    charts: control.Charts
    # The first day of each period, the baseline's included, and how many are the baseline.
    firsts: tuple[dt.date, ...]
    baseline: int
    # As many signals a steady city would give: each chart crosses its limits now and then.
    by_chance: float


@dataclass(frozen=True, eq=False)
class Repeated:
    """Places where it happens again and again."""

    happened: Happened
    found: tuple[repeated.Repeated, ...]


def ground_of(db: Connection, asked: Question) -> Ground:
    """Return the places that a question is about."""
    within = asked.chosen.unit_id
    if asked.resolution is not None:
        return of_cells(db, asked.resolution, within, per=asked.per)
    here = selection.version(db, within)
    zoning_id = asked.zoning_id or here.zoning_id
    level = asked.level or (here.level + 1 if here.zoning_id == zoning_id else 1)
    lay = past(db, asked.chosen, zoning_id) if asked.chosen.on is On.THEN else None
    return of_units(db, zoning_id, level, within, per=asked.per, lay=lay)


def hot_spots(db: Connection, city: City, asked: Question) -> HotSpots:
    """Find hot and cold places, and what became of them since the period before."""
    ground, earlier = ground_of(db, asked), before(asked.span)
    read = (
        happened.read(db, city, asked.chosen, span, asked.zoning_id)
        for span in (asked.span, earlier)
    )
    some, then = read
    counts, counts_then = ground.counts(some), ground.counts(then)
    on = (ground.neighbours, ground.people, asked.rules)
    now, was = spots(counts, *on), spots(counts_then, *on)
    return HotSpots(
        ground,
        counts,
        now,
        was,
        emerging.courses(now.is_hot, was.is_hot, now.is_high),
        by_chance(counts, *on, seed=asked.seed),
        len(some) - int(counts.sum()),
        earlier,
    )


def clusters(db: Connection, city: City, asked: Question) -> Clusters:
    """Find where incidents lie close together."""
    some = happened.read(db, city, asked.chosen, asked.span)
    return Clusters(some, density.clusters(some.at_m, asked.reach_m, asked.least))


def hours(db: Connection, city: City, asked: Question) -> rhythm.Rhythm:
    """Count incidents by hour and day of the week."""
    some = happened.read(db, city, asked.chosen, asked.span)
    return rhythm.rhythm(happened.local(city, some.seconds), asked.span)


def charted(db: Connection, city: City, asked: Question) -> Control:
    """Chart each unit week by week, against the half year before.

    Raises
    ------
    CityGridError
        Less than a week, more than a year, or nothing is known of the half year before.
    """
    weeks = ((asked.span.last - asked.span.first).days + 1) // WEEK
    if not 0 < weeks <= MOST_WEEKS:
        raise CityGridError(
            f"Control charts are by week: choose from seven days to {MOST_WEEKS} weeks.",
            key="error.weeks_of_chart", most=MOST_WEEKS,
        )  # fmt: skip
    periods = BASELINE_WEEKS + weeks
    first = asked.span.last - dt.timedelta(days=WEEK * periods - 1)
    some = happened.read(db, city, asked.chosen, Span(first, asked.span.last), asked.zoning_id)
    day = happened.local(city, some.seconds) // rhythm.DAY - (first - dt.date(1970, 1, 1)).days
    if not len(day) or day.min() >= KNOWN_WITHIN:
        raise CityGridError(
            f"What is usual is not known: there are no such incidents of the weeks from {first}. "
            "Choose later days, or a wider class.",
            key="error.no_past", first=str(first),
        )  # fmt: skip
    ground = ground_of(db, asked)
    place = ground.places_of(some)
    is_in = place >= 0
    flat = place[is_in] * periods + day[is_in] // WEEK
    counts = np.bincount(flat, minlength=len(ground) * periods).reshape(-1, periods)
    made = control.charts(counts, BASELINE_WEEKS)
    firsts = tuple(first + dt.timedelta(days=WEEK * n) for n in range(periods))
    return Control(ground, made, firsts, BASELINE_WEEKS, 2 * control.TAIL * weeks * len(ground))


def again(db: Connection, city: City, asked: Question) -> Repeated:
    """Find places where it happens again and again."""
    some = happened.read(db, city, asked.chosen, asked.span)
    return Repeated(some, repeated.repeated(some.at_m, asked.reach_m, asked.least))
