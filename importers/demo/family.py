"""Who lives together: sizes of households, and the age and sex of their members."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from importers.demo.draws import apportioned, without_return
from importers.demo.texts import Floats, Ints


class Fabric(IntEnum):
    """What kind of houses stand there."""

    TOWER = 0
    GARDEN = 1
    OLD = 2
    VILLAGE = 3


LARGEST = 6
# Share of households of 1 … 6 people, by fabric; tilted afterwards to the mean that is wanted.
SIZES = np.array([
    [0.19, 0.25, 0.28, 0.16, 0.08, 0.04],
    [0.11, 0.21, 0.31, 0.21, 0.10, 0.06],
    [0.15, 0.27, 0.25, 0.17, 0.10, 0.06],
    [0.34, 0.26, 0.19, 0.12, 0.06, 0.03],
])  # fmt: skip

# Futian's pyramid, per cent in five-year bands (census of 2020: 15.9 under 15, 75.6 of 15–59,
# 2.9 of 60–64, 5.5 from 65 on).
AGES = np.array([
    5.0, 5.9, 5.0, 3.9, 7.9, 12.6, 13.9, 10.9, 8.3, 7.4, 6.2, 4.5,
    2.9, 2.15, 1.4, 0.85, 0.58, 0.36, 0.12, 0.035, 0.005,
])  # fmt: skip
_ADULT, _OLDER = 3, 12

# How readily a member is a child or an older person, by place in the household and by fabric.
_CHILD_PLACE = np.array([0.0, 0.05, 1.0, 0.75, 0.35, 0.3])
_CHILD_FABRIC = np.array([0.9, 1.25, 0.9, 0.55])
_OLDER_SMALL = 1.3
_OLDER_PLACE = np.array([0.14, 0.12, 0.1, 0.5, 1.2, 1.5])
_OLDER_FABRIC = np.array([0.75, 1.0, 2.3, 0.2])
# The middle of adults' ages moves with the fabric, in years.
_AGE_SHIFT = np.array([-1.0, 1.5, 5.0, -7.0])


@dataclass(frozen=True)
class Members:
    """One row for each person; those of a household stand together, the head first."""

    household: NDArray[np.int32]
    place: NDArray[np.int8]
    age: NDArray[np.int16]
    is_male: NDArray[np.bool_]


def sizes(rng: np.random.Generator, fabric: Ints, people: int) -> NDArray[np.int8]:
    """Return the size of each household; they sum to ``people``."""
    count = len(fabric)
    if not count <= people <= LARGEST * count:
        raise ValueError(f"{people} people cannot live in {count} households of 1 to {LARGEST}.")
    if count == 0:
        return np.empty(0, dtype=np.int8)
    shares = np.bincount(fabric, minlength=len(Fabric)) / count
    table = _tilted(shares, people / count)
    upto = np.cumsum(table, axis=1)[fabric]
    size: NDArray[np.int8] = 1 + (rng.random(count)[:, None] > upto[:, :-1]).sum(
        axis=1, dtype=np.int8
    )
    # What chance left over or took too much is put right one by one, anywhere.
    while (missing := people - int(size.sum(dtype=np.int64))) != 0:
        step = 1 if missing > 0 else -1
        can = np.flatnonzero(size < LARGEST if step > 0 else size > 1)
        size[rng.choice(can, min(abs(missing), len(can)), replace=False)] += step
    return size


def _tilted(shares: Floats, mean: float) -> Floats:
    """Return the table of sizes, leaning so that its mean is the wanted one."""
    number = np.arange(1, LARGEST + 1)
    low, high = -30.0, 30.0
    table = SIZES
    for _ in range(60):
        lean = (low + high) / 2
        raw = np.log(SIZES) + lean * number
        table = np.exp(raw - raw.max(axis=1, keepdims=True))
        table /= table.sum(axis=1, keepdims=True)
        low, high = (lean, high) if shares @ (table @ number) < mean else (low, lean)
    return table


@dataclass(frozen=True)
class _Slots:
    """Places to be filled with people, one row for each."""

    household: NDArray[np.int32]
    place: NDArray[np.int8]
    size: NDArray[np.int8]
    fabric: Ints
    # The row of each household's head.
    first: NDArray[np.int64]


def members(rng: np.random.Generator, size: NDArray[np.int8], fabric: Ints) -> Members:
    """Return the people of households of given sizes; ages follow the pyramid exactly.

    Only where there are too few second members for all its children does it give way.
    """
    household = np.repeat(np.arange(len(size), dtype=np.int32), size)
    first = np.cumsum(size, dtype=np.int64) - size
    place = (np.arange(len(household)) - first[household]).astype(np.int8)
    slots = _Slots(household, place, size[household], fabric[household], first)
    wanted = apportioned(len(household), AGES)
    is_child = _children(rng, slots, int(wanted[:_ADULT].sum()))
    is_older = _older(rng, slots, is_child, int(wanted[_OLDER:].sum()))
    age = np.zeros(len(household), dtype=np.int16)
    age[is_child] = rng.permutation(_years(rng, wanted[:_ADULT], int(is_child.sum())))
    # The oldest child says how old its parents are.
    oldest = np.zeros(len(size), dtype=np.int16)
    if len(size):
        oldest = np.maximum.reduceat(np.where(is_child, age, np.int16(-1)), first)
    score = _seniority(rng, slots, oldest)
    for who, bands in (
        (~is_child & ~is_older, slice(_ADULT, _OLDER)),
        (is_older, slice(_OLDER, None)),
    ):
        counts = np.zeros_like(wanted)
        counts[bands] = wanted[bands]
        at = np.flatnonzero(who)
        age[at[np.argsort(score[at], kind="stable")]] = np.sort(_years(rng, counts, len(at)))
    return Members(household, place, age, _males(rng, slots, age))


def _children(rng: np.random.Generator, slots: _Slots, count: int) -> NDArray[np.bool_]:
    # Drawn for the household: brothers and sisters come together.
    wish = rng.gamma(2.0, 0.5, len(slots.first))[slots.household]
    weight = _CHILD_PLACE[slots.place] * _CHILD_FABRIC[slots.fabric] * wish
    with np.errstate(divide="ignore"):
        score = rng.standard_exponential(len(weight)) / weight
    result = np.zeros(len(weight), dtype=bool)
    result[without_return(score, count)] = True
    return result


def _older(
    rng: np.random.Generator, slots: _Slots, is_child: NDArray[np.bool_], count: int
) -> NDArray[np.bool_]:
    is_small = slots.size <= 2
    weight = np.where(is_small, _OLDER_SMALL, _OLDER_PLACE[slots.place])
    weight *= _OLDER_FABRIC[slots.fabric]
    # One draw for a couple, another for the grandparents of a family.
    draws = rng.standard_exponential((2, len(slots.first)))
    draw = draws[(slots.place >= 2).astype(np.int8), slots.household]
    score = draw / weight * rng.uniform(0.85, 1.15, len(weight))
    score[is_child] = np.inf
    result = np.zeros(len(weight), dtype=bool)
    result[without_return(score, count)] = True
    return result


def _seniority(rng: np.random.Generator, slots: _Slots, oldest_child: Ints) -> Floats:
    """Return who is older than whom, in years, roughly: ages are given out in this order."""
    child = oldest_child[slots.household]
    is_couple = slots.place < 2
    years = np.where(is_couple, 36.0, 26.0)
    years[is_couple & (child >= 0)] = 27.0
    years[is_couple & (slots.size == 1)] = 30.0
    years += np.where(is_couple & (child >= 0), 0.8 * child, 0.0)
    # Man and wife are of an age; others at the same door need not be.
    shared = rng.normal(0, 7.0, len(slots.first))[slots.household]
    own = rng.normal(0, 1.0, len(years))
    years += np.where(is_couple, np.where(child >= 0, 0.45, 1.0) * shared + 2.5 * own, 8.0 * own)
    years += _AGE_SHIFT[slots.fabric]
    return years


def _years(rng: np.random.Generator, bands: Ints, count: int) -> NDArray[np.int16]:
    """Return ``count`` ages that fall into five-year bands as often as wanted, unordered."""
    total = int(bands.sum())
    if total != count:
        bands = apportioned(count, bands / max(total, 1)) if total else bands
    band = np.repeat(np.arange(len(bands), dtype=np.int16), bands)
    return (band * 5 + rng.integers(0, 5, len(band))).astype(np.int16)


def _males(rng: np.random.Generator, slots: _Slots, age: Ints) -> NDArray[np.bool_]:
    chance = np.where(age < 15, 0.53, np.where(age < 60, 0.525, 0.48))
    chance[age >= 80] = 0.42
    is_male = rng.random(len(age)) < chance
    # The second grown-up is mostly the head's husband or wife.
    second = np.flatnonzero((slots.place == 1) & (age >= 18))
    pair = second[rng.random(len(second)) < 0.85]
    is_male[pair] = ~is_male[pair - 1]
    return is_male
