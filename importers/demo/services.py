"""Invented facilities: what serves people, of which kind, where, and for how many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from importers.demo.draws import without_return
from importers.demo.facility_kinds import EAST_FROM, KINDS, Kind
from importers.demo.texts import Columns, Floats, Ints, numbered, words

_METRES_PER_DEGREE = 111_195.0
STATES = ("open", "planned", "closed")
# No area code is 0000.
_PHONE = "0000-555"
_UNSTAFFED = {"park", "bus_stop", "aed", "hydrant", "waste", "toilet", "emergency_shelter"}
# Both sides of a street have a stop of one name.
_SAME_NAME = {"bus_stop"}
_WITH_AREA = {"park", "emergency_shelter"}
# What there is so much of is numbered otherwise than schools are.
_MANY = 20
_ORDINALS = {n: f"第{digit}" for n, digit in enumerate("二三四五六七八九十", 2)}
# How much of a ground can be used for shelter, and what a person needs there.
_USABLE, _SHELTER_M2 = 0.4, 2.0

_OPERATORS = tuple(dict.fromkeys(kind.operator for kind in KINDS))
_OPERATOR_OF = np.array([_OPERATORS.index(kind.operator) for kind in KINDS], dtype=np.int8)


@dataclass(frozen=True)
class Sites:
    """Where facilities may be, in Hilbert order: buildings, parks, points of roads.

    Attributes
    ----------
    xy
        (n, 2): longitude, latitude.
    use
        As of buildings; or park, square, road, junction.
    name_stem
        The name of the place ("听潮"), from which facilities take theirs.
    address
        Texts.
    area_m2
        Of the ground; 0 = unknown.
    first_id
        Where numbering begins, for a city that is made district by district.
    """

    xy: Floats
    use: NDArray[np.object_]
    name_stem: NDArray[np.object_]
    address: NDArray[np.object_]
    area_m2: Floats
    first_id: int = 1


@dataclass(frozen=True)
class _Ground:
    use: NDArray[np.object_]
    metres: Floats
    people: Floats
    is_east: NDArray[np.bool_]


def place(rng: np.random.Generator, sites: Sites, people_per_site: Floats) -> Columns:
    """Return facilities of all kinds, in the order of the sites.

    Parameters
    ----------
    people_per_site
        How many people live about each site (all together the town's): where many live, there is
        more. Their sum decides how many facilities there are.

    Returns
    -------
    dict
        Columns of the facility table, all but ``unit_id``.
    """
    ground = _Ground(
        sites.use, _metres(sites.xy), people_per_site, _east(sites.xy, people_per_site)
    )
    found = [_sites_of(rng, kind, ground) for kind in KINDS]
    at = np.concatenate(found).astype(np.int64)
    code = np.repeat(np.arange(len(KINDS)), [len(rows) for rows in found])
    order = np.lexsort([code, at])
    at, code = at[order], code[order]
    number = np.arange(len(at), dtype=np.int32) + np.int32(sites.first_id)
    return {
        "id": number,
        "key": numbered("F", number, 6),
        "kind": words(code, [kind.key for kind in KINDS]),
        "name": _names(rng, sites, at, code),
        "operator": words(_OPERATOR_OF[code], _OPERATORS),
        "address": pd.Series(sites.address[at], dtype="str"),
        "phone": _phones(rng, code),
        "capacity": _capacities(rng, sites, at, code),
        "state": words(_states(rng, code), STATES),
        "area_m2": _areas(sites, at, code),
        "props": pd.Series(["{}"] * len(at), dtype="str"),
        "geom": sites.xy[at],
    }


def _metres(xy: Floats) -> Floats:
    east = np.cos(np.radians(xy[:, 1].mean())) if len(xy) else 1.0
    metres: Floats = xy * _METRES_PER_DEGREE * np.array([east, 1.0])
    return metres


def _east(xy: Floats, people: Floats) -> NDArray[np.bool_]:
    order = np.argsort(xy[:, 0], kind="stable")
    reached = np.cumsum(people[order])
    is_east = np.zeros(len(xy), dtype=bool)
    is_east[order[reached > EAST_FROM * people.sum()]] = True
    return is_east


def _sites_of(rng: np.random.Generator, kind: Kind, ground: _Ground) -> NDArray[np.int64]:
    """Return the sites of one kind."""
    rows = np.flatnonzero(np.isin(ground.use, kind.uses))
    people = ground.people
    count = max(1, round(kind.per_100k * people.sum() / 1e5))
    if not len(rows):
        return rows
    # Also where hardly anybody lives now and then: a park has no inhabitants.
    weight = people[rows] + 0.03 * people.mean() + 1e-9
    score = rng.standard_exponential(len(rows)) / weight
    if kind.apart_m:
        picked = _apart(score, ground.metres[rows], kind.apart_m, count)
    else:
        picked = without_return(score, count)
    chosen = rows[picked]
    return chosen[~ground.is_east[chosen] | (rng.random(len(chosen)) < kind.east)]


def _apart(score: Floats, metres: Floats, apart_m: float, count: int) -> NDArray[np.int64]:
    """Return the places of the lowest scores, none closer to another than a distance."""
    tree = cKDTree(metres)
    is_free = np.ones(len(score), dtype=bool)
    picked: list[int] = []
    for row in np.argsort(score, kind="stable").tolist():
        if is_free[row]:
            picked.append(row)
            is_free[tree.query_ball_point(metres[row], apart_m)] = False
            if len(picked) == count:
                break
    return np.array(picked, dtype=np.int64)


def _names(rng: np.random.Generator, sites: Sites, at: Ints, code: Ints) -> pd.Series[Any]:
    """Return names such as 听潮幼儿园, 听潮第二幼儿园; stops may be called the same."""
    ending = (rng.random(len(at)) * np.array([len(kind.names) for kind in KINDS])[code]).astype(int)
    met: Counter[tuple[str, str]] = Counter()
    names = []
    for stem, kind_number, end in zip(
        sites.name_stem[at].tolist(), code.tolist(), ending.tolist(), strict=True
    ):
        kind = KINDS[kind_number]
        after = kind.names[end]
        met[stem, after] += 1
        again = met[stem, after]
        if again == 1 or kind.key in _SAME_NAME:
            names.append(stem + after)
        elif kind.per_100k > _MANY or again not in _ORDINALS:
            names.append(f"{stem}{again}号{after}")
        else:
            names.append(f"{stem}{_ORDINALS[again]}{after}")
    return pd.Series(names, dtype="str")


def _phones(rng: np.random.Generator, code: Ints) -> pd.Series[Any]:
    """Return numbers of an area that does not exist; what nobody staffs has none."""
    number = rng.integers(0, 100_000, len(code))
    has_none = np.array([kind.key in _UNSTAFFED for kind in KINDS])[code]
    return numbered(_PHONE, number, 5).mask(has_none)


def _capacities(rng: np.random.Generator, sites: Sites, at: Ints, code: Ints) -> pd.Series[Any]:
    low, high = np.array([kind.capacity for kind in KINDS], dtype=np.float64)[code].T
    holds = high > 0
    low = np.maximum(low, 1)
    places = low * (np.maximum(high, 1) / low) ** rng.random(len(at))
    # A shelter holds whom its ground has room for.
    is_shelter = np.array([kind.key == "emergency_shelter" for kind in KINDS])[code]
    area = sites.area_m2[at]
    places = np.where(is_shelter & (area > 0), area * _USABLE / _SHELTER_M2, places)
    step = np.where(places < 100, 1, 10)
    whole = np.maximum(np.round(places / step) * step, 1)
    return pd.Series(whole.astype(np.int32), dtype="Int32").mask(~holds)


def _states(rng: np.random.Generator, code: Ints) -> NDArray[np.int8]:
    planned = np.array([kind.planned for kind in KINDS])[code]
    closed = np.array([kind.closed for kind in KINDS])[code]
    draw = rng.random(len(code))
    return np.where(draw < planned, 1, np.where(draw < planned + closed, 2, 0)).astype(np.int8)


def _areas(sites: Sites, at: Ints, code: Ints) -> NDArray[np.float32]:
    has_area = np.array([kind.key in _WITH_AREA for kind in KINDS])[code] & (sites.area_m2[at] > 0)
    return np.where(has_area, np.round(sites.area_m2[at]), np.nan).astype(np.float32)
