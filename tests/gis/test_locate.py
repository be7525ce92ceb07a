"""One point by SQL and many by index: the same answer on every point."""

import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from gis.locate import Placer, change_faces, unit_at
from gis.tables import unit_version
from tests import builders
from tests.gis.hard_points import near_borders, smallest_holding


def one_by_one(db: Connection, zoning_id: int, points: np.ndarray) -> np.ndarray:
    found = (unit_at(db, zoning_id, lon, lat) for lon, lat in points.tolist())
    return np.array([-1 if unit is None else unit for unit in found])


@pytest.mark.parametrize("uneven", [False, True])
def test_squares_edges_and_corners(db: Connection, uneven: bool):
    units = builders.load(db, uneven=uneven)
    # Every quarter of a square, from outside the city to outside it: corners and edges included.
    steps = np.arange(-1, 18) / 4
    points = np.array([builders.at(x, y) for x in steps for y in steps])
    placer = Placer(db)
    expected = builders.place(units, points)
    assert placer.main(points).tolist() == expected.tolist()
    assert one_by_one(db, 1, points).tolist() == expected.tolist()
    assert placer.others(points).keys() == {2}
    beats = builders.place(units, points, 2)
    assert placer.others(points)[2].tolist() == beats.tolist()
    assert one_by_one(db, 2, points).tolist() == beats.tolist()


def test_a_point_that_is_no_place_lies_nowhere(db: Connection):
    builders.load(db)
    assert unit_at(db, 1, float("nan"), 22.5) is None
    assert unit_at(db, 1, 1e300, 22.5) is None
    assert Placer(db).main([(np.nan, 22.5)]).tolist() == [-1]


def test_retired_units_hold_no_point(db: Connection):
    builders.load(db)
    lon, lat = builders.at(0.5, 0.5)
    face = unit_at(db, 1, lon, lat)
    db.execute(
        unit_version.update()
        .where(unit_version.c.unit_id == face)
        .values(valid=text("'[2026-01-01, 2026-02-01)'::tstzrange"))
    )
    assert unit_at(db, 1, lon, lat) is None
    assert Placer(db).main([(lon, lat)]).tolist() == [-1]


def test_index_sql_and_geos_agree_on_every_border_of_a_real_city(db: Connection, shared_data):
    path = shared_data / "taipei" / "boundaries.gpkg"
    areas = pyogrio.read_dataframe(path, layer="micro_area").geometry.to_numpy()
    rng = np.random.default_rng(0)
    faces = shapely.transform(areas, lambda xy: xy.round(7))[rng.permutation(len(areas))]
    units = builders.unit_frame().iloc[[0] * len(faces)].reset_index(drop=True)
    units.index += 1
    units = units.assign(
        geom=shapely.multipolygons(faces, indices=np.arange(len(faces))),
        code=[f"M{i}" for i in units.index], level=3, is_face=True, lft=units.index,
        rgt=units.index,
    )  # fmt: skip
    builders.load(db)
    for table in ("unit_shape", "unit_version", "unit"):
        db.exec_driver_sql(f"DELETE FROM citygrid.{table}")
    builders.write_units(db, units)
    db.exec_driver_sql("ANALYZE citygrid.unit_version")
    points = near_borders(faces, 3_000, rng)
    expected = smallest_holding(faces, units.index.to_numpy(), points)
    assert (Placer(db).main(points) == expected).all()
    some = rng.choice(len(points), 3_000, replace=False)
    assert (one_by_one(db, 1, points[some]) == expected[some]).all()


def test_faces_stay_while_points_are_placed(engine):
    with engine.connect() as placing, engine.connect() as changing:
        Placer(placing)
        Placer(changing)
        changing.rollback()
        changing.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            change_faces(changing)
        changing.rollback()
        placing.rollback()
        change_faces(changing)
