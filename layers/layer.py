"""What a layer is. The map, the statistics, the tiles and the importers all read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Table


class Aggregate(StrEnum):
    """How values combine over an area; wrong answers here are silent, so it is required."""

    SUM = "sum"
    """Extensive: people, floor area. Splits with the area."""
    MEAN = "mean"
    """Intensive: a height, a year. Does not split, does not add up."""
    NONE = "none"
    """Names, codes, dates and categories."""


class Draw(StrEnum):
    """What the map shows of a layer at zooms that cannot show each row."""

    NOTHING = "nothing"
    CELLS = "cells"
    """Counted cells (people always; others below ``min_zoom``)."""


NEVER = 99
"""A `min_zoom` that no map reaches: persons are counted cells at every zoom."""

Names = Mapping[str, str]
"""A text in every language: {"zh": …, "en": …}."""


@dataclass(frozen=True)
class Field:
    """One column of a layer, as people read it and as importers fill it."""

    name: str
    names: Names
    aggregate: Aggregate = Aggregate.NONE
    measured_in: str = ""
    required: bool = False
    # Header texts that mean this column, lower case, simplified characters.
    synonyms: tuple[str, ...] = ()
    # Shown in tiles and cards. Personal data is not.
    on_map: bool = False
    # For a column of agreed words: word → texts of files that mean it, beside its own names.
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dimension:
    """A way to divide a layer's rows, each part of which is counted for every unit."""

    key: str
    names: Names
    # SQL over the layer's table giving the part's key as text; NULL counts only in the total.
    column: str
    # key → names. A partition also counts keys that are not listed here (classes, kinds), under
    # their own text until somebody names them.
    parts: Mapping[str, Names] = field(default_factory=dict)
    # False where parts overlap (care groups): the column is then a bit set and parts are its bits.
    is_partition: bool = True


@dataclass(frozen=True)
class Layer:
    """One kind of thing lying over the city: a table, and what its columns mean."""

    id: str
    names: Names
    table: Table
    fields: tuple[Field, ...]
    # The geometry that is placed in units and counted: "geom" for points, "centre" for areas.
    point: str = "geom"
    # Rows are persons or their homes: under the row policy, and told to others by releases only.
    is_personal: bool = False
    # False for the basemap's roads, water and green, and for public land: drawn, not counted.
    is_counted: bool = True
    # How many things a row stands for: "rows", or a summed column ("count").
    weight: str = "rows"
    # Further summed columns that are counted for every unit ("floor_area_m2").
    sums: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    # A column of timestamps: the layer is a flow with a daily series.
    time: str | None = None
    # A column of dates from which a row counts: the layer is a stock with a series of month-ends.
    # A stock without one has a single snapshot.
    since: str | None = None
    # Dimensions whose parts have a series of their own, beside the total.
    series: tuple[str, ...] = ()
    # Parts that low zooms draw beside the total: (dimension, key).
    cell_parts: tuple[tuple[str, str], ...] = ()
    # SQL: which rows a tile of zoom :z draws; "" = all of them.
    drawn: str = ""
    min_zoom: int = 0
    below_min_zoom: Draw = Draw.NOTHING
    # Of a boundary layer: which zoning and which level (1 is the widest).
    zoning: str = ""
    level: int = 0

    def __hash__(self) -> int:
        # So that queries can be kept by layer: dictionaries among the fields have no hash.
        return hash(self.id)
