"""Tiles, decoded and compared with what was put in."""

import math

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gis.errors import NotFoundError
from layers import catalog, counts, tiles
from layers.layer import Draw
from tests import builders

CITY = builders.CITY


@pytest.fixture
def units(db):
    return builders.load(db)


def over(layer_id, z, x=2.0, y=2.0, **options):
    """The address of the tile over a place given in squares."""
    lon, lat = builders.at(x, y)
    n = 1 << z
    column = int((lon + 180) / 360 * n)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return tiles.address(CITY, layer_id, z, column, row, **options)


def decoded(body):
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


def features(db, at):
    body = tiles.tile(db, at)
    return decoded(body)[at.layer]["features"] if body else []


@pytest.mark.parametrize("layer", catalog.LAYERS.values(), ids=lambda layer: layer.id)
def test_every_layer_has_an_empty_tile_where_it_has_nothing(db, units, layer):
    for z in (3, 9, 12, 14, 18):
        assert tiles.tile(db, over(layer.id, z)) == b""


@pytest.mark.parametrize("layer", catalog.LAYERS.values(), ids=lambda layer: layer.id)
def test_every_layer_draws_a_row_where_it_lies(db, units, layer):
    builders.add(db, layer, units, builders.rows(layer.id, (2.5, 2.5)))
    if layer.is_counted:
        counts.rebuild(db, layer)
    found = features(db, over(layer.id, 16, 2.5, 2.5))
    assert len(found) == 1
    personal = layer.min_zoom > tiles.MAX_ZOOM
    assert ("n" in found[0]["properties"]) == personal
    shown = {field.name for field in layer.fields if field.on_map}
    if not personal:
        assert set(found[0]["properties"]) <= shown | {"zh", "en"}


def test_persons_are_never_rows_at_any_zoom(db, units):
    people = catalog.get("people")
    builders.add(db, people, units, builders.rows("people", (2.5, 2.5), (2.5, 2.5)))
    counts.rebuild(db, people)
    for z in range(tiles.MAX_ZOOM + 1):
        for feature in features(db, over("people", z, 2.5, 2.5)):
            assert set(feature["properties"]) == {"n"}
            assert feature["properties"]["n"] == 2


@pytest.mark.parametrize("z", [6, 10, 12])
def test_cells_add_up_to_all_rows_and_tell_the_open_ones(db, units, z):
    incidents = catalog.get("incidents")
    builders.add(db, incidents, units, builders.rows("incidents", (1, 1.5), (3.2, 0.4)))
    builders.add(
        db, incidents, units, builders.rows("incidents", (1.1, 2.5), start=9, stage="handle")
    )
    counts.rebuild(db, incidents)
    places = {over("incidents", z, x, y) for x, y in ((1, 1.5), (3.2, 0.4), (1.1, 2.5))}
    found = [f["properties"] for at in places for f in features(db, at)]
    assert sum(f["n"] for f in found) == 3
    assert sum(f.get("open", 0) for f in found) == 1


def test_units_of_a_level_are_drawn_with_their_names(db, units):
    found = features(db, over("units", 10, level=2))
    assert sorted(f["properties"]["code"] for f in found) == ["C1", "C2", "C3", "C4"]
    assert found[0]["properties"]["name_en"] == f"Unit {found[0]['properties']['code']}"
    assert [f["id"] for f in found] == sorted(f["id"] for f in found)


def test_a_further_zoning_is_drawn_by_its_key_and_by_its_layer(db, units):
    by_key = tiles.tile(db, over("units", 10, zoning="beats"))
    assert len(decoded(by_key)["units"]["features"]) == 3
    assert by_key == tiles.tile(db, over("units:beats:beat", 10))


def test_leaving_the_projection_out_moves_nothing_by_a_step(db, units):
    """From zoom 13 on degrees are taken as even within a tile."""
    facilities = catalog.get("facilities")
    rng = np.random.default_rng(5)
    places = [tuple(place) for place in rng.uniform(0.05, 3.95, (60, 2)).round(3)]
    builders.add(db, facilities, units, builders.rows("facilities", *places))
    seen = 0
    for at in {over("facilities", 13, x, y) for x, y in places}:
        west, south, east, north = at.bounds_3857
        for feature in features(db, at):
            place = builders.at(*places[feature["id"] - 1])
            x, y = builders.TO_3857(*place)
            exact = ((x - west) / (east - west) * 4096, (north - y) / (north - south) * 4096)
            assert np.abs(np.array(feature["geometry"]["coordinates"]) - exact).max() <= 1
            seen += 1
    assert seen >= len(places)


