"""All standard indicators of the units on the map: which facilities are missing where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dashboard.coverage.desk import Desk
from dashboard.coverage.gaps import shown
from dashboard.measured import parents_of
from dashboard.scene import Scene
from gis import places
from layers.coverage import indicators
from layers.coverage.duty_areas import DutyArea, duty_areas
from layers.coverage.indicators import AREA, MISSING, Duty, Indicator, Quota
from layers.coverage.reach import Question, without_area
from layers.coverage.seen import Seen
from layers.coverage.standards import stock
from layers.coverage.streets import Mode

PEOPLE = "people"


@dataclass(frozen=True)
class Row:
    """One unit: the share of its people covered by indicator, NaN where that is not told."""

    unit_id: int
    name: str
    people: float
    covered: Mapping[str, float]
    # The indicators that hardly anybody there has.
    missing: tuple[str, ...]
    is_withheld: bool


@dataclass(frozen=True)
class Amount:
    """How much there is of the facilities of some kinds in the unit we are in."""

    kinds: tuple[str, ...]
    # Of an indicator; else the kinds'.
    names: Mapping[str, str] | None
    count: int
    # For a thousand people; NaN where their number is not told.
    per_1000: float
    places: int
    area_m2: int
    # None where none is known.
    quota: Quota | None
    # What the quota is for, for a thousand of those it is for; else places for a thousand people.
    held_per_1000: float


@dataclass(frozen=True)
class Charge:
    """The ground facilities of a kind answer for, the largest first, and how large it may be."""

    kind: str
    duty: Duty
    areas: tuple[DutyArea, ...]


@dataclass(frozen=True)
class Standards:
    """The page of standards."""

    indicators: Mapping[str, Indicator]
    whole: Row
    rows: tuple[Row, ...]
    count: int
    amounts: tuple[Amount, ...]
    charges: tuple[Charge, ...]
    # By indicator: the facilities that do not count because nobody knows how large they are.
    without_area: Mapping[str, int]
    # Whether the people of the unit we are in are told as they are counted, not as released.
    is_exact: bool


def asked(scene: Scene) -> Mapping[str, Question]:
    """Return the standard indicators, with those facilities that the view counts."""
    states = ("open", "planned") if scene.view.states == "planned" else ("open",)
    known = indicators.of(scene.city).questions
    return {key: replace(each, states=states) for key, each in known.items()}


def standards(scene: Scene, desk: Desk, most: int) -> Standards:
    """Answer all indicators for the unit we are in and the units on the map, worst first.

    Parameters
    ----------
    most
        How many units are told at most.
    """
    questions = asked(scene)
    found = {key: desk.answer(scene.db, each) for key, each in questions.items()}
    any_ = next(iter(found.values()))
    units = shown(scene, any_)
    covered = {key: 1 - each.people.share_uncovered for key, each in found.items()}
    missing = np.sum([each[units] < MISSING for each in covered.values()], axis=0)
    left_out = np.sum([each.people.uncovered[units] for each in found.values()], axis=0)
    order = np.lexsort((units, -np.nan_to_num(left_out, nan=-1.0), -missing))
    ids = any_.tree.ids[units[order[:most]]].tolist()
    names, parents = places.names_of(scene.db, ids), parents_of(scene, ids)

    def row(place: int, name: str) -> Row:
        shares = {key: float(each[place]) for key, each in covered.items()}
        return Row(
            int(any_.tree.ids[place]),
            name,
            float(any_.people.all[place]),
            shares,
            tuple(key for key, share in shares.items() if share < MISSING),
            bool(any_.people.is_withheld[place]),
        )

    rows = []
    for unit, place in zip(ids, units[order[:most]].tolist(), strict=True):
        name = scene.named(names[unit][1])
        rows.append(row(place, f"{name} · {parents[unit]}" if unit in parents else name))
    here = any_.place(scene.unit.id)
    whole = row(here, scene.named(scene.unit.names))
    unknown = {key: without_area(scene.db, each) for key, each in questions.items()}
    return Standards(
        indicators.of(scene.city).indicators,
        whole,
        tuple(rows),
        len(units),
        _amounts(scene, any_, here, questions),
        _charges(scene, desk, any_, here, questions),
        {key: n for key, n in unknown.items() if n},
        bool(any_.people.is_exact[here]),
    )


def _amounts(
    scene: Scene, any_: Seen, here: int, questions: Mapping[str, Question]
) -> tuple[Amount, ...]:
    """Return how much there is of each indicator's facilities, then of other kinds with a quota."""
    known = indicators.of(scene.city)
    states = next(iter(questions.values())).states
    # Several indicators are about the same facilities, each within another distance.
    of_kinds: dict[tuple[str, ...], list[str]] = {}
    for key, each in questions.items():
        of_kinds.setdefault(each.kinds, []).append(key)
    for kind in known.quotas:
        of_kinds.setdefault((kind,), [])
    found = []
    for kinds, keys in of_kinds.items():
        there = stock(scene.db, any_.tree, kinds, states)
        count, places_, area = (int(n[here]) for n in (there.count, there.places, there.area_m2))
        quota = known.quotas.get(kinds[0]) if len(kinds) == 1 else None
        held = area if quota and quota.measured == AREA else places_
        found.append(
            Amount(
                kinds,
                known.indicators[keys[0]].names if len(keys) == 1 else None,
                count,
                count / _thousands(any_, here, PEOPLE),
                places_,
                area,
                quota,
                held / _thousands(any_, here, quota.group if quota else PEOPLE),
            )
        )
    return tuple(found)


def _thousands(seen: Seen, here: int, group: str) -> float:
    return float(seen.numbers[group].all[here]) / 1000 or np.nan


def _charges(
    scene: Scene, desk: Desk, any_: Seen, here: int, questions: Mapping[str, Question]
) -> tuple[Charge, ...]:
    """Return the ground that facilities in the unit we are in answer for."""
    found = []
    for kind, duty in indicators.of(scene.city).duties.items():
        # How far it may be is not asked: somebody answers for what is out of reach, too.
        own = Question((kind,), minutes=5, mode=Mode.DRIVE)
        question = next((each for each in questions.values() if each.kinds == (kind,)), own)
        areas = desk.areas_today(scene.db, question)
        some = duty_areas(scene.db, scene.city, any_.tree, areas, here)
        if some:
            found.append(Charge(kind, duty, some))
    return tuple(found)
