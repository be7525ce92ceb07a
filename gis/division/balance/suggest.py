"""The whole of it: part by part and round by round, the best found, and how good that is."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from gis.division.balance import bounds, fewest, from_nothing
from gis.division.balance.annealing import Draw, anneal
from gis.division.balance.around import units_around
from gis.division.balance.fewest import Searched
from gis.division.balance.ordering import missed, order, prune
from gis.division.balance.parts import Part, parts
from gis.division.balance.plan import Limits, is_sound, today
from gis.division.balance.problem import (
    Adjacency,
    Bound,
    Floats,
    Ints,
    Move,
    Problem,
    Standing,
    Suggestion,
)

ITERATIONS_A_UNIT, LEAST_ITERATIONS, MOST_ITERATIONS = 1_000, 40_000, 2_000_000
# A round whose hand-overs take less than this off the deviations, in points each, is not worth it.
WORTH = 0.1
BORDER = 0.05
# Steps of a search for the fewest, in the first round; it doubles from round to round.
STEPS = 20_000
SEARCHES, MOST_SEARCHED = 4, 12
# A round around single groups looks around so many, with so many tries for each unit there.
PLACES, TRIES_A_UNIT = 25, 500
# After so many rounds without anything better a part is left as it is.
PATIENCE = 8
DRAWS = (
    Draw(move=1.0, border=BORDER, tighter=0.1, power=2.0),
    Draw(move=4.0, border=BORDER, tighter=0.02, power=2.0),
    Draw(move=0.2, border=BORDER, tighter=0.3, power=2.0),
    Draw(move=12.0, border=BORDER, tighter=0.0, power=2.0),
    Draw(move=0.5, border=BORDER, tighter=0.05, power=4.0),
)
# With these a long chain of hand-overs for one group's sake is not too dear.
BOLD = tuple(draw for draw in DRAWS if draw.move <= 1)

Rank: TypeAlias = tuple[float, float, int, float]


def suggest(problem: Problem, is_stopped: Callable[[], bool] = lambda: False) -> Suggestion:
    """Return the fewest hand-overs found that bring the load within the tolerance.

    Where that cannot be reached, those that come nearest. The same problem with the same seed
    gives the same answer, unless the time limit or ``is_stopped``, asked between two rounds, cuts
    it short (``is_cut``): then it is the best found until then. What is compiled at the first use
    does not count.
    """
    _compile()
    start = time.perf_counter()
    searches = [_Search(part, problem.seed + k) for k, part in enumerate(parts(problem))]
    is_cut = False
    for turn in range(problem.rounds):
        for search in searches:
            if search.is_done:
                continue
            began = time.perf_counter()
            # A round is not begun that would end too late, except for everybody's first.
            is_late = began + search.round_s - start > problem.time_limit_s
            if turn and (is_late or is_stopped()):
                is_cut = True
                continue
            search.go_on(turn, problem.weights.border)
            search.round_s = max(search.round_s, time.perf_counter() - began)
    return _suggestion(problem, searches, time.perf_counter() - start, is_cut=is_cut)


@dataclass
class _Search:
    """The best found for one part."""

    part: Part
    seed: int
    goal: Ints = field(init=False)
    rank: Rank = field(init=False)
    # No plan with so many hand-overs or fewer is within the tolerance.
    ruled_out: int = field(init=False)
    is_fewest: bool = False
    metis: Ints | None = None
    idle: int = 0
    # The longest round so far.
    round_s: float = 0.0

    def __post_init__(self) -> None:
        plan, part = self.part.plan(), self.part
        self.ladders = bounds.ladders(part.ground, plan)
        self.bound = int(bounds.least_moves(plan, part.limits, *self.ladders))
        self.deviation_bound = bounds.least_deviation(part.ground, plan, part.limits)
        self.ruled_out = self.bound - 1
        self.today = today(part.ground, plan)
        self.goal = part.home.copy()
        self.rank = self._ranked(self.goal)
        self.is_fewest = self.rank[0] == 0

    @property
    def can_be_within(self) -> bool:
        return self.bound >= 0 and self.deviation_bound <= self.part.limits.tolerance

    @property
    def is_done(self) -> bool:
        return self.is_fewest or len(self.part.groups) < 2 or self.idle > PATIENCE

    def go_on(self, turn: int, border: float) -> None:
        """Try once more: another draw, another beginning."""
        before = self.rank
        if turn == 1:
            self.metis = from_nothing.divided(self.part, self.seed)
        if self.can_be_within and turn < SEARCHES:
            self._search(STEPS << turn)
        if not self.is_fewest:
            if turn < 2:
                self.anneal(turn, border)
            else:
                self.mend(turn, border)
            self.is_fewest = self.rank[0] == 0 and self.rank[2] <= self.ruled_out + 1
        self.idle = 0 if self.rank[:3] < before[:3] else self.idle + 1

    def _search(self, steps: int) -> None:
        """Look for the fewest hand-overs, from where it was given up."""
        most = min(MOST_SEARCHED, self.rank[2] - 1 if self.rank[0] == 0 else MOST_SEARCHED)
        while self.ruled_out < most and steps > 0:
            moves = self.ruled_out + 1
            plan = self.part.plan()
            ended, taken = fewest.search(
                self.part.ground, plan, self.part.limits, self.today, self.ladders, moves, steps
            )
            steps -= taken
            if ended is Searched.GIVEN_UP:
                return
            if ended is Searched.FOUND:
                self._take(plan.group)
                self.is_fewest = True
                return
            self.ruled_out = moves

    def anneal(self, turn: int, border: float) -> None:
        """Anneal the whole once, and keep what comes out if it is better."""
        part, seed = self.part, self._seed(turn)
        begin = part.home
        if turn == 1 and self.metis is not None:
            begin = np.where(part.ground.is_free, self.metis, part.home)
        iterations = ITERATIONS_A_UNIT * len(part.home)
        goal = anneal(
            part.ground,
            part.plan(begin),
            part.limits,
            self.today,
            _with(DRAWS[turn % len(DRAWS)], border),
            np.arange(len(part.home)),
            min(max(iterations, LEAST_ITERATIONS), MOST_ITERATIONS),
            seed,
        )
        self._prune(goal)
        self._take(goal)

    def mend(self, turn: int, border: float) -> None:
        """Anneal what lies around one group and another, from the best so far."""
        part, chance = self.part, np.random.default_rng(self._seed(turn))
        numbers = np.arange(len(part.home))
        for _ in range(PLACES):
            if (self.goal == part.home).all() and self.rank[0] == 0:
                return
            plan, draws = part.plan(self.goal), BOLD if self.rank[0] > 0 else DRAWS
            units = units_around(part, plan, chance)
            if not len(units):
                continue
            goal = anneal(
                part.ground._replace(is_free=np.isin(numbers, units)),
                plan,
                part.limits,
                self.today,
                _with(draws[int(chance.integers(len(draws)))], border),
                units,
                TRIES_A_UNIT * len(units),
                int(chance.integers(2**31)),
            )
            self._take(goal)
        self._prune(self.goal)

    def _seed(self, turn: int) -> int:
        return (self.seed * 1_000_003 + turn) % 2**32

    def _prune(self, goal: Ints) -> None:
        plan = self.part.plan(goal)
        prune(self.part.ground, plan, self.part.limits, self.part.home, WORTH)
        # Leaving one out may take the ground from under another.
        self._take(plan.group)

    def _take(self, goal: Ints) -> None:
        part, rank = self.part, self._ranked(goal)
        if rank < self.rank and is_sound(part.ground, part.plan(goal), part.limits, self.today):
            self.goal, self.rank = goal.copy(), rank

    def _ranked(self, goal: Ints) -> Rank:
        ground, away = self.part.ground, int((goal != self.part.home).sum())
        worst, total = missed(self.part.plan(goal), self.part.limits)
        unit = np.repeat(np.arange(len(goal)), np.diff(ground.starts))
        is_cut = goal[unit] != goal[ground.others]
        cost = float(ground.cut_cost[is_cut].sum())
        # In hundredths of a point, so that what rounding leaves decides nothing.
        worth = WORTH * away if worst > 0 else 0.0
        return round(worst, 2), round(total + worth, 2), away, round(cost, 6)


def _with(draw: Draw, border: float) -> Draw:
    return draw._replace(border=draw.border * border)


def _suggestion(
    problem: Problem, searches: list[_Search], seconds: float, *, is_cut: bool
) -> Suggestion:
    moves: list[Move] = []
    for search in searches:
        moves += _moves(problem, search, moves[-1].step + 1 if moves else 0)
    before, after = (
        {n: s for search in searches for n, s in _standings(search, now=now).items()}
        for now in (True, False)
    )
    least = [search.bound for search in searches]
    can_be_within = all(search.can_be_within for search in searches)
    metis = [_deviation(search.part, search.metis) for search in searches]
    return Suggestion(
        moves=tuple(moves),
        before=before,
        after=after,
        tolerance=problem.tolerance,
        bound=Bound(
            max((search.deviation_bound for search in searches), default=0.0),
            sum(max(n, s.ruled_out + 1) for n, s in zip(least, searches, strict=True))
            if can_be_within
            else None,
        ),
        is_fewest=all(search.is_fewest for search in searches),
        from_nothing=max((d for d in metis if d is not None), default=None),
        apart=_apart(problem, before),
        seconds=seconds,
        is_cut=is_cut,
    )


def _moves(problem: Problem, search: _Search, first: int) -> list[Move]:
    part = search.part
    way, steps = order(part.ground, part.plan(), part.limits, search.today, search.goal)
    return [
        Move(
            problem.units[part.units[unit]],
            int(part.groups[part.home[unit]]),
            int(part.groups[search.goal[unit]]),
            float(part.ground.load[unit]),
            first + step,
        )
        for unit, step in zip(way.tolist(), steps.tolist(), strict=True)
    ]


def _standings(search: _Search, *, now: bool) -> dict[int, Standing]:
    part = search.part
    loads: Floats = part.plan(part.home if now else search.goal).load
    return {
        int(group): Standing(float(load), float(target))
        for group, load, target in zip(part.groups, loads, part.limits.target, strict=True)
    }


def _apart(problem: Problem, standings: Mapping[int, Standing]) -> float:
    """Return how far the targets of one parent's groups are from the mean of them."""
    of_parent: dict[int, list[float]] = {}
    for group, standing in standings.items():
        of_parent.setdefault(problem.parents[group], []).append(standing.target)
    found = 0.0
    for targets in of_parent.values():
        mean = sum(targets) / len(targets)
        if mean > 0:
            found = max(found, *(abs(target / mean - 1) for target in targets))
    return found


def _deviation(part: Part, group: Ints | None) -> float | None:
    if group is None:
        return None
    even = Limits(part.limits.target, 0.0, part.limits.compactness)
    return float(missed(part.plan(group), even)[0]) / 100


@functools.cache
def _compile() -> None:
    """Have everything compiled, so that it is not taken off the time."""
    row = Adjacency(np.array([[0, 1], [1, 2]]), np.ones(2), np.zeros(2, bool))
    none = np.zeros(3, bool)
    tiny = Problem((0, 1, 2), np.array([1.0, 1.0, 2.0]), (0, 0, 1), {0: 0, 1: 0}, row, none, ~none)
    for part in parts(tiny):
        search = _Search(part, 0)
        search.is_fewest = False
        search.ruled_out = 0
        search.go_on(0, 1.0)
        search.anneal(0, 1.0)
        search.mend(0, 1.0)
        _moves(tiny, search, 0)
