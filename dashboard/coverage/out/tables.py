"""Tables of any kind as they are taken out: a sheet of a workbook for each."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from xlsxwriter.worksheet import Worksheet

from dashboard.reports.looks import NARROW, WIDE, Looks, begun
from dashboard.reports.workbook import safe

# What the name of a sheet may not hold, and how long it may be.
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31


class Share(NamedTuple):
    """A number that is read as a percentage."""

    n: float


Cell: TypeAlias = str | float | Share | None


@dataclass(frozen=True)
class Part:
    """A table with what it is called."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def workbook(title: str, author: str, parts: Sequence[Part], moment: dt.datetime) -> bytes:
    """Return a workbook with a sheet for each part; the same parts and moment, the same bytes."""
    file = io.BytesIO()
    book, looks = begun(file, title, author, moment)
    names: set[str] = set()
    for part in parts:
        name = _name(part.title, names)
        names.add(name.lower())
        _fill(book.add_worksheet(name), part, looks)
    book.close()
    return file.getvalue()


def _name(title: str, taken: set[str]) -> str:
    """Return what a sheet is called: short, and like none before it."""
    plain = _NOT_IN_NAMES.sub(" ", title).strip("' ")
    name, n = plain[:_LONGEST_NAME], 1
    while name.lower() in taken:
        n += 1
        name = f"{plain[: _LONGEST_NAME - 3]} {n}"
    return name


def _fill(sheet: Worksheet, part: Part, looks: Looks) -> None:
    for column, head in enumerate(part.heads):
        is_text = any(isinstance(row[column], str) for row in part.rows)
        sheet.set_column(column, column, WIDE if is_text and column < 2 else NARROW)
        sheet.write_string(0, column, safe(head), looks.head)
    for at, row in enumerate(part.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, safe(cell), looks.text)
            elif isinstance(cell, Share):
                sheet.write_number(at, column, cell.n, looks.share)
            elif cell is not None:
                sheet.write_number(at, column, cell, looks.plain)
    if part.rows:
        sheet.autofilter(0, 0, len(part.rows), len(part.heads) - 1)
    sheet.freeze_panes(1, 1)
    for at, note in enumerate(part.notes, len(part.rows) + 2):
        sheet.write_string(at, 0, safe(note), looks.quiet)
