"""Rules that the rows of a zoning keep before any polygon is looked at: codes, levels, parents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gis.city import City, Zoning
from gis.findings import Fault, Report, Rule, codes

# What a spreadsheet makes of a long number.
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


@dataclass(frozen=True)
class UnitRow:
    """One unit as a file gives it; "" and 0 stand for what is missing."""

    code: str
    name_zh: str
    name_en: str
    level: int
    parent_code: str
    kind: str


def read_rows(frame: gpd.GeoDataFrame) -> list[UnitRow]:
    """Return the rows of boundaries; columns that are not there are missing in every row."""
    columns = {name: _texts(frame, name) for name in UnitRow.__annotations__ if name != "level"}
    levels = frame["level"] if "level" in frame.columns else pd.Series(1, index=frame.index)
    numbers = pd.to_numeric(levels, errors="coerce").fillna(0).astype(int).tolist()
    return [
        UnitRow(
            code=columns["code"][i],
            name_zh=columns["name_zh"][i],
            name_en=columns["name_en"][i],
            level=level,
            parent_code=columns["parent_code"][i],
            kind=columns["kind"][i] or "basic",
        )
        for i, level in enumerate(numbers)
    ]


def check_rows(rows: Sequence[UnitRow], city: City, zoning: Zoning, report: Report) -> None:
    """Check codes, levels, parents and names, adding to ``report``."""
    report.faults += _codes(rows)
    report.faults += _patterns(rows, city, zoning)
    report.faults += _levels(rows, zoning)
    by_code: dict[str, UnitRow] = {}
    for row in rows:
        if row.code:
            by_code.setdefault(row.code, row)
    report.faults += _parents(by_code)
    report.faults += _tops(by_code, zoning)
    if nameless := sum(not row.name_zh and not row.name_en for row in rows):
        report.notes.append(f"{nameless:,} units have no name and are called by their code.")


def _texts(frame: gpd.GeoDataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    column = frame[name].astype(object)
    return ["" if pd.isna(value) else str(value).strip() for value in column]


def _codes(rows: Sequence[UnitRow]) -> Iterator[Fault]:
    for number, row in enumerate(rows, 1):
        if not row.code:
            found, remedy = "has no code", "Give every unit a code of its own."
            yield Fault(Rule.CODE, row.name_zh or f"Row {number}", found, remedy)
    for code, count in Counter(row.code for row in rows if row.code).items():
        if count > 1:
            remedy = "Give each a code of its own, or remove the repeated rows."
            yield Fault(Rule.CODE, code, f"is the code of {count} units", remedy)
        if SCIENTIFIC.fullmatch(code):
            remedy = "Export codes as text, so that every digit and leading zero is kept."
            yield Fault(Rule.CODE, code, "is a number that a spreadsheet has rounded", remedy)


def _patterns(rows: Sequence[UnitRow], city: City, zoning: Zoning) -> Iterator[Fault]:
    patterns = {level.number: level.code_pattern for level in zoning.levels}
    for row in rows:
        pattern = patterns.get(row.level, "")
        if row.code and pattern and not re.fullmatch(pattern, row.code):
            found = f"does not look like a code of level {row.level}"
            remedy = f"It must match {pattern!r}; correct the code or city.toml."
            yield Fault(Rule.CODE, row.code, found, remedy)
        if (
            city.codes_follow_parent
            and zoning.is_main
            and row.code
            and not row.code.startswith(row.parent_code)
        ):
            found = f"does not begin with its parent's code {row.parent_code}"
            remedy = "Correct the code or the parent, or set codes_follow_parent = false."
            yield Fault(Rule.CODE, row.code, found, remedy)


def _levels(rows: Sequence[UnitRow], zoning: Zoning) -> Iterator[Fault]:
    known = [level.number for level in zoning.levels]
    for row in rows:
        if row.level not in known:
            found = f"is at level {row.level}" if row.level else "has no level that is a number"
            remedy = f"The levels of {zoning.key!r} are {', '.join(map(str, known))}."
            yield Fault(Rule.LEVEL, row.code, found, remedy)


def _parents(by_code: Mapping[str, UnitRow]) -> Iterator[Fault]:
    in_cycle = set()
    for cycle in _cycles(by_code):
        in_cycle.update(cycle)
        remedy = "Correct the parent of one of them."
        yield Fault(Rule.PARENT, codes(cycle), "lies in itself, in a circle of parents", remedy)
    for code, row in by_code.items():
        if not row.parent_code or code in in_cycle:
            continue
        parent = by_code.get(row.parent_code)
        if parent is None:
            found = f"names {row.parent_code!r} as its parent, which is no unit's code"
            yield Fault(Rule.PARENT, code, found, "Add the parent or correct its code.")
        elif row.level and parent.level and row.level <= parent.level:
            found = f"is at level {row.level}, its parent {parent.code} at level {parent.level}"
            remedy = "A parent must be at a wider level (a smaller number)."
            yield Fault(Rule.PARENT, code, found, remedy)


def _cycles(by_code: Mapping[str, UnitRow]) -> Iterator[list[str]]:
    done: set[str] = set()
    for start in by_code:
        way: dict[str, None] = {}
        code = start
        while code in by_code and code not in done and code not in way:
            way[code] = None
            code = by_code[code].parent_code
        if code in way:
            codes_on_way = list(way)
            yield codes_on_way[codes_on_way.index(code) :]
        done.update(way)


def _tops(by_code: Mapping[str, UnitRow], zoning: Zoning) -> Iterator[Fault]:
    top = zoning.levels[0].number
    without = [row for row in by_code.values() if not row.parent_code]
    for row in without:
        if row.level > top:
            found = f"has no parent, though it is at level {row.level}"
            yield Fault(Rule.PARENT, row.code, found, "Name the unit that it lies in.")
    roots = [row.code for row in without if row.level == top]
    if zoning.is_main and len(roots) != 1:
        found = f"{len(roots)} units stand at level {top}"
        remedy = "The main zoning needs one unit that holds all others."
        yield Fault(Rule.PARENT, codes(roots) or "The city", found, remedy)
