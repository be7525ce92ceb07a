"""Boundaries on their way in: small faults are repaired, all others listed at once."""

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.arrangement import open_edges, to_grid
from gis.coverage import check
from gis.errors import BoundaryError
from gis.findings import Report, Rule
from gis.ruler import Ruler
from tests.builders import CITY, NO_AREA, SIDE, SOUTH, WEST, box, unit_frame
from tests.gis import taipei_units
from tests.gis.perturb import Perturbed
from tests.gis.taipei_units import TAIPEI
from tests.proof import TIMES

METRE = 1 / 111_000
BEATS = CITY.zonings[1]


def squares(*, uneven: bool = False, with_upper: bool = False) -> gpd.GeoDataFrame:
    """The tests' city as a file brings it: 16 squares in four quarters."""
    units = unit_frame(uneven=uneven)
    units = units[units.zoning_id == 1]
    frame = gpd.GeoDataFrame(
        {
            "code": units.code,
            "level": units.level,
            "parent_code": units.parent_id.map(units.code),
            "name_zh": units.code + "区",
        },
        geometry=units.geom.where(units.is_face | with_upper, None),
        crs=4326,
    )
    return frame.set_index("code", drop=False)


def shape(frame: gpd.GeoDataFrame, code: str, polygon) -> None:
    frame.loc[[code], "geometry"] = gpd.GeoSeries([polygon], index=[code], crs=4326)


def add(frame: gpd.GeoDataFrame, code: str, parent: str | None, level: int, polygon):
    row = {"code": code, "parent_code": parent, "level": level, "name_zh": code}
    row = gpd.GeoDataFrame([row], geometry=[polygon], crs=4326, index=[code])
    return gpd.GeoDataFrame(pd.concat([frame, row]), crs=4326)


def found(frame: gpd.GeoDataFrame, zoning=CITY.main) -> Report:
    return check(frame, CITY, zoning)[1]


def rules(report: Report) -> set[tuple[Rule, str]]:
    return {(fault.rule, fault.code) for fault in report.faults}


# --- good boundaries ------------------------------------------------------------------------


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("with_upper", [False, True])
def test_good_boundaries_pass_as_they_are(uneven, with_upper):
    frame = squares(uneven=uneven, with_upper=with_upper)
    if uneven:
        # As files bring it: without a vertex where two squares meet its side.
        shape(frame, "C4", box(2, 2, 4, 4))
    result, report = check(frame, CITY, CITY.main)
    assert (report.faults, report.notes) == ([], [])
    assert [(r.code, r.area_m2) for r in report.repaired] == ([("C4", 0)] if uneven else [])
    report.raise_if_bad()
    faces = result.geometry.notna()
    assert result.code[faces].tolist() == [
        code for code in frame.code if code not in set(frame.parent_code)
    ]
    before = frame.geometry[faces.to_numpy()].to_numpy()
    assert shapely.equals(result.geometry[faces].to_numpy(), before).all()
    assert result.crs == "EPSG:4326"
    assert result.columns.tolist() == [
        "code", "name_zh", "name_en", "level", "parent_code", "kind", "geometry",
    ]  # fmt: skip


def test_enclaves_islands_and_touching_corners_are_no_faults():
    frame = squares()
    hole = box(0.25, 0.25, 0.75, 0.75)
    shape(frame, "C11", box(0, 0, 1, 1).difference(hole))
    frame = add(frame, "C15", "C1", 3, hole)
    piece = box(2.4, 0.4, 2.6, 0.6)
    shape(frame, "C21", box(2, 0, 3, 1).difference(piece))
    shape(frame, "C24", shapely.MultiPolygon([*box(3, 1, 4, 2).geoms, *piece.geoms]))
    # A hole that touches its own shell in a vertex.
    notch = shapely.Polygon([(WEST, SOUTH + 3 * SIDE), (WEST + 0.3 * SIDE, SOUTH + 3.2 * SIDE),
                             (WEST + 0.3 * SIDE, SOUTH + 3.4 * SIDE)])  # fmt: skip
    shape(frame, "C33", box(0, 3, 1, 4).difference(notch))
    frame = add(frame, "C35", "C3", 3, notch)
    report = found(frame)
    assert report.faults == []
    assert report.repaired == []


