"""What makes a case of each class in the invented city, and how long it may take: 立案条件.

The usual condition of a class has its limit; some classes have a slighter or a graver one beside
it, as the standard does it: a cover that is missing is no cover that rattles.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers.demo.classes import SMALL, SmallClass
from importers.demo.clock import CALENDAR
from importers.demo.texts import Columns, Ints, words
from layers.handling.clock import Limit, Unit, clock_of
from layers.handling.routing import USUAL

# A working day of the city has so many working hours.
_HOURS_A_DAY = 8
_DAYS_FROM_HOURS = 40
# Class → what is met, when it may be closed, how long.
_FURTHER: dict[str, tuple[str, str, str, str, float, Unit]] = {
    "雨水井盖": (
        "井盖缺失或塌陷，危及行人车辆", "Cover missing or sunk, a danger to people and cars",
        "已设警示并补装", "Marked and replaced", 2, Unit.URGENT_HOURS,
    ),
    "污水井盖": (
        "井盖缺失或塌陷，危及行人车辆", "Cover missing or sunk, a danger to people and cars",
        "已设警示并补装", "Marked and replaced", 2, Unit.URGENT_HOURS,
    ),
    "燃气井盖": (
        "井盖缺失或有燃气味", "Cover missing, or a smell of gas",
        "已设警示并排除险情", "Marked, and the danger removed", 2, Unit.URGENT_HOURS,
    ),
    "电力设施": (
        "带电部位裸露", "Live parts bare", "已断电或遮护", "Switched off or covered", 2,
        Unit.URGENT_HOURS,
    ),
    "广告牌破损": (
        "随时可能坠落", "About to fall", "已拆除或加固", "Taken down or fastened", 4,
        Unit.URGENT_HOURS,
    ),
    "道路破损": (
        "坑洞深于 5 厘米或影响通行", "A hole deeper than 5 cm, or in the way of traffic",
        "已临时填平", "Filled for the time being", 24, Unit.URGENT_HOURS,
    ),
    "行道树": (
        "枯枝随时可能坠落", "Dead branches about to fall", "已修剪清运", "Pruned and cleared", 4,
        Unit.URGENT_HOURS,
    ),
    "违章搭建": (
        "正在搭建", "Being built at this moment", "已制止", "Stopped", 4, Unit.WORK_HOURS,
    ),
    "楼道堆物": (
        "少量杂物，不堵塞通道", "A few things, the way is free", "已清走", "Taken away", 3,
        Unit.WORK_DAYS,
    ),
    "乱晾晒": (
        "居民楼下零星晾晒", "A little laundry below a block", "已劝导收走", "Taken in", 2,
        Unit.WORK_DAYS,
    ),
    "邻里纠纷": (
        "网格可当场调解", "The grid can settle it on the spot", "双方认可", "Both sides agree", 5,
        Unit.WORK_DAYS,
    ),
    "暴露垃圾": (
        "少量零散垃圾", "A little litter", "已清扫", "Swept", 4, Unit.WORK_HOURS,
    ),
    "寻求帮助": (
        "日常帮助，不涉及安全", "Everyday help, nobody in danger", "已回访", "Called back", 7,
        Unit.DAYS,
    ),
}  # fmt: skip
# What the grid settles by itself where it is slight.
_SLIGHT = ("楼道堆物", "乱晾晒", "邻里纠纷", "暴露垃圾", "寻求帮助")
LEFT_TO_THE_GRID = frozenset((one.scheme, one.code, 2) for one in SMALL if one.zh in _SLIGHT)


def frame() -> pd.DataFrame:
    """Return the conditions: scheme, code, number, opens, closes, amount, unit."""
    rows = [_usual(one) for one in SMALL]
    for one in SMALL:
        if one.zh in _FURTHER:
            opens_zh, opens_en, closes_zh, closes_en, amount, unit = _FURTHER[one.zh]
            opens, closes = _names(opens_zh, opens_en), _names(closes_zh, closes_en)
            rows.append((one.scheme, one.code, 2, opens, closes, float(amount), unit.value))
    columns = ["scheme", "code", "number", "opens", "closes", "amount", "unit"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def limited(small: Ints, starts: NDArray[np.datetime64], is_limited: NDArray[np.bool_]) -> Columns:
    """Return condition, limit and due time of incidents, as of those that are reported here.

    Parameters
    ----------
    small
        Indexes into `SMALL`.
    starts
        When the clock of each began, in UTC.
    is_limited
        Whether it has a limit.
    """
    clock, seconds = clock_of(CALENDAR), starts.astype("datetime64[s]").astype(np.int64)
    due = np.zeros(len(small), np.int64)
    for index, limit in enumerate(_LIMITS):
        mine = np.flatnonzero(small == index)
        due[mine] = clock.due_by(seconds[mine], limit)
    due_at = due.astype("datetime64[s]").astype("datetime64[us]")
    due_at[~is_limited] = np.datetime64("NaT")
    return {
        "condition": pd.Series(
            pd.arrays.IntegerArray(np.full(len(small), USUAL, np.int16), ~is_limited)
        ),
        "limit_amount": np.where(is_limited, _AMOUNT[small], np.nan),
        "limit_unit": words(np.where(is_limited, _UNIT[small], -1), _UNITS),
        "due_at": due_at,
    }


def _limit(one: SmallClass) -> Limit:
    """Return how long the usual case of a class may take."""
    if one.is_urgent:
        return Limit(float(one.limit_hours), Unit.URGENT_HOURS)
    if one.limit_hours >= _DAYS_FROM_HOURS:
        return Limit(float(one.limit_hours // _HOURS_A_DAY), Unit.WORK_DAYS)
    return Limit(float(one.limit_hours), Unit.WORK_HOURS)


_LIMITS = tuple(_limit(one) for one in SMALL)
_UNITS = tuple(unit.value for unit in Unit)
_AMOUNT = np.array([limit.amount for limit in _LIMITS])
_UNIT = np.array([_UNITS.index(limit.unit.value) for limit in _LIMITS], dtype=np.int8)


def _usual(one: SmallClass) -> tuple[object, ...]:
    limit = _limit(one)
    opens = _names(f"发现{one.zh}", f"Found: {one.en.lower()}")
    closes = _names("问题已消除", "Seen to be gone")
    return one.scheme, one.code, USUAL, opens, closes, limit.amount, limit.unit.value


def _names(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}
