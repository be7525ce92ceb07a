"""The table: on the screen, and in RESULTS.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.readings import HEADINGS, Row
from benchmarks.sizes import PEER_CAP_S

RESULTS = Path(__file__).with_name("RESULTS.md")
PART = "## "
NUMBERS = {"ours", "ratio", "aim"}


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(title=f"Ours beside its peers; a peer is stopped after {PEER_CAP_S:.0f} s")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in NUMBERS else "left")
    for row in rows:
        table.add_row(*row.cells(), style="bold red" if row.misses else None)
    Console(width=None if Console().is_terminal else 200).print(table)


def write(
    measured: Mapping[str, Sequence[Row]], versions: Sequence[str], path: Path = RESULTS
) -> None:
    """Put the rows of some benchmarks on the page; what was not measured now stays as it was.

    Parameters
    ----------
    measured
        The rows by the benchmark's name; each has a part of the page of its own.
    versions
        What they were measured on.
    """
    parts = _parts(path) | {name: _part(name, rows, versions) for name, rows in measured.items()}
    lines = [
        "# Measured",
        "",
        "Written by `make bench`: ours beside the tool one would else take, in one run. Ratios are "
        f"the point; times are those of a machine with {os.cpu_count()} cores "
        f"({platform.machine()}) that others use too, so expect noise of some tens of percent. "
        f"A peer is stopped after {PEER_CAP_S:.0f} s. Of repeated measurements the best counts, "
        "on both sides. Where both give answers, they are compared and must be the same.",
        "",
        *(part for _, part in sorted(parts.items())),
    ]
    path.write_text("\n".join(lines))


def _part(name: str, rows: Sequence[Row], versions: Sequence[str]) -> str:
    misses = sum(row.misses for row in rows)
    said = f"{misses} of {len(rows)} rows miss their aim." if misses else "No row misses its aim."
    lines = [
        f"{PART}{name}",
        "",
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {', '.join(versions)}. {said}",
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|{'|'.join('--:' if heading in NUMBERS else '---' for heading in HEADINGS)}|",
        *(f"| {' | '.join(_escaped(cell) for cell in row.cells())} |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _parts(path: Path) -> dict[str, str]:
    """Return the parts of the page as it is, by the names of their benchmarks."""
    if not path.exists():
        return {}
    _, *parts = path.read_text().split(f"\n{PART}")
    return {part.partition("\n")[0]: f"{PART}{part.rstrip()}\n" for part in parts}


def _escaped(cell: str) -> str:
    return cell.replace("MISSED", "**MISSED**").replace("|", "\\|")
