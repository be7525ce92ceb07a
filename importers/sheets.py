"""Reading tables without geometry: CSV and workbooks, as people make them by hand."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import python_calamine as calamine
from numpy.typing import NDArray

from gis.errors import FileError
from gis.said import Said
from importers import guess

# From here on a float no longer tells neighbouring integers apart for sure.
_EXACT = 1e15


class Parts(NamedTuple):
    """What `importers.read.Rows` is made of."""

    frame: pd.DataFrame
    geometry: None
    crs: None
    numbers: NDArray[np.int64]
    notes: tuple[str, ...]


def read_csv(path: Path, encoding: str | None) -> Parts:
    """Read a delimited text file; delimiter, encoding and header row are found out."""
    with path.open("rb") as file:
        name = encoding or guess.encoding(file.read(guess.SAMPLE_BYTES))
    notes = [] if name.startswith("utf-8") or encoding else [f"Read as {name.upper()}."]
    try:
        with path.open(encoding=name, newline="") as file:
            sample = "".join(itertools.islice(file, 200))
        delimiter = _delimiter(sample)
        first = list(csv.reader(sample.splitlines(), delimiter=delimiter))
        width = max((len(cells) for cells in first), default=0)
        cells = pd.read_csv(
            path, sep=delimiter, header=None, names=range(width), index_col=False, dtype=str,
            keep_default_na=False, skip_blank_lines=False, encoding=name, engine="c",
        )  # fmt: skip
    except (UnicodeDecodeError, LookupError) as error:
        raise FileError(
            f"{path.name} cannot be read as {name!r} ({error}). "
            "Say its encoding with --encoding, for example gb18030, big5 or utf-8.",
            key="error.file_encoding",
            file=path.name,
            encoding=name,
            why=str(error),
        ) from error
    except (pd.errors.ParserError, csv.Error) as error:
        raise FileError(
            f"{path.name} is no regular table: {str(error).strip().rstrip('.')}. "
            "Look for a stray delimiter or quotation mark in that line.",
            key="error.file_table",
            file=path.name,
            why=str(error).strip().rstrip("."),
        ) from error
    # A short row is filled up with NaN, whatever `keep_default_na` says.
    return _table(path, cells.fillna(""), (), notes)


def _delimiter(sample: str) -> str:
    lines = [line for line in sample.splitlines() if line.strip()]
    # The one that cuts most lines, and those into most cells.
    return max(
        ",;\t|", key=lambda mark: sorted(line.count(mark) for line in lines)[len(lines) // 2]
    )


def read_workbook(path: Path, sheet: str | None) -> Parts:
    """Read one sheet of an .xlsx or .xls workbook."""
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except (calamine.CalamineError, OSError) as error:
        raise FileError(
            f"{path.name} is no readable workbook ({error}). Save it again as .xlsx.",
            key="error.file_workbook",
            file=path.name,
        ) from error
    names = book.sheet_names
    if sheet is not None and sheet not in names:
        raise FileError(
            f"{path.name} has no sheet {sheet!r}. There are: {', '.join(names)}.",
            key="error.no_sheet",
            file=path.name,
            sheet=sheet,
            known=tuple(names),
        )
    filled = [name for name in names if book.get_sheet_by_name(name).height]
    if sheet is None and len(filled) > 1:
        raise FileError(
            f"{path.name} has several sheets: {', '.join(filled)}. Say which with --table.",
            key="error.many_sheets",
            file=path.name,
            known=tuple(filled),
        )
    if not filled:
        raise FileError(
            f"{path.name} has no filled sheet; fetch or export it again.",
            key="error.no_filled_sheet",
            file=path.name,
        )
    page = book.get_sheet_by_name(sheet or filled[0])
    rows = [[_text(cell) for cell in row] for row in page.to_python(skip_empty_area=False)]
    merged = page.merged_cell_ranges or ()
    return _table(path, pd.DataFrame(rows, dtype=str), tuple(merged), [])


def _text(cell: Any) -> str:  # noqa: ANN401
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Every number of a sheet is a float; a code that has become one is still exact up to
        # 15 digits. Beyond, it is written so that the checks see it.
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < _EXACT else f"{cell!r}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return str(cell)


_Range = tuple[tuple[int, int], tuple[int, int]]


def _table(path: Path, cells: pd.DataFrame, merged: Sequence[_Range], notes: list[str]) -> Parts:
    cells = cells.apply(lambda column: column.str.strip())
    head = guess.header_row(cells.head(guess.SAMPLE_ROWS).to_numpy().tolist())
    if head:
        notes.append(
            Said(
                f"Row {head + 1} was taken for the header; {head} above it left out.",
                key="noted.header",
                row=head + 1,
                n=head,
            )
        )
    depth = 1
    grid = cells.to_numpy(dtype=object) if merged else np.empty((0, 0), dtype=object)
    for (top, left), (bottom, right) in merged:
        grid[top : bottom + 1, left : right + 1] = grid[top, left]
        if top <= head <= bottom and left != right:
            # A heading over several columns has their own headings below it.
            depth = max(depth, bottom - head + 2)
        elif top == head:
            depth = max(depth, bottom - head + 1)
    if merged:
        cells = pd.DataFrame(grid, dtype="str")
    names = _names(cells.iloc[head : head + depth].to_numpy().tolist())
    data = cells.iloc[head + depth :]
    data = data[(data != "").any(axis=1)]
    last = len(data)
    while last and guess.is_note(data.iloc[last - 1].tolist()):
        last -= 1
    if last < len(data):
        notes.append(
            Said(
                f"{len(data) - last} rows of remarks or sums below the table left out.",
                key="noted.remarks",
                n=len(data) - last,
            )
        )
    data = data.iloc[:last]
    if data.empty:
        raise FileError(
            f"{path.name} has a header but no rows; fetch or export it again.",
            key="error.only_header",
            file=path.name,
        )
    numbers = data.index.to_numpy(dtype=np.int64) + 1
    frame = data.set_axis(names, axis=1).reset_index(drop=True)
    # Columns without header and content come from formatted but empty cells.
    nameless = [name for name in names if name.startswith("column ") and (frame[name] == "").all()]
    return Parts(frame.drop(columns=nameless), None, None, numbers, tuple(notes))


def _names(rows: list[list[str]]) -> list[str]:
    names: list[str] = []
    for index, parts in enumerate(zip(*rows, strict=True), 1):
        text = " ".join(dict.fromkeys(part for part in parts if part))
        name = guess.clean_header(text) or f"column {index}"
        again = itertools.count(2)
        unique = name
        while unique in names:
            unique = f"{name} ({next(again)})"
        names.append(unique)
    return names
