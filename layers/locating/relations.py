"""Places told by others: where two roads cross, so far along a road from somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Heading(StrEnum):
    """Which way along a road."""

    EAST = "east"
    SOUTH = "south"
    WEST = "west"
    NORTH = "north"


@dataclass(frozen=True)
class Crossing:
    """Two roads, as typed."""

    one: str
    other: str


@dataclass(frozen=True)
class Along:
    """So many metres along a road from a place, as typed; one way or, without one, both."""

    road: str
    place: str
    metres: float
    heading: Heading | None


_END = (
    r"(?:的?(?:交叉路口|交叉口|十字路口|丁字路口|三岔口|交界处?|交汇处?|交会处?|交口)"
    r"|(?<=[街道巷弄段])路口|(?<=[路街道巷弄段])口)?"
)
_BETWEEN = re.compile(rf"(.+?)(?:口)?\s*(?:&|/|@|、|与|\band\b|\bat\b|\+)\s*(.+?){_END}$")
# 和 and 跟 stand in names, too: only before an end that says what is meant.
_OTHERS = re.compile(r"(.+[路街道巷弄段桥])(?:和|跟|同|近)(.+?)" + _END.removesuffix("?") + "$")
_ENGLISH_END = re.compile(r"^(?:the )?(?:corner|crossing|intersection|junction) of\s+")
_SIDES = {
    "东": Heading.EAST, "南": Heading.SOUTH, "西": Heading.WEST, "北": Heading.NORTH,
    "east": Heading.EAST, "south": Heading.SOUTH, "west": Heading.WEST, "north": Heading.NORTH,
}  # fmt: skip
_METRES = (
    r"(?P<n>\d+(?:\.\d+)?)\s*(?P<of>米|公尺|公里|千米|m\b|km\b|metres?\b|meters?\b|m(?=[^a-z]|$))"
)
_WAY = r"(?:往|向|以|朝|偏)?(?P<way>[东南西北])(?:方向|侧|行|走|边)?"
_ALONG = tuple(
    re.compile(pattern)
    for pattern in (
        # 听潮路距安晏街300米, 听潮路距安晏街以北300米, 听潮路距安晏街约300米处
        rf"^(?P<road>.+?)(?:上)?距离?(?P<place>.+?)(?:{_WAY})?(?:约|大约)?{_METRES}(?:处|左右)?$",
        # 听潮路与安晏街交叉口向北300米, 安晏街沿听潮路往北300米
        rf"^(?:从|自|由)?(?P<place>.+?)沿着?(?P<road>.+?)(?:{_WAY})?(?:约|大约)?{_METRES}(?:处|左右)?$",
        rf"^{_METRES}\s*(?:(?P<way>north|south|east|west)\s+)?(?:along|on|up|down)\s+(?P<road>.+?)\s+"
        r"from\s+(?P<place>.+)$",
    )
)
_ASIDE = re.compile(
    rf"^(?P<place>.+?)(?:往|向|以|朝|偏)(?P<way>[东南西北])(?:方向|侧|边)?(?:约|大约)?{_METRES}(?:处|左右)?$"
)
_KM = frozenset(("公里", "千米", "km"))


def crossings(plain: str) -> Iterator[Crossing]:
    """Return the pairs of roads that a text in plain form may mean."""
    text = _ENGLISH_END.sub("", plain.strip())
    for pattern in (_BETWEEN, _OTHERS):
        if match := pattern.match(text):
            yield Crossing(match[1].strip(), match[2].strip())


def along(plain: str) -> Iterator[Along]:
    """Return the ways along a road that a text in plain form may mean."""
    text = plain.strip()
    for pattern in _ALONG:
        if match := pattern.match(text):
            yield _along(match["road"], match)
            return
    if match := _ASIDE.match(text):
        # 听潮路与安晏街交叉口以北300米: along whichever of the two runs that way.
        for crossing in crossings(match["place"]):
            yield _along(crossing.one, match)
            yield _along(crossing.other, match)


def _along(road: str, match: re.Match[str]) -> Along:
    metres = float(match["n"]) * (1000.0 if match["of"] in _KM else 1.0)
    way = match["way"]
    return Along(road.strip(), match["place"].strip(), metres, _SIDES[way] if way else None)
