import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.division.balance.hints import hints
from gis.division.balance.problem import Adjacency, Problem, Weights
from gis.division.balance.suggest import suggest
from gis.errors import BalanceError
from tests.gis.division.balance import judge
from tests.gis.division.balance.lattice import FIRST_GROUP, lattice
from tests.proof import TIMES

# Loads of a part are compared with its own share; a lattice without barriers is one part a parent.
PLANS = st.builds(
    lattice,
    st.integers(3, 9),
    st.integers(3, 9),
    st.sampled_from([(3, 3), (2, 3), (3, 2)]),
    st.integers(0, 10_000),
    parents=st.integers(1, 3),
    spread=st.sampled_from([0.2, 0.6, 1.0]),
    barriers=st.sampled_from([0.0, 0.1, 0.4]),
    locked=st.sampled_from([0.0, 0.1, 0.5]),
    tolerance=st.sampled_from([0.03, 0.05, 0.1]),
    rounds=st.just(2),
    weights=st.sampled_from([Weights(), Weights(barrier=2.0), Weights(compactness=0.9)]),
)


@settings(max_examples=40 * TIMES)
@given(PLANS)
def test_every_hand_over_can_be_made_when_its_turn_comes(problem: Problem) -> None:
    suggestion = suggest(problem)
    groups = judge.follow(problem, suggestion)
    assert len({move.unit for move in suggestion.moves}) == len(suggestion.moves)
    loads = judge.loads(problem, groups)
    for group, standing in suggestion.after.items():
        assert standing.load == pytest.approx(loads[group])
    assert suggestion.load_moved == sum(move.load for move in suggestion.moves)


@settings(max_examples=40 * TIMES)
@given(PLANS)
def test_a_suggestion_is_never_worse_than_the_present_plan_nor_better_than_its_bound(
    problem: Problem,
) -> None:
    suggestion = suggest(problem)
    after = suggestion.deviation_after
    # What is within the tolerance already is not improved at the price of hand-overs.
    assert after <= max(suggestion.deviation_before, problem.tolerance) + 1e-4
    assert after >= suggestion.bound.deviation - 1e-9
    if suggestion.deviation_before <= problem.tolerance:
        assert suggestion.moves == ()
        assert suggestion.is_fewest
    if suggestion.is_within:
        assert suggestion.bound.moves is not None
        assert len(suggestion.moves) >= suggestion.bound.moves
        assert suggestion.is_fewest <= (len(suggestion.moves) == suggestion.bound.moves)


@settings(max_examples=10 * TIMES)
@given(PLANS)
def test_the_same_seed_gives_the_same_suggestion(problem: Problem) -> None:
    first, second = suggest(problem), suggest(problem)
    assert dataclasses.replace(first, seconds=0.0) == dataclasses.replace(second, seconds=0.0)


TINY = st.builds(
    lattice,
    st.just(3),
    st.just(3),
    st.sampled_from([(1, 3), (3, 1), (2, 3)]),
    st.integers(0, 10_000),
    spread=st.sampled_from([0.1, 0.3, 0.6]),
    locked=st.sampled_from([0.0, 0.2]),
    tolerance=st.sampled_from([0.1, 0.2]),
    weights=st.sampled_from([Weights(), Weights(compactness=0.8)]),
    rounds=st.just(4),
)


@settings(max_examples=25 * TIMES)
@given(TINY)
def test_there_are_no_fewer_hand_overs_that_would_do(problem: Problem) -> None:
    locked = {u for u, is_it in zip(problem.units, problem.locked, strict=True) if is_it}
    free = dataclasses.replace(problem, locked=np.zeros(len(problem.units), bool))
    suggestion = suggest(free)
    least = judge.fewest(free)
    if least is None:
        assert not suggestion.is_within
    else:
        assert suggestion.is_within
        assert suggestion.is_fewest
        assert len(suggestion.moves) == least
    assert not {move.unit for move in suggest(problem).moves} & locked


def test_units_go_together_where_each_alone_would_leave_a_piece_behind() -> None:
    # 1-2 | 3-4-5-6 in a row; 6 is heavy and hangs on the second group by 5, so 3 goes.
    row = Adjacency(np.array([[k, k + 1] for k in range(5)]), np.ones(5), np.zeros(5, bool))
    outer = np.ones(6, bool)
    problem = Problem(
        units=(1, 2, 3, 4, 5, 6),
        loads=np.array([5.0, 5.0, 5.0, 5.0, 5.0, 5.0]),
        groups=(8, 8, 9, 9, 9, 9),
        parents={8: 1, 9: 1},
        adjacency=row,
        locked=~outer,
        is_outer=outer,
    )
    suggestion = suggest(problem)
    assert [(m.unit, m.giver, m.to) for m in suggestion.moves] == [(3, 9, 8)]
    assert suggestion.is_within
    assert suggestion.is_fewest
    assert suggestion.share_moved == pytest.approx(1 / 6)


