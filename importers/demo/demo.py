"""The demo city as a value: boundaries and posts at hand, tables made as they are asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from importers.demo import bodies, classes, conditions, landuse, names, posts
from importers.demo.districts import DISTRICT_CODE
from importers.demo.plane import Plane
from importers.demo.quarter import TABLES, Numbers, Quarter, tables_of
from importers.demo.site import make_site
from importers.demo.sketch_district import SKETCH as DISTRICT_SKETCH
from importers.demo.sketch_small import SKETCH as SMALL_SKETCH
from importers.demo.town import Town, make_town
from importers.demo.town_files import FOLDER, read_town

SEED = 20261122
AS_OF = datetime(2026, 11, 22, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))
PLANE = Plane("EPSG:4548", (118.0, 21.6))
CITY_CODE = "990100"
CITY_NAMES = ("澜海市", "Lanhai City")
# How far apart the districts of the large city lie, in whole 1e-7 degrees, and how many in a row.
_APART_1E7 = (1_450_000, 1_150_000)
_IN_A_ROW = 5
_GRID_DIGITS = 15
_MICRO_GRIDS_PER_WORKER = 6

Progress = Callable[[str, int, int], None]
Columns = Mapping[str, Any]


class Size(StrEnum):
    """How large a demo: for tests, as a whole district, or ten of them for benchmarks."""

    SMALL = "small"
    DISTRICT = "district"
    CITY = "city"


@dataclass(frozen=True)
class Demo:
    """A fictional city that is the same for the same size, seed and moment, byte for byte.

    Attributes
    ----------
    settings
        What `city.toml` says, for this size; `gis.city.parse` reads it.
    boundaries
        Units of the main zoning: code, name_zh, name_en, level, parent_code, kind, and for faces a
        geometry in EPSG:4326; further columns are the generator's own.
    zonings
        The same for each further zoning.
    incident_classes
        scheme, code, parent_code, names.
    conditions
        scheme, code, number, opens, closes, amount, unit.
    duty_bodies
        id, key, names.
    duties
        scheme, code, condition, unit_id, body_id, priority.
    staff
        code, post, person, phone, since.
    as_of
        The moment all of it is true of.
    """

    size: Size
    seed: int
    settings: Mapping[str, Any]
    boundaries: gpd.GeoDataFrame
    zonings: Mapping[str, gpd.GeoDataFrame]
    incident_classes: pd.DataFrame
    conditions: pd.DataFrame
    duty_bodies: pd.DataFrame
    duties: pd.DataFrame
    staff: pd.DataFrame
    as_of: datetime
    quarters: tuple[Quarter, ...]
    progress: Progress | None = None

    def tables(self) -> Iterator[tuple[str, Columns]]:
        """Yield (table name, columns) in pieces, parents before children, memory bounded.

        Columns are those of the table without ``unit_id`` and ``unit_then_id``; ids and foreign
        ids are filled in; points are (n, 2) arrays of longitude and latitude; id numbers are in
        the clear, for whoever writes them to encrypt.
        """
        numbers = Numbers()
        for passed, quarter in enumerate(self.quarters):
            yield from tables_of(quarter, self.as_of, numbers, self._told(passed))

    def _told(self, passed: int) -> Progress | None:
        """Return a progress that counts over all districts."""
        if self.progress is None:
            return None
        tell, each = self.progress, len(TABLES)
        return lambda what, done, _: tell(what, passed * each + done, each * len(self.quarters))


def generate(
    size: Size = Size.DISTRICT,
    seed: int = SEED,
    progress: Progress | None = None,
    as_of: datetime = AS_OF,
) -> Demo:
    """Return the demo city of a size, as it is at a moment.

    ``progress`` is told what, how many, of how many.
    """
    size, as_of = Size(size), as_of.astimezone(AS_OF.tzinfo).replace(second=0, microsecond=0)
    if progress:
        progress("boundaries", 0, 1)
    sketch = SMALL_SKETCH if size is Size.SMALL else DISTRICT_SKETCH
    if size is not Size.SMALL and seed == SEED and (FOLDER / "units.parquet").exists():
        town = read_town()
    else:
        town = make_town(sketch, PLANE, np.random.SeedSequence([seed, 0]))
    site = make_site(town, PLANE)
    base = Quarter(sketch, town, site, np.random.SeedSequence([seed, 1]), DISTRICT_CODE)
    quarters = (base,) if size is not Size.CITY else tuple(_copies(base, seed))
    settings = _settings(size, quarters)
    boundaries, beats = _boundaries(size, quarters, seed), _beats(quarters)
    demo = Demo(
        size=size,
        seed=seed,
        settings=settings,
        boundaries=boundaries,
        zonings={"police": beats},
        incident_classes=_incident_classes(),
        conditions=conditions.frame(),
        duty_bodies=bodies.frame(),
        duties=bodies.duties(conditions.LEFT_TO_THE_GRID),
        staff=_staff(boundaries, beats, seed, as_of.date()),
        as_of=as_of,
        quarters=quarters,
        progress=progress,
    )
    if progress:
        progress("boundaries", 1, 1)
    return demo


def _incident_classes() -> pd.DataFrame:
    frame = classes.frame()
    titles = [{"zh": zh, "en": en} for zh, en in zip(frame["zh"], frame["en"], strict=True)]
    return frame.drop(columns=["zh", "en"]).assign(names=pd.Series(titles, index=frame.index))


def _copies(base: Quarter, seed: int) -> Iterator[Quarter]:
    """Yield ten districts of the same ground, each with houses and people of its own."""
    for number in range(10):
        row, column = divmod(number, _IN_A_ROW)
        shift = ((column - 2) * _APART_1E7[0], -row * _APART_1E7[1])
        code = f"{CITY_CODE[:4]}{number + 1:02d}"
        plane = replace(PLANE, shift_1e7=shift)
        town = _moved(base.town, shift, code)
        faces = town.units["geometry"].notna()
        site = replace(base.site, plane=plane, code=town.units.loc[faces, "code"].to_numpy(object))
        yield Quarter(
            base.sketch, town, site, np.random.SeedSequence([seed, 1 + number]), code
        )  # fmt: skip


def _moved(town: Town, shift: tuple[int, int], code: str) -> Town:
    def frame(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        offset = np.array(shift)
        moved = rows.copy()
        moved["geometry"] = shapely.transform(
            np.asarray(rows["geometry"].array, dtype=object),
            lambda xy: (np.rint(xy * 1e7) + offset) / 1e7,
        )
        return gpd.GeoDataFrame(moved, geometry="geometry", crs=rows.crs)

    units = frame(town.units)
    for column in ("code", "parent_code"):
        has = units[column].notna()
        units.loc[has, column] = code + units.loc[has, column].str[6:]
    beats = frame(town.beats)
    beats["code"] = code + beats["code"]
    return Town(units, frame(town.ways), _own_ground(frame(town.ground), units), beats)


def _own_ground(ground: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut sea and hills, which reach beyond the district, where the next one's begin."""
    west, south, east, north = units.total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = (apart / 2e7 for apart in _APART_1E7)
    return ground.clip(shapely.box(x - wide, y - high, x + wide, y + high), keep_geom_type=True)


