"""H3 cells as another cut of the same layers."""

import h3
import numpy as np
import pytest
import shapely
from sqlalchemy import Connection

from gis.errors import NotFoundError
from layers import catalog, counts, h3_cells
from layers.h3_cells import CellError
from layers.rates import Rate
from tests import builders

PEOPLE, HOUSEHOLDS = catalog.get("people"), catalog.get("households")


@pytest.fixture(autouse=True)
def _city(db: Connection) -> None:
    units = builders.load(db)
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), (3.5, 3.5), count=3))
    builders.add(db, HOUSEHOLDS, units, builders.rows("households", (0.5, 0.5)))
    counts.rebuild(db, PEOPLE, HOUSEHOLDS)


def cell(x: float, y: float, resolution: int) -> str:
    lon, lat = builders.at(x, y)
    return h3.latlng_to_cell(lat, lon, resolution)


@pytest.mark.parametrize("resolution", range(7, 12))
def test_cells_hold_what_lies_in_them(db, resolution):
    found = h3_cells.values(db, "people", resolution)
    assert found.value.sum() == 6
    assert found.value.loc[cell(0.5, 0.5, resolution)] in (3, 6)


def test_only_cells_that_meet_a_box(db):
    bounds = (*builders.at(0.4, 0.4), *builders.at(0.6, 0.6))
    found = h3_cells.values(db, "people", 9, bounds)
    assert found.value.to_dict() == {cell(0.5, 0.5, 9): 3}


def test_a_rate_of_cells(db):
    found = h3_cells.values(db, Rate("people", "households", 1), 9)
    assert found.value.loc[cell(0.5, 0.5, 9)] == 3
    assert np.isnan(found.value.loc[cell(3.5, 3.5, 9)])
    density = h3_cells.values(db, Rate("people", "area_km2"), 9)
    area = h3.cell_area(cell(0.5, 0.5, 9), "km^2")
    assert density.value.loc[cell(0.5, 0.5, 9)] == pytest.approx(3 / area)


def test_a_layer_nobody_counted_has_no_cells(db):
    assert h3_cells.values(db, "facilities", 9).empty


def test_cells_as_polygons(db):
    found = h3_cells.features(h3_cells.values(db, Rate("people", "households", 1), 9))
    assert len(found["features"]) == 2
    area = shapely.Polygon(found["features"][0]["geometry"]["coordinates"][0])
    assert area.is_valid
    assert {f["properties"]["value"] for f in found["features"]} == {3, None}


def test_what_cells_cannot_show_is_said_so(db):
    with pytest.raises(NotFoundError, match="7 to 11"):
        h3_cells.values(db, "people", 12)
    with pytest.raises(NotFoundError, match="totals"):
        h3_cells.values(db, "people.sex.male", 9)
    with pytest.raises(CellError, match="too many cells"):
        h3_cells.values(db, "people", 11, (110, 20, 120, 30))