def test_a_barrier_keeps_groups_apart_and_each_side_is_levelled_on_its_own() -> None:
    problem = lattice(6, 3, (1, 3), 4)
    crosses = [(a % 6, b % 6) == (2, 3) for a, b in problem.adjacency.pairs.tolist()]
    river = dataclasses.replace(
        problem,
        adjacency=dataclasses.replace(problem.adjacency, is_barrier=np.array(crosses)),
        weights=Weights(compactness=0.0),
    )
    suggestion = suggest(river)
    west = {FIRST_GROUP, FIRST_GROUP + 1, FIRST_GROUP + 2}
    assert suggestion.moves
    assert all((move.giver in west) == (move.to in west) for move in suggestion.moves)
    shares = {round(s.target, 6) for s in suggestion.after.values()}
    assert len(shares) == 2
    assert suggestion.apart == pytest.approx(max(shares) * 2 / sum(shares) - 1, abs=1e-6)


def test_the_bound_knows_ground_that_is_cut_off() -> None:
    # In a row, with a river between 4 and 5; the second group has units on both banks.
    banks = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [5, 6]])
    river = np.array([[3, 4]])
    every = np.ones(7, bool)
    problem = Problem(
        units=(1, 2, 3, 4, 5, 6, 7),
        loads=np.array([20.0, 20.0, 20.0, 20.0, 5.0, 5.0, 5.0]),
        groups=(7, 7, 8, 8, 8, 9, 9),
        parents={7: 1, 8: 1, 9: 1},
        adjacency=Adjacency(np.concatenate([banks, river]), np.ones(6), np.arange(6) == 5),
        locked=~every,
        is_outer=every,
    )
    suggestion = suggest(problem)
    # However it is drawn, the third group has 15 at the most.
    assert suggestion.bound.deviation == pytest.approx(1 - 15 / (95 / 3))
    assert suggestion.bound.moves is None
    assert suggestion.deviation_after >= suggestion.bound.deviation


def test_a_time_limit_that_is_too_short_still_gives_the_best_found() -> None:
    problem = lattice(12, 12, (3, 3), 1, rounds=1_000, time_limit_s=0.2)
    suggestion = suggest(problem)
    assert suggestion.is_cut
    assert suggestion.deviation_after < suggestion.deviation_before
    judge.follow(problem, suggestion)


def test_who_has_seen_enough_is_given_the_best_until_then() -> None:
    problem = lattice(12, 12, (3, 3), 1, rounds=1_000, time_limit_s=60.0)
    suggestion = suggest(problem, lambda: True)
    assert suggestion.is_cut
    assert suggestion.seconds < 30
    judge.follow(problem, suggestion)


def test_hints_of_no_unit_are_the_best_of_all() -> None:
    problem = lattice(9, 9, (3, 3), 2)
    best = hints(problem)
    assert 0 < len(best) <= 5
    for group in problem.parents:
        assert best[0].gain >= max((hint.gain for hint in hints(problem, group)), default=0.0)


def test_hints_are_single_hand_overs_of_a_unit_or_a_group_that_help() -> None:
    problem = lattice(9, 9, (3, 3), 2)
    groups = judge.today(problem)
    found = hints(problem, FIRST_GROUP + 4)
    assert 0 < len(found) <= 5
    assert [hint.gain for hint in found] == sorted((h.gain for h in found), reverse=True)
    for hint in found:
        assert FIRST_GROUP + 4 in (hint.giver, hint.to)
        assert hint.gain > 0
        assert judge.is_sound(problem, {**groups, hint.unit: hint.to})
    unit = found[0].unit
    assert {hint.unit for hint in hints(problem, unit)} == {unit}
    assert hints(problem, 77_777) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loads": np.full(9, np.nan)}, "unknown or negative"),
        ({"locked": np.zeros(3, bool)}, "Each unit needs a load"),
        ({"parents": {}}, "it is not said what it lies in"),
        ({"tolerance": 5.0}, "share between 0 and 1"),
        ({"outlines_m": np.empty(0)}, "Each unit needs a load"),
    ],
)
def test_what_contradicts_itself_is_said(change: dict[str, object], said: str) -> None:
    with pytest.raises(BalanceError, match=said):
        dataclasses.replace(lattice(3, 3, (1, 3), 0), **change)
