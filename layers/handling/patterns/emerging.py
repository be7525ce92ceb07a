"""Hot spots against the period before: those that are new, those that stay, those that fade."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from layers.columns import Array


class Course(StrEnum):
    """What became of a place since the period before."""

    EMERGING = "emerging"
    """Hot now, not before."""
    PERSISTENT = "persistent"
    """Hot in both."""
    FADING = "fading"
    """Hot before, not now."""
    NONE = ""
    """Hot in neither."""


def courses(is_hot: Array, was_hot: Array, is_high: Array) -> Array:
    """Return the course of each place, by whether it is hot in either period.

    What is high still, only with too few incidents to be called hot, has not faded (``is_high``).
    """
    found: Array = np.select(
        [is_hot & was_hot, is_hot, was_hot & ~is_high],
        [Course.PERSISTENT.value, Course.EMERGING.value, Course.FADING.value],
        Course.NONE.value,
    )
    return found
