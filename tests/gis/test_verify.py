"""What `citygrid check` says of units: all equal, and every kind of damage found."""

import pytest
import shapely
from sqlalchemy import Connection, Engine, text

from gis import tables, units
from gis.errors import NotFoundError
from gis.verify import check_units
from tests import builders


def ignore(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total


def damage(db: Connection) -> dict[str, tuple[str, ...]]:
    return {c.what: c.differences for c in check_units(db, ignore) if c.wrong}


def test_good_units_are_all_equal(db: Connection):
    builders.load(db)
    found = check_units(db, ignore)
    assert [str(c) for c in found if c.wrong] == []
    assert {c.what: c.compared for c in found} == {
        "main: units nest": 21,
        "main: faces": 21,
        "main: polygons, areas and centres": 21,
        "main: parents are their children": 5,
        "main: faces cover the city once": 16,
        "main: shapes for the map": 21,
        "beats: units nest": 3,
        "beats: faces": 3,
        "beats: polygons, areas and centres": 3,
        "beats: parents are their children": 0,
        "beats: shapes for the map": 3,
        "codes are used once": 24,
    }


def test_an_empty_database_has_nothing_to_check(db: Connection):
    with pytest.raises(NotFoundError, match="No city is loaded"):
        check_units(db, ignore)


POLYGONS = "polygons, areas and centres"
PARENTS = "parents are their children"
SHIFTED = "ST_Multi(ST_Translate(geom, 0.001, 0))"


@pytest.mark.parametrize(
    ("what", "change", "said"),
    [
        ("units nest", "rgt = rgt + 1 WHERE code = 'C1'", "C2: its parent is"),
        ("units nest", "parent_id = 7 WHERE code = 'C11'", "C11: its parent is unit 7"),
        ("units nest", "level = 2 WHERE code = 'C11'", "C11: is at level 2"),
        ("faces", "is_face = false WHERE code = 'C11'", "C11: is not marked"),
        ("faces", "is_face = true WHERE code = 'C1'", "C1: is marked"),
        (POLYGONS, "area_m2 = area_m2 + 1 WHERE code = 'C11'", "C11: has a stored area"),
        (POLYGONS, "centre = ST_Translate(centre, 1, 0) WHERE code = 'C4'", "C4: has its centre"),
        (POLYGONS, "geom = ST_Translate(geom, 1e-9, 0) WHERE code = 'C11'", "C11: has coord"),
        ("faces cover the city once", f"geom = {SHIFTED} WHERE code = 'C11'", "C11, C12: overlap"),
        (PARENTS, f"geom = {SHIFTED} WHERE code = 'C1'", "C1: differs by 455,"),
        (PARENTS, "geom = NULL, area_m2 = NULL WHERE code = 'C1'", "C1: has no polygon"),
        (PARENTS, "area_m2 = area_m2 + 9 WHERE code = 'C1'", "C1: has 4,557"),
    ],
)
def test_one_changed_unit_is_found(db: Connection, what: str, change: str, said: str):
    builders.load(db)
    db.execute(text(f"UPDATE citygrid.unit_version SET {change}"))
    assert said in " ".join(damage(db)[f"main: {what}"])


@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET zoom_to = 5"])
def test_a_zoom_without_a_shape_is_found(db: Connection, change: str):
    builders.load(db)
    db.execute(text(change.format("citygrid.unit_shape") + " WHERE unit_id = 3"))
    assert damage(db) == {"main: shapes for the map": ("C11: some zooms have no shape or two",)}


def test_a_vertex_without_its_counterpart_is_found(db: Connection):
    builders.load(db)
    (west, south, east, north) = builders.box(0, 0, 1, 1).bounds
    middle = (round((west + east) / 2, 7), north)
    area = shapely.MultiPolygon(
        [shapely.Polygon([(west, south), (east, south), (east, north), middle, (west, north)])]
    )
    db.execute(
        tables.unit_version.update()
        .where(tables.unit_version.c.code == "C11")
        .values(geom=f"SRID=4326;{area.wkt}")
    )
    found = damage(db)["main: faces cover the city once"]
    assert found == ("C11, C13: share an edge but not every vertex on it",)


def test_a_real_city_that_was_loaded_is_all_equal(taipei: Engine):
    with taipei.connect() as db:
        assert [str(c) for c in check_units(db, ignore) if c.wrong] == []
        tree = units.tree(db, 1)
    assert tree.groupby("level").size().tolist() == [1, 12, 907, 7672, 11490]
    assert tree.is_face.sum() == 11490
