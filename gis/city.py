"""A city's own settings: names, levels, codes, time zone, metric CRS. Read from `city.toml`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.errors import SettingsError
from gis.orders.status import Stage

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Level:
    """One level of a zoning, widest first; ``number`` counts from 1."""

    number: int
    key: str
    names: Mapping[str, str]
    # What a code of this level looks like (regular expression over the whole code); "" = anything.
    code_pattern: str = ""


@dataclass(frozen=True)
class Zoning:
    """A division of the city. The main one nests and carries duty; others need not nest in it."""

    key: str
    names: Mapping[str, str]
    levels: tuple[Level, ...]
    is_main: bool = False


@dataclass(frozen=True)
class Asking:
    """A stage of a change order's way: who is asked, on units of which level."""

    stage: Stage
    level: str


@dataclass(frozen=True)
class City:
    """What is particular to one city; everything else in the program is general."""

    id: str
    names: Mapping[str, str]
    language: str
    timezone: str
    # Everything in metres is measured here, e.g. "EPSG:3826".
    metric_crs: str
    is_synthetic: bool
    # Longitude, latitude, zoom of the first screen.
    centre_4326: tuple[float, float]
    zoom: float
    # The main zoning first.
    zonings: tuple[Zoning, ...]
    # Whether a code begins with the parent's code, level by level.
    codes_follow_parent: bool = False
    # Faults of boundaries up to this width are repaired, wider ones reported.
    tolerance_m: float = 2.0
    attribution: str = ""
    # Free settings of the analyses: limits, sizes, quotas.
    limits: Mapping[str, float] = field(default_factory=dict)
    # What of persons is released to everybody, where the city says it; `layers.release_rules`.
    releases: Mapping[str, Any] = field(default_factory=dict)
    # Which days and hours are worked; `layers.handling.calendar`. Days as ISO texts.
    calendar: Mapping[str, Any] = field(default_factory=dict)
    # What is taken for the same incident reported again; `layers.handling.settings`.
    handling: Mapping[str, Any] = field(default_factory=dict)
    # How fast streets are driven along, and when; `layers.coverage.settings`.
    coverage: Mapping[str, Any] = field(default_factory=dict)
    # The way of a change order, where the city says it; `gis.orders.chain`.
    orders: tuple[Asking, ...] = ()

    @property
    def main(self) -> Zoning:
        """The zoning that carries duty and row policy."""
        return self.zonings[0]

    @property
    def tz(self) -> ZoneInfo:
        """The city's time zone: days begin and end in it."""
        return ZoneInfo(self.timezone)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        zonings = tuple(
            Zoning(
                key=z["key"],
                names=z["names"],
                levels=tuple(Level(**level) for level in z["levels"]),
                is_main=z["is_main"],
            )
            for z in data["zonings"]
        )
        orders = tuple(Asking(Stage(a["stage"]), a["level"]) for a in data.get("orders", ()))
        read = ("zonings", "centre_4326", "orders")
        plain = {k: v for k, v in data.items() if k not in read}
        return cls(**plain, zonings=zonings, centre_4326=tuple(data["centre_4326"]), orders=orders)


