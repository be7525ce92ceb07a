"""How alike a typed stretch and a name are: letters wrong, missing or exchanged, or the sound."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from layers.locating.sounds import GENERIC, is_latin, readings

# Wrong but said the same; two letters exchanged; a letter that many names have for another such.
_HOMOPHONE, _EXCHANGED, _GENERIC = 0.35, 0.6, 0.6
# What a letter costs that stands around the name, and one that is not typed yet.
_AROUND, _MOST_AROUND = 0.015, 0.15
_UNTYPED, _MOST_UNTYPED = 0.03, 0.2
# By first letters alone.
INITIALS = 0.8
_LEAST_LETTERS = 2
# In Latin letters one name in characters may be meant as well as another.
_LATIN = 0.98

_Codes = NDArray[np.int32]


def likeness(typed: str, name: str, sounds: Sequence[str], initials: str) -> float:
    """Return how alike they are: 1 the same, 0 nothing in common.

    ``typed`` may have more around the name (a district before it) or be only its beginning.
    """
    if typed == name:
        return 1.0
    if is_latin(typed):
        found = max((_alike(typed, said) for said in sounds), default=0.0)
        if typed == initials:
            found = max(found, INITIALS)
        return found * _LATIN
    return _alike(typed, name)


def _alike(typed: str, name: str) -> float:
    if not typed or not name:
        return 0.0
    whole, part = _codes(typed), _codes(name)
    cost, start, end = _within(part, whole, False)
    around = len(typed) - (end - start)
    best = 1.0 - cost / len(name) - min(around * _AROUND, _MOST_AROUND)
    if _LEAST_LETTERS <= len(typed) < len(name):
        cost, *_ = _within(whole, part, True)
        untyped = min((len(name) - len(typed)) * _UNTYPED, _MOST_UNTYPED)
        best = max(best, 1.0 - cost / len(typed) - untyped)
    return float(max(best, 0.0))


@lru_cache(maxsize=20_000)
def _codes(name: str) -> _Codes:
    """Return letter, sound and whether it is in many names, (n, 3)."""
    rows = [(ord(c), _sound_number(c), c in GENERIC) for c in name]
    return np.array(rows, dtype=np.int32).reshape(-1, 3)


@lru_cache(maxsize=30_000)
def _sound_number(character: str) -> int:
    if character.isascii():
        return -ord(character)
    return _numbers.setdefault(readings(character)[0], len(_numbers) + 1)


_numbers: dict[str, int] = {}


@numba.njit(cache=True, nogil=True)
def _within(  # noqa: C901 - one table, filled in one go
    part: Any,  # noqa: ANN401 - arrays
    whole: Any,  # noqa: ANN401
    at_start: bool,
) -> tuple[float, int, int]:
    """Return the least cost to find ``part`` in ``whole``, and where there it begins and ends.

    The optimal string alignment of edit distances, the ends of ``whole`` being free; its beginning
    only if not ``at_start``.
    """
    m, n = len(part), len(whole)
    cost = np.zeros((m + 1, n + 1))
    since = np.zeros((m + 1, n + 1), dtype=np.int64)
    for j in range(n + 1):
        if at_start:
            cost[0, j] = j
        else:
            since[0, j] = j
    for i in range(1, m + 1):
        cost[i, 0] = i
        for j in range(1, n + 1):
            if part[i - 1, 0] == whole[j - 1, 0]:
                other = 0.0
            elif part[i - 1, 1] == whole[j - 1, 1]:
                other = _HOMOPHONE
            elif part[i - 1, 2] and whole[j - 1, 2]:
                other = _GENERIC
            else:
                other = 1.0
            best, began = cost[i - 1, j - 1] + other, since[i - 1, j - 1]
            if cost[i - 1, j] + 1 < best:
                best, began = cost[i - 1, j] + 1, since[i - 1, j]
            if cost[i, j - 1] + 1 < best:
                best, began = cost[i, j - 1] + 1, since[i, j - 1]
            is_swap = (
                i > 1
                and j > 1
                and part[i - 1, 0] == whole[j - 2, 0]
                and part[i - 2, 0] == whole[j - 1, 0]
            )
            if is_swap and cost[i - 2, j - 2] + _EXCHANGED < best:
                best, began = cost[i - 2, j - 2] + _EXCHANGED, since[i - 2, j - 2]
            cost[i, j], since[i, j] = best, began
    end = 0
    for j in range(n + 1):
        if cost[m, j] <= cost[m, end]:
            end = j
    return cost[m, end], since[m, end], end
