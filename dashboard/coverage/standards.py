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
from layers.coverage.indicators import INDICATORS, MISSING
from layers.coverage.reach import Question
from layers.coverage.standards import quotas, stock
from layers.tree import Tree

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
    """How much there is of the facilities of an indicator in the unit we are in."""

    key: str
    count: int
    places: int
    per_1000: float
    # Places for a thousand people, as they are and as they are to be; None: no quota is known.
    places_per_1000: float
    quota: float | None


@dataclass(frozen=True)
class Standards:
    """The page of standards."""

    whole: Row
    rows: tuple[Row, ...]
    count: int
    amounts: tuple[Amount, ...]


def asked(scene: Scene) -> Mapping[str, Question]:
    """Return the standard indicators, with those facilities that the view counts."""
    states = ("open", "planned") if scene.view.states == "planned" else ("open",)
    return {key: replace(each, states=states) for key, each in INDICATORS.items()}


def standards(scene: Scene, desk: Desk, most: int) -> Standards:
    """Answer all indicators for the unit we are in and the units on the map, worst first.

    Parameters
    ----------
    most
        How many units are told at most.
    """
    found = {key: desk.answer(scene.db, each) for key, each in asked(scene).items()}
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
    return Standards(whole, tuple(rows), len(units), _amounts(scene, any_.tree, here, whole))


def _amounts(scene: Scene, tree: Tree, here: int, whole: Row) -> tuple[Amount, ...]:
    found, questions = [], asked(scene)
    states = next(iter(questions.values())).states
    kinds = {key: each.kinds for key, each in questions.items()}
    kinds |= {kind: (kind,) for kind in quotas() if kind not in kinds}
    for key, some in kinds.items():
        there = stock(scene.db, tree, some, states)
        count, held = int(there.count[here]), int(there.places[here])
        thousands = whole.people / 1000 or np.nan
        quota = quotas().get(key)
        found.append(Amount(key, count, held, count / thousands, held / thousands, quota))
    return tuple(found)
