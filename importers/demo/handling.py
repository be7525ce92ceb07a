"""How invented incidents are dealt with: who reports, how grave, and the seven stages in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from importers.demo.classes import SMALL
from importers.demo.clock import DAY_MINUTES, Minutes, WorkingClock
from importers.demo.texts import Floats, Ints

SOURCES = ("hotline", "patrol", "device", "app")
# How the place of those is known, and within how many metres; NaN: exactly.
PLACED_BY = ("building", "own", "device", "pin")
PLACED_WITHIN_M = np.array([25.0, 10.0, np.nan, np.nan], dtype=np.float32)
SEVERITIES = ("ordinary", "larger", "serious", "extreme")
STAGES = ("report", "register", "dispatch", "handle", "feed_back", "check", "closed")
# What becomes of a report that turns out to be none, as JSON.
REFUSALS = (
    "{}",
    '{"verified": "refused", "reason": "现场核实无此情况"}',
    '{"verified": "refused", "reason": "重复上报"}',
    '{"verified": "refused", "reason": "不属受理范围"}',
    '{"verified": "refused", "reason": "已自行解决"}',
)

# By rhythm: hotline, patrol, device, app.
_SOURCE = np.array([
    [0.30, 0.47, 0.02, 0.21],
    [0.60, 0.13, 0.02, 0.25],
    [0.20, 0.60, 0.02, 0.18],
    [0.47, 0.10, 0.33, 0.10],
    [0.40, 0.28, 0.16, 0.16],
])  # fmt: skip
_PATROL, _HOTLINE = SOURCES.index("patrol"), SOURCES.index("hotline")
_PATROL_HOURS = (7, 21)
# Ordinary incidents, and emergencies.
_SEVERITY = np.array([[0.957, 0.041, 0.00198, 0.00002], [0.80, 0.18, 0.0194, 0.0006]])

_REFUSED = 0.026
_RETURNED, _RETURNED_AGAIN = 0.055, 0.12
# Time taken as a share of the limit: log-normal; a few are stuck for weeks.
_TAKEN_MEDIAN, _TAKEN_SPREAD = 0.45, 0.58
_STUCK, _STUCK_FACTOR = 0.003, (4.0, 22.0)

_LIMIT = np.array([one.limit_hours * 60 for one in SMALL], dtype=np.int64)
_IS_URGENT = np.array([one.is_urgent for one in SMALL])
_RHYTHM = np.array([one.rhythm for one in SMALL], dtype=np.int8)


@dataclass(frozen=True)
class Course:
    """What is known of each incident now.

    Attributes
    ----------
    moments
        Column → minutes since the clock's first midnight; −1 where it has not come to that.
    stage
        Index into `STAGES`.
    refusal
        Index into `REFUSALS`.
    """

    moments: dict[str, Minutes]
    stage: NDArray[np.int8]
    returned: NDArray[np.int16]
    refusal: NDArray[np.int8]


def sources(rng: np.random.Generator, small: Ints, moment: Ints) -> NDArray[np.int8]:
    """Return who reports each incident, as index into `SOURCES`."""
    upto = np.cumsum(_SOURCE, axis=1)[_RHYTHM[small]]
    source = (rng.random(len(small))[:, None] > upto[:, :-1]).sum(axis=1)
    hour = moment % DAY_MINUTES // 60
    is_off = (hour < _PATROL_HOURS[0]) | (hour >= _PATROL_HOURS[1])
    return np.where((source == _PATROL) & is_off, _HOTLINE, source).astype(np.int8)


def severities(rng: np.random.Generator, small: Ints) -> NDArray[np.int8]:
    """Return how grave each incident is, as index into `SEVERITIES`."""
    upto = np.cumsum(_SEVERITY, axis=1)[_IS_URGENT[small].astype(np.int8)]
    grave: NDArray[np.int8] = (rng.random(len(small))[:, None] > upto[:, :-1]).sum(1, dtype=np.int8)
    return grave


def course(
    rng: np.random.Generator, clock: WorkingClock, small: Ints, reported: Minutes, now: int
) -> Course:
    """Return how far each incident has come by a moment, on the working clock.

    Emergencies run by the wall clock, at night and on holidays too.
    """
    count = len(small)
    urgent = _IS_URGENT[small]

    def after(moment: Minutes, minutes: Floats | Minutes) -> Minutes:
        whole: Minutes = np.maximum(minutes, 1).astype(np.int64)
        return np.where(urgent, moment + whole, clock.add(moment, whole))

    def about(median: float, spread: float) -> Floats:
        return np.asarray(median * np.exp(spread * rng.standard_normal(count)))

    limit = _LIMIT[small]
    again = rng.random(count)
    returned = (again < _RETURNED).astype(np.int16) + (again < _RETURNED * _RETURNED_AGAIN)
    taken = about(_TAKEN_MEDIAN, _TAKEN_SPREAD) + 0.4 * returned
    is_stuck = rng.random(count) < _STUCK
    taken = np.where(is_stuck, taken * rng.uniform(*_STUCK_FACTOR, count), taken)
    wait = about(12, 0.9)
    registered = reported + np.where(urgent, wait / 4, wait).astype(np.int64) + 1
    dispatched = after(registered, np.where(urgent, about(4, 0.5), about(28, 0.8)))
    handled = after(dispatched, limit * taken)
    checked_in = np.where(urgent, about(60, 0.7), about(260, 0.8))
    closed = after(handled, checked_in)
    # Under way as soon as a body takes it on; fed back until somebody looks.
    taken_on = dispatched + ((handled - dispatched) * rng.uniform(0.05, 0.5, count)).astype(int)
    looked_at = handled + ((closed - handled) * rng.uniform(0.2, 0.9, count)).astype(int)
    steps = (registered, dispatched, taken_on, handled, looked_at, closed)
    stage = sum((step <= now).astype(np.int8) for step in steps)

    refused = rng.random(count) < _REFUSED
    refused_at = clock.add(reported, np.maximum(about(90, 0.9), 5).astype(np.int64))
    closed = np.where(refused, refused_at, closed)
    stage = np.where(refused, np.where(refused_at <= now, len(STAGES) - 1, 0), stage)
    is_refused_now = refused & (refused_at <= now)
    moments = {
        "reported_at": reported,
        "registered_at": _known(registered, (registered <= now) & ~refused),
        "dispatched_at": _known(dispatched, (dispatched <= now) & ~refused),
        "handled_at": _known(handled, (handled <= now) & ~refused),
        "closed_at": _known(closed, closed <= now),
    }
    reason = rng.integers(1, len(REFUSALS), count)
    return Course(
        moments,
        stage.astype(np.int8),
        np.where((handled <= now) & ~refused, returned, 0).astype(np.int16),
        np.where(is_refused_now, reason, 0).astype(np.int8),
    )


def _known(moment: Minutes, is_known: NDArray[np.bool_]) -> Minutes:
    return np.where(is_known, moment, -1)
