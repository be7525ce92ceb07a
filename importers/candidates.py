"""A list of places where somebody may build, out of a file: each row with what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point
from sqlalchemy import Connection, select

from gis import locate as ground
from gis import places as units
from gis.city import City
from gis.errors import FileError, NotFoundError
from gis.tables import zoning
from importers import values
from importers.coordinates import NOTHING, Area, parse_crs
from importers.headers import bare
from importers.placing import places
from importers.read import Rows, read
from importers.sources import Source
from importers.zipped import check_workbook
from layers.coverage.lists import Entry, Verdict
from layers.locating.locate import locate

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".geojson", ".json")
# As many as can be compared.
MOST_ROWS = 2_000
MOST_BYTES = 5_000_000
# Each takes some hundredths of a second to look up.
MOST_ADDRESSES = 500
# An address that fits less well, or that is known less exactly, is looked at by somebody.
SURE, WITHIN_M = 0.85, 150.0
# Two rows closer than a metre or so are one place, written twice.
SAME_DECIMALS = 5
MOST_NUMBER = 1e12
LONGEST = 120

NAMES = {
    "name": ("名称", "name", "地块名称", "地块", "备选点", "备选点名称", "选址", "选址名称", "站点",
             "项目名称", "title", "site", "candidate", "候选点"),
    "address": ("地址", "address", "详细地址", "所在位置", "位置", "坐落", "门牌地址",
                "现址", "addr"),
    "cost": ("费用", "成本", "造价", "投资", "投资额", "预算", "建设费用", "建设成本", "总投资",
             "cost", "price", "budget"),
    "capacity": ("容量", "规模", "可容纳人数", "容纳人数", "人数", "床位", "床位数", "学位", "座位",
                 "服务人数", "capacity", "places", "seats", "beds", "room"),
}  # fmt: skip


@dataclass(frozen=True)
class Brought:
    """What a file came to."""

    entries: tuple[Entry, ...]
    # Sentences on what was guessed.
    notes: tuple[str, ...]


def brought(db: Connection, city: City, path: Path, *, crs: str | None = None) -> Brought:
    """Read a list of candidates: CSV, XLSX or GeoJSON.

    A row lies where its geometry, its coordinates (of any system) or else its address says. Cost
    and capacity are taken where columns of such names stand.

    Parameters
    ----------
    path
        The file; what it is, its name's ending says.
    crs
        The system of its coordinates where the guess would be wrong: "EPSG:4547", "gcj02", "bd09".

    Raises
    ------
    FileError
        The file cannot be read, or has more rows than can be compared.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise FileError(
            f"{path.name}: a list of candidates is a CSV, XLSX or GeoJSON file.",
            key="candidates.file_kind", file=path.name,
        )  # fmt: skip
    if path.stat().st_size > MOST_BYTES:
        raise FileError(
            f"{path.name} has more than {MOST_BYTES // 1_000_000} MB; leave out what is not "
            "needed.",
            key="candidates.too_big", file=path.name, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    check_workbook(path)
    rows = read(path)
    if len(rows) > MOST_ROWS:
        raise FileError(
            f"{path.name} has {len(rows):,} rows; {MOST_ROWS:,} at most can be compared.",
            key="candidates.too_many_rows", file=path.name, n=len(rows), most=MOST_ROWS,
        )  # fmt: skip
    root = units.root(db)
    if root is None or root.bounds_4326 is None:
        raise NotFoundError("The database holds no city.", key="error.no_city")
    area = Area(root.bounds_4326, city.metric_crs)
    source = Source(path, "candidates", {}, crs=parse_crs(crs) if crs else None)
    return _Work(db, city, rows).done(source, area)


class _RefusedError(Exception):
    """A row cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Work:
    """One file on its way to its verdicts."""

    def __init__(self, db: Connection, city: City, rows: Rows) -> None:
        self._db, self._city, self._rows = db, city, rows
        headers = {bare(header): header for header in rows.frame.columns}
        self._columns = {
            field: next((headers[h] for name in names if (h := bare(name)) in headers), None)
            for field, names in NAMES.items()
        }
        self._asked = 0
        self._main = db.scalar(select(zoning.c.id).where(zoning.c.is_main))

    def done(self, source: Source, area: Area) -> Brought:
        notes: tuple[str, ...] = self._rows.notes
        try:
            placed = places(self._rows, source, area, "POINT")
            points, notes = placed.geometry, (*notes, *placed.notes)
            wrong = {*placed.wrong, *(k for k, why in placed.unplaced.items() if why != NOTHING)}
        except FileError:
            if self._columns["address"] is None:
                raise
            # No reading of the coordinates leads here; addresses may.
            points, wrong = np.full(len(self._rows), None, dtype=object), set()
        seen: set[tuple[float, float]] = set()
        entries = tuple(
            self._entry(k, points[k], seen, is_wrong=k in wrong) for k in range(len(self._rows))
        )
        return Brought(entries, notes)

    def _entry(
        self, k: int, point: Point | None, seen: set[tuple[float, float]], *, is_wrong: bool
    ) -> Entry:
        row = int(self._rows.numbers[k])
        name = self._text(k, "name") or self._text(k, "address")
        try:
            cost, room = self._number(k, "cost"), self._number(k, "capacity")
            lon, lat, why = self._place(k, point, is_wrong=is_wrong)
        except _RefusedError as refusal:
            return Entry(row, name, Verdict.REFUSED, refusal.why)
        spot = (round(lon, SAME_DECIMALS), round(lat, SAME_DECIMALS))
        if spot in seen:
            return Entry(row, name, Verdict.REFUSED, "twice")
        seen.add(spot)
        if not why and self._is_outside(lon, lat):
            why = "outside"
        return Entry(
            row, name, Verdict.DOUBTFUL if why else Verdict.USED, why,
            round(lon, 7), round(lat, 7), cost, None if room is None else round(room),
        )  # fmt: skip

    def _place(self, k: int, point: Point | None, *, is_wrong: bool) -> tuple[float, float, str]:
        """Return where a row lies, and why that is doubtful; empty where it is not."""
        if point is not None and not point.is_empty and not is_wrong:
            return float(point.x), float(point.y), ""
        address = self._text(k, "address")
        if not address:
            raise _RefusedError("bad_place" if is_wrong else "no_place")
        if self._asked >= MOST_ADDRESSES:
            raise _RefusedError("too_many_addresses")
        self._asked += 1
        found = locate(self._db, self._city, address, limit=2)
        if not found:
            raise _RefusedError("not_found")
        best, why = found[0], "by_address" if is_wrong else ""
        if best.is_doubtful:
            why = "ambiguous"
        elif best.score < SURE or (best.within_m or 0.0) > WITHIN_M:
            why = "not_sure"
        return best.lon, best.lat, why

    def _is_outside(self, lon: float, lat: float) -> bool:
        return self._main is not None and ground.unit_at(self._db, self._main, lon, lat) is None

    def _cell(self, k: int, field: str) -> Any:  # noqa: ANN401
        column = self._columns[field]
        value = None if column is None else self._rows.frame[column].iloc[k]
        return None if value is None or pd.isna(value) else value

    def _text(self, k: int, field: str) -> str:
        value = self._cell(k, field)
        return "" if value is None else (values.text(value) or "")[:LONGEST]

    def _number(self, k: int, field: str) -> float | None:
        """Read a number that is not negative; None where there is none."""
        value = self._cell(k, field)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            found = values.number(value)
        except ValueError:
            raise _RefusedError(field) from None
        if not 0 <= found <= MOST_NUMBER:
            raise _RefusedError(field)
        return found
