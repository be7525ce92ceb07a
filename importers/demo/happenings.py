"""Invented incidents of two years: where, when, of which class, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers.demo import bodies, classes, conditions, handling
from importers.demo.classes import SMALL, Rhythm, Setting
from importers.demo.clock import DAY_MINUTES, WorkingClock, working_clock
from importers.demo.draws import chosen
from importers.demo.texts import Columns, Floats, Ints, numbered, taken, words

CLASSES = classes.frame()

DAYS = 730
# Handling runs on after the last report.
_CLOCK_DAYS = DAYS + 400

# Incidents by hour of the day, in no particular unit, for each rhythm.
_HOURS = np.array([
    # day: offices and patrols, two peaks
    [2, 1, 1, 1, 1, 2, 5, 12, 26, 40, 44, 34, 18, 15, 26, 38, 42, 36, 22, 16, 14, 10, 6, 3],
    # evening: noise, hawkers, cooking
    [14, 8, 5, 3, 2, 2, 3, 6, 9, 11, 11, 12, 13, 10, 10, 11, 13, 18, 28, 40, 58, 62, 46, 26],
    # morning: what the night left lying
    [1, 1, 1, 1, 2, 8, 22, 44, 58, 56, 44, 26, 14, 12, 16, 22, 22, 18, 12, 9, 8, 6, 3, 2],
    # any hour
    [7, 6, 5, 5, 5, 6, 8, 10, 12, 13, 13, 13, 12, 12, 12, 13, 13, 14, 15, 15, 14, 12, 10, 8],
    # storms: the afternoon's thunder
    [8, 7, 6, 6, 6, 7, 9, 12, 14, 14, 13, 13, 15, 20, 26, 28, 26, 22, 18, 15, 13, 12, 10, 9],
], dtype=np.float64)  # fmt: skip
# Monday to Sunday.
_WEEK = np.array([
    [1.12, 1.08, 1.06, 1.05, 1.04, 0.80, 0.70],
    [0.90, 0.90, 0.92, 0.95, 1.15, 1.30, 1.10],
    [1.15, 1.05, 1.02, 1.00, 1.00, 0.90, 0.88],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
])  # fmt: skip
# January to December.
_SEASON = np.array([
    [0.94, 0.80, 1.04, 1.04, 1.02, 1.02, 1.04, 1.04, 1.05, 1.00, 1.02, 0.99],
    [0.82, 0.78, 0.95, 1.00, 1.08, 1.14, 1.18, 1.16, 1.10, 1.02, 0.92, 0.85],
    [0.92, 0.86, 0.98, 1.00, 1.03, 1.06, 1.10, 1.10, 1.04, 1.00, 0.97, 0.94],
    [0.96, 0.88, 1.00, 1.00, 1.02, 1.04, 1.06, 1.06, 1.02, 1.00, 0.98, 0.98],
    [0.35, 0.40, 0.65, 1.00, 1.50, 1.70, 1.55, 1.60, 1.35, 0.80, 0.50, 0.35],
])  # fmt: skip
_HOLIDAY = np.array([0.52, 1.05, 0.70, 0.95, 1.0])
# A year's stormy days, May to October, and how much more then happens.
_STORMS_A_YEAR = 9
_STORM_FACTOR = (4.0, 15.0)
# What patrols report rises, year by year.
_TREND_A_YEAR = 0.035

# Hot spots of a big class: how many, how far they reach, how much more happens in their middle.
_SPOTS, _SPOT_M, _SPOT_FACTOR = 7, (120.0, 330.0), (4.0, 14.0)
# An incident lies a few metres from the door it is reported at.
_SCATTER_M = 7.0
_METRES_PER_DEGREE = 111_195.0

_SCHEMES = (classes.EVENTS, classes.COMPONENTS)
_BIGS = tuple(sorted({one.big for one in SMALL}))
_CODES = tuple(sorted({one.code for one in SMALL}))
_SCHEME_OF = np.array([_SCHEMES.index(one.scheme) for one in SMALL], dtype=np.int8)
_BIG_OF = np.array([_BIGS.index(one.big) for one in SMALL], dtype=np.int8)
_CODE_OF = np.array([_CODES.index(one.code) for one in SMALL], dtype=np.int16)
# A big class of a scheme: what hot spots go by.
_TOPIC_OF = _SCHEME_OF * len(_BIGS) + _BIG_OF
_RHYTHM_OF = np.array([one.rhythm for one in SMALL], dtype=np.int8)
_AT = np.array([one.at for one in SMALL])
_TEXTS = [text for one in SMALL for text in one.texts]
_FIRST_TEXT = np.cumsum([0, *(len(one.texts) for one in SMALL)])

_PREFIXES = ("路边", "村内", "小区内", "工地旁", "商圈")


@dataclass(frozen=True)
class Places:
    """Where things may happen, in Hilbert order; one row for each place.

    Attributes
    ----------
    xy
        (m, 2): longitude, latitude.
    weight
        How much happens there, e.g. the people about.
    setting
        `classes.Setting`.
    address
        Texts.
    first_id, key_prefix
        Where numbering begins and how keys do, for a city that is made district by district.
    """

    xy: Floats
    weight: Floats
    setting: NDArray[np.int8]
    address: NDArray[np.object_]
    first_id: int = 1
    key_prefix: str = "E"


def happen(rng: np.random.Generator, places: Places, n: int, now: datetime) -> Columns:
    """Return exactly so many incidents of the two years up to now, in the places' order.

    Returns
    -------
    dict
        Columns of the incident table, all but ``unit_id`` and ``unit_then_id``; times in UTC.

    Raises
    ------
    ValueError
        If ``now`` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must have a time zone: days begin and end in it.")
    clock = working_clock((now - timedelta(DAYS - 1)).date(), _CLOCK_DAYS)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(DAYS - 1)
    passed = now.hour * 60 + now.minute
    small, moment = _when(rng, n, clock, passed)
    place = _where(rng, places, small)
    order = np.lexsort([moment, place])
    small, moment, place = small[order], moment[order], place[order]
    until = (DAYS - 1) * DAY_MINUTES + passed
    source = handling.sources(rng, small, moment)
    course = handling.course(rng, clock, small, moment, until)
    number = np.arange(n, dtype=np.int32) + np.int32(places.first_id)
    offset = np.datetime64(int(midnight.timestamp()) // 60, "m")
    severity = handling.severities(rng, small)
    titles = _titles(rng, small, places.setting[place])
    xy = _scattered(rng, places.xy[place])
    moments = {name: _utc(minutes, offset) for name, minutes in course.moments.items()}
    is_sent = course.moments["dispatched_at"] >= 0
    starts = np.where(is_sent, moments["dispatched_at"], moments["reported_at"])
    return {
        "id": number,
        "key": _keys(places.key_prefix, moment, clock),
        "scheme": words(_SCHEME_OF[small], _SCHEMES),
        "big": words(_BIG_OF[small], _BIGS),
        "small": words(_CODE_OF[small], _CODES),
        "severity": words(severity, handling.SEVERITIES),
        "stage": words(course.stage, handling.STAGES),
        "title": titles,
        "address": taken(places.address, place),
        "body_id": bodies.bodies_of(small, is_sent),
        "is_personal": bodies.are_personal(rng, small, source),
        "source": words(source, handling.SOURCES),
        # At the door: who calls says where, who stands there and what hangs there know it.
        "placed_by": words(source, handling.PLACED_BY),
        "placed_score": np.ones(n, dtype=np.float32),
        "placed_within_m": handling.PLACED_WITHIN_M[source],
        **moments,
        # What turned out to be none needs no time.
        **conditions.limited(small, starts, course.refusal == 0),
        "returned": course.returned,
        "props": words(course.refusal, handling.REFUSALS),
        "geom": xy,
    }


def _when(
    rng: np.random.Generator, n: int, clock: WorkingClock, passed: int
) -> tuple[Ints, NDArray[np.int64]]:
    """Return small class (index) and minute of each incident; today only what has passed."""
    factor = _day_factors(rng, clock)
    small = chosen(rng, np.array([one.weight for one in SMALL]), n)
    moment = np.zeros(n, dtype=np.int64)
    clock_minutes = np.arange(25) * 60
    for rhythm in Rhythm:
        mine = np.flatnonzero(_RHYTHM_OF[small] == rhythm)
        upto = np.concatenate([[0.0], np.cumsum(_HOURS[rhythm]) / _HOURS[rhythm].sum()])
        today = float(np.interp(passed, clock_minutes, upto))
        weight = factor[rhythm].copy()
        weight[-1] *= today
        day = chosen(rng, weight, len(mine))
        draw = rng.random(len(mine)) * np.where(day == DAYS - 1, today, 1.0)
        minute = np.interp(draw, upto, clock_minutes).astype(np.int64)
        moment[mine] = day * DAY_MINUTES + np.minimum(minute, DAY_MINUTES - 1)
    return small, moment


def _day_factors(rng: np.random.Generator, clock: WorkingClock) -> Floats:
    """Return how much happens on each day, for each rhythm."""
    day = np.datetime64(clock.first, "D") + np.arange(DAYS)
    weekday = (day.astype(np.int64) + 3) % 7
    month = day.astype("datetime64[M]").astype(np.int64) % 12
    factor: Floats = _WEEK[:, weekday] * _SEASON[:, month]
    factor = np.where(clock.is_holiday[:DAYS], factor * _HOLIDAY[:, None], factor)
    factor *= 1 + _TREND_A_YEAR * np.arange(DAYS) / 365.25
    factor *= np.exp(0.07 * rng.standard_normal(factor.shape))
    stormy = np.flatnonzero((month >= 4) & (month <= 9))
    storms = rng.choice(stormy, min(2 * _STORMS_A_YEAR, len(stormy)), replace=False)
    factor[Rhythm.STORM, storms] *= rng.uniform(*_STORM_FACTOR, len(storms))
    # Nobody strolls or trades in a storm.
    factor[[[Rhythm.DAY], [Rhythm.NIGHT]], storms] *= 0.75
    return factor


def _where(rng: np.random.Generator, places: Places, small: Ints) -> NDArray[np.int64]:
    """Return the place (index) of each incident: by class, setting and hot spot."""
    place = np.zeros(len(small), dtype=np.int64)
    members = [np.flatnonzero(places.setting == setting) for setting in Setting]
    topic = _TOPIC_OF[small]
    for number in np.unique(topic):
        mine = np.flatnonzero(topic == number)
        weight = places.weight * _heat(rng, places)
        upto = [np.cumsum(weight[rows]) for rows in members]
        total = np.array([sums[-1] if len(sums) else 0.0 for sums in upto])
        odds = np.cumsum(_AT * total, axis=1)
        # A class that has no setting here happens anywhere.
        odds = np.where(odds[:, -1:] > 0, odds, np.cumsum(total))[small[mine]]
        draw = rng.random(len(mine)) * odds[:, -1]
        setting = (draw[:, None] >= odds[:, :-1]).sum(axis=1)
        for kind, rows in enumerate(members):
            here = mine[setting == kind]
            if len(here):
                at = np.searchsorted(upto[kind], rng.random(len(here)) * total[kind], "right")
                place[here] = rows[np.minimum(at, len(rows) - 1)]
    return place


def _heat(rng: np.random.Generator, places: Places) -> Floats:
    """Return how much more than usual happens at each place, around a few hot spots."""
    heat = np.ones(len(places.xy))
    east = np.cos(np.radians(places.xy[:, 1].mean()))
    for centre in places.xy[chosen(rng, places.weight, _SPOTS)]:
        reach, factor = rng.uniform(*_SPOT_M), rng.uniform(*_SPOT_FACTOR)
        away = (places.xy - centre) * _METRES_PER_DEGREE * np.array([east, 1.0])
        heat += factor * np.exp(-0.5 * (away**2).sum(axis=1) / reach**2)
    return heat


def _scattered(rng: np.random.Generator, xy: Floats) -> Floats:
    degrees = _SCATTER_M / _METRES_PER_DEGREE
    moved: Floats = np.round(xy + rng.normal(0, degrees / 2, xy.shape), 7)
    return moved


def _keys(prefix: str, moment: Ints, clock: WorkingClock) -> pd.Series[Any]:
    """Return keys such as ``E2026112200042``: the day, and the number on that day."""
    order = np.argsort(moment, kind="stable")
    day = moment[order] // DAY_MINUTES
    serial = np.arange(len(day)) - np.searchsorted(day, day) + 1
    date = (np.datetime64(clock.first, "D") + np.arange(DAYS)).astype(str)
    whole = np.array([int(text.replace("-", "")) for text in date.tolist()], dtype=np.int64)
    number = np.empty(len(day), dtype=np.int64)
    number[order] = whole[day] * 100_000 + serial
    return numbered(prefix, number, 13)


def _titles(rng: np.random.Generator, small: Ints, setting: Ints) -> pd.Series[Any]:
    first = _FIRST_TEXT[small]
    text = first + (rng.random(len(small)) * (_FIRST_TEXT[small + 1] - first)).astype(np.int64)
    titles = [prefix + text for prefix in _PREFIXES for text in _TEXTS]
    return taken(titles, setting.astype(np.int64) * len(_TEXTS) + text)


def _utc(minutes: Ints, first: np.datetime64) -> NDArray[np.datetime64]:
    """Return moments in UTC; −1 is none."""
    moments: NDArray[np.datetime64] = first + minutes.astype("timedelta64[m]")
    moments[minutes < 0] = np.datetime64("NaT")
    return moments.astype("datetime64[us]")
