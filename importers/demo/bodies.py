"""Duty bodies of the invented city: which of them a class of incidents goes to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from importers.demo.classes import COMPONENTS, EVENTS, SMALL

# Key, zh, en; a body's id is its place here, from 1 on.
BODIES = (
    ("urban_management", "城市管理局", "Urban management"),
    ("sanitation", "环境卫生所", "Sanitation"),
    ("police", "公安分局", "Police"),
    ("fire", "消防救援大队", "Fire and rescue"),
    ("housing", "住房和建设局", "Housing and construction"),
    ("water", "水务局", "Water"),
    ("market", "市场监督管理局", "Market supervision"),
    ("traffic", "交通运输局", "Traffic"),
    ("parks", "公园管理所", "Parks"),
)
_KEYS = [key for key, *_ in BODIES]

# What a big class goes to, and the small classes that go elsewhere.
_OF_BIG = {
    (EVENTS, "01"): "sanitation", (EVENTS, "02"): "urban_management", (EVENTS, "03"): "housing",
    (EVENTS, "04"): "urban_management", (EVENTS, "05"): "fire", (EVENTS, "06"): "housing",
    (COMPONENTS, "01"): "urban_management", (COMPONENTS, "02"): "traffic",
    (COMPONENTS, "03"): "sanitation", (COMPONENTS, "04"): "parks",
    (COMPONENTS, "05"): "urban_management",
}  # fmt: skip
_OF_SMALL = {
    "占道堆放": "urban_management", "油烟污染": "market", "污水外溢": "water",
    "乱晾晒": "urban_management", "楼道堆物": "fire", "水域不洁": "water", "广告牌破损": "market",
    "机动车乱停放": "police", "电动车进楼充电": "fire", "社会生活噪声": "police",
    "广场舞噪声": "police", "路面积水": "water", "树木倒伏": "parks", "道路塌陷": "traffic",
    "供水管爆裂": "water", "停电": "housing", "高空坠物": "housing", "流浪动物": "urban_management",
    "犬只不牵绳": "police", "邻里纠纷": "police", "消费纠纷": "market", "寻求帮助": "police",
    "雨水井盖": "water", "污水井盖": "water", "消火栓": "fire", "交通信号灯": "police",
    "充电桩": "market", "水位监测设备": "water", "休闲设施": "parks",
}  # fmt: skip

# How often a report of a class says who reported it or whom it is about, by telephone.
_PERSONAL = {
    "社会生活噪声": 0.75, "邻里纠纷": 0.95, "劳资纠纷": 0.9, "物业纠纷": 0.7, "消费纠纷": 0.8,
    "寻求帮助": 0.95, "违规装修": 0.6, "出租屋隐患": 0.4, "电动车进楼充电": 0.4, "犬只不牵绳": 0.5,
    "油烟污染": 0.25, "楼道堆物": 0.4, "高空坠物": 0.2, "电梯困人": 0.3, "违章搭建": 0.4,
    "广场舞噪声": 0.2, "燃气泄漏": 0.2,
}  # fmt: skip
# By source (hotline, patrol, device, app), as a share of the above.
_SAID_BY = np.array([1.0, 0.15, 0.0, 0.5])

_BODY_OF = np.array(
    [1 + _KEYS.index(_OF_SMALL.get(one.zh, _OF_BIG[one.scheme, one.big])) for one in SMALL],
    dtype=np.int32,
)
_PERSONAL_OF = np.array([_PERSONAL.get(one.zh, 0.0) for one in SMALL])


def frame() -> pd.DataFrame:
    """Return the bodies: id, key, names."""
    names = [{"zh": zh, "en": en} for _, zh, en in BODIES]
    return pd.DataFrame({"id": np.arange(1, len(BODIES) + 1), "key": _KEYS, "names": names})


def duties(left_to_the_grid: Collection[tuple[str, str, int]]) -> pd.DataFrame:
    """Return whose duty it is: a rule for each big class, and for what goes elsewhere.

    Parameters
    ----------
    left_to_the_grid
        Scheme, small class and condition of what its own territory settles.
    """
    rules: list[tuple[str, str, int | None, int | None]] = [
        (scheme, big, None, 1 + _KEYS.index(key)) for (scheme, big), key in _OF_BIG.items()
    ]
    rules += [
        (one.scheme, one.code, None, 1 + _KEYS.index(_OF_SMALL[one.zh]))
        for one in SMALL
        if one.zh in _OF_SMALL
    ]
    rules += [(scheme, code, number, None) for scheme, code, number in sorted(left_to_the_grid)]
    columns = ["scheme", "code", "condition", "body_id"]
    frame = pd.DataFrame(rules, columns=columns, dtype=object)
    return frame.assign(unit_id=None, priority=0)


def bodies_of(small: NDArray[np.integer[Any]], is_dispatched: NDArray[np.bool_]) -> pd.Series[Any]:
    """Return the body each incident was dispatched to; ``small`` are indexes into `SMALL`."""
    return pd.Series(pd.arrays.IntegerArray(_BODY_OF[small], ~is_dispatched))


def are_personal(
    rng: np.random.Generator, small: NDArray[np.integer[Any]], source: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """Return which incidents say who reported them or whom they are about."""
    is_personal: NDArray[np.bool_] = rng.random(len(small)) < _PERSONAL_OF[small] * _SAID_BY[source]
    return is_personal
