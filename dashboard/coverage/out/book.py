"""An answer as XLSX: what is asked and how, then a sheet for each level."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from dashboard.coverage.out.content import Column, Content
from dashboard.coverage.out.gaps_list import Gap, Gaps
from dashboard.coverage.out.suggestion import HEADINGS, OF_ROWS, cells, of_row
from dashboard.reports.looks import NARROW, WIDE, Looks, begun
from dashboard.reports.workbook import safe

_TEXTS = ("code", "unit", "within")


def workbook(content: Content) -> bytes:
    """Return an answer as a workbook; the same answer and moment give the same bytes."""
    file = io.BytesIO()
    book, looks = begun(file, content.title, content.viewer.name, content.now)
    _summary(book.add_worksheet(content.scene.say("cover_out.summary")), content, looks)
    for key in ("changes", "changes_against"):
        if said := getattr(content, key):
            heads = [content.scene.say(f"cover_out.{head}") for head in ("change_n", "change")]
            sheet = book.add_worksheet(content.scene.say(f"cover_out.{key}")[:31])
            _table(sheet, heads, list(enumerate(said, 1)), looks)
            sheet.set_column(1, 1, 3 * WIDE)
    _suggestion(book, content, looks)
    for level in content.levels:
        sheet = book.add_worksheet(content.scene.named(level.names)[:31])
        at = content.at(level)
        _head(sheet, [content.scene.say(f"cover_out.{t}") for t in _TEXTS], content, looks)
        for row, (place, (_, *texts)) in enumerate(
            zip(at.tolist(), content.named(at), strict=True), 1
        ):
            for column, text in enumerate(texts):
                sheet.write_string(row, column, safe(text), looks.text)
            for n, each in enumerate(content.columns, len(_TEXTS)):
                _number(sheet, row, n, each, place, content, looks)
        sheet.autofilter(0, 0, len(at), len(_TEXTS) + len(content.columns) - 1)
        sheet.freeze_panes(1, len(_TEXTS) - 1)
    book.close()
    return file.getvalue()


def gaps_book(content: Content, gaps: Gaps) -> bytes:
    """Return the list of what is not reached as a workbook: all by grid, then each address."""
    file = io.BytesIO()
    say = content.scene.say
    title = say("cover_out.gaps_title", what=content.title)
    book, looks = begun(file, title, content.viewer.name, content.now)
    _summary(book.add_worksheet(say("cover_out.summary")), content, looks)
    by_grid = book.add_worksheet(say("cover_out.by_grid")[:31])
    headings = ("grid_code", "grid", "buildings", "doors")
    for column, heading in enumerate(headings):
        by_grid.set_column(column, column, WIDE if column == 1 else NARROW)
        by_grid.write_string(0, column, say(f"cover_out.{heading}"), looks.head)
    for row, (code, name, buildings, doors) in enumerate(gaps.by_grid, 1):
        by_grid.write_string(row, 0, safe(code), looks.text)
        by_grid.write_string(row, 1, safe(name), looks.text)
        by_grid.write_number(row, 2, buildings, looks.number)
        by_grid.write_number(row, 3, doors, looks.number)
    sheet = book.add_worksheet(say("cover_out.addresses")[:31])
    for column, name in enumerate(Gap._fields):
        sheet.set_column(column, column, WIDE if name in ("address", "building") else NARROW)
        sheet.write_string(0, column, say(f"cover_out.gap_{name}"), looks.head)
    for row, gap in enumerate(gaps.rows, 1):
        for column, value in enumerate(gap):
            if isinstance(value, str):
                sheet.write_string(row, column, safe(value), looks.text)
            elif value is not None:
                sheet.write_number(row, column, value, looks.decimal)
    sheet.autofilter(0, 0, max(len(gaps.rows), 1), len(Gap._fields) - 1)
    sheet.freeze_panes(1, 0)
    book.close()
    return file.getvalue()


def _summary(sheet: Worksheet, content: Content, looks: Looks) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, WIDE)
    sheet.set_column(1, 1, 3 * WIDE)
    sheet.write_string(0, 0, safe(content.title), looks.title)
    for row, (name, value) in enumerate(content.facts, 2):
        sheet.write_string(row, 0, name, looks.quiet)
        sheet.write_string(row, 1, safe(value), looks.text)
    sheet.write_string(len(content.facts) + 3, 0, content.note, looks.quiet)


def _head(sheet: Worksheet, texts: list[str], content: Content, looks: Looks) -> None:
    for column, text in enumerate(texts):
        sheet.set_column(column, column, WIDE)
        sheet.write_string(0, column, text, looks.head)
    for column, each in enumerate(content.columns, len(texts)):
        sheet.set_column(column, column, NARROW)
        sheet.write_string(0, column, each.heading, looks.head)


def _suggestion(book: xlsxwriter.Workbook, content: Content, looks: Looks) -> None:
    """Write the places that are suggested, and the candidates they were chosen from."""
    found, say = content.suggestion, content.scene.say
    if found is None:
        return
    _table(
        book.add_worksheet(say("cover.next")[:31]), [say(f"cover_out.site_{h}") for h in HEADINGS],
        [cells(site) for site in found.sites], looks,
    )  # fmt: skip
    if found.rows:
        _table(
            book.add_worksheet(say("cover_out.candidates")[:31]),
            [say(f"cover_out.candidate_{h}") for h in OF_ROWS],
            [of_row(row) for row in found.rows], looks,
        )  # fmt: skip


def _table(
    sheet: Worksheet,
    titles: list[str],
    rows: Sequence[tuple[str | float | None, ...]],
    looks: Looks,
) -> None:
    for column, title in enumerate(titles):
        sheet.set_column(column, column, NARROW)
        sheet.write_string(0, column, title, looks.head)
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, column, safe(value), looks.text)
            elif value is not None:
                sheet.write_number(at, column, value, looks.plain)
    sheet.freeze_panes(1, 0)


def _number(  # noqa: PLR0913 - where, and what
    sheet: Worksheet, row: int, at: int, column: Column, place: int, content: Content, looks: Looks
) -> None:
    number = float(column.numbers[place])
    if math.isnan(number):
        said = "cover_out.withheld" if column.is_withheld[place] else "cover_out.no_number"
        sheet.write_string(row, at, content.scene.say(said), looks.withheld)
    elif column.decimals:
        sheet.write_number(row, at, round(number, column.decimals), looks.plain)
    elif column.is_share:
        sheet.write_number(row, at, number, looks.share)
    else:
        look = looks.number if column.is_exact[place] else looks.about
        sheet.write_number(row, at, round(number), look)
