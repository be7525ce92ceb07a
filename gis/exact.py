"""On which side of a line a point lies, decided exactly; compiled, because every index asks it.

Coordinates are taken as the numbers they are, without rounding or tolerance. A floating-point
filter settles nearly every case; the rest is decided by exact expansions (J. R. Shewchuk,
"Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Point: TypeAlias = tuple[float, float]

# (3 + 16u)u with u = 2^-53: a difference beyond this part of its terms has the right sign.
FILTER = 3.3306690738754716e-16
# 2^27 + 1 halves a double's digits.
SPLITTER = 134217729.0
# Six products of two doubles, each exactly the sum of two doubles.
COMPONENTS = 12


def _side(a: Point, b: Point, p: Point) -> int:
    """Return 1 if p lies left of the line from a to b, -1 if right of it, 0 if exactly on it."""
    left = (a[0] - p[0]) * (b[1] - p[1])
    right = (a[1] - p[1]) * (b[0] - p[0])
    difference = left - right
    bound = FILTER * (abs(left) + abs(right))
    if difference > bound:
        return 1
    if -difference > bound:
        return -1
    return exact_side(a, b, p)


def _exact_side(a: Point, b: Point, p: Point) -> int:
    # The determinant multiplied out, so that every term is one product of two given numbers.
    total = np.zeros(COMPONENTS)
    used = 0
    used = _add_product(total, used, a[0], b[1])
    used = _add_product(total, used, -a[1], b[0])
    used = _add_product(total, used, b[0], p[1])
    used = _add_product(total, used, -b[1], p[0])
    used = _add_product(total, used, p[0], a[1])
    used = _add_product(total, used, -p[1], a[0])
    # Components do not overlap and grow, so the last that is not zero has the sign of the sum.
    for i in range(used - 1, -1, -1):
        if total[i] > 0:
            return 1
        if total[i] < 0:
            return -1
    return 0


def _add_product_python(total: npt.NDArray[np.float64], used: int, a: float, b: float) -> int:
    """Add ``a * b`` to an expansion without any rounding; return its new length."""
    product = a * b
    c = SPLITTER * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = SPLITTER * b
    b_high = c - (c - b)
    b_low = b - b_high
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return _grow(total, _grow(total, used, error), product)


def _grow_python(total: npt.NDArray[np.float64], used: int, summand: float) -> int:
    rest = summand
    for i in range(used):
        addend = total[i]
        rounded = rest + addend
        virtual = rounded - rest
        total[i] = (rest - (rounded - virtual)) + (addend - virtual)
        rest = rounded
    total[used] = rest
    return used + 1


_grow = njit(cache=True, nogil=True)(_grow_python)
_add_product = njit(cache=True, nogil=True)(_add_product_python)
exact_side = njit(cache=True, nogil=True)(_exact_side)
side = njit(cache=True, nogil=True)(_side)