def test_coordinates_are_snapped_to_the_grid():
    frame = squares()
    rng = np.random.default_rng(0)
    for code in frame.code[frame.level == 3]:
        xy = shapely.get_coordinates(frame.geometry[code])[:-1]
        shape(frame, code, shapely.Polygon(xy + rng.uniform(-4e-8, 4e-8, xy.shape)))
    result, report = check(frame, CITY, CITY.main)
    assert report.faults == []
    xy = shapely.get_coordinates(result.geometry)
    assert (xy == xy.round(7)).all()
    assert shapely.coverage_is_valid(result.geometry[result.geometry.notna()].to_numpy())


def test_rings_that_are_smaller_than_the_grid_are_left_out():
    frame = squares()
    dot = shapely.box(WEST + 0.5 * SIDE, SOUTH + 0.5 * SIDE, WEST + 0.5 * SIDE + 1e-9, SOUTH + 1)
    dot = dot.intersection(shapely.box(WEST, SOUTH, WEST + 1, SOUTH + 0.5 * SIDE + 1e-9))
    shape(frame, "C11", shapely.MultiPolygon([box(0, 0, 1, 1).geoms[0].difference(dot), dot]))
    result, report = check(frame, CITY, CITY.main)
    assert report.faults == []
    assert result.geometry[2].equals(box(0, 0, 1, 1))


def test_a_file_in_another_crs_is_transformed():
    result, report = check(squares().to_crs(4547), CITY, CITY.main)
    assert report.faults == []
    assert result.geometry.notna().sum() == 16


# --- rows -----------------------------------------------------------------------------------


def test_all_faults_of_rows_are_listed_at_once():
    frame = squares()
    frame.loc["C11", "parent_code"] = "C9"
    frame.loc["C21", "code"] = "C22"
    frame.loc["C31", "level"] = 7
    frame.loc["C41", "parent_code"] = None
    frame.loc["C42", "code"] = None
    frame.loc["C43", "code"] = "4.40304E+11"
    frame.loc["C44", "parent_code"] = "C32"
    report = found(frame)
    assert rules(report) >= {
        (Rule.PARENT, "C11"), (Rule.CODE, "C22"), (Rule.LEVEL, "C31"), (Rule.PARENT, "C41"),
        (Rule.CODE, "C42区"), (Rule.CODE, "4.40304E+11"), (Rule.PARENT, "C44"),
    }  # fmt: skip
    with pytest.raises(BoundaryError) as error:
        report.raise_if_bad()
    message = str(error.value)
    assert "C11: names 'C9' as its parent, which is no unit's code. Add the parent" in message
    assert message.count("\n- ") == len(report.faults) >= 7


def test_a_circle_of_parents_is_one_fault():
    frame = squares()
    frame.loc["C1", "parent_code"] = "C12"
    report = found(frame)
    assert (Rule.PARENT, "C1, C12") in rules(report)


@pytest.mark.parametrize("count", [0, 2])
def test_the_main_zoning_has_one_top(count):
    frame = squares()
    frame = frame.drop("C") if count == 0 else add(frame, "D", None, 1, box(9, 9, 10, 10))
    if count == 0:
        frame.loc[frame.parent_code == "C", "parent_code"] = None
    report = found(frame)
    assert (Rule.PARENT, "The city" if count == 0 else "C, D") in rules(report)


def test_codes_follow_their_pattern_and_their_parents():
    main = CITY.main
    levels = (*main.levels[:2], type(main.levels[2])(3, "square", {}, r"C\d\d"))
    zoning = type(main)("main", {}, levels, is_main=True)
    city = type(CITY)(**{**vars(CITY), "zonings": (zoning,), "codes_follow_parent": True})
    frame = squares()
    frame.loc["C11", "code"] = "C1a"
    frame.loc["C21", "code"] = "X21"
    _, report = check(frame, city, zoning)
    assert [(fault.rule, fault.code) for fault in report.faults] == [
        (Rule.CODE, "C1a"), (Rule.CODE, "X21"), (Rule.CODE, "X21"),
    ]  # fmt: skip


