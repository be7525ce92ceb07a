"""Who holds which post: heads and workers of grids and micro-grids, invented like the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# The share of posts nobody holds.
VACANT = 0.03
# Numbers that are nobody's: 139000 and five digits; further blocks once these are used up.
_PHONE_BLOCKS = ("139000", "138000", "137000", "136000", "135000", "134000")
_NUMBERS_IN_BLOCK = 100_000
_LONGEST_DAYS = 5 * 365

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁董余苏叶吕魏蒋田杜丁沈"
    "姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱"
)
# Two letters that are each common but seldom stand together in the name of somebody known.
_FIRST = "承沐若景书昕予嘉亦以知思允念安清卓朗意望培济煦秉靖谦颂佑澄蔚循怀乐初远牧述温洵"
_SECOND = "禾岚宁川辰舟言和朴屿行遥然曦衡彦桐溪芷棠霖砚筠澜扬微林岑野榆翎芸楠茵苒岩恒樾彤蓝"


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
            "person": _persons(rng, count),
            "phone": _phones(rng, count),
            "valid": pd.Series(since.astype("datetime64[us]")).dt.tz_localize("UTC"),
        }
    )


def _persons(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    # The first surnames are the most common ones.
    surname = (len(_SURNAMES) * rng.random(count) ** 1.7).astype(np.int64)
    first, second = (rng.integers(0, len(pool), count) for pool in (_FIRST, _SECOND))
    letters = [np.array(list(pool), dtype=object) for pool in (_SURNAMES, _FIRST, _SECOND)]
    persons: NDArray[np.object_] = letters[0][surname] + letters[1][first] + letters[2][second]
    return persons


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
