"""The small demo city, looked at as a whole: the same bytes, nothing cut, nothing outside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gis import city, tables
from importers.demo import AS_OF, SEED, Demo, Size, generate
from importers.demo.clock import DAY_MINUTES, working_clock
from importers.demo.mesh import numbered
from importers.demo.sketch_small import SKETCH
from importers.demo.town_files import FOLDER, read_town

Tables = Mapping[str, Mapping[str, Any]]


def gathered(demo: Demo) -> Tables:
    pieces: dict[str, list[Mapping[str, Any]]] = {}
    for name, columns in demo.tables():
        pieces.setdefault(name, []).append(columns)
    return {
        name: {
            column: pd.concat([p[column] for p in parts], ignore_index=True)
            if isinstance(parts[0][column], pd.Series)
            else np.concatenate([p[column] for p in parts])
            for column in parts[0]
        }
        for name, parts in pieces.items()
    }


def digest(demo: Demo) -> str:
    total = hashlib.sha256()
    frames = [demo.boundaries, *demo.zonings.values(), demo.staff, demo.incident_classes]
    for columns in [*frames, *gathered(demo).values()]:
        for name in columns:
            values = np.asarray(columns[name])
            total.update(name.encode())
            if values.dtype == object and len(values) and isinstance(values[-1], shapely.Geometry):
                total.update(b"".join(w or b"" for w in shapely.to_wkb(values)))
            elif values.dtype == object:
                total.update("\x00".join(map(str, values)).encode())
            else:
                total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(Size.SMALL)


@pytest.fixture(scope="module")
def rows(demo) -> Tables:
    return gathered(demo)


@pytest.fixture(scope="module")
def faces(demo) -> np.ndarray:
    geometry = demo.boundaries["geometry"]
    return np.asarray(geometry[geometry.notna()].array, dtype=object)


def face_of(faces: np.ndarray, lonlat: np.ndarray) -> np.ndarray:
    at, found = shapely.STRtree(faces).query(shapely.points(lonlat), predicate="intersects")
    result = np.full(len(lonlat), -1)
    result[at] = found
    return result


def test_the_same_seed_gives_the_same_bytes(demo):
    assert digest(demo) == digest(generate(Size.SMALL))
    assert digest(demo) != digest(generate(Size.SMALL, SEED + 1))


def test_another_moment_gives_a_city_that_is_true_of_it():
    moment = datetime(2027, 3, 9, 22, 15, tzinfo=UTC)
    there = generate(Size.SMALL, as_of=moment)
    incidents = gathered(there)["incident"]
    assert there.as_of == moment
    ago = np.datetime64(moment.replace(tzinfo=None)) - max(incidents["reported_at"])
    assert np.timedelta64(0) <= ago < np.timedelta64(3, "D")


def test_every_table_has_the_columns_of_the_schema(rows):
    for name, columns in rows.items():
        wanted = tables.metadata.tables[f"{tables.SCHEMA}.{name}"].columns.keys()
        # A door is that of the household.
        unsaid = {"room"} if name == "person_private" else set()
        if name == "incident":
            # What comes with handling, of which nothing was invented.
            given = tables.incident.columns
            unsaid = {c.key for c in given if c.nullable or c.server_default is not None}
            unsaid -= set(columns)
        assert set(columns) == set(wanted) - {"unit_id", "unit_then_id"} - unsaid
        assert len({len(values) for values in columns.values()}) == 1


def test_totals_are_those_of_the_sketch(demo, rows):
    assert len(rows["people"]["id"]) == SKETCH.people
    assert len(rows["household"]["id"]) == SKETCH.households
    assert len(rows["incident"]["id"]) == SKETCH.incidents
    levels = demo.boundaries["level"].value_counts()
    assert levels[1] == 1
    assert levels[2] == SKETCH.subdistricts
    assert levels[3] == SKETCH.communities
    assert levels[4] > SKETCH.communities
    assert levels[5] > 3 * levels[4]


def test_settings_can_be_read(demo):
    faults: list[str] = []
    found = city.parse(demo.settings, faults)
    assert not faults
    assert found is not None
    assert found.is_synthetic
    assert [level.key for level in found.main.levels][-1] == "micro_grid"
    assert {z.key for z in found.zonings[1:]} == set(demo.zonings)


def test_codes_are_unique_and_begin_with_the_parents_code(demo):
    units = demo.boundaries
    assert units["code"].is_unique
    below = units[units["level"] > 1]
    assert below["parent_code"].isin(units["code"]).all()
    assert all(c.startswith(p) for c, p in zip(below["code"], below["parent_code"], strict=True))
    assert set(units["code"].str.len()) == {6, 9, 12, 15, 17}
    assert units["code"].str.startswith("99").all()
    assert set(units["kind"]) == {"basic", "exclusive"}


def test_faces_are_a_coverage_without_gaps(faces):
    xy = shapely.get_coordinates(faces)
    assert np.allclose(xy * 1e7, np.rint(xy * 1e7), atol=1e-5)
    assert shapely.is_valid(faces).all()
    assert shapely.coverage_is_valid(faces)
    whole = shapely.coverage_union_all(faces)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(shapely.area(faces).sum(), rel=1e-12)


def test_police_beats_cover_the_same_ground_and_do_not_nest(demo, faces):
    beats = np.asarray(demo.zonings["police"]["geometry"].array, dtype=object)
    assert len(beats) == SKETCH.beats
    assert shapely.coverage_is_valid(beats)
    whole = shapely.coverage_union_all(faces)
    assert shapely.symmetric_difference(shapely.coverage_union_all(beats), whole).area < 1e-14
    within, _ = shapely.STRtree(beats).query(faces, predicate="within")
    assert len(np.unique(within)) < len(faces)


def test_no_building_is_cut_by_an_edge(rows, faces):
    shapes = rows["building"]["geom"]
    home = face_of(faces, rows["building"]["centre"])
    assert (home >= 0).all()
    assert shapely.is_valid(shapes).all()
    assert shapely.covers(faces[home], shapes).all()
    assert shapely.covers(shapes, shapely.points(rows["building"]["centre"])).mean() > 0.6
    overlapping = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert overlapping.shape[1] == 0


def test_households_and_people_are_in_the_micro_grid_of_their_building(rows, faces):
    home = face_of(faces, rows["building"]["centre"])
    for table in ("entrance", "household", "people"):
        building = np.asarray(rows[table]["building_id"]) - 1
        assert (face_of(faces, rows[table]["geom"]) == home[building]).all()


def test_everything_lies_in_the_district(rows, faces):
    for table in ("facility", "incident"):
        assert (face_of(faces, rows[table]["geom"]) >= 0).all()
    assert (face_of(faces, rows["estate"]["centre"]) >= 0).all()


def test_keys_are_unique_and_ids_point_at_rows(rows):
    for name, columns in rows.items():
        if name == "person_private":
            assert (columns["people_id"] == rows["people"]["id"]).all()
            continue
        assert columns["key"].is_unique
        assert (columns["id"] == np.arange(1, len(columns["id"]) + 1)).all()
    for table, column, parent in (
        ("building", "estate_id", "estate"),
        ("entrance", "building_id", "building"),
        ("household", "building_id", "building"),
        ("household", "entrance_id", "entrance"),
        ("people", "household_id", "household"),
        ("people", "building_id", "building"),
    ):
        ids = pd.Series(rows[table][column]).dropna()
        assert ids.between(1, len(rows[parent]["id"])).all()


def test_ages_are_those_of_the_pyramid(rows):
    band = np.asarray(rows["people"]["age_band"])
    assert (band < 3).mean() == pytest.approx(0.159, abs=0.003)
    assert (band >= 12).mean() == pytest.approx(0.084, abs=0.003)
    assert (band >= 13).mean() == pytest.approx(0.055, abs=0.003)


def test_nobody_came_after_now_and_the_town_grows_slightly(rows):
    since = np.asarray(rows["people"]["since"]).astype("datetime64[D]")
    today = np.datetime64(AS_OF.date())
    assert (since <= today).all()
    two_years_ago = (since <= today - np.timedelta64(730, "D")).mean()
    assert 0.93 < two_years_ago < 0.995


def test_the_three_fabrics_differ(rows):
    area_m2 = np.asarray(rows["building"]["floor_area_m2"] / rows["building"]["floors"])
    floors = np.asarray(rows["building"]["floors"])
    assert (floors > 18).any()
    assert ((area_m2 < 160) & (floors < 10)).mean() > 0.15
    assert ((area_m2 > 300) & (floors.clip(5, 18) == floors)).any()


def test_roads_are_one_network_with_bridges(demo, rows):
    lines = rows["road"]["geom"]
    ends = np.concatenate([shapely.get_point(lines, k) for k in (0, -1)])
    node = numbered(shapely.get_coordinates(ends))
    count = int(node.max()) + 1
    pairs = node[: len(lines)], node[len(lines) :]
    graph = coo_matrix((np.ones(len(lines)), pairs), shape=(count, count))
    _, part = connected_components(graph, directed=False)
    assert np.bincount(part).max() / count >= 0.99
    assert demo.quarters[0].town.ways["is_bridge"].sum() >= 2


def metres(demo, shapes):
    return demo.quarters[0].site.plane.geometries_to_metres(np.asarray(shapes, dtype=object))


def test_barriers_are_of_every_kind_and_cut_no_house(demo, rows):
    barrier, houses = rows["barrier"], metres(demo, rows["building"]["geom"])
    assert set(barrier["kind"]) == {"river", "railway", "wall"}
    assert shapely.is_valid(barrier["geom"]).all()
    cut = shapely.STRtree(houses).query(metres(demo, barrier["geom"]), "intersects")
    assert cut.shape[1] == 0


def test_what_crosses_river_or_railway_and_goes_on_is_a_bridge(demo, rows):
    kind, lines = np.asarray(rows["road"]["kind"]), metres(demo, rows["road"]["geom"])
    passes = rows["road"]["passes"]
    held = metres(demo, rows["barrier"]["geom"])
    river, railway = (held[np.asarray(rows["barrier"]["kind"]) == k] for k in ("river", "railway"))
    tree = shapely.STRtree(lines)
    # No street but a bridge so much as touches the middle of the river.
    over_water = np.unique(tree.query(river, "intersects")[1])
    assert len(over_water) >= 4
    assert passes[over_water].all()
    over_rails = np.unique(tree.query(railway, "crosses")[1])
    assert set(kind[over_rails][passes[over_rails]]) == {"primary"}
    # A street of some size ends at the railway: a bridge is missing.
    assert "secondary" in kind[over_rails][~passes[over_rails]]


def test_walls_have_one_gate_each_but_one_whose_gate_was_not_recorded(demo, rows):
    facility = rows["facility"]
    is_gate = np.asarray(facility["kind"]) == "gate"
    gates = shapely.points(demo.quarters[0].site.plane.to_metres(facility["geom"][is_gate]))
    is_wall = np.asarray(rows["barrier"]["kind"]) == "wall"
    walls = metres(demo, rows["barrier"]["geom"][is_wall])
    near = shapely.STRtree(gates).query(walls, "dwithin", distance=0.1)
    assert np.bincount(near[0], minlength=len(walls)).tolist() == [1] * SKETCH.walled + [0]
    assert all(name.endswith("大门") for name in np.asarray(facility["name"])[is_gate])
    # People live behind each.
    doors = shapely.points(demo.quarters[0].site.plane.to_metres(rows["entrance"]["geom"]))
    for wall in walls:
        assert shapely.contains(shapely.Polygon(wall), doors).any()


def test_public_land_is_empty_ground_that_somebody_owns(demo, rows, faces):
    land = rows["land"]
    assert len(land["id"]) >= 4
    assert (face_of(faces, land["geom"]) >= 0).all()
    points = shapely.points(land["geom"])
    built = shapely.STRtree(rows["building"]["geom"]).query(points, "intersects")
    assert built.shape[1] == 0
    assert land["name"].is_unique
    assert land["owner"].notna().all()
    assert land["use"].notna().all()
    assert (land["area_m2"] >= 400).all()
    assert (land["cost"] > 0).all()


def test_posts_are_held_but_for_a_few(demo):
    assert set(demo.staff["post"]) == {"head", "worker"}
    beats = demo.zonings["police"]["code"]
    assert demo.staff["code"].isin([*demo.boundaries["code"], *beats]).all()
    assert beats.isin(demo.staff["code"]).mean() > 0.7
    assert demo.staff["phone"].is_unique
    grids = demo.boundaries.loc[demo.boundaries["level"] == 4, "code"]
    heads = demo.staff.loc[demo.staff["post"] == "head", "code"]
    assert 0.7 < grids.isin(heads).mean() <= 1.0


def test_work_that_is_stuck_past_the_clocks_last_day_stays_there():
    clock = working_clock(date(2026, 11, 2), 10)
    late = np.array([9, 40]) * DAY_MINUTES
    once = clock.add(late, np.array([60, 60]))
    assert (clock.add(once, np.array([600_000, 60])) >= once).all()
    assert (once >= late).all()


def test_progress_ends_at_the_last_table():
    told: list[tuple[str, int, int]] = []
    for _ in generate(Size.SMALL, progress=lambda *what: told.append(what)).tables():
        pass
    assert told[0] == ("boundaries", 0, 1)
    assert told[-1][1] == told[-1][2]


def test_the_committed_district_has_the_size_it_should(demo):
    units = read_town().units
    levels = units["level"].value_counts()
    assert levels[2] == 10
    assert levels[3] == 95
    assert 1_020 <= levels[4] <= 1_750
    assert 10_200 <= levels[5] <= 17_000
    faces = np.asarray(units.loc[units["geometry"].notna(), "geometry"].array, dtype=object)
    assert shapely.coverage_is_valid(faces)
    assert len(shapely.get_rings(shapely.coverage_union_all(faces))) == 1
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4e6