def test_units_without_a_name_are_called_by_their_code():
    frame = squares()
    frame.loc["C11", "name_zh"] = None
    frame["name_en"] = None
    frame.loc["C12", "name_en"] = "Twelve"
    result, report = check(frame, CITY, CITY.main)
    rows = result.set_index("code")
    assert rows.loc["C11", ["name_zh", "name_en"]].tolist() == ["C11", "C11"]
    assert rows.loc["C12", ["name_zh", "name_en"]].tolist() == ["C12区", "Twelve"]
    assert report.notes == ["1 units have no name and are called by their code."]


# --- polygons by themselves -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        (None, "neither a polygon nor children"),
        (NO_AREA, "neither a polygon nor children"),
        (shapely.Point(WEST, SOUTH), "is a Point, not a polygon"),
        (box(0, 0, 1, 1).boundary, "is a LineString, not a polygon|is a MultiLineString, not"),
        (shapely.box(500000, 2490000, 501000, 2491000), "no degrees"),
        (shapely.box(SOUTH, WEST, SOUTH + SIDE, WEST + SIDE), "no degrees"),
        (shapely.Polygon([(WEST, SOUTH), (WEST, np.inf), (WEST + 1, SOUTH)]), "no degrees"),
        (shapely.box(WEST, SOUTH, WEST + 1e-9, SOUTH + 1e-9), "no area"),
        (shapely.box(-66, 10, -65, 11), "not defined|none of its children"),
    ],
)
def test_what_is_no_polygon_in_degrees_is_named(polygon, said):
    frame = squares()
    shape(frame, "C11", polygon)
    report = found(frame)
    faults = [fault for fault in report.faults if fault.code == "C11"]
    if "children|" not in said and "not defined" not in said:
        assert len(faults) == 1
        assert any(part in faults[0].found for part in said.split("|"))


def test_a_crossed_outline_is_a_fault_and_its_place_no_gap():
    frame = squares()
    west, south, east, north = box(1, 1, 2, 2).bounds
    crossed = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    shape(frame, "C14", crossed)
    report = found(frame)
    assert rules(report) == {(Rule.VALID, "C14")}
    assert report.faults[0].place == pytest.approx((WEST + 1.5 * SIDE, SOUTH + 1.5 * SIDE))


def test_a_spike_and_a_narrow_loop_are_repaired():
    frame = squares()
    west, south, east, north = box(0, 0, 1, 1).bounds
    spike = [(west, south), (east, south), (east, north), (west, north), (west - 0.001, north),
             (west, north)]  # fmt: skip
    shape(frame, "C11", shapely.Polygon(spike))
    loop = 0.4 * METRE
    west, south, east, north = box(3, 3, 4, 4).bounds
    shape(frame, "C44", shapely.Polygon([
        (west, south), (east, south), (east, north), (west + loop, north), (west, north - loop),
        (west, north), (west + loop, north - 2 * loop), (west, north - 3 * loop),
    ]))  # fmt: skip
    result, report = check(frame, CITY, CITY.main)
    assert report.faults == []
    assert {repair.code for repair in report.repaired} >= {"C11", "C44"}
    faces = result.geometry[result.geometry.notna()]
    assert faces.is_valid.all()
    assert shapely.coverage_is_valid(faces.to_numpy())


def test_a_collection_is_read_for_its_areas():
    frame = squares()
    line = shapely.LineString([(WEST, SOUTH), (WEST + SIDE, SOUTH)])
    shape(frame, "C11", shapely.GeometryCollection([*box(0, 0, 1, 1).geoms, line]))
    assert found(frame).faults == []


# --- between polygons -------------------------------------------------------------------------


