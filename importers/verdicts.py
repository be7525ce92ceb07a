"""What became of each row of a file: the four numbers that add up, and why rows were rejected."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import shapely

from importers.read import Rows

_MOST_REASONS = 12
# What differs from row to row in a reason: quoted texts and numbers.
_VALUE = re.compile(r"'[^']*'|-?\d[\d,.]*(?<![,.])")


@dataclass(frozen=True)
class Verdicts:
    """What an import did, or on a dry run would do.

    Attributes
    ----------
    read
        Rows of the file that belong to the layer; inserted + updated + unchanged + rejected.
    outside
        Of the rows that went in, those in no unit of the main zoning.
    left_out
        Rows of the file that are for other layers.
    reasons
        Reason → how many rows were rejected for it.
    fields
        Field → column of the file.
    unused
        Columns nothing was done with.
    dropped
        Columns that are never held → what they are about.
    """

    layer: str
    file: str
    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    outside: int = 0
    left_out: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    rejected_file: Path | None = None
    is_dry_run: bool = False

    @property
    def shown_reasons(self) -> Mapping[str, int]:
        """The reasons that are told one by one, and how many rows were rejected for each."""
        return dict(list(self.reasons.items())[:_MOST_REASONS])

    def __str__(self) -> str:
        would = "would be " if self.is_dry_run else ""
        lines = [f"{ours} ← {theirs}" for ours, theirs in self.fields.items()]
        lines += [f"not used: {', '.join(self.unused)}"] if self.unused else []
        lines += [
            f"{header!r} is about {kind}: CityGrid never holds that, the column was dropped."
            for header, kind in self.dropped.items()
        ]
        lines += self.notes
        shown = self.shown_reasons
        lines += [f"{n:,} rejected: {reason}" for reason, n in shown.items()]
        rest = sum(self.reasons.values()) - sum(shown.values())
        lines += [f"{rest:,} rejected for other reasons"] if rest else []
        if self.rejected_file:
            lines.append(f"Rejected rows with their reasons: {self.rejected_file}")
        if self.outside:
            lines.append(f"{self.outside:,} of the rows lie in no unit; they are kept and counted.")
        lines.append(
            f"{self.file} → {self.layer}: {self.read:,} rows read, {would}{self.inserted:,} "
            f"inserted, {self.updated:,} updated, {self.unchanged:,} unchanged, "
            f"{self.rejected:,} rejected."
        )
        return "\n".join(lines)


def count_reasons(reasons: Iterable[str]) -> dict[str, int]:
    """Count rejected rows by reason, most frequent first; the values they quote are left out."""
    counts = Counter(_without_values(reason) for reason in reasons)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _without_values(reason: str) -> str:
    return _VALUE.sub("…", reason)


def write_rejected(path: Path, rows: Rows, rejected: Mapping[int, str]) -> None:
    """Write rejected rows as the file had them, each with its number and the reasons."""
    positions = list(rejected)
    frame = rows.frame.iloc[positions].copy()
    frame.insert(0, "row", rows.numbers[positions])
    frame.insert(1, "reason", list(rejected.values()))
    if rows.geometry is not None:
        frame["geometry"] = shapely.to_wkt(rows.geometry[positions], trim=True)
    # With a BOM, or spreadsheets take the Chinese for something else.
    frame.to_csv(path, index=False, encoding="utf-8-sig", quoting=csv.QUOTE_MINIMAL)
