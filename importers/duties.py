"""Who answers for incidents in a city from files: bodies, limits by condition, duties, staff.

Four CSV files beside `city.toml`, each of which may be left out::

    duty_bodies = "duty_bodies.csv"                  # key, zh, en
    incident_conditions = "incident_conditions.csv"  # scheme, code, number, opens_zh, opens_en,
                                                     # closes_zh, closes_en, amount, unit
    duties = "duties.csv"                            # scheme, code, condition, place, body,
                                                     # priority
    staff = "staff.csv"                              # place, post, person, phone, since

A place is the code of a unit of the main tree. In `duties` an empty field means whichever, and an
empty body the territory's own.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import Range

from gis import tables
from gis.cases import class_condition, duty_rule
from importers.classes import ClassBook
from layers.handling.clock import Unit

Row = Mapping[str, str]
Entry = dict[str, Any]
POSTS = ("head", "worker")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "duty_bodies": ("key", "zh", "en"),
    "incident_conditions": (
        "scheme", "code", "number", "opens_zh", "opens_en", "closes_zh", "closes_en", "amount",
        "unit",
    ),
    "duties": ("scheme", "code", "condition", "place", "body", "priority"),
    "staff": ("place", "post", "person", "phone", "since"),
}  # fmt: skip
"""The columns of each file, all of which must be there."""
_PRIORITIES = (-1_000, 1_000)


@dataclass
class DutyBook:
    """All that the files say; places are codes until `write`."""

    bodies: list[Entry] = field(default_factory=list)
    conditions: list[Entry] = field(default_factory=list)
    duties: list[Entry] = field(default_factory=list)
    staff: list[Entry] = field(default_factory=list)


class _WrongError(Exception):
    """A row that cannot be used, in half a sentence."""


def read(
    files: Mapping[str, Path],
    classes: ClassBook,
    codes: Collection[str] | None,
    zone: dt.tzinfo,
    faults: list[str],
) -> DutyBook:
    """Read the files of a city, adding a sentence to ``faults`` for each row that is wrong.

    Parameters
    ----------
    files
        Keys of `COLUMNS` and where their files are.
    codes
        Of the units of the main tree; None where those could not be read.
    zone
        Where the days of the staff begin.
    """
    reader = _Reader(classes, codes if codes is None else set(codes), zone)
    # In this order: each names what stands in those before it.
    for name in COLUMNS:
        if name in files:
            _read(files[name], name, reader.makers[name], faults)
    return reader.book


def write(db: Connection, book: DutyBook) -> None:
    """Write them, in the caller's transaction; the units must be there."""
    u = tables.unit_version.c
    main = select(tables.zoning.c.id).where(tables.zoning.c.is_main).scalar_subquery()
    query = select(u.code, u.unit_id).where(func.upper_inf(u.valid), u.zoning_id == main)
    units = dict(db.execute(query).all()) if book.duties or book.staff else {}

    def placed(entry: Entry) -> Entry:
        place = entry["place"]
        rest = {name: value for name, value in entry.items() if name != "place"}
        return {**rest, "unit_id": units[place] if place else None}

    for table, entries in (
        (tables.duty_body, book.bodies),
        (class_condition, book.conditions),
        (duty_rule, [placed(each) for each in book.duties]),
        (tables.staff_holding, [placed(each) for each in book.staff]),
    ):
        if entries:
            db.execute(insert(table), entries)


def _read(path: Path, name: str, make: Callable[[Row], None], faults: list[str]) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(f"{name}: {path.name} cannot be read as a UTF-8 CSV: {error}.")
        return
    missing = set(COLUMNS[name]) - set(rows[0] if rows else ())
    if missing:
        faults.append(f"{name}: {path.name} must have the columns {', '.join(COLUMNS[name])}.")
        return
    for number, row in enumerate(rows, 2):
        try:
            make({key: (row[key] or "").strip() for key in COLUMNS[name]})
        except _WrongError as wrong:
            faults.append(f"{name}: {path.name}, line {number}: {wrong}.")


