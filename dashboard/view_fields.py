"""What the fields of a view may say."""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType
from typing import Literal

Theme = Literal["system", "light", "dark"]
Scheme = Literal["light", "dark"]
Step = Literal["day", "week", "month"]
Per = Literal["", "people", "households", "area_km2", "buildings"]
Profile = Literal["", "age", "use", "class", "kind"]
Mode = Literal["overview", "boundaries", "coverage", "incidents"]
Going = Literal["", "adult", "older", "car"]
Aiming = Literal["", "most_people", "everyone", "least_time", "least_worst"]
FacilityState = Literal["open", "planned"]
Drawing = Literal["", "outline", "areas"]
Supposing = Literal["", "move", "path", "road"]
Counted = Literal[
    "", "0_14", "15_59", "60", "households", "buildings", "floor_area_m2", "room", "minutes"
]  # fmt: skip
Listing = Literal["", "mine", "overdue", "soon", "supervised", "told", "closed", "all"]
Form = Literal["", "board", "time"]
Grouping = Literal["", "unit", "body", "big", "small", "month", "week"]
Bounds = Literal["", "today"]
Pattern = Literal["", "hot_spots", "clusters", "rhythm", "control", "repeated"]
Dividing = Literal["", "people", "day"]
# As somebody wrote it into a table.
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")
# Where candidates for new facilities come from, beside doors, buildings of a use and lists.
SOURCE = re.compile(r"drawn|land|use:[a-z_]{1,24}|list:[1-9][0-9]{0,8}", re.ASCII)
MOST_EVERY, MOST_ROOM, MOST_MONEY = 1_000, 1_000_000, 1_000_000_000
MOST_REACH, MOST_LEAST = 2_000, 10_000

LAYER_GROUPS = ("measure", "people", "buildings", "incidents", "facilities", "basemap")
MEASURES = ("people", "households", "buildings", "floor_area", "incidents", "open", "overdue",
            "facilities")  # fmt: skip
SHOWN_AT_FIRST = MappingProxyType(
    {"measure": 75, "people": -80, "buildings": 100, "incidents": -90, "facilities": -100,
     "basemap": 100}
)  # fmt: skip
"""Opacity of each layer in percent; below zero: off, and this opacity when switched on."""


LARGEST_ID = 2**31 - 1
PART = re.compile(r"[a-z_]{1,24}:[\w ./\-]{1,60}")
KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
KINDS = re.compile(r"[a-z_]{1,24}(?:,[a-z_]{1,24}){0,11}")
COUNTED = re.compile(r"[a-z_]{1,24}:[nd]:[^\x00-\x1f\x7f]{0,90}")
_ID = r"[1-9]\d{0,8}"
# On the globe: what is kept of a place is never one that there is not.
_LON = r"-?(?:180(?:\.0{1,6})?|(?:1[0-7]\d|\d{1,2})(?:\.\d{1,6})?)"
_LAT = r"-?(?:90(?:\.0{1,6})?|[0-8]?\d(?:\.\d{1,6})?)"
_PLACE = f"{_LON},{_LAT}"
SPOT = f"spot:{_PLACE}"
"""A place where nothing stands that has a number."""
MARK = re.compile(rf"(?:facility|estate):[0-9]{{1,9}}|{SPOT}", re.ASCII)
_KMH = r"(?:[5-9]|[1-9]\d|1[01]\d|120)"
_PERCENT = r"(?:-100|1000|\d{3}(?:\.\d)?|-?\d{1,2}(?:\.\d)?)"


def _many(one: str, most: int, between: str = ",") -> re.Pattern[str]:
    return re.compile(f"{one}(?:{between}{one}){{0,{most - 1}}}", re.ASCII)


MOST_CLOSED = 20
MOST_PATHS, MOST_CORNERS = 5, 20
TRIED = _many(_PLACE, 10, ";")
PIN = re.compile(_PLACE, re.ASCII)
CLOSED = _many(_ID, MOST_CLOSED)
RESIZED = _many(rf"{_ID}:\d{{1,6}}", MOST_CLOSED)
MOVED = _many(f"{_ID}:{_PLACE}", MOST_CLOSED, ";")
CORNERS = _many(_PLACE, MOST_CORNERS, "~")
PATHS = _many(f"(?:{_KMH}:)?{_PLACE}(?:~{_PLACE}){{1,{MOST_CORNERS - 1}}}", MOST_PATHS, ";")
GROWN = _many(f"{_ID}:{_PERCENT}", MOST_CLOSED)
MOST_SITES = 20
MOST_MINUTES, MOST_METRES = 120, 20_000
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
