"""The table: on the screen, and in RESULTS.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.readings import HEADINGS, Row
from benchmarks.sizes import PEER_CAP_S

RESULTS = Path(__file__).with_name("RESULTS.md")
NUMBERS = {"ours", "ratio", "aim"}


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(title=f"Ours beside its peers; a peer is stopped after {PEER_CAP_S:.0f} s")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in NUMBERS else "left")
    for row in rows:
        table.add_row(*row.cells(), style="bold red" if row.misses else None)
    Console(width=None if Console().is_terminal else 200).print(table)


def write(rows: Sequence[Row], versions: Sequence[str], path: Path = RESULTS) -> None:
    """Write the table as a page, with what it was measured on."""
    misses = sum(row.misses for row in rows)
    lines = [
        "# Measured",
        "",
        "Written by `make bench`: ours beside the tool one would else take, in one run. Ratios are "
        f"the point; times are those of a machine with {os.cpu_count()} cores "
        f"({platform.machine()}) that others use too, so expect noise of some tens of percent. "
        f"A peer is stopped after {PEER_CAP_S:.0f} s. Of repeated measurements the best counts, "
        "on both sides. Where both give answers, they are compared and must be the same.",
        "",
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {', '.join(versions)}. "
        + (f"{misses} of {len(rows)} rows miss their aim." if misses else "No row misses its aim."),
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|{'|'.join('--:' if heading in NUMBERS else '---' for heading in HEADINGS)}|",
        *(f"| {' | '.join(_escaped(cell) for cell in row.cells())} |" for row in rows),
        "",
    ]
    path.write_text("\n".join(lines))


def _escaped(cell: str) -> str:
    return cell.replace("MISSED", "**MISSED**").replace("|", "\\|")
