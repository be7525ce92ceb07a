"""Where rows come from and which of a file's columns mean what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from importers.values import text

_PLACE = re.compile(r"\{([^{}]+)\}")


def _written(value: Any) -> str:  # noqa: ANN401
    return "" if pd.isna(value) else text(value) or ""


@dataclass(frozen=True)
class Column:
    """How one field is filled: from a column, from several, or with one text for all rows."""

    # "{name}" is one column's value, "{day} {time}" joins two, "aed" is the same for all rows.
    pattern: str
    # What the file says → what we say.
    values: Mapping[str, str] = field(default_factory=dict)
    # What we say where the file says anything else; None: as the file says.
    otherwise: str | None = None
    # The pattern is one text for all rows, braces and all.
    is_constant: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """The file's columns this one is made of."""
        return () if self.is_constant else tuple(_PLACE.findall(self.pattern))

    def fill(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Return the field's raw values for the rows of a file."""
        if self.is_constant:
            return pd.Series(self.pattern, index=frame.index, dtype="object")
        if whole := _PLACE.fullmatch(self.pattern):
            found = frame[whole[1]]
        else:
            # Literal texts stand at even places, names of columns at odd ones.
            parts = _PLACE.split(self.pattern)
            found = pd.Series(parts[0], index=frame.index, dtype="object")
            for name, literal in zip(parts[1::2], parts[2::2], strict=True):
                found = found + frame[name].map(_written) + literal
        if not self.values:
            return found
        mapped = found.map(lambda value: self.values.get(_written(value)))
        return mapped.where(mapped.notna(), found if self.otherwise is None else self.otherwise)

    @classmethod
    def named(cls, column: str) -> Column:
        """Return the plain content of one column."""
        return cls("{" + column + "}")


@dataclass(frozen=True)
class Rule:
    """Rows told apart by what a column says."""

    column: str
    # Whole values; or, where `contains` is set, any part of the value.
    values: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    # Why rows are turned away; empty for rules that select.
    reason: str = ""

    def holds(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Return whether each row meets the rule."""
        found = frame[self.column].astype("string").fillna("")
        met = found.isin(self.values)
        for part in self.contains:
            met |= found.str.contains(part, regex=False)
        return met


@dataclass(frozen=True)
class Source:
    """One file, or one table of a file, and how its rows become ours."""

    file: Path
    # The layer, or "units" for boundaries.
    layer: str
    columns: Mapping[str, Column]
    table: str | None = None
    encoding: str | None = None
    # A CRS that overrides what the file claims.
    crs: str | None = None
    # Columns with x and y, or one with both; empty: geometry, or what the headers suggest.
    coordinates: tuple[str, ...] = ()
    # Only rows that meet every one of these belong to the layer; the rest is for others.
    only: tuple[Rule, ...] = ()
    reject: tuple[Rule, ...] = ()
    # Columns kept beside the fields, as they are.
    props: tuple[str, ...] = ()
    # Put before every key, so that two files cannot use the same.
    prefix: str = ""

    @property
    def title(self) -> str:
        """How messages call the source."""
        return f"{self.file.name}, {self.table}" if self.table else self.file.name


@dataclass(frozen=True)
class Units:
    """The units of one level or zoning: from a file, or written out."""

    source: Source | None
    # Rows of code, name_zh, name_en, parent, kind.
    written: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Census:
    """Counts of people and households by unit, to be laid on the buildings of each unit."""

    source: Source
    # Sex → the field of the source with the number of people.
    people: Mapping[str, str]
    households: str


@dataclass(frozen=True)
class Footprints:
    """How footprints of several files become one layer of buildings.

    Attributes
    ----------
    same_when_covered
        Two footprints are one building when more than this share of the smaller is covered.
    storey_height_m
        Height of a floor, for files that know heights but no floors.
    floors_when_unknown
        What a building counts for that has neither.
    homes
        Uses of the buildings people live in.
    """

    same_when_covered: float = 0.5
    storey_height_m: float = 3.3
    floors_when_unknown: int = 4
    homes: tuple[str, ...] = ("residential", "unknown")


@dataclass(frozen=True)
class State:
    """When what a layer shows was true, and who says so."""

    as_of: str
    source: str


@dataclass(frozen=True)
class Generator:
    """A city made by the program instead of files."""

    name: str
    size: str
    seed: int
