"""How workbooks look, and how each is begun."""

from __future__ import annotations

import datetime as dt
import io

import xlsxwriter
from xlsxwriter.format import Format

from dashboard.colours import LIGHT

WIDE, NARROW = 26, 13


class Looks:
    """The formats of a workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        plain = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
        line = {"bottom": 1, "bottom_color": LIGHT.hairline}
        self.title: Format = book.add_format({**plain, "font_size": 16, "bold": True})
        self.head: Format = book.add_format(
            {**plain, "bold": True, "font_color": "#ffffff", "bg_color": LIGHT.accent,
             "text_wrap": True}
        )  # fmt: skip
        self.text: Format = book.add_format({**plain, **line, "num_format": "@"})
        self.quiet: Format = book.add_format({**plain, "font_color": LIGHT.secondary})
        self.number: Format = book.add_format({**plain, **line, "num_format": "#,##0"})
        self.about: Format = book.add_format({**plain, **line, "num_format": '"≈ "#,##0'})
        self.share: Format = book.add_format({**plain, **line, "num_format": "0.0%"})
        self.decimal: Format = book.add_format({**plain, **line, "num_format": "#,##0.0"})
        self.plain: Format = book.add_format({**plain, **line})
        self.withheld: Format = book.add_format({**plain, **line, "align": "right"})


def begun(
    file: io.BytesIO, title: str, author: str, moment: dt.datetime
) -> tuple[xlsxwriter.Workbook, Looks]:
    """Return an empty workbook; the same content and moment give the same bytes."""
    # What people typed is text, whatever it looks like: no formula, no link, no number.
    book = xlsxwriter.Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
         "strings_to_numbers": False},
    )  # fmt: skip
    book.set_properties(
        {"title": title, "author": author, "company": "CityGrid",
         "created": moment.replace(tzinfo=None)}
    )  # fmt: skip
    return book, Looks(book)
