"""Tables of any kind as PDF: set by typst, in the letters and colours of the page, offline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import orjson
import typst

from dashboard import numerals
from dashboard.coverage.out.tables import Cell, Part, Share
from dashboard.reports.pdf import typefaces
from dashboard.scene import Scene
from dashboard.text import called

# So many rows of a table are printed; the workbook has all of them.
MOST_ROWS = 300


def pdf(
    scene: Scene, title: str, author: str, parts: Sequence[Part], moment: dt.datetime
) -> bytes:  # fmt: skip
    """Return tables as a PDF of A4 pages; the same tables and moment give the same bytes.

    Raises
    ------
    SettingsError
        No Chinese typeface is installed.
    """
    fonts, chinese = typefaces()
    say, language = scene.say, scene.view.language
    by = called(author, language)
    made_at = numerals.moment(moment.astimezone(scene.city.tz), language)
    data = {
        "language": language,
        "fonts": chinese,
        "title": title,
        "author": by,
        "city": scene.named(scene.city.names),
        "made": f"{by} · {made_at}",
        "page": say("report.page", n="{n}", of="{of}"),
        "parts": [_part(scene, part) for part in parts if part.rows],
    }
    source = (files("dashboard") / "coverage/out/tables_sheet.typ").read_bytes()
    inputs = {"data": orjson.dumps(data).decode()}
    made = typst.Compiler(source, font_paths=fonts, sys_inputs=inputs).compile(
        format="pdf", timestamp=moment
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made)} for a PDF.")
    return made


def _part(scene: Scene, part: Part) -> dict[str, Any]:
    shown = part.rows[:MOST_ROWS]
    notes = list(part.notes)
    if len(part.rows) > len(shown):
        notes.append(scene.say("report.more_rows", n=len(part.rows) - len(shown)))
    # A number that is not told stands where the numbers do.
    texts = [
        at == 0 or not any(isinstance(row[at], float | int | Share) for row in shown)
        for at in range(len(part.heads))
    ]
    return {
        "title": part.title,
        "heads": part.heads,
        "texts": texts,
        "rows": [[_written(cell) for cell in row] for row in shown],
        "notes": notes,
    }


def _written(cell: Cell) -> str:
    if cell is None:
        return numerals.NO_NUMBER
    if isinstance(cell, Share):
        return f"{cell.n * 100:.1f}%"
    return cell if isinstance(cell, str) else numerals.number(cell)