def test_neighbouring_units_share_their_drawn_edge(db, units):
    found = features(db, over("units", 12, level=3))
    shapes = [shapely.geometry.shape(f["geometry"]) for f in found]
    assert shapely.coverage_is_valid(shapes)


def test_the_same_data_give_the_same_bytes(db, units):
    buildings = catalog.get("buildings")
    places = [(x / 10, 2.5) for x in range(5, 30)]
    builders.add(db, buildings, units, builders.rows("buildings", *places))
    at = over("buildings", 14, 1.5, 2.5)
    assert tiles.tile(db, at) == tiles.tile(db, at) != b""


@pytest.mark.parametrize(
    ("layer", "z", "x", "y", "message"),
    [
        ("people", -1, 0, 0, "Zoom must be 0 to 22"),
        ("people", 23, 0, 0, "Zoom must be 0 to 22"),
        ("people", 3, 8, 0, "columns and rows are 0 to 7"),
        ("people", 3, 0, -1, "columns and rows are 0 to 7"),
    ],
)
def test_an_address_off_the_map_is_said(layer, z, x, y, message):
    with pytest.raises(tiles.BadTileError, match=message):
        tiles.address(CITY, layer, z, x, y)


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ("nothing", {}, "No layer is called 'nothing'. There are: people"),
        ("units", {"zoning": "wards"}, "No zoning is called 'wards'. There are: main, beats"),
        ("units", {"level": 9}, "has no level 9"),
        ("units:main:street", {}, "No layer is called"),
    ],
)
def test_a_layer_zoning_or_level_that_is_not_there_is_said(layer, options, message):
    with pytest.raises(NotFoundError, match=message):
        tiles.address(CITY, layer, 3, 0, 0, **options)


def test_a_level_is_chosen_by_the_zoom_when_none_is_named():
    levels = [tiles.address(CITY, "units", z, 0, 0).level for z in range(23)]
    assert levels[0] == 1
    assert levels[-1] == 3
    assert levels == sorted(levels)


def test_layers_without_cells_draw_nothing_below_their_zoom(db, units):
    buildings = catalog.get("buildings")
    builders.add(db, buildings, units, builders.rows("buildings", (2.5, 2.5)))
    assert buildings.below_min_zoom is Draw.NOTHING
    assert tiles.tile(db, over("buildings", buildings.min_zoom - 1, 2.5, 2.5)) == b""


def test_a_face_that_ends_above_a_level_is_drawn_with_it(db):
    builders.load(db, uneven=True)
    found = features(db, over("units", 9, level=3))
    assert {f["id"] for f in found} == {3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 17}


def test_a_tile_of_very_many_units_leaves_their_names_out(db, units, monkeypatch):
    named = over("units", 9, level=3)
    monkeypatch.setattr(tiles, "MOST_BYTES", len(tiles.tile(db, named)) - 1)
    found = features(db, named)
    assert len(found) == 16
    assert not any(f["properties"] for f in found)


def test_the_index_of_shapes_is_asked_for_level_and_zoom(db, units):
    # Of a few rows any plan is as good as another: only this index and none is left to choose.
    db.execute(text("ALTER TABLE citygrid.unit_shape DROP CONSTRAINT pk_unit_shape"))
    db.execute(text("DROP INDEX citygrid.ix_unit_shape_unit_id"))
    db.execute(text("SET LOCAL enable_seqscan = off"))
    west, south, east, north = over("units", 12, level=3).bounds_3857
    values = {"w": west, "s": south, "e": east, "n": north, "zoning": "main", "level": 3, "z": 12}
    compiled = tiles._units(is_named=True).compile(dialect=db.dialect)
    explained = db.exec_driver_sql(f"EXPLAIN {compiled}", compiled.construct_params(values))
    plan = "\n".join(explained.scalars())
    assert "ix_unit_shape_geom" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond: ((level" in line)
    assert "zoom_from" in condition