def is_city_id(text: str) -> bool:
    """Whether a text can name a city and its database."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,40}", text) is not None


def parse(data: Mapping[str, Any], faults: list[str]) -> City | None:
    """Read the general part of a `city.toml`, adding a sentence to ``faults`` for each problem.

    Returns None when ``faults`` grew. The parts that name files are read by `importers.plan`.
    """
    before = len(faults)

    def text_at(key: str, default: str | None = None) -> str:
        value = data.get(key, default)
        if not isinstance(value, str) or not value:
            faults.append(f"city.toml: {key!r} must be a text, found {value!r}.")
            return ""
        return value

    city_id = text_at("id")
    if city_id and not is_city_id(city_id):
        faults.append(
            f"city.toml: id {city_id!r} names a database; use small letters, digits and _."
        )
    names = read_names(data.get("names"), "names", faults)
    language = text_at("language", "zh")
    if language not in LANGUAGES:
        faults.append(f"city.toml: language must be one of {LANGUAGES}, found {language!r}.")
    timezone = text_at("timezone")
    if timezone and timezone not in available_timezones():
        faults.append(
            f"city.toml: no time zone is called {timezone!r}; write e.g. 'Asia/Shanghai'."
        )
    metric_crs = text_at("metric_crs")
    _check_metric_crs(metric_crs, faults)
    view = data.get("view", {})
    centre = view.get("centre", ())
    if len(centre) != 2 or not all(isinstance(c, int | float) for c in centre):
        faults.append(f"city.toml: view.centre must be [longitude, latitude], found {centre!r}.")
        centre = (0.0, 0.0)
    releases = _read_table(data.get("releases", {}), "releases", faults)
    calendar = _read_table(data.get("calendar", {}), "calendar", faults)
    coverage = _read_table(data.get("coverage", {}), "coverage", faults)
    handling = _read_table(data.get("handling", {}), "handling", faults)
    levels = _read_levels(data.get("levels", []), "levels", faults)
    orders = _read_orders(data.get("orders", {}), levels, faults)
    zonings = [Zoning("main", {"zh": "网格", "en": "Grid"}, levels, is_main=True)]
    for index, item in enumerate(data.get("zonings", []), 1):
        where = f"zonings[{index}]"
        key = str(item.get("key", ""))
        if not key or key in {z.key for z in zonings}:
            faults.append(f"city.toml: {where}.key must be a text used once, found {key!r}.")
        zoning_names = read_names(item.get("names"), f"{where}.names", faults)
        zonings.append(Zoning(key, zoning_names, (Level(1, key, zoning_names),)))
    if len(faults) > before:
        return None
    return City(
        id=city_id,
        names=names,
        language=language,
        timezone=timezone,
        metric_crs=metric_crs,
        is_synthetic=bool(data.get("synthetic", False)),
        centre_4326=(float(centre[0]), float(centre[1])),
        zoom=float(view.get("zoom", 11)),
        zonings=tuple(zonings),
        codes_follow_parent=bool(data.get("codes_follow_parent", False)),
        tolerance_m=float(data.get("tolerance_m", 2.0)),
        attribution=str(data.get("attribution", "")),
        limits={k: float(v) for k, v in data.get("limits", {}).items()},
        releases=releases,
        calendar=_plain(calendar),
        handling=handling,
        coverage=coverage,
        orders=orders,
    )


def read_names(value: object, where: str, faults: list[str]) -> Mapping[str, str]:
    """Return a name in every language; one text stands for all of them."""
    if isinstance(value, str) and value:
        return dict.fromkeys(LANGUAGES, value)
    if isinstance(value, Mapping) and all(isinstance(value.get(lang), str) for lang in LANGUAGES):
        return {lang: str(value[lang]) for lang in LANGUAGES}
    faults.append(f"city.toml: {where} must give a text or {{zh = …, en = …}}, found {value!r}.")
    return dict.fromkeys(LANGUAGES, "")


def _read_table(value: object, where: str, faults: list[str]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    faults.append(f"city.toml: {where} must be a table, [{where}], found {value!r}.")
    return {}


def _plain(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a table with its days as texts, as JSON keeps them."""
    return {
        key: [day.isoformat() if isinstance(day, dt.date) else day for day in value]
        if isinstance(value, list)
        else value
        for key, value in table.items()
    }


def _check_metric_crs(name: str, faults: list[str]) -> None:
    try:
        crs = CRS.from_user_input(name)
    except CRSError:
        faults.append(
            f"city.toml: no coordinate system is called {name!r}; write e.g. 'EPSG:4547'."
        )
        return
    if not crs.is_projected or crs.axis_info[0].unit_name not in ("metre", "meter"):
        faults.append(
            f"city.toml: metric_crs must be projected and in metres, {name!r} is {crs.type_name}."
        )


def _read_levels(items: Any, where: str, faults: list[str]) -> tuple[Level, ...]:  # noqa: ANN401
    if not isinstance(items, list) or not items:
        faults.append(f"city.toml: {where} must list at least one level, widest first.")
        return ()
    levels: list[Level] = []
    for number, item in enumerate(items, 1):
        key, pattern = str(item.get("key", "")), str(item.get("code_pattern", ""))
        if not key or key in {level.key for level in levels}:
            faults.append(
                f"city.toml: {where}[{number}].key must be a text used once, found {key!r}."
            )
        try:
            re.compile(pattern)
        except re.error as error:
            faults.append(f"city.toml: {where}[{number}].code_pattern is no pattern: {error}.")
        names = read_names(item.get("names"), f"{where}[{number}].names", faults)
        levels.append(Level(number, key, names, pattern))
    return tuple(levels)


def _read_orders(value: object, levels: tuple[Level, ...], faults: list[str]) -> tuple[Asking, ...]:
    chain = _read_table(value, "orders", faults).get("chain", [])
    known = [level.key for level in levels]
    found: list[Asking] = []
    for number, item in enumerate(chain if isinstance(chain, list) else [chain], 1):
        where = f"orders.chain[{number}]"
        given = item if isinstance(item, Mapping) else {}
        stage, level = given.get("stage"), given.get("level")
        if stage not in list(Stage):
            stages = ", ".join(Stage)
            faults.append(f"city.toml: {where}.stage must be one of {stages}, found {stage!r}.")
        elif level not in known:
            listed = ", ".join(known)
            faults.append(f"city.toml: {where}.level must be one of {listed}, found {level!r}.")
        else:
            found.append(Asking(Stage(stage), str(level)))
    order = [list(Stage).index(asking.stage) for asking in found]
    if order != sorted(set(order)):
        faults.append(
            f"city.toml: orders.chain goes through each stage once, in this order: "
            f"{', '.join(Stage)}; found {', '.join(asking.stage for asking in found)}."
        )
    return tuple(found)


def require(city: City | None, faults: list[str]) -> City:
    """Return the city, or raise SettingsError listing every fault at once."""
    if city is None or faults:
        count = f"{len(faults)} fault" + ("s" if len(faults) != 1 else "")
        raise SettingsError(
            f"city.toml cannot be used, {count}:\n" + "\n".join(f"- {f}" for f in faults)
        )
    return city