def test_large_faults_are_listed_with_place_size_and_remedy():
    frame = squares()
    frame = frame.drop("C14")
    shape(frame, "C22", box(2.9, 0, 4, 1))
    frame = add(frame, "C45", "C4", 3, box(3, 3, 4, 4))
    report = found(frame)
    assert rules(report) == {
        (Rule.GAP, "C12, C13, C23, C32"),
        (Rule.OVERLAP, "C21, C22"),
        (Rule.OVERLAP, "C44, C45"),
    }
    by_code = {fault.code: fault for fault in report.faults}
    overlap = by_code["C21, C22"]
    size = 0.1 * SIDE * 111_000 * np.cos(np.radians(SOUTH)) * SIDE * 111_000
    assert overlap.size_m2 == pytest.approx(size, rel=0.02)
    assert box(2.9, 0, 3, 1).contains(shapely.Point(overlap.place))
    assert "the same polygon: remove one" in by_code["C44, C45"].remedy


def test_an_uncut_enclave_is_an_overlap():
    frame = add(squares(), "C15", "C1", 3, box(0.25, 0.25, 0.75, 0.75))
    fault = found(frame).faults
    assert [(f.rule, f.code) for f in fault] == [(Rule.OVERLAP, "C11, C15")]
    assert "C15 lies wholly in it" in fault[0].remedy


def test_a_large_overlap_is_seen_even_where_no_edge_is_near():
    """Two whole coverages over each other: inside, every edge has its twin."""
    frame = squares()
    second = frame[frame.level == 3].copy()
    second["code"] = second["code"] + "X"
    moved = shapely.transform(second.geometry, lambda xy: (xy + 0.3 * SIDE).round(7))
    second = second.set_geometry(gpd.GeoSeries(moved, index=second.index, crs=4326))
    report = found(gpd.GeoDataFrame(pd.concat([frame, second]), crs=4326))
    assert {fault.rule for fault in report.faults} == {Rule.OVERLAP}
    total = sum(fault.size_m2 for fault in report.faults)
    side_m = 3.7 * SIDE * 111_000
    assert total == pytest.approx(side_m**2 * np.cos(np.radians(SOUTH)), rel=0.02)


@pytest.mark.parametrize("with_upper", [False, True])
def test_a_gap_needs_the_citys_polygon_only_at_the_rim(with_upper):
    inner = squares(with_upper=with_upper).drop("C14")
    assert {fault.rule for fault in found(inner).faults} == {Rule.GAP}
    rim = squares(with_upper=with_upper).drop("C11")
    expected = {(Rule.GAP, "C1")} if with_upper else set()
    assert rules(found(rim)) == expected


def test_a_hole_of_the_city_is_no_gap_if_its_polygon_says_so():
    frame = squares(with_upper=True).drop("C14")
    hole = box(1, 1, 2, 2)
    for code in ("C", "C1"):
        shape(frame, code, frame.geometry[code].difference(hole))
    assert found(frame).faults == []
    shape(frame, "C", box(0, 0, 4, 4))
    assert rules(found(frame)) == {(Rule.GAP, "C")}


def test_children_lie_inside_their_parents():
    frame = squares(with_upper=True)
    frame.loc["C11", "parent_code"] = "C2"
    report = found(frame)
    assert rules(report) == {(Rule.OUTSIDE, "C11")}
    assert report.faults[0].found == "lies in C1, but not under it: its parent is C2"
    frame = squares(with_upper=True)
    shape(frame, "C1", box(0, 0, 2, 1.9))
    assert rules(found(frame)) == {(Rule.OUTSIDE, "C13, C14")}


def test_a_parents_outline_slightly_off_is_taken_from_its_children():
    frame = squares(with_upper=True)
    shape(frame, "C1", frame.geometry["C1"].buffer(0.5 * METRE, join_style="mitre"))
    report = found(frame)
    assert report.faults == []
    assert "C1" in {repair.code for repair in report.repaired}


