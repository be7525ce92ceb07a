"""How each field of a view is read from a browser: what it may not say is its default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, get_args

from dashboard.view_fields import (
    CLOSED,
    CORNERS,
    COUNTED,
    EARLIEST,
    GROWN,
    KEY,
    KINDS,
    LARGEST_ID,
    LATEST,
    MARK,
    MEASURES,
    MOST_EVERY,
    MOST_LEAST,
    MOST_METRES,
    MOST_MINUTES,
    MOST_MONEY,
    MOST_REACH,
    MOST_ROOM,
    MOST_SITES,
    MOVED,
    NAME,
    PART,
    PATHS,
    PIN,
    RESIZED,
    SHOWN_AT_FIRST,
    SOURCE,
    TRIED,
    Aiming,
    Bounds,
    Counted,
    Dividing,
    Drawing,
    FacilityState,
    Form,
    Going,
    Grouping,
    Listing,
    Mode,
    Pattern,
    Per,
    Profile,
    Scheme,
    Step,
    Supposing,
    Theme,
)
from gis.city import LANGUAGES


def number_of(value: object) -> int | None:
    """Return the number of something that was named or clicked; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,10}", value, re.ASCII):
        return None
    number = int(value)
    return number if 0 <= number <= LARGEST_ID else None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _moment(value: object) -> str:
    if not isinstance(value, str):
        return ""
    if _day(value):
        return value
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", value, re.ASCII):
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ""
    return value if _day(value[:10]) else ""


def _is_so(value: object) -> bool:
    # An address writes it as a word.
    return value is True or value == "True"


def _one_of(choices: tuple[str, ...], default: str) -> Callable[[object], str]:
    return lambda value: value if isinstance(value, str) and value in choices else default


def _text(pattern: re.Pattern[str], default: str) -> Callable[[object], str]:
    return lambda value: value if isinstance(value, str) and pattern.fullmatch(value) else default


def _at_most(most: int) -> Callable[[object], int | None]:
    def read(value: object) -> int | None:
        number = number_of(value)
        return number if number is not None and 1 <= number <= most else None

    return read


def _kinds(value: object) -> str:
    # A list of the page, a text in an address.
    if isinstance(value, list):
        value = ",".join(each for each in value if isinstance(each, str))
    return _text(KINDS, "")(value)


def _level(value: object) -> int | None:
    number = number_of(value)
    return number if number is not None and 1 <= number <= 20 else None


def _layers(value: object) -> Mapping[str, int]:
    given = value if isinstance(value, Mapping) else {}
    return MappingProxyType(
        {
            key: opacity
            if isinstance(opacity := given.get(key), int)
            and not isinstance(opacity, bool)
            and 0 < abs(opacity) <= 100
            else default
            for key, default in SHOWN_AT_FIRST.items()
        }
    )


def layers_from_text(text: str) -> dict[str, int]:
    """Return the layers of an address, "people:80,basemap:-100", by name."""
    pairs = re.findall(r"([a-z]{1,20}):(-?[0-9]{1,3})(?:,|$)", text[:400], re.ASCII)
    return {key: int(opacity) for key, opacity in pairs}


READERS: Mapping[str, Callable[[object], Any]] = MappingProxyType(
    {
        "mode": _one_of(get_args(Mode), "overview"),
        "order": number_of,
        "sheet": _is_so,
        "listed": number_of,
        "streets": _is_so,
        "indicator": _text(KEY, ""),
        "kinds": _kinds,
        "minutes": _at_most(MOST_MINUTES),
        "metres": _at_most(MOST_METRES),
        "going": _one_of(get_args(Going), ""),
        "band": _text(KEY, ""),
        "states": _one_of(get_args(FacilityState), "open"),
        "operator": _text(NAME, ""),
        "of": _one_of(get_args(Counted), ""),
        "best": _is_so,
        "drawn": _one_of(get_args(Drawing), ""),
        "trying": _is_so,
        "tried": _text(TRIED, ""),
        "closed": _text(CLOSED, ""),
        "resized": _text(RESIZED, ""),
        "supposing": _one_of(get_args(Supposing), ""),
        "corners": _text(CORNERS, ""),
        "moved": _text(MOVED, ""),
        "paths": _text(PATHS, ""),
        "roads": _text(CLOSED, ""),
        "grown": _text(GROWN, ""),
        "proposal": number_of,
        "facility": number_of,
        "scenario": number_of,
        "against": number_of,
        "aim": _one_of(get_args(Aiming), ""),
        "sites": _at_most(MOST_SITES),
        "source": _text(SOURCE, ""),
        "every": _at_most(MOST_EVERY),
        "room": _at_most(MOST_ROOM),
        "budget": _at_most(MOST_MONEY),
        "cost": _at_most(MOST_MONEY),
        "floor": _at_most(100),
        "backup": _is_so,
        "without_closed": _is_so,
        "case": number_of,
        "cases": _one_of(get_args(Listing), ""),
        "form": _one_of(get_args(Form), ""),
        "by": _one_of(get_args(Grouping), ""),
        "counted": _text(COUNTED, ""),
        "bounds": _one_of(get_args(Bounds), ""),
        "pattern": _one_of(get_args(Pattern), ""),
        "divided": _one_of(get_args(Dividing), ""),
        "reach": _at_most(MOST_REACH),
        "least": _at_most(MOST_LEAST),
        "pin": _text(PIN, ""),
        "on": _moment,
        "unit": number_of,
        "pick": number_of,
        "building": number_of,
        "page": lambda value: number_of(value) or 0,
        "mark": _text(MARK, ""),
        "level": _level,
        "zoning": _text(KEY, "main"),
        "measure": _one_of(MEASURES, "people"),
        "part": _text(PART, ""),
        "per": _one_of(get_args(Per), ""),
        "start": _day,
        "end": _day,
        "step": _one_of(get_args(Step), "day"),
        "profile": _one_of(get_args(Profile), ""),
        "layers": _layers,
        "language": _one_of(LANGUAGES, "zh"),
        "theme": _one_of(get_args(Theme), "system"),
        "system": _one_of(get_args(Scheme), "light"),
        "city_news": lambda value: number_of(value) or 0,
        "order_news": lambda value: number_of(value) or 0,
        "case_news": lambda value: number_of(value) or 0,
        "number_news": lambda value: number_of(value) or 0,
        "count_news": lambda value: number_of(value) or 0,
        "measure_news": lambda value: number_of(value) or 0,
        "best_news": lambda value: number_of(value) or 0,
    }
)
