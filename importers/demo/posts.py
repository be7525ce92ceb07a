"""Who holds which post: heads and workers of grids and micro-grids, invented like the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers.demo.identities import any_surnames, names

# The share of posts nobody holds.
VACANT = 0.03
# Numbers that are nobody's: 139000 and five digits; further blocks once these are used up.
_PHONE_BLOCKS = ("139000", "138000", "137000", "136000", "135000", "134000")
_NUMBERS_IN_BLOCK = 100_000
_LONGEST_DAYS = 5 * 365


def hold(
    rng: np.random.Generator, unit_codes: Sequence[str], posts: Sequence[str], today: date
) -> pd.DataFrame:
    """Return who holds which post now.

    Parameters
    ----------
    unit_codes, posts
        One for each post there is: the unit, and ``head`` or ``worker``; a unit may have several.

    Returns
    -------
    DataFrame
        unit_code, post, person, phone, valid (the midnight in UTC from which on), in the order of
        the posts; vacant ones have no row.
    """
    is_held = np.ones(len(unit_codes), dtype=bool)
    is_held[rng.permutation(len(is_held))[: round(VACANT * len(is_held))]] = False
    count = int(is_held.sum())
    # Many came lately, some have been there for years.
    days = (_LONGEST_DAYS * rng.random(count) ** 1.6).astype(np.int64) + 5
    since = np.datetime64(today, "D") - days.astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "unit_code": np.array(unit_codes, dtype=object)[is_held],
            "post": np.array(posts, dtype=object)[is_held],
            "person": names(rng, any_surnames(rng, count)),
            "phone": _phones(rng, count),
            "valid": pd.Series(since.astype("datetime64[us]")).dt.tz_localize("UTC"),
        }
    )


def _phones(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    blocks = -(-count // _NUMBERS_IN_BLOCK)
    if blocks > len(_PHONE_BLOCKS):
        raise ValueError(f"There are not numbers enough for {count} posts.")
    numbers = rng.permutation(max(blocks, 1) * _NUMBERS_IN_BLOCK)[:count]
    return np.array(
        [
            f"{_PHONE_BLOCKS[block]}{rest:05d}"
            for block, rest in zip(*np.divmod(numbers, _NUMBERS_IN_BLOCK), strict=True)
        ],
        dtype=object,
    )