def _boundaries(size: Size, quarters: tuple[Quarter, ...], seed: int) -> gpd.GeoDataFrame:
    frames = [q.town.units for q in quarters]
    if size is not Size.CITY:
        return frames[0]
    pool = names.pairs(np.random.default_rng([seed, 2]))
    whole = pd.concat(frames, ignore_index=True)
    whole["level"] = whole["level"] + 1
    top = whole["level"] == 2
    titles = [next(pool) for _ in range(int(top.sum()))]
    whole.loc[top, "name_zh"] = [f"{t}区" for t in titles]
    whole.loc[top, "name_en"] = [f"{names.pinyin(t)} District" for t in titles]
    whole.loc[top, "parent_code"] = CITY_CODE
    city = pd.DataFrame({
        "code": [CITY_CODE], "name_zh": [CITY_NAMES[0]], "name_en": [CITY_NAMES[1]],
        "level": np.array([1], dtype=np.int8), "parent_code": [None], "kind": ["basic"],
        "use": [""], "block": [-1], "estate_kind": [""], "geometry": [None],
    })  # fmt: skip
    return gpd.GeoDataFrame(
        pd.concat([city, whole], ignore_index=True), geometry="geometry", crs="EPSG:4326"
    )


def _beats(quarters: tuple[Quarter, ...]) -> gpd.GeoDataFrame:
    frames = [q.town.beats for q in quarters]
    return gpd.GeoDataFrame(
        pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4326"
    )


def _staff(
    boundaries: gpd.GeoDataFrame, beats: gpd.GeoDataFrame, seed: int, today: date
) -> pd.DataFrame:
    """Return holders: a head and workers for each grid, a head for each micro-grid with homes.

    And an officer for each police beat.
    """
    codes = boundaries["code"]
    grids = codes[codes.str.len() == _GRID_DIGITS]
    homes = codes[boundaries["use"].isin(landuse.DWELLING)]
    per_grid = homes.str[:_GRID_DIGITS].value_counts().reindex(grids, fill_value=0)
    workers = np.clip(per_grid.to_numpy() // _MICRO_GRIDS_PER_WORKER, 1, 4)
    units = [*grids, *np.repeat(grids.to_numpy(dtype=object), workers), *homes]
    kinds = ["head"] * len(grids) + ["worker"] * int(workers.sum()) + ["head"] * len(homes)
    held = posts.hold(np.random.default_rng([seed, 3]), units, kinds, today)
    officers = posts.hold(
        np.random.default_rng([seed, 4]), list(beats["code"]), ["head"] * len(beats), today
    )
    # No mobile number begins with 10: nobody is ever rung up from a demonstration.
    held["phone"] = "10" + held["phone"].str[2:]
    officers["phone"] = "101" + officers["phone"].str[3:]
    held = pd.concat([held, officers], ignore_index=True)
    return held.rename(columns={"unit_code": "code", "valid": "since"})


def _settings(size: Size, quarters: tuple[Quarter, ...]) -> Mapping[str, Any]:
    settings = tomllib.loads((FOLDER / "city.toml").read_text(encoding="utf-8"))
    west, south, east, north = np.array([q.town.units.total_bounds for q in quarters]).T
    bounds = (west.min(), south.min(), east.max(), north.max())
    settings["view"]["centre"] = [
        round(float(bounds[0] + bounds[2]) / 2, 4), round(float(bounds[1] + bounds[3]) / 2, 4),
    ]  # fmt: skip
    if size is Size.CITY:
        settings["names"] = dict(zip(("zh", "en"), CITY_NAMES, strict=True))
        settings["codes_follow_parent"] = False
        settings["levels"].insert(
            0, {"key": "city", "names": {"zh": "市", "en": "City"}, "code_pattern": r"\d{6}"}
        )
    settings["view"]["zoom"] = {Size.SMALL: 15.2, Size.DISTRICT: 12.4, Size.CITY: 9.6}[size]
    return settings