@pytest.mark.parametrize("direction", [-1, 1])
@pytest.mark.parametrize(("width_m", "is_small"), [(0.5, True), (1.8, True), (2.5, False)])
def test_the_tolerance_divides_small_from_large(direction, width_m, is_small):
    frame = squares()
    off = direction * width_m * METRE / np.cos(np.radians(SOUTH)) / SIDE
    shape(frame, "C14", box(1, 1, 2 + off, 2))
    result, report = check(frame, CITY, CITY.main)
    assert bool(report.faults) != is_small
    if is_small:
        size = width_m * SIDE * 111_000
        assert sum(r.area_m2 for r in report.repaired) == pytest.approx(size, rel=0.05)
        faces = result.geometry[result.geometry.notna()]
        assert shapely.coverage_is_valid(faces.to_numpy())
        assert faces.union_all().equals(box(0, 0, 4, 4).geoms[0])


@pytest.mark.parametrize("with_upper", [False, True])
@pytest.mark.parametrize(("west", "east"), [(0.0, 0.5), (0.4, 0.9)])
def test_a_slit_that_is_open_at_the_rim_is_filled(with_upper, west, east):
    frame = squares(with_upper=with_upper)
    shape(frame, "C11", box(0, 0, 1 - west * METRE / SIDE, 1))
    shape(frame, "C12", box(1 + east * METRE / SIDE, 0, 2, 1))
    result, report = check(frame, CITY, CITY.main)
    assert report.faults == []
    width_m = (west + east) * np.cos(np.radians(SOUTH))
    told = sum(r.area_m2 for r in report.repaired if "gap" in r.what)
    assert told == pytest.approx(width_m * SIDE * 110_800, rel=0.05)
    faces = result.geometry[result.geometry.notna()].to_numpy()
    assert shapely.coverage_union_all(faces).equals(box(0, 0, 4, 4).geoms[0])


def test_halves_that_do_not_meet_are_joined():
    frame = squares()
    for code in ("C12", "C14", "C32", "C34"):
        shape(frame, code, frame.geometry[code].difference(box(2 - 1e-3, 0, 2, 4)))
    result, report = check(frame, CITY, CITY.main)
    assert report.faults == []
    faces = result.geometry[result.geometry.notna()].to_numpy()
    assert shapely.coverage_union_all(faces).equals(box(0, 0, 4, 4).geoms[0])


def test_a_narrow_inlet_of_one_unit_is_its_own_shape():
    frame = squares()
    inlet = box(0.5, 0, 0.5 + 1e-3, 0.5)
    shape(frame, "C11", box(0, 0, 1, 1).difference(inlet))
    result, report = check(frame, CITY, CITY.main)
    assert (report.faults, report.repaired) == ([], [])
    assert not result.geometry[2].intersects(inlet.buffer(-1e-6))


def test_a_narrow_polygon_that_another_covers_is_not_lost_in_silence():
    frame = squares()
    strip = box(0.5, 0, 0.5 + 1.0 * METRE / SIDE, 1)
    for code in ("C15", "C16"):
        frame = add(frame, code, "C1", 3, strip)
    report = found(frame)
    assert report.faults
    assert all(fault.rule == Rule.OVERLAP for fault in report.faults)


# --- further zonings --------------------------------------------------------------------------


def test_a_further_zoning_may_overlap_leave_gaps_and_cross_itself():
    west, south, east, north = box(3, 3, 4, 4).bounds
    crossed = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    areas = [box(0, 0, 2, 2), box(1, 1, 3, 3), crossed]
    frame = gpd.GeoDataFrame({"code": ["1", "2", "3"], "level": 1}, geometry=areas, crs=4326)
    result, report = check(frame, CITY, BEATS)
    assert report.faults == []
    assert [repair.code for repair in report.repaired] == ["3"]
    assert result.geometry.is_valid.all()
    assert "Units overlap in 1 places" in report.notes[1]


