"""The impact sheet as PDF: set by typst, in the letters and colours of the page, offline."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import typst

from dashboard import numerals
from dashboard.reports.content import Content
from dashboard.reports.map_frame import HEIGHT_MM, WIDTH_MM
from dashboard.reports.map_pictures import Label, Pictures
from dashboard.reports.tables import About, Cell, Kind, Table, Under
from dashboard.text import called
from gis.errors import SettingsError

_FOLDER = files("dashboard") / "reports"
# The first of them that is there; `make run` installs the first.
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
)  # fmt: skip
# So many rows of a list are printed; the workbook has all of them.
MOST_ROWS = 80
_SAID = (
    "kind", "maps", "before", "after", "edge", "edge_above", "north", "signatures", "signed",
    "dated",
)  # fmt: skip


def pdf(content: Content) -> bytes:
    """Return the sheet as a PDF of A4 pages.

    The same order, rows and day give the same bytes.

    Raises
    ------
    SettingsError
        No Chinese typeface is installed.
    """
    fonts, chinese = typefaces()
    pictures = content.pictures
    inputs = {
        "data": orjson.dumps(_data(content, chinese)).decode(),
        "before": pictures.before_svg if pictures else "",
        "after": pictures.after_svg if pictures else "",
    }
    source = (_FOLDER / "impact_sheet.typ").read_bytes()
    made = typst.Compiler(source, font_paths=fonts, sys_inputs=inputs).compile(
        format="pdf", timestamp=content.stamp
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made)} for a PDF.")
    return made


@functools.cache
def typefaces() -> tuple[typst.Fonts, tuple[str, ...]]:
    """Return the typefaces there are, and the Chinese ones among them."""
    fonts = typst.Fonts(font_paths=[str(Path(str(_FOLDER)) / "fonts")])
    there = set(fonts.families())
    chinese = tuple(name for name in CHINESE if name in there)
    if not chinese:
        raise SettingsError(
            "No Chinese typeface is installed, and the sheet cannot be set without one. "
            "Install the package fonts-noto-cjk, and start again.",
            key="error.no_typeface",
        )
    return fonts, chinese


def _data(content: Content, chinese: tuple[str, ...]) -> dict[str, Any]:
    say, order = content.say, content.order
    note = "report.exact" if content.is_exact else "report.rounded"
    return {
        "language": content.language,
        "fonts": chinese,
        "title": order.title,
        "author": called(order.author, content.language),
        "reason": order.reason,
        "city": content.city.names[content.language],
        "number": order.number,
        "source": content.source,
        "page": say("report.page", n="{n}", of="{of}"),
        "say": {**{name: say(f"report.{name}") for name in _SAID}, "headlines_note": say(note)},
        "facts": [{"name": name, "value": value} for name, value in content.facts],
        "headlines": [{"name": name, "value": value} for name, value in content.headlines],
        "maps": _maps(content, content.pictures) if content.pictures else None,
        "tables": [_table(content, table) for table in content.tables],
        "signatures": [vars(each) for each in content.signatures],
    }


def _maps(content: Content, pictures: Pictures) -> dict[str, Any]:
    say, writer = content.say, content.writer
    area_m2 = dict.fromkeys(pictures.hatches, 0.0)
    for pair in content.sheet.pairs:
        if pair.step in area_m2:
            area_m2[pair.step] = pair.numbers.area_m2
    parties = content.sheet.parties
    legend = [
        {
            "colour": colour,
            "text": say(
                "report.goes",
                giver=writer.called(parties[step.giver]),
                taker=writer.called(parties[step.taker]),
                area=numerals.area(area_m2[step], say),
            ),
        }
        for step, colour in pictures.hatches.items()
        # The rounding of a line to the grid is too little to be seen.
        if area_m2[step] >= 1
    ]
    return {
        "width": WIDTH_MM,
        "height": HEIGHT_MM,
        "before": _labels(content, pictures.before_labels),
        "after": _labels(content, pictures.after_labels),
        "legend": legend[:6],
        "bar": pictures.bar_mm,
        "bar_text": numerals.distance(pictures.bar_m, say),
    }


def _labels(content: Content, labels: tuple[Label, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": content.pictures.names[each.unit_id][content.language]
            if content.pictures
            else "",
            "x": each.x_mm,
            "y": each.y_mm,
            "concerned": each.is_concerned,
        }
        for each in labels
    ]


def _table(content: Content, table: Table) -> Mapping[str, Any]:
    shown = table.rows[:MOST_ROWS]
    notes = [table.note] if table.note else []
    if len(table.rows) > len(shown):
        notes.append(content.say("report.more_rows", n=len(table.rows) - len(shown)))
    columns = [c for c in table.columns if c.kind is not Kind.AFTER]
    return {
        "title": table.title,
        "columns": [
            {"heading": c.short or c.heading, "kind": c.kind, "width": c.width} for c in columns
        ],
        "rows": [_row(table, row) for row in shown],
        "note": " ".join(notes),
    }


def _row(table: Table, row: tuple[Cell, ...]) -> list[str]:
    """Return the cells of a row, those before and after a change in one."""
    cells: list[str] = []
    for column, cell in zip(table.columns, row, strict=True):
        if column.kind is not Kind.AFTER:
            cells.append(written(cell))
        elif written(cell) != cells[-1]:
            cells[-1] = f"{cells[-1]} → {written(cell)}"
    return cells


def written(cell: Cell) -> str:
    """Return a cell as it is read."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Under):
        return numerals.withheld(cell.least)
    if isinstance(cell, About):
        return f"≈ {numerals.number(cell.n)}"
    return numerals.number(cell)
