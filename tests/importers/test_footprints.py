import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from importers.footprints import same_buildings, take_over
from importers.sources import Footprints
from tests.proof import TIMES


def box(x, y, width, height=None):
    return shapely.box(x, y, x + width, y + (height or width))


def judged(*shapes_and_files):
    shapes = np.array([shape for shape, _ in shapes_and_files])
    files = np.array([file for _, file in shapes_and_files])
    keys = [f"b{i}" for i in range(len(shapes))]
    return same_buildings(shapes, files, keys, 0.5)


def test_the_file_that_comes_first_wins_where_both_draw_a_building():
    merged = judged((box(0, 0, 10), 0), (box(1, 0, 10), 1))
    assert merged.owner.tolist() == [0, 0]
    assert merged.reasons == {1: "another file has the same building 'b0'"}


def test_several_footprints_together_cover_one_of_another_file():
    merged = judged((box(0, 0, 4, 10), 0), (box(5, 0, 5, 10), 0), (box(0, 0, 10), 1))
    assert merged.owner.tolist() == [0, 1, 1]


def test_a_detail_of_a_larger_outline_goes():
    merged = judged((box(0, 0, 3), 0), (box(0, 0, 10), 1))
    assert merged.owner.tolist() == [1, 1]
    assert merged.reasons == {0: "it is a detail of the larger building 'b1'"}


def test_parts_and_doubles_within_a_file_go():
    merged = judged((box(0, 0, 10), 0), (box(1, 1, 3), 0), (box(0, 0, 10), 0), (box(9, 0, 9), 0))
    assert merged.owner.tolist() == [0, 0, 0, 3]


@settings(max_examples=100 * TIMES)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 9), st.integers(0, 2)),
        min_size=1,
        max_size=25,
    )
)
def test_every_footprint_is_stood_for_by_one_that_stays(parts):
    merged = judged(*((box(x, y, size), file) for x, y, size, file in parts))
    assert (merged.owner[merged.owner] == merged.owner).all()
    dropped = np.flatnonzero(merged.owner != np.arange(len(parts)))
    assert set(dropped.tolist()) == set(merged.reasons)
    assert len(dropped) < len(parts)


def test_what_a_dropped_footprint_knew_is_taken_over():
    metric = np.array([box(0, 0, 10), box(1, 0, 10), box(2, 2, 5)])
    frame = pd.DataFrame(
        {
            "name": [None, "Town hall", "Tower"],
            "use": ["unknown", "public", "unknown"],
            "height_m": [6.6, None, 33.0],
            "floor_area_m2": [200, 400, 250],
        }
    )
    merged = same_buildings(metric, np.array([0, 1, 0]), ["a", "b", "c"], 0.5)
    kept = take_over(frame, metric, merged, Footprints())
    assert kept.index.tolist() == [0]
    row = kept.iloc[0]
    assert (row["name"], row["use"], row["height_m"]) == ("Town hall", "public", 33.0)
    # The tower stands on two storeys: eight more of 25 m².
    assert row["floor_area_m2"] == 200 + 8 * 25
