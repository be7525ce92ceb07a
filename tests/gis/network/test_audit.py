"""The audit judges from the streets as they were given: an error at any stage before is found."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given as drawn
from hypothesis import settings

from gis.network.audit import audit
from gis.network.judge import Judge
from gis.network.snapping import snap
from gis.network.travel import times
from gis.network.walls import Barriers
from tests.gis.network.streets import barriers, given, lattice, lines, random_streets
from tests.proof import TIMES

LIMIT_S, WITHIN_M = 450.0, 100.0
CLINIC = np.array([[5.0, 5.0]])
# Nobody stands as near to one street as to another: either would be right.
DOORS = np.random.default_rng(7).uniform(0, 600, (300, 2))
RIVER = [(230, -10), (230, 610)]


def town():
    """A lattice with a river, a bridge over it, and a street that ends a metre short of another."""
    some = lattice(6)
    more = replace(
        some,
        lines_m=np.append(some.lines_m, lines([(50, 1), (50, 99)])),
        **{name: np.append(getattr(some, name), True) for name in ("forth", "back")},
        speed_ms=np.append(some.speed_ms, 1.0),
    )
    return given(more, barriers(RIVER), passes=np.arange(15) == 1)


def hung(made, points, within_m=WITHIN_M):
    return snap(made, points, within_m=within_m)


def judged(true, seconds, **options):
    return audit(
        Judge(true), CLINIC, DOORS, seconds,
        limit_s=LIMIT_S, access_ms=1.0, within_m=WITHIN_M, seed=0, **options,
    )  # fmt: skip


def answered(made, sources=None, targets=None):
    on = hung(made, CLINIC) if sources is None else sources
    to = hung(made, DOORS) if targets is None else targets
    return times(made, on, to, limit_s=LIMIT_S, access_ms=1.0, labels=1).seconds[:, 0]


def moved(true, street, *, by_m):
    """Streets one of which lies elsewhere."""
    lines_m = true.streets.lines_m.copy()
    lines_m[street] = shapely.transform(lines_m[street], lambda xy: xy + by_m)
    return replace(true, streets=replace(true.streets, lines_m=lines_m))


def test_what_is_right_is_found_right():
    true = town()
    seconds = answered(true.network())
    found = judged(true, seconds)
    assert (found.asked, found.false_in, found.false_out) == (300, 0, 0)
    assert found.largest_s < 1e-6
    assert 50 < np.isfinite(seconds).sum() < 250
    assert judged(true, seconds, sample=100).asked == 100


def not_noded():
    """A street along which nothing meets."""
    true = replace(town(), join_within_m=0.0)
    return true, moved(true, 3, by_m=(0, 0.004)), "out"


def noded_where_nothing_meets():
    """A bridge that meets what it crosses, and so is none: every second street was one."""
    true = town()
    bridges = np.arange(15) % 2 == 0
    apart = replace(
        true,
        streets=replace(
            true.streets,
            # Vertices of their own, a few millimetres off those of the others.
            lines_m=np.array(
                [
                    shapely.transform(line, lambda xy: xy + 0.004) if k in (8, 10, 12) else line
                    for k, line in enumerate(true.streets.lines_m)
                ],
                dtype=object,
            ),
        ),
        join_within_m=0.0,
        passes=bridges,
    )
    return apart, replace(apart, streets=true.streets), "in"


def not_joined():
    return replace(town(), join_within_m=0.0), "out"


def joined_too_far():
    true = moved(town(), 14, by_m=(0, 3.0))
    return true, replace(true, join_within_m=6.0), "in"


def not_cut():
    true = town()
    return true, replace(true, passes=~true.passes | True), "in"


def cut_where_nothing_stands():
    return replace(town(), barriers=barriers(RIVER, [(150, -10), (150, 610)])), "out"


def gone_against_the_direction():
    true = town()
    back = true.streets.back.copy()
    back[:7] = False
    forth = true.streets.forth.copy()
    forth[7:14] = False
    true = replace(true, streets=replace(true.streets, back=back, forth=forth))
    return true, town(), "in"


@pytest.mark.parametrize(
    "error",
    [
        not_noded, noded_where_nothing_meets, not_joined, joined_too_far, not_cut,
        cut_where_nothing_stands, gone_against_the_direction,
    ],
)  # fmt: skip
def test_an_error_in_what_is_made_of_the_streets_is_found(error):
    *true, wrong, which = error()
    true = true[0] if true else town()
    right = answered(true.network())
    assert judged(true, right).false_in == judged(true, right).false_out == 0
    found = judged(true, answered(wrong.network()))
    assert (found.false_in > 0, found.false_out > 0) == (which == "in", which == "out")


def test_a_door_that_hangs_across_the_river_is_found():
    true = town()
    made = true.network()
    through = hung(replace(made, barriers=Barriers.none()), DOORS)
    assert (through.edge != hung(made, DOORS).edge).any()
    found = judged(true, answered(made, targets=through))
    assert found.largest_s > 1 or found.false_in


def test_a_door_on_another_street_than_the_nearest_is_found():
    true = town()
    made = true.network()
    upright = np.isin(made.street, np.arange(7))
    found = judged(true, answered(made, targets=snap(made, DOORS, within_m=WITHIN_M, to=upright)))
    assert found.largest_s > 1


def test_a_clinic_that_hangs_nowhere_is_found():
    true = town()
    made = true.network()
    nowhere = hung(made, CLINIC + 10_000)
    assert judged(true, answered(made, sources=nowhere)).false_out > 0


def test_an_error_of_the_search_is_found():
    true = town()
    seconds = answered(true.network())
    reached = np.flatnonzero(np.isfinite(seconds))
    for change, told in ((np.inf, (0, 1)), (seconds[reached[0]] + 30, (0, 0))):
        wrong = seconds.copy()
        wrong[reached[0]] = change
        found = judged(true, wrong)
        assert (found.false_in, found.false_out) == told
        assert (found.largest_s > 29) == np.isfinite(change)
    wrong = seconds.copy()
    wrong[np.flatnonzero(np.isinf(seconds))[0]] = LIMIT_S - 1
    assert judged(true, wrong).false_in == 1


@drawn(seed=st.integers(0, 2**32))
@settings(max_examples=40 * TIMES, deadline=None)
def test_it_agrees_whatever_the_streets_are(seed):
    rng = np.random.default_rng(seed)
    walls = [rng.uniform(0, 1000, (int(rng.integers(2, 5)), 2)) for _ in range(rng.integers(5))]
    gates = [(one[0] + one[1]) / 2 for one in walls[:2]]
    some = random_streets(rng, doubled=False)
    true = given(
        some,
        barriers(*walls, gates=gates),
        passes=rng.random(len(some.lines_m)) < 0.2,
        meets=bool(rng.integers(2)),
        join_within_m=float(rng.choice([0, 2, 15])),
    )
    made = true.network()
    points = [rng.uniform(0, 1000, (n, 2)) for n in (4, 40)]
    limit_s = float(rng.choice([1e9, 200, 1000]))
    on = [hung(made, each) for each in points]
    seconds = times(made, *on, limit_s=limit_s, access_ms=1.0, labels=1).seconds[:, 0]
    found = audit(
        Judge(true), *points, seconds, limit_s=limit_s, access_ms=1.0, within_m=WITHIN_M, seed=0
    )
    assert (found.asked, found.false_in, found.false_out) == (40, 0, 0)
    assert found.largest_s < 1e-6