def test_a_further_zoning_needs_codes_too():
    frame = gpd.GeoDataFrame(
        {"code": ["1", "1"], "level": 1}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326
    )
    assert rules(found(frame, BEATS)) == {(Rule.CODE, "1")}


# --- garbage ----------------------------------------------------------------------------------


def triangles(rng):
    return [shapely.Polygon(rng.uniform((WEST, SOUTH), (WEST + 1, SOUTH + 1), (3, 2)))
            for _ in range(5000)]  # fmt: skip


def stars(rng):
    return [shapely.Polygon(rng.uniform((WEST, SOUTH), (WEST + 1, SOUTH + 1), (25, 2)))
            for _ in range(1000)]  # fmt: skip


def scribble(rng):
    return [shapely.Polygon(rng.uniform((WEST, SOUTH), (WEST + 1, SOUTH + 1), (50_000, 2)))]


@pytest.mark.parametrize("garbage", [triangles, stars, scribble])
def test_garbage_is_refused_in_bounded_time(garbage):
    areas = garbage(np.random.default_rng(0))
    frame = squares()[:1]
    for_city = gpd.GeoDataFrame(
        {"code": [f"G{i}" for i in range(len(areas))], "level": 3, "parent_code": "C"},
        geometry=areas, crs=4326,
    )  # fmt: skip
    start = time.perf_counter()
    report = found(gpd.GeoDataFrame(pd.concat([frame, for_city]), crs=4326))
    assert {fault.rule for fault in report.faults} <= {Rule.TANGLE, Rule.VALID}
    assert report.faults
    assert time.perf_counter() - start < 120


@settings(
    max_examples=30 * TIMES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32 - 1), st.floats(1e-8, 1e-3))
def test_any_noise_ends_in_a_coverage_or_in_faults(seed, size):
    frame = squares()
    rng = np.random.default_rng(seed)

    def noisy(polygon):
        xy = shapely.get_coordinates(polygon)[:-1]
        xy = np.vstack(
            [np.vstack([a, (a + b) / 2]) for a, b in zip(xy, np.roll(xy, -1, 0), strict=True)]
        )
        return shapely.Polygon(xy + rng.normal(0, size, xy.shape) * (rng.random(xy.shape) < 0.2))

    for code in frame.code[frame.level == 3]:
        shape(frame, code, noisy(frame.geometry[code]))
    result, report = check(frame, CITY, CITY.main)
    faces = result.geometry[result.geometry.notna()].to_numpy()
    if not report.faults:
        assert len(faces) == 16
        assert shapely.is_valid(faces).all()
        assert shapely.coverage_is_valid(faces)
        union = shapely.coverage_union_all(faces)
        assert not [hole for hole in union.interiors if shapely.Polygon(hole).area > 0]


# --- a real city, whole and spoilt --------------------------------------------------------------


def test_a_real_city_passes(shared_data):
    frame = taipei_units.main_units(shared_data)
    start = time.perf_counter()
    result, report = check(frame, TAIPEI, TAIPEI.main)
    assert time.perf_counter() - start < 60
    assert (report.faults, report.repaired) == ([], [])
    assert report.notes == ["20,070 units have no name and are called by their code."]
    assert result.geometry.notna().sum() == 11_490


@pytest.mark.parametrize(("zoning", "read"), [(1, taipei_units.li), (2, taipei_units.beats)])
def test_further_zonings_of_a_real_city_pass(shared_data, zoning, read):
    result, report = check(read(shared_data), TAIPEI, TAIPEI.zonings[zoning])
    assert report.faults == []
    assert result.geometry.is_valid.all()
    assert len(report.repaired) == {1: 1, 2: 11}[zoning]


def spoil_a_little(city: Perturbed, count: int) -> None:
    city.spoil("vertex moved", count, city.move_vertex(0.5))
    city.spoil("vertex dropped", count, city.drop_vertex(0.02, 0.9))
    city.spoil("vertex inserted", count, city.insert_vertex())
    city.spoil("overlap all around", count, city.swell(0.5))
    city.spoil("gap all around", count, city.swell(-0.5))
    city.spoil("shifted", count, city.shift(0.7))
    city.spoil("pinhole", count, city.punch(0.8))
    city.spoil("gap around an enclave", count, city.enclave(8, gap_m=0.4))


