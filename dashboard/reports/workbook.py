"""The impact sheet as XLSX: a sheet for each table, whole numbers to reckon on with."""

from __future__ import annotations

import io
import re

from xlsxwriter.worksheet import Worksheet

from dashboard.reports.content import Content
from dashboard.reports.looks import Looks, begun
from dashboard.reports.pdf import written
from dashboard.reports.tables import About, Cell, Column, Kind, Table

# What a text may not begin with, or a table calculator takes it for something to do.
_DOES_SOMETHING = re.compile(r"^[=+\-@\t\r]")
_WIDE, _NARROW = 26, 12


def workbook(content: Content) -> bytes:
    """Return the sheet as a workbook; the same order and rows give the same bytes.

    What people typed is text in it, whatever it looks like: no formula, no link, no number.
    """
    file = io.BytesIO()
    book, looks = begun(file, content.order.title, content.order.author, content.stamp)
    _summary(book.add_worksheet(content.say("report.summary")), content, looks)
    for table in content.tables:
        sheet = book.add_worksheet(table.title[:31])
        _fill(sheet, table, looks)
    book.close()
    return file.getvalue()


def _summary(sheet: Worksheet, content: Content, looks: Looks) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, _WIDE)
    sheet.set_column(1, 1, 2 * _WIDE)
    sheet.write_string(0, 0, safe(content.order.title), looks.title)
    row = 2
    for name, value in (*content.facts, *content.headlines):
        sheet.write_string(row, 0, name, looks.quiet)
        sheet.write_string(row, 1, safe(value), looks.text)
        row += 1
    note = "report.exact" if content.is_exact else "report.rounded"
    for line in (content.order.reason, content.say(note), content.source):
        if line:
            row += 1
            sheet.write_string(row, 0, safe(line), looks.quiet)


def _fill(sheet: Worksheet, table: Table, looks: Looks) -> None:
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(column))
        sheet.write_string(0, place, column.heading, looks.head)
    for row, cells in enumerate(table.rows, 1):
        for place, cell in enumerate(cells):
            _write(sheet, row, place, cell, looks)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.freeze_panes(1, 0)
    if table.note:
        sheet.write_string(len(table.rows) + 2, 0, table.note, looks.quiet)


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, looks: Looks) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, safe(cell), looks.text)
    elif isinstance(cell, About):
        sheet.write_number(row, place, cell.n, looks.about)
    elif isinstance(cell, int | float):
        sheet.write_number(row, place, cell, looks.number)
    else:
        sheet.write_string(row, place, written(cell), looks.withheld)


def safe(text: str) -> str:
    """Return a text that stays one, also in a program that the workbook is copied into."""
    return f"'{text}" if _DOES_SOMETHING.match(text) else text


def _width(column: Column) -> float:
    return _NARROW if column.kind is not Kind.TEXT else max(_NARROW, _WIDE * column.width)