class _Reader:
    """Checks row after row against those before, and puts them into a book."""

    def __init__(self, classes: ClassBook, codes: set[str] | None, zone: dt.tzinfo) -> None:
        self.book = DutyBook()
        self._codes, self._zone = codes, zone
        self._classes = {(c.scheme, c.code): c.parent_code is not None for c in classes.classes}
        self._bodies: dict[str, int] = {}
        self._conditions: set[tuple[str, str, int]] = set()
        self.makers: Mapping[str, Callable[[Row], None]] = {
            "duty_bodies": self._body,
            "incident_conditions": self._condition,
            "duties": self._duty,
            "staff": self._holder,
        }

    def _body(self, row: Row) -> None:
        key = row["key"]
        if not key or key in self._bodies:
            raise _WrongError(f"the key {key!r} is given twice" if key else "it has no key")
        self._bodies[key] = len(self._bodies) + 1
        self.book.bodies.append({"id": self._bodies[key], "key": key, "names": _names(row, "")})

    def _condition(self, row: Row) -> None:
        scheme, code = row["scheme"], row["code"]
        if not self._classes.get((scheme, code), False):
            raise _WrongError(f"there is no small class {code!r} in the scheme {scheme!r}")
        number = int(_number(row, "number", 1, 99)) if row["number"] else 1
        if (scheme, code, number) in self._conditions:
            raise _WrongError(f"condition {number} of {code!r} is given twice")
        if row["unit"] not in {unit.value for unit in Unit}:
            raise _WrongError(f"unit must be one of {', '.join(Unit)}, not {row['unit']!r}")
        amount = _number(row, "amount", 0.01, 10_000)
        if Unit(row["unit"]).is_days and amount != int(amount):
            raise _WrongError(f"amount must be a whole number of days, not {row['amount']!r}")
        self._conditions.add((scheme, code, number))
        self.book.conditions.append(
            {
                "scheme": scheme, "code": code, "number": number,
                "opens": _names(row, "opens_"), "closes": _names(row, "closes_"),
                "amount": amount, "unit": row["unit"],
            }
        )  # fmt: skip

    def _duty(self, row: Row) -> None:
        scheme, code, body = row["scheme"] or None, row["code"] or None, row["body"]
        if code and (scheme or "", code) not in self._classes:
            raise _WrongError(f"there is no class {code!r} in the scheme {row['scheme']!r}")
        if body and body not in self._bodies:
            raise _WrongError(f"there is no duty body {body!r} in duty_bodies")
        condition = int(_number(row, "condition", 1, 99)) if row["condition"] else None
        if condition and (scheme or "", code or "", condition) not in self._conditions:
            raise _WrongError(
                f"{row['code']!r} has no condition {condition} in incident_conditions"
            )
        priority = int(_number(row, "priority", *_PRIORITIES)) if row["priority"] else 0
        self.book.duties.append(
            {
                "scheme": scheme, "code": code, "condition": condition,
                "place": self._place(row, is_needed=False),
                "body_id": self._bodies[body] if body else None, "priority": priority,
            }
        )  # fmt: skip

    def _holder(self, row: Row) -> None:
        if row["post"] not in POSTS:
            raise _WrongError(f"post must be one of {', '.join(POSTS)}, not {row['post']!r}")
        if not row["person"]:
            raise _WrongError("it names no person")
        try:
            since = dt.date.fromisoformat(row["since"])
        except ValueError:
            raise _WrongError(
                f"since must be a day like 2026-01-31, not {row['since']!r}"
            ) from None
        begin = dt.datetime.combine(since, dt.time(), self._zone)
        self.book.staff.append(
            {
                "place": self._place(row, is_needed=True), "post": row["post"],
                "person": row["person"], "phone": row["phone"] or None, "valid": Range(begin, None),
            }
        )  # fmt: skip

    def _place(self, row: Row, *, is_needed: bool) -> str | None:
        place = row["place"]
        if not place and not is_needed:
            return None
        if self._codes is not None and place not in self._codes:
            raise _WrongError(f"there is no unit {place!r} in the main tree")
        return place


def _names(row: Row, before: str) -> Entry:
    zh, en = row[f"{before}zh"], row[f"{before}en"]
    if not (zh or en):
        if before == "closes_":
            return {}
        raise _WrongError(f"{before}zh and {before}en are empty; one of them must say something")
    # One language stands for the other.
    return {"zh": zh or en, "en": en or zh}


def _number(row: Row, name: str, least: float, most: float) -> float:
    try:
        found = float(row[name])
    except ValueError:
        found = float("nan")
    if not least <= found <= most:
        raise _WrongError(f"{name} must be a number from {least:g} to {most:g}, not {row[name]!r}")
    return found