def spoil_much(city: Perturbed, count: int) -> None:
    city.spoil("vertex moved", count, city.move_vertex(15), Rule.GAP, Rule.OVERLAP)
    city.spoil("vertex dropped", count, city.drop_vertex(8, 99), Rule.GAP, Rule.OVERLAP)
    city.spoil("overlap all around", count, city.swell(5), Rule.OVERLAP)
    city.spoil("gap all around", count, city.swell(-5), Rule.GAP)
    city.spoil("shifted", count, city.shift(10), Rule.GAP, Rule.OVERLAP)
    city.spoil("hole", count, city.punch(8), Rule.GAP)
    city.spoil("doubled", count, city.double(), Rule.OVERLAP)
    city.spoil("missing", count, city.miss(), Rule.GAP)
    city.spoil("uncut enclave", count, city.enclave(8, uncut=True), Rule.OVERLAP)
    city.spoil("crossed", count, city.cross(), Rule.VALID)
    city.spoil("wrong parent", count, city.adopt(), Rule.OUTSIDE)


SEEDS = [1, pytest.param(2, marks=pytest.mark.proof), pytest.param(3, marks=pytest.mark.proof)]


@pytest.mark.parametrize("seed", SEEDS)
def test_small_faults_of_a_real_city_are_all_repaired(shared_data, seed):
    city = Perturbed(taipei_units.main_units(shared_data), TAIPEI, seed)
    spoil_a_little(city, 5)
    # Enclaves and islands that are right, among what is wrong.
    city.spoil("enclave", 5, city.enclave(8))
    city.spoil("island", 5, city.island(8))
    before = city.result()
    result, report = check(before, TAIPEI, TAIPEI.main)
    assert [str(fault) for fault in report.faults] == []
    faces = result.geometry.notna().to_numpy()
    after = to_grid(result.geometry[faces].to_numpy())
    assert shapely.coverage_is_valid(after)
    # No gap and no overlap: what is open is the outline of the city as it always was.
    clean = taipei_units.main_units(shared_data)
    outline = open_edges(to_grid(clean.geometry[clean.level == 5].to_numpy()))
    assert {*map(tuple, open_edges(after))} == {*map(tuple, outline)}
    ruler = Ruler(TAIPEI.metric_crs, TAIPEI.tolerance_m)
    was = to_grid(before.geometry[before.level == 5].to_numpy())
    changed = ruler.area_m2(shapely.symmetric_difference(shapely.make_valid(was), after))
    length_m = shapely.length(ruler.metric(was))
    assert (changed <= TAIPEI.tolerance_m * length_m).all()
    told = sum(repair.area_m2 for repair in report.repaired)
    assert changed.sum() <= 2 * told + 1
    for injected in city.injected:
        near = [r for r in report.repaired if injected.within.contains(shapely.Point(r.place))]
        assert bool(near) == (injected.what not in ("enclave", "island")), injected.what


@pytest.mark.parametrize("seed", SEEDS)
def test_large_faults_of_a_real_city_are_all_found_and_nothing_else(shared_data, seed):
    city = Perturbed(taipei_units.main_units(shared_data), TAIPEI, seed)
    spoil_much(city, 5)
    _, report = check(city.result(), TAIPEI, TAIPEI.main)
    told = shapely.points([fault.place for fault in report.faults])
    explained = np.zeros(len(told), dtype=bool)
    for injected in city.injected:
        inside = shapely.contains(injected.within, told)
        explained |= inside
        kinds = {report.faults[i].rule for i in np.flatnonzero(inside)}
        assert kinds, injected.what
        assert kinds <= injected.rules, injected.what
    assert explained.all(), [str(report.faults[i]) for i in np.flatnonzero(~explained)]
    assert all(fault.size_m2 for fault in report.faults)
