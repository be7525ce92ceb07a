"""A question to the measures of handling: which incidents, when, and grouped by what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from gis.city import City
from gis.errors import CityGridError
from layers.handling.chosen import Chosen, before, midnight
from layers.handling.formulas import Formula, newest
from layers.series import Span, Step

# More columns than a table is read in; each costs a look at every case.
MOST_STEPS = 62
DAY = dt.timedelta(days=1)
Stretch = tuple[dt.datetime, dt.datetime]


class By(StrEnum):
    """What the incidents are grouped by."""

    ALL = "all"
    UNIT = "unit"
    BODY = "body"
    BIG = "big"
    SMALL = "small"
    PERIOD = "period"


@dataclass(frozen=True)
class Asked:
    """Which incidents, when, grouped by what, as known at which moment."""

    chosen: Chosen
    span: Span
    # What has not come by then is neither due nor overdue.
    now: dt.datetime
    by: By = By.ALL
    # Of units: the level of which they are; None: the next one down.
    level: int | None = None
    # Of units: the zoning of which they are; None: that of the unit asked about.
    zoning_id: int | None = None
    # Of periods: how long each is.
    step: Step = Step.DAY
    # What is measured, in which version.
    formulas: tuple[Formula, ...] = field(default_factory=newest)


def spans(asked: Asked) -> list[Span]:
    """Return the days that are counted together: those before first, then each asked for.

    Raises
    ------
    CityGridError
        More periods than a table holds.
    """
    if asked.by is not By.PERIOD:
        return [before(asked.span), asked.span]
    found = list(_steps(asked.span, asked.step))
    if len(found) > MOST_STEPS:
        raise CityGridError(
            f"{len(found)} periods are more than the {MOST_STEPS} that a table holds. "
            "Choose longer ones, or fewer days.",
            key="error.many_periods", n=len(found), most=MOST_STEPS,
        )  # fmt: skip
    return [_step_before(asked), *found]


def stretches(city: City, asked: Asked) -> list[Stretch]:
    """Return from when to when is counted; nothing is from the moment of asking on."""
    return [
        (min(midnight(city, s.first), asked.now), min(midnight(city, s.last + DAY), asked.now))
        for s in spans(asked)
    ]


def _steps(span: Span, step: Step) -> Iterator[Span]:
    """Cut a span into days, weeks from Monday or months; the outer ones may be cut short."""
    first = span.first
    while first <= span.last:
        last = min(_last_of(first, step), span.last)
        yield Span(first, last)
        first = last + DAY


def _last_of(day: dt.date, step: Step) -> dt.date:
    if step is Step.MONTH:
        return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - DAY
    return day + dt.timedelta(days=6 - day.weekday()) if step is Step.WEEK else day


def _step_before(asked: Asked) -> Span:
    last = asked.span.first - DAY
    if asked.step is Step.MONTH:
        return Span(last.replace(day=1), last)
    return Span(last - dt.timedelta(days=last.weekday() if asked.step is Step.WEEK else 0), last)
