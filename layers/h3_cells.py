"""H3 cells: another cut of the same layers, alike everywhere and of six sizes."""

from __future__ import annotations

from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from sqlalchemy import ARRAY, BigInteger, Connection, any_, cast, select

from gis.access.views import seen_h3
from gis.errors import CityGridError, NotFoundError
from layers import measures
from layers.catalog import COUNTED
from layers.columns import fetch
from layers.rates import AREA, Rate
from layers.tally import H3_RESOLUTIONS

# More cells than a screen can tell apart.
MOST_CELLS = 50_000
KM_A_DEGREE = 111.2
Bounds = tuple[float, float, float, float]


class CellError(CityGridError):
    """Cells that cannot be shown."""


def values(
    db: Connection, what: str | Rate, resolution: int, bounds_4326: Bounds | None = None
) -> pd.DataFrame:
    """Return the value of every H3 cell in which anything is.

    Parameters
    ----------
    what
        The total of a layer ("people"), or a rate of totals; cells hold no parts.
    bounds_4326
        West, south, east, north: only cells that meet it.

    Returns
    -------
    DataFrame
        Indexed by ``cell`` (the usual text), ordered by it, with a column ``value`` (float). A rate
        is NaN where there is nothing to divide by.

    Raises
    ------
    NotFoundError
        No such resolution, or not counted in cells.
    CellError
        More cells than can be shown.
    """
    check(resolution)
    names = [what] if isinstance(what, str) else [*what.measures]
    for name in names:
        if name not in {layer.id for layer in COUNTED}:
            raise NotFoundError(
                f"{name!r} is not counted in H3 cells, whose numbers are totals: "
                f"{', '.join(layer.id for layer in COUNTED)}."
            )
    ids = {name: m.id for name, m in measures.by_name(db, names).items()}
    c = seen_h3.c
    query = select(c.cell, c.measure_id, c.n).where(
        c.measure_id.in_(ids.values()), c.resolution == resolution
    )
    if bounds_4326:
        covering = cast(_covering(bounds_4326, resolution), ARRAY(BigInteger))
        query = query.where(c.cell == any_(covering))
    found = fetch(db, query.order_by(c.cell).limit(MOST_CELLS * max(1, len(ids)) + 1))
    if len(found["cell"]) > MOST_CELLS * max(1, len(ids)):
        raise CellError(
            f"There are more than {MOST_CELLS:,} cells of resolution {resolution} here. "
            "Choose a coarser one, or a smaller area."
        )
    counts = pd.DataFrame(
        {
            name: pd.Series(found["n"][mine], index=found["cell"][mine])
            for name in names
            for mine in (found["measure_id"] == ids.get(name, -1),)
        }
    ).fillna(0.0)
    if isinstance(what, Rate) and what.divisor == AREA:
        counts[AREA] = [h3.cell_area(int(cell), "km^2") for cell in counts.index]
    result = counts[what] if isinstance(what, str) else what.of(counts)
    result.index = pd.Index([h3.int_to_str(int(cell)) for cell in counts.index], dtype=object)
    return result.astype(float).rename_axis("cell").to_frame("value").sort_index()


def check(resolution: int, bounds_4326: Bounds | None = None) -> None:
    """Raise NotFoundError for a size of cells that there is not, CellError for too many cells."""
    if resolution not in H3_RESOLUTIONS:
        known = f"{H3_RESOLUTIONS[0]} to {H3_RESOLUTIONS[-1]}"
        raise NotFoundError(f"H3 cells have resolutions {known} here, found {resolution}.")
    if bounds_4326:
        _few(bounds_4326, resolution)


def features(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the frame of `values` as GeoJSON: a polygon for each cell, its id and value."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": cell,
                "properties": {"value": None if np.isnan(value) else value},
                "geometry": {"type": "Polygon", "coordinates": [_ring(cell)]},
            }
            for cell, value in frame["value"].items()
        ],
    }


def _ring(cell: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - a label of a frame
    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(h3.str_to_int(cell))]
    return [*corners, corners[0]]


def _covering(bounds_4326: Bounds, resolution: int) -> list[int]:
    """Return the cells that meet a box."""
    west, south, east, north = bounds_4326
    _few(bounds_4326, resolution)
    box = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
    return list(h3.h3shape_to_cells_experimental(box, resolution, "overlap"))


def _few(bounds_4326: Bounds, resolution: int) -> None:
    west, south, east, north = bounds_4326
    # Cells are counted before they are listed: the world has a hundred thousand million.
    width = (east - west) * KM_A_DEGREE * np.cos(np.radians((south + north) / 2))
    height = (north - south) * KM_A_DEGREE
    if width * height / h3.average_hexagon_area(resolution, "km^2") > MOST_CELLS:
        raise CellError(
            f"A box of {width:,.0f} × {height:,.0f} km has too many cells of resolution "
            f"{resolution}. Choose a coarser one, or a smaller area."
        )
