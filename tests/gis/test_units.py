"""Loading units: preorder, derived parents, uneven depth, matching shapes."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from gis import units
from gis.coverage import check
from gis.tables import unit_shape, unit_version
from tests.builders import CITY, SIDE, SOUTH, WEST, box

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MAIN = CITY.main
# Of longitude in EPSG:3857.
METRES_A_DEGREE = 111_319


def frame(*rows):
    return gpd.GeoDataFrame(
        {
            "code": [row[0] for row in rows],
            "name_zh": [f"{row[0]}区" for row in rows],
            "name_en": [f"Unit {row[0]}" for row in rows],
            "level": np.array([row[1] for row in rows], np.int16),
            "parent_code": [row[2] for row in rows],
            "kind": ["basic"] * len(rows),
        },
        geometry=[row[3] for row in rows],
        crs=4326,
    )


UNEVEN = (
    ("C22", 3, "C2", box(3, 0, 4, 2)),
    ("C2", 2, "C", None),
    ("C21", 3, "C2", box(2, 0, 3, 2)),
    ("C", 1, None, None),
    # A quarter that is not divided: a face beside deeper ones.
    ("C1", 2, "C", box(0, 0, 2, 2)),
)


@pytest.fixture
def tree(db):
    units.load(db, CITY, MAIN, frame(*UNEVEN), at=AT)
    return units.tree(db, 1)


def test_ids_are_given_out_in_preorder_by_code(tree):
    assert tree.code.tolist() == ["C", "C1", "C2", "C21", "C22"]
    assert tree.index.tolist() == [1, 2, 3, 4, 5]
    # The last unit of each one's subtree; between the numbers there is room for others.
    assert [tree.index[tree.lft <= rgt].max() for rgt in tree.rgt] == [5, 2, 5, 4, 5]
    assert (tree.lft.diff().dropna() > 100).all()
    assert tree.parent_id.fillna(0).tolist() == [0, 1, 1, 3, 3]


def test_faces_are_what_has_an_area_and_no_child(tree, db):
    assert tree.code[tree.is_face].tolist() == ["C1", "C21", "C22"]
    assert units.faces(db, 1).id.tolist() == [2, 4, 5]


def test_a_parent_is_the_union_of_its_children(tree, db):
    found = dict(db.execute(select(unit_version.c.code, unit_version.c.geom.ST_AsText())).all())
    city = shapely.from_wkt(found["C"])
    assert city.equals(box(0, 0, 4, 2))
    assert city.geom_type == "MultiPolygon"
    area = db.scalar(
        text("SELECT sum(area_m2) FILTER (WHERE is_face) / max(area_m2) FROM unit_version")
    )
    assert area == pytest.approx(1)


def test_names_come_in_both_languages(tree):
    assert tree.names[1] == {"zh": "C区", "en": "Unit C"}


def test_shapes_of_a_level_match_at_every_zoom(tree, db):
    shape = unit_shape.c
    for zoom in (0, 9, 10, 13, 14, 22):
        query = select(shape.geom.ST_AsBinary()).where(
            shape.level == 3, shape.zoom_from <= zoom, shape.zoom_to >= zoom
        )
        found = shapely.from_wkb([bytes(row[0]) for row in db.execute(query)])
        assert len(found) == 2
        assert shapely.coverage_is_valid(found)


def at(x: float, y: float) -> tuple[float, float]:
    return WEST + x * SIDE, SOUTH + y * SIDE


def test_shapes_match_where_units_touch_in_a_vertex(db):
    """GEOS calls such a coverage invalid; its edges still have to be simplified together."""
    wedge = shapely.Polygon([at(0, 1), at(0.3, 1.2), at(0.3, 1.4)])
    wavy = [at(x, 1 + (i % 2) * 1e-3 * (0 < i < 98)) for i, x in enumerate(np.linspace(0, 1, 99))]
    lower = shapely.Polygon([at(1, 0), at(0, 0), *wavy])
    upper = shapely.Polygon([at(1, 2), at(0, 2), *wavy]).difference(wedge)
    parts = {"C1": lower, "C2": upper, "C3": wedge}
    assert not shapely.coverage_is_valid([shapely.set_precision(p, 1e-7) for p in parts.values()])
    rows = [("C", 1, None, None), *((code, 2, "C", area) for code, area in parts.items())]
    checked, report = check(frame(*rows), CITY, MAIN)
    report.raise_if_bad()
    units.load(db, CITY, MAIN, checked, at=AT)
    shape = unit_shape.c
    query = (
        select(shape.geom.ST_AsBinary())
        .where(shape.level == 2, shape.zoom_from == 12)
        .order_by(shape.unit_id)
    )
    simple = shapely.from_wkb([bytes(row[0]) for row in db.execute(query)])
    assert shapely.get_num_coordinates(simple).sum() < 60
    below, above, _ = simple
    assert shapely.area(shapely.intersection(below, above)) == 0
    assert shapely.length(shapely.intersection(below, above)) > 0.9 * SIDE * METRES_A_DEGREE


def test_a_further_zoning_follows_with_ids_of_its_own(tree, db):
    beats = CITY.zonings[1]
    units.load(db, CITY, beats, frame(("S1", 1, None, box(1, 0, 3, 1))), at=AT)
    assert units.tree(db, 2).index.tolist() == [6]
    assert units.tree(db, 1).index.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("unit_id", "code", "constraint"),
    [(1, "NEW", "ex_unit_version_one_at_a_time"), (9, "C21", "ex_unit_version_code_once")],
)
def test_one_version_at_a_time_and_each_code_once(tree, db, unit_id, code, constraint):
    db.execute(text("INSERT INTO unit VALUES (9, 1)"))
    twice = text(
        "INSERT INTO unit_version "
        "(unit_id, zoning_id, valid, code, names, level, lft, rgt, is_face) "
        "SELECT :unit_id, 1, valid, :code, names, 3, 9, 9, false "
        "FROM unit_version WHERE unit_id = 1"
    )
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(twice, {"unit_id": unit_id, "code": code})
